"""Tests of published weights run where these have been fetched, and say so elsewhere."""

import pytest

from tfvideogan.pretrained import weights


def needs(name: str) -> pytest.MarkDecorator:
    """Marks a test that loads the weights of `published.WEIGHTS[name]`."""
    return pytest.mark.skipif(
        not weights.is_there(name),
        reason=f"needs python -m tfvideogan.get_weights {name}",
    )

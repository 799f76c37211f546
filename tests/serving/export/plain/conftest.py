"""The toy's plain form, made once: it takes a second or two."""

import pytest

from tests.serving.export.plain import plain_toy
from tfvideogan.serving.export.plain import plain


@pytest.fixture(scope="package")
def made() -> plain.Plain:
    return plain.make("predict", plain_toy.served(), plain_toy.SIZES)

"""Real pieces of the data sets, where a machine has them.

They are looked for in $TFVIDEOGAN_TEST_DATA, by default the folder shared/data beside the
checkout: DAVIS/, actions/ and shapes/ (MoCoGAN's strips), mnist/.
"""

import os
import pathlib

import pytest

from tests import source_tree

VARIABLE = "TFVIDEOGAN_TEST_DATA"


def folder(name: str) -> pathlib.Path:
    """The folder of a data set; skips the test where there is none."""
    default = source_tree.ROOT.parent / "shared" / "data"
    path = pathlib.Path(os.environ.get(VARIABLE, default)) / name
    if not path.is_dir():
        pytest.skip(f"no real data in {path}; set ${VARIABLE}")
    return path

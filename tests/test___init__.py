"""What the package itself has; tests/test_rules.py says what importing it does."""

import subprocess
import sys

import pytest

import tfvideogan
from tests import source_tree

LAZY = """
import sys, tfvideogan
assert {"load", "list_models"} <= set(dir(tfvideogan))
print(tfvideogan.list_models(), "tensorflow" in sys.modules)
"""


def test_names_that_the_package_does_not_have_are_errors() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        tfvideogan.lode  # noqa: B018


def test_the_list_of_models_needs_no_tensorflow() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", LAZY],
        cwd=source_tree.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [
        "actionclassifier",
        "cpnet",
        "deblurgan",
        "dvdgan",
        "flowcompletion",
        "foregan",
        "mocogan",
        "opn",
        "prediction",
        "stillcaptioner",
        "text2image",
        "text2video",
        "videocaptioner",
        "videoclassifier",
        "vinet",
    ]
    assert seen.stdout == f"{names} False\n"

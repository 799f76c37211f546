"""The page in gradio: its fields are those of the signatures."""

import json
import subprocess
import sys

import pytest

from tests import source_tree
from tfvideogan.core import errors
from tfvideogan.pages import layout

LABELS = """
import json, pathlib, sys
from tests.pages import greys
from tfvideogan.pages import layout
page = layout.page([greys.source()], pathlib.Path(sys.argv[1]))
print(json.dumps([getattr(one, "label", None) for one in page.blocks.values()]))
"""
needed = pytest.mark.skipif(
    layout.gr is None, reason="no gradio (pip install -e '.[demo]')"
)


def test_without_gradio_one_line_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(layout, "gr", None)
    with pytest.raises(errors.UserError, match=r"pip install 'tfvideogan\[demo\]'"):
        layout.check()


@needed
@pytest.mark.slow
def test_each_signature_has_a_tab_with_its_fields(tmp_path) -> None:
    # In a process of its own, as gradio leaves sockets and loops behind.
    seen = subprocess.run(
        [sys.executable, "-c", LABELS, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=source_tree.ROOT,
        check=True,
    )
    labels = json.loads(seen.stdout)
    tabs = ["greys", "predict", "complete", "restore", "classify", "crossed"]
    assert [one for one in labels if one in tabs] == tabs
    for label in (
        "the context ends behind frame",
        "paint the object on the first frame",
        "seed of the first motion",
    ):
        assert labels.count(label) == 1
    assert labels.count("drop a video or a picture") == 4
    assert labels.count("the same without this page") == 5

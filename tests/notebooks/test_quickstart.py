"""The notebook runs, cell by cell."""

import ast
import json
import pathlib

import pytest

from tests import source_tree
from tfvideogan.engine.config import config
from tfvideogan.media import reader

NOTEBOOK = source_tree.ROOT / "notebooks" / "quickstart.ipynb"


def cells() -> list[dict]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def run(source: str, names: dict) -> object:
    """Runs a cell; returns the value of its last line, which a notebook shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(NOTEBOOK), "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)


def test_nothing_is_stored_but_what_was_written() -> None:
    found = [cell for cell in cells() if cell["cell_type"] == "code"]
    assert len(found) > 5
    assert not any(cell["outputs"] or cell["execution_count"] for cell in found)


@pytest.mark.long
def test_every_cell_runs_in_order(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names, shown = {}, {}
    for cell in cells():
        if cell["cell_type"] == "code":
            shown[cell["id"]] = run("".join(cell["source"]), names)
    assert shown["train"] == 20
    for one in ("generate", "video", "mask"):
        assert shown[one]._repr_html_().startswith("<img ")
    assert shown["predict"]["video"].shape == (24, 64, 64, 3)
    # The object is where it is drawn, but for its edge.
    drawn = names["clip"]["foreground_masks"].numpy()[..., 0] > 0
    found = names["answer"]["mask"][..., 0] > 127
    assert (drawn & found).sum() > 0.7 * (drawn | found).sum()
    assert len(reader.read_video(tmp_path / "quickstart.mp4")[0]) == 24
    config.reset()

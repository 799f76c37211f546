"""What the document says of exports that are there, and of those that are not."""

import dataclasses
import pathlib

import pytest
from gallery_table import documents, entries

from tfvideogan.serving.export import card, publishing

FOREGAN, MOCOGAN = entries.ENTRIES[:2]


@pytest.fixture
def exports(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with two versions of one export."""
    for number in (1, 2):
        folder = tmp_path / "saved_models" / "foregan" / str(number)
        data = {"description": "sprites"}
        card.write(folder, {"model": "ForeGAN", "step": 1000 * number, "data": data})
        (folder / publishing.GRAPH).touch()
    return tmp_path / "saved_models"


def test_an_export_has_a_picture_and_a_missing_one_its_commands(
    exports: pathlib.Path,
) -> None:
    text = documents.document([FOREGAN, MOCOGAN], exports)
    shown, _, missing = text.partition(documents.MISSING)
    assert "(gallery/foregan.png)" in shown and "2,000 steps on sprites." in shown
    assert "tfvideogan generate --model=saved_models/foregan" in shown
    assert "--input=inputs/foregan.mp4" in shown and "mocogan" not in shown
    assert "tfvideogan.train --gin_file=gin/mocogan.gin" in missing
    assert "tfvideogan.export --workdir=runs/mocogan --name=mocogan" in missing
    assert "foregan" not in missing
    assert documents.MISSING not in documents.document([FOREGAN], exports)


def test_what_is_not_up_to_date_is_named(exports: pathlib.Path) -> None:
    path = exports.parent / "gallery.md"
    found = [FOREGAN, MOCOGAN]
    assert len(documents.complaints(found, path, exports)) == 2
    path.write_text(documents.document(found, exports), encoding="utf-8")
    assert documents.complaints(found, path, exports) == [
        "foregan.png is not drawn: python tools/gallery.py --only=foregan"
    ]
    (exports.parent / "gallery").mkdir()
    (exports.parent / "gallery" / "foregan.png").touch()
    assert not documents.complaints(found, path, exports)
    silent = [dataclasses.replace(FOREGAN, fails=""), MOCOGAN]
    assert "say in `fails`" in " ".join(documents.complaints(silent, path, exports))
    assert "foregan has no entry" in documents.complaints([MOCOGAN], path, exports)[-1]

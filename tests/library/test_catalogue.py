"""Exports by name."""

import pathlib

import pytest

import tfvideogan
from tests import source_tree
from tfvideogan.core import errors
from tfvideogan.library import catalogue


@pytest.fixture
def here(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A current folder with versions 1, 2 and 10 of `toy`, and 3, which is no model."""
    for version in ("1", "2", "10"):
        folder = tmp_path / "saved_models" / "toy" / version
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").touch()
    (tmp_path / "saved_models" / "toy" / "11").mkdir()
    monkeypatch.chdir(tmp_path)
    return pathlib.Path("saved_models", "toy")


def test_a_name_is_the_newest_version_below_saved_models(here: pathlib.Path) -> None:
    assert catalogue.version_folder("toy") == here / "10"
    assert catalogue.version_folder("toy", 2) == here / "2"


def test_a_folder_of_versions_and_of_one_are_taken(here: pathlib.Path) -> None:
    assert catalogue.version_folder(here) == here / "10"
    assert catalogue.version_folder(here / "1") == here / "1"


def test_what_is_not_there_is_one_line(here: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match=r"Version 11 .* there are \[1, 2, 10\]"):
        catalogue.version_folder("toy", 11)
    with pytest.raises(
        errors.UserError, match="ty is no export; saved_models/ has .*toy"
    ):
        catalogue.version_folder("ty")


def test_the_exports_of_the_checkout_are_found_from_anywhere(
    here: pathlib.Path,
) -> None:
    shipped = source_tree.ROOT / "saved_models"
    assert catalogue.version_folder("foregan", 1) == shipped / "foregan" / "1"
    assert {"foregan", "toy"} <= set(tfvideogan.list_models())

"""gin files are found from anywhere."""

import pathlib

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.config import search_path


@pytest.mark.parametrize("path", ["gin/base.gin", "base.gin"])
def test_files_of_the_checkout_are_found_from_elsewhere(
    path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert pathlib.Path(search_path.find(path)).samefile(
        search_path.ROOT / "gin" / "base.gin"
    )


def test_current_folder_comes_first(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gin").mkdir()
    (tmp_path / "gin" / "base.gin").write_text("")
    monkeypatch.chdir(tmp_path)
    assert search_path.find("gin/base.gin") == "gin/base.gin"


def test_names_are_those_of_all_places(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gin" / "data").mkdir(parents=True)
    for name in ("kth.gin", "own.gin", "own.txt"):
        (tmp_path / "gin" / "data" / name).write_text("")
    monkeypatch.chdir(tmp_path)
    found = search_path.names("gin/data")
    assert found == sorted(set(found)) and {"kth", "own", "walkers"} <= set(found)


def test_absolute_path_is_looked_for_nowhere_else(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="There is no gin file"):
        search_path.find(str(tmp_path / "gin" / "base.gin"))

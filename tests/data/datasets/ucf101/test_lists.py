import pathlib

import pytest

from tests.data import ucf101_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets.ucf101 import lists as ucf101_lists

NAMES = ("Archery", "HandstandPushups")


@pytest.fixture
def root(tmp_path):
    """Empty films under true names: only names matter here."""
    for number, action in enumerate(NAMES, 1):
        spelt = ucf101_tree.SPELLING.get(action, action)
        for group in (1, 8):
            path = tmp_path / "UCF-101" / action / f"v_{spelt}_g{group:02d}_c01.avi"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            kind, label = ("train", f" {number}") if group == 8 else ("test", "")
            # The lists spell the class as its folder and the film with two capitals,
            # and then as users mend it.
            line = f"{action}/v_{action if number == 1 else spelt}_g{group:02d}_c01.avi"
            with (tmp_path / f"{kind}list01.txt").open("a") as file:
                file.write(f"{line}{label}\n")
    lists = tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    for path in tmp_path.glob("*list01.txt"):
        path.rename(lists / path.name)
    return tmp_path


def edit(root: pathlib.Path, kind: str, old: str, new: str) -> None:
    path = root / "ucfTrainTestlist" / f"{kind}list01.txt"
    path.write_text(path.read_text().replace(old, new))


def complaint(root, split=1) -> str:
    with pytest.raises(errors.UserError) as raised:
        ucf101_lists.find_films(root, split)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_films_and_labels_are_found(root):
    found = ucf101_lists.find_films(root, 1)
    assert [film.group for film in found.train] == [8, 8]
    assert [film.group for film in found.test] == [1, 1]
    assert found.actions == ("Archery", "HandStandPushups")


def test_capitals_do_not_matter(root):
    for kind in ("train", "test"):
        edit(root, kind, "HandStand", "Handstand")
    found = ucf101_lists.find_films(root, 1)
    assert found.train[1].path.name == "v_HandStandPushups_g08_c01.avi"


def test_the_flat_folder_of_thumos_is_read(root):
    flat = root / "UCF101"
    flat.mkdir()
    for path in list(root.glob("UCF-101/*/*.avi")):
        path.rename(flat / path.name)
    assert len(ucf101_lists.find_films(root, 1).train) == 2


def test_the_lists_may_lie_beside_the_films(root):
    assert len(ucf101_lists.find_films(root / "UCF-101", 1).test) == 2


def test_a_missing_folder_or_list_shows_the_expected_tree(root):
    assert "gone does not exist; expected <root>/UCF-101" in complaint(root / "gone")
    assert "no list ucfTrainTestlist/trainlist02.txt" in complaint(root, 2)
    assert "`split` (0)" in complaint(root, 0)


def test_missing_films_are_counted(root):
    (root / "UCF-101/Archery/v_Archery_g08_c01.avi").unlink()
    text = complaint(root)
    assert "1 of the 2 films" in text and "Archery/v_Archery_g08_c01.avi" in text


def test_a_list_that_tears_a_group_apart_is_refused(root):
    (root / "UCF-101/Archery/v_Archery_g08_c02.avi").touch()
    edit(root, "test", "v_Archery_g01_c01", "v_Archery_g08_c02")
    assert "tear the group 8 of Archery apart" in complaint(root)


def test_lines_and_labels_that_make_no_sense_are_named(root):
    edit(root, "train", "c01.avi 2", "c01.avi 7")
    assert "must be the numbers from 1 on" in complaint(root)
    edit(root, "train", "Archery/v_Archery", "Archery/film")
    assert "'Archery/film_g08_c01.avi 1', which names no film" in complaint(root)
    (root / "ucfTrainTestlist/trainlist01.txt").write_text("\n")
    assert "trainlist01.txt names no film" in complaint(root)

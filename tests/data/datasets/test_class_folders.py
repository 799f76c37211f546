import pathlib

import pytest

from tfvideogan.core import errors
from tfvideogan.data.datasets import class_folders

TREE = "expected <root>/<class>/<clip>"


def touch(root: pathlib.Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def find(root: pathlib.Path, **options) -> class_folders.Listing:
    return class_folders.find(root, pathlib.Path.is_file, tree=TREE, **options)


def ids(listing: class_folders.Listing, split: str) -> list[str]:
    return [found.id for found in listing.splits[split]]


def test_classes_are_numbered_in_the_order_of_their_names(tmp_path):
    touch(tmp_path, "10/a", "9/b", "2/c")
    listing = find(tmp_path, validation=0, test=0)
    assert listing.class_names == ("2", "9", "10")
    labels = [listing.label(found) for found in listing.splits["train"]]
    assert ids(listing, "train") == ["2/c", "9/b", "10/a"] and labels == [0, 1, 2]


def test_folders_of_splits_are_obeyed(tmp_path):
    touch(tmp_path, "train/run/a", "val/walk/b", "Test/run/c", "Test/run/d")
    listing = find(tmp_path)
    assert ids(listing, "train") == ["train/run/a"]
    assert ids(listing, "validation") == ["val/walk/b"]
    assert ids(listing, "test") == ["Test/run/c", "Test/run/d"]
    assert listing.class_names == ("run", "walk")


def test_without_classes_there_are_no_labels(tmp_path):
    touch(tmp_path, "a", "b", "c")
    listing = find(tmp_path)
    assert listing.class_names == ()
    assert listing.label(listing.splits["train"][0]) is None
    assert all(listing.splits.values())


def test_clips_beside_classes_switch_labels_off(tmp_path):
    touch(tmp_path, "run/a", "run/b", "c")
    assert find(tmp_path).class_names == ()


def test_names_are_split_the_same_whatever_else_there_is(tmp_path):
    touch(tmp_path, *(f"run/{number}" for number in range(50)))
    before = find(tmp_path).splits["train"]
    touch(tmp_path, *(f"walk/{number}" for number in range(50)))
    assert set(before) <= set(find(tmp_path).splits["train"])


def test_hidden_files_are_no_clips(tmp_path):
    touch(tmp_path, "a", ".DS_Store", ".git/b")
    assert ids(find(tmp_path), "train") == ["a"]


def test_numbers_in_names_count_by_value():
    names = ["clip10", "clip9", "b", "clip9b"]
    expected = ["b", "clip9", "clip9b", "clip10"]
    assert sorted(names, key=class_folders.natural) == expected


@pytest.mark.parametrize("name", ["gone", "empty", "untrained"])
def test_a_missing_or_empty_folder_is_one_line_with_the_layout(tmp_path, name):
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "untrained/test/a")
    with pytest.raises(errors.UserError) as raised:
        find(tmp_path / name)
    assert str(tmp_path / name) in str(raised.value) and TREE in str(raised.value)
    assert "\n" not in str(raised.value)


def test_some_folders_may_be_ignored(tmp_path):
    touch(tmp_path, "run/a", "run/a_mask", "masks/a", "walk/b")
    listing = find(tmp_path, is_ignored=lambda path: "mask" in path.name, test=0)
    assert listing.class_names == ("run", "walk")
    assert sorted(ids(listing, "train") + ids(listing, "validation")) == [
        "run/a",
        "walk/b",
    ]

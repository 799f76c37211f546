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


@pytest.mark.parametrize("name", ["train", "test", "Val"])
def test_a_class_may_be_called_like_a_split(tmp_path, name):
    touch(tmp_path, "bus/a", "bus/b", "car/c", f"{name}/d", f"{name}/e")
    listing = find(tmp_path, validation=0, test=0)
    assert set(listing.class_names) == {"bus", "car", name}
    assert len(ids(listing, "train")) == 5 and listing.lines() == ()


@pytest.mark.parametrize("names", [("train/a", "test/b"), ("train/run/a",)])
def test_splits_beside_other_folders_must_be_said(tmp_path, names):
    touch(tmp_path, *names, "bus/c")
    with pytest.raises(
        errors.UserError, match="train.* beside bus; say `split_folders`"
    ):
        find(tmp_path)
    assert find(tmp_path, split_folders=True).lines() == (
        "1 clips beside the folders of splits: bus/c",
    )
    listing = find(tmp_path, split_folders=False, validation=0, test=0)
    assert "bus/c" in ids(listing, "train")


def test_a_few_clips_beside_classes_are_left_out_with_a_line(tmp_path):
    touch(tmp_path, "run/a", "walk/b", "c")
    listing = find(tmp_path, validation=0, test=0)
    assert listing.class_names == ("run", "walk")
    assert listing.lines() == ("1 clips beside the folders of classes: c",)


def test_labels_that_are_off_are_a_line(tmp_path):
    touch(tmp_path, "run/a", "run/b", "c")
    assert find(tmp_path).lines() == (
        "1 clips beside the folders of classes, so that no clip has a label: c",
    )


def test_clips_that_lie_too_deep_are_a_line(tmp_path):
    touch(tmp_path, "run/a", "run/day1/b", "run/day2/morning/c")
    (line,) = find(tmp_path).lines()
    assert line.startswith("2 clips deeper than") and "run/day2/morning/c" in line
    touch(tmp_path / "only", "run/day1/b")
    with pytest.raises(errors.UserError, match="There are 1 clips deeper"):
        find(tmp_path / "only")


def test_what_is_no_clip_is_a_line_for_each_reason(tmp_path):
    touch(tmp_path, "a.clip", *(f"{number}.zip" for number in range(5)), "notes.txt")
    listing = class_folders.find(
        tmp_path,
        lambda path: path.suffix == ".clip",
        tree=TREE,
        reason=lambda path: None if path.suffix == ".txt" else class_folders.UNREAD,
    )
    assert listing.lines() == (
        "5 files of kinds that are not read: 0.zip, 1.zip, 2.zip ...",
    )


def test_what_systems_leave_behind_is_ignored(tmp_path):
    touch(tmp_path, "run/a", "@eaDir/b", "run/@eaDir/c", "__MACOSX/run/d", "Thumbs.db")
    listing = find(tmp_path)
    assert ids(listing, "train") == ["run/a"] and listing.lines() == ()


def test_a_folder_that_links_to_itself_is_read_once(tmp_path):
    touch(tmp_path, "run/a", "walk/b")
    (tmp_path / "run" / "self").symlink_to(tmp_path / "run")
    (tmp_path / "all").symlink_to(tmp_path)
    listing = find(tmp_path, validation=0, test=0)
    assert ids(listing, "train") == ["run/a", "walk/b"]
    (line,) = listing.lines()
    assert line.startswith("2 links") and "run/self" in line and "all" in line


def test_names_that_are_no_utf8_are_printable(tmp_path):
    touch(tmp_path, "caf\udce9/a")
    listing = find(tmp_path)
    assert ids(listing, "train") == ["caf\\xe9/a"]
    assert listing.class_names == ("caf\\xe9",)

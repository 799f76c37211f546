import pathlib
import shutil

import pytest
from PIL import Image

from tests.data import davis_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets.davis import folder


def find(root: pathlib.Path, year: str = "2016", resolution: str | None = None):
    return folder.find_sequences(root, year=year, resolution=resolution)


@pytest.mark.parametrize("year", ["2016", "2017"])
def test_both_list_formats_name_the_same_sequences(tmp_path, year):
    found = find(davis_tree.write(tmp_path, year=year), year)
    assert [s.name for s in found["train"]] == ["bear", "dog"]
    assert [s.name for s in found["validation"]] == ["camel"]
    assert [len(s.frames) for s in found["train"]] == [6, 4]


def test_without_a_test_list_the_list_val_is_tested_on(tmp_path):
    found = find(davis_tree.write(tmp_path))
    assert found["test"] == found["validation"]


def test_an_own_test_list_is_used(tmp_path):
    davis_tree.write(tmp_path, year="2017")
    (tmp_path / "ImageSets/2017/test.txt").write_text("dog\n")
    found = find(tmp_path, "2017")
    assert [s.name for s in found["test"]] == ["dog"]


def test_frames_and_masks_are_paired_in_order(tmp_path):
    bear = find(davis_tree.write(tmp_path))["train"][0]
    assert [path.name for path in bear.frames] == [f"{t:05d}.jpg" for t in range(6)]
    assert [path.stem for path in bear.masks] == [path.stem for path in bear.frames]


@pytest.mark.parametrize("resolution", folder.RESOLUTIONS)
def test_any_resolution_is_found(tmp_path, resolution):
    davis_tree.write(tmp_path, resolution=resolution)
    assert f"/{resolution}/" in str(find(tmp_path)["train"][0].frames[0])


def test_the_resolution_can_be_chosen(tmp_path):
    davis_tree.write(tmp_path, resolution="480p")
    davis_tree.write(tmp_path, resolution="1080p")
    found = find(tmp_path, resolution="1080p")
    assert "/1080p/" in str(found["train"][0].frames[0])


def complaint(root, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        find(root, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_root_shows_the_expected_tree(tmp_path):
    text = complaint(tmp_path / "gone")
    assert "gone does not exist" in text
    assert "JPEGImages/480p/<sequence>/00000.jpg" in text


def test_a_root_without_masks_says_so(tmp_path):
    davis_tree.write(tmp_path)
    shutil.rmtree(tmp_path / "Annotations")
    assert "frames but no masks: Annotations/480p is missing" in complaint(tmp_path)


def test_a_root_without_lists_says_so(tmp_path):
    davis_tree.write(tmp_path)
    shutil.rmtree(tmp_path / "ImageSets")
    assert "no list ImageSets/2016/train.txt" in complaint(tmp_path)


def test_an_empty_list_is_named(tmp_path):
    davis_tree.write(tmp_path)
    (tmp_path / "ImageSets/480p/train.txt").write_text("\n")
    assert "train.txt names no sequence" in complaint(tmp_path)


def test_a_listed_sequence_without_frames_is_named(tmp_path):
    davis_tree.write(tmp_path)
    shutil.rmtree(tmp_path / "JPEGImages/480p/dog")
    assert "dog is in a list but has no frames" in complaint(tmp_path)


def test_a_missing_mask_is_named(tmp_path):
    davis_tree.write(tmp_path)
    (tmp_path / "Annotations/480p/dog/00002.png").unlink()
    text = complaint(tmp_path)
    assert "dog has 4 frames but 3 masks" in text and "number 2" in text


def test_a_mask_of_another_size_is_named(tmp_path):
    davis_tree.write(tmp_path)
    path = tmp_path / "Annotations/480p/dog/00001.png"
    Image.new("L", (20, 10)).save(path)
    text = complaint(tmp_path)
    assert f"{path} is 20x10 pixels" in text and "is 48x36" in text


def test_an_unknown_year_or_resolution_is_named(tmp_path):
    davis_tree.write(tmp_path)
    assert "'2015'" in complaint(tmp_path, year="2015")
    assert "JPEGImages/720p" in complaint(tmp_path, resolution="720p")

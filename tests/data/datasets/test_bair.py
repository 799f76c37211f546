import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tests.data import bair_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets import bair


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return bair_tree.write(tmp_path_factory.mktemp("data") / "bair")


@pytest.fixture
def make(root, tmp_path):
    def made(**options) -> bair.Bair:
        options = {"root": root, "frames": 3, "height": 16, "width": 16, **options}
        return bair.Bair(cache_dir=str(tmp_path / "cache"), **options)

    return made


def test_bair_keeps_the_promises_of_a_source(make):
    source = make()
    check_source.check_source(source)
    assert source.num_frames("train") == 30
    assert "BAIR robot pushing, camera main, read from" in source.describe()


def test_clips_of_the_original_size_are_the_records_themselves(make):
    source = make(height=64, width=64)
    for split, numbers in {"train": (0, 1, 2), "validation": (100, 101)}.items():
        for number, clip in zip(numbers, source.clips(split), strict=True):
            np.testing.assert_array_equal(clip["frames"], bair_tree.pictures(number))


def test_the_other_camera_can_be_chosen(make):
    clip = next(make(height=64, width=64, camera="aux1").clips("train"))
    np.testing.assert_array_equal(clip["frames"], 255 - bair_tree.pictures(0))


def test_splits_share_no_clip(make):
    source = make()
    found = {
        split: {int(clip["frames"][0, 0, 0, 0]) for clip in source.clips(split)}
        for split in source.splits
    }
    assert found == {"train": {0, 1, 2}, "validation": {100, 101}, "test": {200, 201}}


def test_without_the_file_for_validation_there_is_none(tmp_path):
    root = bair_tree.write(tmp_path / "bair", validation=False)
    source = bair.Bair(root, frames=2, cache_dir=str(tmp_path / "cache"))
    assert source.splits == ("train", "test")


def test_the_root_may_be_the_inner_folder(make, root):
    assert make(root=f"{root}/softmotion30_44k").num_clips("test") == 2


def complaint(root, tmp_path, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        bair.Bair(str(root), frames=2, cache_dir=str(tmp_path / "c"), **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_bad_folders_and_arguments_are_named(root, tmp_path):
    text = complaint(tmp_path / "gone", tmp_path)
    assert "gone does not exist; expected <root>/softmotion30_44k/train/" in text
    (tmp_path / "train").mkdir()
    assert "train has no files traj_" in complaint(tmp_path, tmp_path)
    assert "`camera` ('top')" in complaint(root, tmp_path, camera="top")
    text = complaint(root, tmp_path, eval_frames=31)
    assert "`frames` 31" in text and "longest has 30" in text


def test_damaged_files_are_named(tmp_path):
    root = tmp_path / "bair"
    bair_tree.write(root)
    path = root / "softmotion30_44k/train/traj_0_to_255.tfrecords"
    path.write_bytes(path.read_bytes()[:-1000])
    assert f"{path} is cut off" in complaint(root, tmp_path)
    source = bair.Bair(
        str(root), frames=2, cache_dir=str(tmp_path / "c"), max_damaged=0.2
    )
    assert source.num_clips("train") == 2
    example = bair_tree.example(1)
    example.features.feature["4/image_main/encoded"].bytes_list.value[0] = b"JPEG"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(example.SerializeToString())
    text = complaint(root, tmp_path)
    assert "`4/image_main/encoded`" in text and "has 4 bytes, not the 12288" in text

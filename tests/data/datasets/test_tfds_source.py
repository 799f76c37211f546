import numpy as np
import pytest
import tensorflow_datasets as tfds

from tests import check_source
from tests.data import tfds_builders
from tfvideogan.core import errors
from tfvideogan.data.datasets import tfds_source

tfds.display_progress_bar(False)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    for name in tfds_builders.DATASETS:
        tfds_builders.prepare(name, folder, "480p" if name == "davis" else None)
    return str(folder)


@pytest.fixture
def make(data_dir, tmp_path):
    def made(builder: str, **options) -> tfds_source.TfdsSource:
        options = {"data_dir": data_dir, "height": 8, "width": 10, **options}
        return tfds_source.TfdsSource(builder, cache_dir=str(tmp_path / "c"), **options)

    return made


SPLITS = {
    "davis": ("train", "validation"),
    "moving_mnist": ("test",),
    "ucf101": ("train", "test"),
    "bair_robot_pushing_small": ("train", "test"),
    "mnist": ("train", "test"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SPLITS)
def test_prepared_data_sets_keep_the_promises_of_a_source(make, name):
    source = make(name, frames=1 if name == "mnist" else 3)
    assert source.splits == SPLITS[name]
    check_source.check_source(source, source.splits[-1])
    assert source.spec.channels == (1 if "mnist" in name else 3)
    assert f"{name}/" in source.describe()


def numbers(source, split: str) -> list[int]:
    """The numbers of the examples of a split, read off their pixels."""
    return sorted(int(clip["frames"][0, 0, 0, 0]) // 20 for clip in source.clips(split))


def test_splits_are_those_of_the_builder(make):
    source = make("davis", frames=2)
    assert numbers(source, "train") == [0, 1, 2]
    assert numbers(source, "validation") == [5, 6]


def test_frames_masks_and_labels_are_those_of_the_example(make):
    for clip in make("davis/480p", frames=4).clips("train"):
        number = int(clip["frames"][0, 0, 0, 0]) // 20
        expected = tfds_builders.frames(number, 4)
        np.testing.assert_array_equal(clip["frames"], expected)
        # 2 x 4 of the first object, one of the second; void is background.
        assert clip["foreground_masks"].sum((1, 2, 3)).tolist() == [9] * 4
    for clip in make("mnist", frames=1, height=28, width=28).clips("train"):
        number = int(clip["frames"][0, 0, 0, 0]) // 20
        assert clip["labels"] == number and clip["frames"].shape == (1, 28, 28, 1)
    assert make("ucf101", frames=3).spec.num_classes == 2


def test_flow_can_be_estimated(make):
    source = make("davis", frames=3, flow=True)
    clip = next(source.clips("train"))
    assert clip["forward_flow"].shape == (3, 8, 10, 2)


def test_grey_can_be_coloured(make):
    source = make("moving_mnist", frames=3, channels=3)
    clip = next(source.clips("test"))
    assert clip["frames"].shape == (20, 8, 10, 3)


def complaint(make, builder, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        make(builder, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_nothing_is_downloaded_unless_asked(make, tmp_path, monkeypatch):
    asked = []

    def builder(name, data_dir):
        asked.append((name, data_dir))
        raise errors.UserError("asked")

    monkeypatch.setattr(tfds_source.tfds, "builder", builder)
    text = complaint(make, "davis", data_dir=str(tmp_path / "none"))
    assert "has no prepared davis; prepare it by `tfds build davis" in text
    assert asked == []
    options = {"data_dir": str(tmp_path / "none"), "allow_download": True}
    assert complaint(make, "davis/480p", **options) == "asked"
    assert asked == [("davis/480p", tmp_path / "none")]


def test_an_unknown_data_set_is_refused(make):
    text = complaint(make, "kinetics")
    assert "`builder` ('kinetics')" in text and "davis, moving_mnist, ucf101" in text


def test_of_several_configurations_one_must_be_chosen(tmp_path, make):
    for config in ("ucf101_1", "ucf101_2"):
        tfds_builders.prepare("ucf101", tmp_path, config)
    text = complaint(make, "ucf101", data_dir=str(tmp_path))
    assert "choose `builder` among ucf101/ucf101_1, ucf101/ucf101_2" in text
    source = make("ucf101/ucf101_2", data_dir=str(tmp_path), frames=3)
    assert source.num_clips("train") == 3


def test_damaged_and_missing_files_are_named(tmp_path, make):
    tfds_builders.prepare("ucf101", tmp_path)
    (path,) = tmp_path.glob("ucf101/1.0.0/*-train.tfrecord-*")
    content = path.read_bytes()
    path.write_bytes(content[:-50])
    assert f"{path} is cut off" in complaint(make, "ucf101", data_dir=str(tmp_path))
    garbled = content.replace(b"IHDR", b"IDHR")
    path.write_bytes(garbled)
    text = complaint(make, "ucf101", data_dir=str(tmp_path))
    assert "cannot be decoded" in text and str(path) in text
    path.unlink()
    assert f"{path} does not exist" in complaint(make, "ucf101", data_dir=str(tmp_path))

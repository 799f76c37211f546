import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import check_source
from tests.data import films, real_data
from tfvideogan.core import errors
from tfvideogan.data.datasets import strips


def picture(length: int, *, side: int = 8, vertical: bool = False) -> Image.Image:
    """Frame t is of the grey 10 t, with a white column at its left."""
    frames = np.zeros((length, side, side, 4), np.uint8)
    frames[..., :3] = 10 * np.arange(length)[:, None, None, None]
    frames[:, :, 0, :3] = 255
    frames[..., 3] = 255
    joined = np.concatenate(list(frames), axis=0 if vertical else 1)
    return Image.fromarray(joined)


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    folder = tmp_path / "strips"
    for label in ("0", "1", "3"):
        (folder / label).mkdir(parents=True)
        for number in range(4):
            strip = picture(8 + number, vertical=number % 2 == 1)
            # PNG content whatever the ending says.
            strip.save(folder / label / f"{number:04d}.jpg", format="PNG")
    return folder


def make(root: pathlib.Path, **options) -> strips.Strips:
    options = {"frames": 4, "height": 8, "width": 8, **options}
    return strips.Strips(str(root), cache_dir=str(root.parent / "cache"), **options)


def test_strips_keep_the_promises_of_a_source(root):
    check_source.check_source(make(root))


@pytest.mark.parametrize("vertical", [False, True])
def test_the_longer_side_is_time(tmp_path, vertical):
    path = tmp_path / "a.gif"
    picture(5, vertical=vertical).save(path, format="PNG")
    frames = strips.read_strip(path)
    assert frames.shape == (5, 8, 8, 3)
    assert frames[:, 3, 4, 0].tolist() == [0, 10, 20, 30, 40]
    assert (frames[:, :, 0] == 255).all()


def test_what_is_left_over_is_no_frame(tmp_path):
    picture(5).crop((0, 0, 45 - 8, 8)).save(tmp_path / "a.png")
    assert len(strips.read_strip(tmp_path / "a.png")) == 4


def test_folders_of_classes_are_labels(root):
    source = make(root)
    assert source.spec.num_classes == 3 and source.class_names == ("0", "1", "3")
    labels = {
        int(clip["labels"]) for split in source.splits for clip in source.clips(split)
    }
    assert labels == {0, 1, 2}


def test_every_strip_is_in_one_split(root):
    source = make(root)
    assert sum(source.num_clips(split) for split in source.splits) == 12


def test_every_nth_frame(root):
    source = make(root, stride=2)
    window = source.read("train", tf.constant(0, tf.int64), frames=4)
    assert window["frames"][:, 3, 4, 0].numpy().tolist() == [0, 20, 40, 60]


def test_grey_and_another_size(root):
    source = make(root, height=4, width=4, channels=1)
    clip = next(source.clips("train"))
    # White and black columns share a pixel of the first frame: (255 + 0) / 2.
    assert clip["frames"].shape[1:] == (4, 4, 1)
    assert clip["frames"][0, 0, :, 0].tolist() in ([127, 0, 0, 0], [128, 0, 0, 0])


def test_strips_shorter_than_a_window_are_left_out(root):
    text = make(root, frames=5, stride=2).describe()
    assert "left out: 3 shorter than the 9 frames" in text


def test_what_is_no_strip_is_left_out_with_a_line(root):
    for name in ("0/README", "0/README.md", "1/more.zip", "make.py"):
        (root / name).write_text("strips")
    source = make(root)
    assert sum(source.num_clips(split) for split in source.splits) == 12
    (line,) = source.notes
    assert line.startswith("4 files of kinds that are not read: ") and "README" in line


@pytest.mark.parametrize("fault", ["missing", "empty", "truncated", "no picture"])
def test_faults_are_one_line(root, fault):
    path = root / "0" / "0000.jpg"
    if fault == "missing":
        root = root / "gone"
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "truncated":
        films.truncate(path)
    else:
        path.write_bytes(b"no picture")
    with pytest.raises(errors.UserError) as raised:
        make(root)
    assert "\n" not in str(raised.value)
    assert str(root if fault == "missing" else path) in str(raised.value)


@pytest.mark.slow
def test_the_real_actions_and_shapes_are_read_whole(tmp_path):
    for name, classes, clips, frames in (
        ("actions", 4, 56, (51, 146)),
        ("shapes", 2, 600, (32, 32)),
    ):
        source = strips.Strips(
            str(real_data.folder(name)), stride=2, cache_dir=str(tmp_path)
        )
        assert source.spec.num_classes == classes
        assert sum(source.num_clips(split) for split in source.splits) == clips
        lengths = source.records.lengths
        assert (lengths.min(), lengths.max()) == frames
        check_source.check_source(source)

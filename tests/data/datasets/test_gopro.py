import pathlib

import numpy as np
import pytest
from PIL import Image

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data.datasets import gopro

HEIGHT, WIDTH = 12, 20


def write(root: pathlib.Path) -> str:
    """Two sequences to train on, one to test; blurred frames are half as bright."""
    for place, first in {"train/GOPR0372_07_00": 47, "train/GOPR0372_07_01": 7}.items():
        write_sequence(root / place, first)
    write_sequence(root / "test/GOPR0384_11_00", 1)
    return str(root)


def write_sequence(folder: pathlib.Path, first: int) -> None:
    for number in range(first, first + 4):
        sharp = np.full((HEIGHT, WIDTH, 3), 2 * number, np.uint8)
        sharp[:, ::2] += 100
        kinds = {"sharp": sharp, "blur": sharp // 2, "blur_gamma": sharp // 4}
        for kind, picture in kinds.items():
            path = folder / kind / f"{number:06d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)


@pytest.fixture
def make(tmp_path):
    root = write(tmp_path / "GOPRO_Large")

    def made(**options) -> gopro.Gopro:
        options = {"frames": 2, "height": HEIGHT, "width": WIDTH, **options}
        return gopro.Gopro(root, cache_dir=str(tmp_path / "cache"), **options)

    return made


@pytest.mark.long
def test_gopro_keeps_the_promises_of_a_source(make):
    source = make()
    check_source.check_source(source)
    assert source.splits == ("train", "test")


@pytest.mark.parametrize("blur, share", [("blur", 2), ("blur_gamma", 4)])
def test_frames_are_sharp_and_come_with_their_blurred_pair(make, blur, share):
    clip = next(make(blur=blur).clips("train"))
    assert clip["frames"][2, 0, 1].tolist() == [2 * 49] * 3
    np.testing.assert_array_equal(clip["blurred_frames"], clip["frames"] // share)


def test_both_are_floats_in_a_batch(make):
    dataset = pipeline.make_dataset(
        make(), "test", batch_size=1, seed=0, training=False
    )
    batch = next(iter(dataset))
    for key in ("frames", "blurred_frames"):
        assert batch[key].dtype == "float32" and batch[key].shape == (1, 2, 12, 20, 3)
    # Half as bright: a byte b is b / 127.5 - 1.
    np.testing.assert_allclose(
        batch["blurred_frames"] + 1, (batch["frames"] + 1) / 2, atol=1 / 127
    )


def complaint(make, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        make(**options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_bad_folders_and_arguments_are_named(tmp_path, make):
    with pytest.raises(
        errors.UserError, match=r"train has no sequences of pairs; expec"
    ):
        gopro.Gopro(str(tmp_path / "gone"))
    assert "`blur` ('motion')" in complaint(make, blur="motion")
    folder = tmp_path / "GOPRO_Large/train/GOPR0372_07_00"
    (folder / "blur/000048.png").unlink()
    text = complaint(make)
    assert "4 sharp and 3 blurred pictures (see number 000048)" in text
    path = folder / "sharp/000047.png"
    path.write_bytes(path.read_bytes()[:30])
    assert f"{path} is damaged" in complaint(make, blur="blur_gamma")
    for one in (folder / "blur").iterdir():
        one.unlink()
    (folder / "blur").rmdir()
    assert "has no folder blur" in complaint(make)

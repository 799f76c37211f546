"""Files and flags become the inputs that a signature names."""

import argparse
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import writer
from tfvideogan.serving.client import flags, inputs, metadata

VIDEO = metadata.Tensor(tf.uint8, (None, None, 8, 8, 3))
FOUR = metadata.Tensor(tf.uint8, (None, 4, 8, 8, 3))
OTHERS = {
    "mask": metadata.Tensor(tf.uint8, (None, 8, 8, 1)),
    "forward_flow": metadata.Tensor(tf.float32, (None, None, 8, 8, 2)),
    "seed": metadata.Tensor(tf.int64, (None,)),
    "label": metadata.Tensor(tf.int32, (None,)),
    "truncation": metadata.Tensor(tf.float32, (None,)),
    "text": metadata.Tensor(tf.string, (None,)),
}


def wants(*names: str, **tensors: metadata.Tensor) -> metadata.Signature:
    return metadata.Signature("verb", {n: OTHERS[n] for n in names} | tensors, {})


def options(*given: str) -> argparse.Namespace:
    return flags.parser("").parse_args(["--model=m", *given])


@pytest.fixture
def film(tmp_path: pathlib.Path) -> str:
    """Six frames, of grey 0, 10, ... 50, at 12 a second."""
    frames = np.arange(0, 60, 10, dtype=np.uint8)[:, None, None, None]
    writer.write_video(tmp_path / "in.npz", np.tile(frames, [1, 8, 8, 3]), 12)
    return str(tmp_path / "in.npz")


@pytest.mark.parametrize(
    "name, tensor, first_and_last",
    [
        ("frames", VIDEO, (0, 50)),
        ("content", VIDEO, (0, 50)),
        ("context", VIDEO, (30, 50)),  # the last three
        ("clip", FOUR, (0, 30)),  # as many as the model wants
    ],
)
def test_each_name_is_another_part_of_the_input(
    film: str, name: str, tensor: metadata.Tensor, first_and_last: tuple
) -> None:
    found, fps = inputs.read(options(f"--input={film}"), wants(**{name: tensor}))
    assert list(found) == [name] and fps == 12
    shades = found[name][:, 0, 0, 0]
    assert (shades[0], shades[-1]) == first_and_last


def test_motions_are_a_batch(film: str) -> None:
    given = options(f"--motion={film}", f"--motion={film}")
    found, _ = inputs.read(given, wants(motion=FOUR))
    assert found["motion"].shape == (2, 4, 8, 8, 3)


def test_motions_must_be_alike(film: str, tmp_path: pathlib.Path) -> None:
    short = tmp_path / "short.npz"
    writer.write_video(short, np.zeros([5, 8, 8, 3], np.uint8), 12)
    given = options(f"--motion={film}", f"--motion={short}")
    with pytest.raises(errors.UserError, match=r"\[6, 8, 8, 3\], \[5, 8, 8, 3\]"):
        inputs.read(given, wants(motion=VIDEO))


def test_mask_and_flow_come_with_the_frames(film: str, tmp_path: pathlib.Path) -> None:
    picture = np.zeros([16, 16], np.uint8)
    picture[:8] = 255
    Image.fromarray(picture).save(tmp_path / "mask.png")
    given = options(f"--input={film}", f"--mask={tmp_path / 'mask.png'}")
    found, _ = inputs.read(given, wants("mask", "forward_flow", frames=VIDEO))
    assert set(found) == {"frames", "mask", "forward_flow"}
    assert found["mask"][:, 0, 0].tolist() == [255] * 4 + [0] * 4
    assert found["forward_flow"].shape == (5, 8, 8, 2)


def test_numbers_and_captions_come_from_flags() -> None:
    given = options("--seed=5", "--category=2", "--truncation=.5", "--text=ein Bär")
    found, fps = inputs.read(given, wants("seed", "label", "truncation", "text"))
    assert {name: one.item() for name, one in found.items()} == {
        "seed": 5,
        "label": 2,
        "truncation": 0.5,
        "text": b"ein B\xc3\xa4r",
    }
    assert (found["seed"].dtype, found["label"].dtype) == (np.int64, np.int32)
    assert fps == inputs.DEFAULT_FPS


@pytest.mark.parametrize(
    "signature, text",
    [
        (wants(frames=VIDEO), "--input is missing; the model wants `frames`"),
        (wants(motion=FOUR), "--motion is missing; the model wants `motion`"),
        (wants("seed", "text"), "nothing to give as text of verb"),
        (wants(noise=OTHERS["seed"]), "nothing to give as noise of verb"),
    ],
)
def test_what_nobody_has_given_is_told(signature: metadata.Signature, text) -> None:
    with pytest.raises(errors.UserError, match=text):
        inputs.read(options(), signature)


def test_samples_are_rows_with_seeds_of_their_own() -> None:
    arrays = {"context": np.full([3, 8, 8, 3], 7, np.uint8), "seed": np.int64(40)}
    batch = inputs.batched(arrays, 3)
    assert batch["seed"].tolist() == [40, 41, 42]
    assert batch["context"].shape == (3, 3, 8, 8, 3)


def test_motions_are_rows_with_one_content() -> None:
    motion = np.zeros([2, 4, 8, 8, 3], np.uint8)
    content = np.arange(3, dtype=np.uint8)[:, None, None, None]
    batch = inputs.batched({"motion": motion, "content": content}, 1)
    assert batch["motion"] is motion
    assert batch["content"][:, :, 0, 0, 0].tolist() == [[0, 1, 2], [0, 1, 2]]

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
    "other_seed": metadata.Tensor(tf.int64, (None,)),
    "other_label": metadata.Tensor(tf.int32, (None,)),
    "share": metadata.Tensor(tf.float32, (None,)),
    "text": metadata.Tensor(tf.string, (None,)),
}


def wants(*names: str, **tensors: metadata.Tensor) -> metadata.Signature:
    return metadata.Signature("verb", {n: OTHERS[n] for n in names} | tensors, {})


def options(*given: str) -> argparse.Namespace:
    made = argparse.ArgumentParser()
    flags.add_request(made)
    return made.parse_args(given)


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


@pytest.mark.parametrize(
    "length, flag, wanted",
    [
        (None, (), [50]),  # up to three, where nothing says how many
        (2, (), "gives 1 frames, but 2 are wanted"),
        (None, ("--context_frames=2",), "gives 1 frames, but 2 are wanted"),
    ],
)
def test_a_picture_is_a_context_of_one_frame(
    tmp_path: pathlib.Path, length: int | None, flag: tuple[str, ...], wanted
) -> None:
    Image.new("L", (16, 16), 50).save(tmp_path / "a.png")
    given = options(f"--input={tmp_path / 'a.png'}", *flag)
    context = metadata.Tensor(tf.uint8, (None, length, 8, 8, 1))
    if isinstance(wanted, str):
        with pytest.raises(errors.UserError, match=wanted):
            inputs.read(given, wants(context=context))
        return
    found, _ = inputs.read(given, wants(context=context))
    assert found["context"].shape == (1, 8, 8, 1)
    assert found["context"][:, 0, 0, 0].tolist() == wanted


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


@pytest.mark.parametrize(
    "size, box, text",
    [
        # 4 x 4 pixels of 1280 x 960 fall between the points that are kept.
        ((1280, 960), (100, 100, 104, 104), "is empty after resizing from 1280x960"),
        ((16, 16), None, "marks no object: it is black"),
        ((16, 8), (0, 0, 8, 8), "is 16x8, but --input"),
    ],
)
def test_a_mask_that_marks_nothing_or_another_picture_is_told(
    film: str, tmp_path: pathlib.Path, size, box, text: str
) -> None:
    picture = Image.new("L", size)
    if box:
        picture.paste(255, box)
    picture.save(tmp_path / "mask.png")
    given = options(f"--input={film}", f"--mask={tmp_path / 'mask.png'}")
    with pytest.raises(errors.UserError, match=text):
        inputs.read(given, wants("mask", frames=VIDEO))


@pytest.mark.parametrize("size", [(160, 90), (53, 30), (8, 8)])
def test_a_mask_may_have_the_size_of_the_input_its_proportions_or_the_models(
    tmp_path: pathlib.Path, size: tuple[int, int]
) -> None:
    writer.write_video(tmp_path / "in.npz", np.zeros([2, 90, 160, 3], np.uint8), 12)
    Image.new("L", size, 255).save(tmp_path / "mask.png")
    given = options(f"--input={tmp_path}/in.npz", f"--mask={tmp_path}/mask.png")
    found, _ = inputs.read(given, wants("mask", frames=VIDEO))
    assert found["mask"].shape == (8, 8, 1)


def test_motion_between_frames_needs_two(film: str) -> None:
    given = options(f"--input={film}", "--max_frames=1")
    with pytest.raises(errors.UserError, match="1 frame, .* take at least two"):
        inputs.read(given, wants("forward_flow", frames=VIDEO))
    found, _ = inputs.read(given, wants(frames=VIDEO))
    assert len(found["frames"]) == 1


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


BETWEEN = wants("seed", "label", "other_seed", "other_label", "share")


def test_samples_lie_evenly_between_two_seeds() -> None:
    found, _ = inputs.read(
        options("--seed=3", "--other_seed=9", "--category=2", "--samples=3"), BETWEEN
    )
    batch = inputs.batched(found, 3)
    np.testing.assert_array_equal(batch["share"], [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(batch["seed"], [3, 3, 3])
    np.testing.assert_array_equal(batch["other_seed"], [9, 9, 9])
    # Without --other_category the class stays.
    np.testing.assert_array_equal(batch["other_label"], [2, 2, 2])
    assert inputs.batched(found, 1)["share"] == 0.5


@pytest.mark.parametrize(
    "signature, text",
    [
        (wants(frames=VIDEO), "--input is missing; the model wants `frames`"),
        (wants(motion=FOUR), "--motion is missing; the model wants `motion`"),
        (wants("seed", "text"), "--text is missing; verb wants a caption"),
        (BETWEEN, "--other_seed is missing; verb goes from --seed to it"),
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

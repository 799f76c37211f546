"""Files of videos and masks for a model that completes; tests/test_generate_completion.py
has the doors."""

import argparse
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.media import test_film_writer
from tfvideogan.core import errors
from tfvideogan.media import film_writer, inpainting, reader, writer
from tfvideogan.serving.client import flags, metadata, session


def signature(*size: int) -> dict[str, metadata.Signature]:
    """A model that completes, of any size, or of one, and of 1 or 3 channels."""
    *size, channels = size or (None, None, 3)
    video = metadata.Tensor(tf.uint8, (None, None, *size, channels))
    holes = metadata.Tensor(tf.uint8, (None, None, *size, 1))
    given = {"frames": video, "holes": holes}
    made = metadata.Signature("complete", given, {"video": video, "code": holes})
    return {"complete": made}


def run(*given: object, known=None, asked: list | None = None) -> list[str]:
    made = argparse.ArgumentParser()
    flags.add_request(made)

    def call(**inputs):
        if asked is not None:
            asked.append(inputs)
        return {"video": 255 - inputs["frames"]}

    options = made.parse_args([str(one) for one in given])
    return session.run(options, known or signature(), call)


@pytest.fixture
def film(tmp_path: pathlib.Path) -> pathlib.Path:
    return test_film_writer.sounding(tmp_path / "in.mp4", codec="aac", frames=12)


def test_rate_and_sound_are_those_of_the_input(film, tmp_path):
    out = tmp_path / "out.mp4"
    lines = run(f"--input={film}", "--mask=4,4,6,6", f"--output={out}", "--dilate=0")
    assert lines == [f"{out}: video, 12 frames"]
    frames, fps = reader.read_video(out)
    assert fps == test_film_writer.PER_SECOND and len(frames) == 12
    assert frames[:, 6, 6].min() > 200 and frames[:, 0, 0].max() < 50
    # The encoder of the sound has filled up its last packets.
    whole = [one for one in test_film_writer.packets(film) if one[0] < 1.2]
    assert test_film_writer.packets(out) == whole


def test_another_rate_has_no_sound_and_says_so(film, tmp_path):
    out = tmp_path / "out.mp4"
    lines = run(f"--input={film}", "--mask=4,4,6,6", f"--output={out}", "--fps=30")
    assert lines[1:] == [f"{out} has no sound: --fps=30 is not its pace."]
    assert not film_writer.has_sound(out) and reader.probe(out).fps == 30


def test_a_part_of_a_video_takes_its_part_of_the_masks(tmp_path):
    for number in range(7):
        shade = np.full([8, 8, 3], number, np.uint8)
        writer.write_video(tmp_path / "in" / f"{number}.png", shade[None], 8)
        mask = Image.new("L", (8, 8), 0)
        mask.putpixel((number, 0), 255)
        (tmp_path / "masks").mkdir(exist_ok=True)
        mask.save(tmp_path / "masks" / f"{number}.png")
    out = tmp_path / "out.npz"
    files = (f"--input={tmp_path}/in", f"--mask={tmp_path}/masks", f"--output={out}")
    run(*files, "--dilate=0", "--stride=2", "--max_frames=6")
    frames, _ = reader.read_video(out)
    rows = frames[:, 0, :, 0].tolist()
    wanted = [[number] * 8 for number in (0, 2, 4)]
    for row, number in zip(wanted, (0, 2, 4), strict=True):
        row[number] = 255 - number
    assert rows == wanted


def test_masks_belong_to_the_names_of_the_frames(tmp_path):
    for number in (10, 20, 30):
        frame = np.zeros([1, 8, 8, 3], np.uint8)
        writer.write_video(tmp_path / "in" / f"f{number}.png", frame, 8)
    mask = np.full([1, 8, 8, 3], 255, np.uint8)
    writer.write_video(tmp_path / "masks" / "20.png", mask, 8)
    out = tmp_path / "out.npz"
    run(f"--input={tmp_path}/in", f"--mask={tmp_path}/masks", f"--output={out}")
    assert reader.read_video(out)[0][:, 0, 0, 0].tolist() == [0, 255, 0]


def test_a_model_of_one_size_gets_that(film, tmp_path):
    asked: list = []
    out = tmp_path / "out.npz"
    given = (f"--input={film}", "--mask=0,0,8,8", f"--output={out}", "--dilate=0")
    run(*given, known=signature(8, 8, 1), asked=asked)
    assert asked[0]["frames"].shape == (12, 8, 8, 1)
    assert (
        asked[0]["holes"][0, ..., 0].tolist() == [[1] * 4 + [0] * 4] * 4 + [[0] * 8] * 4
    )
    assert reader.read_video(out, channels=1)[0].shape == (12, 8, 8, 1)


def test_flow_of_a_video_with_holes_is_written_as_numbers(tmp_path):
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(0, 256, (8, 20, 3)), np.ones((4, 4, 1)))
    frames = np.stack([wide[:, t : t + 48] for t in range(3)]).astype(np.uint8)
    for number, frame in enumerate(frames):
        writer.write_video(tmp_path / "in" / f"{number}.png", frame[None], 8)
    video = metadata.Tensor(tf.uint8, (None, None, None, None, 3))
    holes = metadata.Tensor(tf.uint8, (None, None, None, None, 1))
    flow = dict.fromkeys(
        ("forward_flow", "backward_flow"),
        metadata.Tensor(tf.float32, (None, None, None, None, 2)),
    )
    known = {
        "complete_flow": metadata.Signature(
            "complete_flow", {"frames": video, "holes": holes, **flow}, flow
        )
    }

    def call(*, signature, outputs, **given):
        assert given["holes"].sum() == 3 * 36
        return {name: 2 * given[name] for name in outputs}

    made = argparse.ArgumentParser()
    flags.add_request(made)
    files = [
        f"--input={tmp_path}/in",
        "--mask=8,8,6,6",
        f"--output={tmp_path}/flow.npz",
    ]
    options = made.parse_args([*files, "--dilate=0", "--signature=complete_flow"])
    [line] = session.run(options, known, call)
    assert "flow.npz" in line
    found = np.load(tmp_path / "flow.npz")
    masks = np.zeros((3, 32, 48, 1), np.uint8)
    masks[:, 8:14, 8:14] = 1
    # Around the holes, whatever lies in them.
    wanted = inpainting.estimate_flow(np.where(masks > 0, np.uint8(7), frames), masks)
    for name, one in zip(("forward_flow", "backward_flow"), wanted, strict=True):
        np.testing.assert_array_equal(np.squeeze(found[name]), 2 * one)
    options.output = f"{tmp_path}/flow.mp4"
    with pytest.raises(errors.UserError, match=r"no pictures; try --output=codes\.npz"):
        session.run(options, known, call)


def test_other_outputs_are_refused_before_the_first_request(film, tmp_path):
    asked: list = []
    given = (f"--input={film}", "--mask=0,0,8,8", f"--output={tmp_path}/out.npz")
    with pytest.raises(errors.UserError, match="only `video` can be written"):
        run(*given, "--outputs=code", asked=asked)
    with pytest.raises(errors.UserError, match="--input is missing"):
        run(*given[1:], asked=asked)
    assert not asked

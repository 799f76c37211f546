"""What a page shows is what the command writes, beside what was asked of."""

import pathlib

import numpy as np
import pytest

from tests.pages import greys
from tfvideogan.core import errors
from tfvideogan.media import reader, writer
from tfvideogan.pages import answering, fields, requests

# H.264 keeps flat greys to a level or two.
LOSS = 3


def asked(
    folder: pathlib.Path, verb: str, given: np.ndarray | None = None, **values: object
) -> answering.Answer:
    """The answer of the model of greys to a clip."""
    if given is not None:
        writer.write_video(folder / "given.npz", given, 8)
        values["input"] = str(folder / "given.npz")
    source = greys.source()
    out = folder / "out"
    out.mkdir()
    page = fields.of(verb, source.known)
    return answering.run(source, page, requests.Request(verb, values), out)


def shown(path: pathlib.Path) -> tuple[list[int], float]:
    frames, fps = reader.read_video(path)
    return greys.shades(frames), fps


def test_the_input_stands_beside_the_answer(tmp_path) -> None:
    found = asked(tmp_path, "restore", greys.clip(50, 100, 150, 250), max_frames=3)
    assert list(found.films) == ["input", "video"]
    before, fps = shown(found.films["input"])
    after, _ = shown(found.films["video"])
    assert np.allclose(before, [50, 100, 150], atol=LOSS) and fps == 8
    assert np.allclose(after, [205, 155, 105], atol=LOSS)
    assert [one.name for one in found.files] == ["out.mp4"]
    assert found.said == ["out.mp4: video, 3 frames"]
    assert found.command == (
        "tfvideogan generate --signature=restore --max_frames=3 --input=given.npz "
        "--output=out.mp4"
    )


def test_a_larger_input_is_shown_as_large_as_the_model_sees_it(tmp_path) -> None:
    large = np.repeat(np.repeat(greys.clip(9, 200), 4, 1), 4, 2)
    found = asked(tmp_path, "restore", large, fps=5)
    frames, fps = reader.read_video(found.films["input"])
    assert frames.shape == (2, 8, 8, 3) and fps == 5


def test_what_really_followed_stands_beside_each_future(tmp_path) -> None:
    given = greys.clip(*range(10, 200, 10))
    found = asked(
        *(tmp_path, "predict", given), max_frames=6, context_frames=2, samples=2, seed=5
    )
    # Frames 4 and 5 are 50 and 60; futures go on by 15 and by 16.
    frames, _ = reader.read_video(found.films["video"])
    assert np.allclose(greys.shades(frames), [50, 60, 75, 90, 105], atol=LOSS)
    other = frames[:, 0, greys.SIZE + 4, 0]
    assert np.allclose(other, [50, 60, 76, 92, 108], atol=LOSS)
    truth, _ = reader.read_video(found.films["input"])
    assert truth.shape == frames.shape
    assert np.allclose(greys.shades(truth), [50, 60, 70, 80, 90], atol=LOSS)


def test_nothing_really_followed_on_the_end(tmp_path) -> None:
    found = asked(tmp_path, "predict", greys.clip(10, 20, 30))
    assert list(found.films) == ["video"]


def test_a_stride_also_holds_for_what_followed(tmp_path) -> None:
    given = greys.clip(*range(10, 200, 10))
    found = asked(tmp_path, "predict", given, max_frames=6, context_frames=2, stride=2)
    # Frames 3 and 5, then 7, 9 and 11.
    before, fps = shown(found.films["input"])
    assert np.allclose(before, [40, 60, 80, 100, 120], atol=LOSS) and fps == 4


def test_holes_are_filled_at_the_size_of_the_input(tmp_path) -> None:
    given = np.repeat(greys.clip(50, 60), 3, 2)  # 8 x 24
    found = asked(tmp_path, "complete", given, mask="0,0,4,4", dilate=0)
    frames, _ = reader.read_video(found.films["video"])
    assert frames.shape == (2, 8, 24, 3)
    assert np.allclose(frames[:, 1, 1, 0], 200, atol=2 * LOSS)
    assert np.allclose(frames[:, 1, 20, 0], [50, 60], atol=2 * LOSS)
    assert "--mask=0,0,4,4 --dilate=0" in found.command


def test_words_and_numbers_are_said(tmp_path) -> None:
    found = asked(tmp_path, "classify", greys.clip(200, 220))
    assert found.films == {}
    assert found.said == [
        "text: bright",
        "brightness [1]: [210.]",
        "codes.npz: brightness",
    ]
    assert [one.name for one in found.files] == ["codes.npz"]


def test_what_is_missing_is_one_line(tmp_path) -> None:
    with pytest.raises(errors.UserError, match="--input is missing"):
        asked(tmp_path, "restore")


def test_folders_of_answers_long_ago_are_deleted(tmp_path) -> None:
    made = [answering.fresh(tmp_path) for _ in range(answering.KEPT + 2)]
    (made[-1] / "out.mp4").touch()
    assert {*tmp_path.iterdir()} == {*made[2:]}

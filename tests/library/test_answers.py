"""What becomes of a model's answers."""

import io
import pathlib

import numpy as np
import pytest
from PIL import Image

from tests.library.greys import frames, shades
from tfvideogan.core import errors
from tfvideogan.library import model as library
from tfvideogan.media import reader


def test_an_answer_is_saved_as_the_client_does(
    model: library.Model, tmp_path: pathlib.Path
) -> None:
    answer = model.generate(2, text="up", seed=5)
    path = tmp_path / "all.npz"
    assert answer.save(path, fps=12) == [f"{path}: video, 2 clips of 3 frames"]
    with np.load(path) as found:
        assert shades(found["frames"]) == [[5, 7, 9], [6, 8, 10]] and found["fps"] == 12
    folder = tmp_path / "folder"
    answer.save(folder)
    assert sorted(one.name for one in folder.iterdir()) == ["seed_5", "seed_6"]
    with pytest.raises(errors.UserError, match="ends in '.wav'"):
        answer.save(tmp_path / "a.wav")
    with pytest.raises(errors.UserError, match="names mask; there are video"):
        answer.save(tmp_path / "a.npz", outputs="mask")


def test_where_an_answer_cannot_go_is_said_without_flags(
    model: library.Model, tmp_path: pathlib.Path
) -> None:
    answer = model.generate(text="up")
    (tmp_path / "file").touch()
    (tmp_path / "a.mp4").mkdir()
    for name, said in [
        ("", "a.mp4 and more; choose a new"),
        ("file", "without an ending, a folder is written"),
        ("file/x.mp4", "cannot be written: Not a directory"),
        ("a.mp4", "is a folder, not a file"),
    ]:
        with pytest.raises(errors.UserError, match=said) as caught:
            answer.save(tmp_path / name)
        assert "--" not in str(caught.value)


def test_the_context_comes_before_what_follows_on_it(
    model: library.Model, tmp_path: pathlib.Path
) -> None:
    context = np.stack([frames(1, 10), frames(2, 20)])
    answer = model.predict(context=context, text="up", seed=[0, 0])
    answer.save(tmp_path / "all.npz")
    with np.load(tmp_path / "all.npz") as found:
        first, second = shades(found["frames"])
    assert first == [1, 10, 12, 14, 16] and second == [2, 20, 22, 24, 26]


def test_an_answer_is_shown_as_a_picture_that_moves(model: library.Model) -> None:
    shown = model.generate(text="up", seed=5).show(fps=10)
    with Image.open(io.BytesIO(shown.png)) as picture:
        assert picture.n_frames == 3 and picture.size == (8, 8)
        assert picture.info["duration"] == 100
    html = shown._repr_html_()
    assert html.startswith('<img style="width: 480px;') and "base64,iVBORw0KGgo" in html
    with pytest.raises(errors.UserError, match="`mask` is no picture"):
        model.generate(text="up").show("mask")


def test_several_answers_are_shown_in_a_grid(model: library.Model) -> None:
    shown = model.generate(4, text="up", seed=5).show()
    with Image.open(io.BytesIO(shown.png)) as picture:
        assert picture.size == (20, 20)  # two cells of 8, each with a gap of 2


def test_an_answer_tells_its_shapes(model: library.Model) -> None:
    answer = model.generate(2, text="up")
    assert repr(answer) == "Answer(video: uint8[2, 3, 8, 8, 3])"
    assert len(answer) == 1 and dict(answer)["video"] is not None
    with pytest.raises(AttributeError, match="mask; the answer has video"):
        answer.mask  # noqa: B018


def test_a_picture_is_a_file(model: library.Model, tmp_path: pathlib.Path) -> None:
    model.paint(text="up", seed=5).save(tmp_path / "one.png")
    assert shades(reader.read_video(tmp_path / "one.png")[0]) == [7]

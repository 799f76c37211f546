"""What is shown of a data set."""

import types

import numpy as np
from PIL import Image

from tests.data import toy_source
from tfvideogan.data import preview
from tfvideogan.media import reader


def test_a_source_without_words_says_none() -> None:
    assert preview.words(toy_source.ToySource()) == []


def test_words_are_counted_and_few_of_those_left_out_are_named() -> None:
    chosen = toy_source.ToySource()
    chosen.class_names = ("run", "walk")
    # Word 0 is the padding.
    chosen.vocabulary = types.SimpleNamespace(words=("", "dog", "runs", "left"))
    chosen.left_out = lambda: [f"clip {number}" for number in range(7)]
    assert preview.words(chosen) == [
        "classes: 2: run walk",
        "vocabulary: 3: dog runs left",
        *(f"left out: clip {number}" for number in range(5)),
        "left out: 2 more",
    ]


def test_a_sheet_and_a_film_show_the_first_clips(tmp_path) -> None:
    chosen = toy_source.ToySource(num_clips=6, clip_frames=5)
    [line] = preview.write(chosen, "test", tmp_path)
    sheet, film = tmp_path / "toy-test.png", tmp_path / "toy-test.mp4"
    assert line == f"  wrote {sheet} and {film}"
    rows = np.asarray(Image.open(sheet))
    # Of six clips the first four are shown, frames and masks, four pixels high; red is
    # the clip.
    assert rows.shape[0] == 4 * 2 * 4
    assert {0, 1, 2, 3} <= set(np.unique(rows[..., 0])) and not (
        rows[..., 0] == 4
    ).any()
    frames, fps = reader.read_video(film)
    assert len(frames) == 5 and fps == chosen.spec.fps


def test_of_long_clips_the_beginning_is_shown(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(preview, "SHOWN_FRAMES", 3)
    chosen = toy_source.ToySource(clip_frames=5)
    preview.write(chosen, "train", tmp_path)
    assert len(reader.read_video(tmp_path / "toy-train.mp4")[0]) == 3

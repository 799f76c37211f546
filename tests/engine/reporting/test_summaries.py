"""What TensorBoard gets to see."""

import io
import pathlib
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing import (
    plugin_event_accumulator as accumulators,
)

from tests.engine import events
from tfvideogan.engine.reporting import summaries
from tfvideogan.media import sheets


def columns(height: int = 96, width: int = 96) -> dict[str, np.ndarray]:
    """Two clips of three frames: white, black, and a mask that is half."""
    white = np.ones([2, 3, height, width, 3], np.float32)
    return {"real": white, "fake": -white, "mask": white[..., :1] * 0.0}


def test_grid_has_a_row_for_each_clip_and_a_column_for_each_name() -> None:
    frames = summaries.grid(columns())
    cell = 96 + sheets.GAP
    assert frames.shape == (3, 2 * cell, 3 * cell, 3) and frames.dtype == np.uint8
    centres = frames[0, [48, 48 + cell]][:, [48, 48 + cell, 48 + 2 * cell]]
    # White, black, and 0.0, which lies in the middle of 0..255.
    np.testing.assert_array_equal(centres[..., 0], [[255, 0, 128]] * 2)


def test_small_clips_are_enlarged_and_wide_rows_shrunk() -> None:
    small = summaries.grid(columns(8, 8))
    assert small.shape[1] == 2 * (96 + sheets.GAP)
    wide = summaries.grid(columns(96, 2000))
    assert wide.shape[2] <= summaries.MAX_WIDTH + 3 * sheets.GAP


def test_clips_play_in_the_image_tab(tmp_path: pathlib.Path) -> None:
    moving = columns()
    moving["real"][:, 1] = 0.0  # animated PNG leaves out frames that repeat
    writer = summaries.Summaries(str(tmp_path / "train"))
    writer.clips(7, "samples", moving, fps=8.0, folder=tmp_path / "samples")
    writer.close()
    width, height, encoded = events.read(tmp_path / "train")["samples"][7]
    picture = Image.open(io.BytesIO(encoded))
    assert picture.format == "PNG" and picture.n_frames == 3
    assert picture.size == (int(width), int(height))
    assert picture.height == sheets.HEADING + 2 * (96 + sheets.GAP)
    about = events.metadata(tmp_path / "train", "samples")
    assert about.plugin_data.plugin_name == "images"
    assert about.summary_description == "real | fake | mask"


def test_clips_lie_beside_as_files(tmp_path: pathlib.Path) -> None:
    writer = summaries.Summaries(str(tmp_path / "train"))
    writer.clips(7, "samples", columns(), fps=8.0, folder=tmp_path / "samples")
    writer.close()
    names = sorted(one.name for one in (tmp_path / "samples").iterdir())
    assert names == ["step_0000007.gif", "step_0000007.mp4"]


def test_large_pictures_become_gif(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "MAX_BYTES", 10)
    writer = summaries.Summaries(str(tmp_path / "train"))
    writer.clips(1, "samples", columns(), fps=8.0, folder=tmp_path / "samples")
    writer.close()
    assert events.read(tmp_path / "train")["samples"][1][2].startswith(b"GIF8")


def test_numbers_and_texts_arrive(tmp_path: pathlib.Path) -> None:
    writer = summaries.Summaries(str(tmp_path))
    writer.scalars(3, {"critic/real": 0.5, "a": 1.0}, {"critic/real": "What it is."})
    table = summaries.markdown_table(("a", "b"), [("1", "2")])
    writer.text(0, "run/table", table)
    writer.close()
    found = events.read(tmp_path)
    assert found["critic/real"][3] == 0.5 and found["a"][3] == 1.0
    about = events.metadata(tmp_path, "critic/real")
    assert about.summary_description == "What it is."
    assert bytes(found["run/table"][0].item()) == b"| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_histograms_keep_their_buckets(tmp_path: pathlib.Path) -> None:
    writer = summaries.Summaries(str(tmp_path))
    buckets = np.array([[-1.0, 0.0, 0.25], [0.0, 2.0, 0.75]])
    writer.histogram(3, "logits", "What it is.", buckets)
    writer.close()
    np.testing.assert_array_equal(events.read(tmp_path)["logits"][3], buckets)
    about = events.metadata(tmp_path, "logits")
    assert about.plugin_data.plugin_name == "histograms"


def test_other_workers_write_nothing(tmp_path: pathlib.Path) -> None:
    writer = summaries.Summaries(str(tmp_path / "train"), is_chief=False)
    writer.scalars(3, {"critic/real": 0.5})
    writer.clips(1, "samples", columns(), fps=8.0, folder=tmp_path / "samples")
    writer.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_there", [True, False])
def test_what_cannot_be_written_is_said_once_and_stops_nothing(
    is_there: bool, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "file"
    place.write_text("")
    writer = summaries.Summaries(str(place if is_there else place / "train"))
    for step in (1, 2):
        writer.scalars(step, {"a": 1.0})
        writer.clips(step, "samples", columns(8, 8), fps=8.0, folder=place / "samples")
    writer.text(3, "b", "c")
    writer.close()
    assert caplog.text.count("Training goes on without") in (1, 2)
    assert place.read_text() == ""


def test_want_of_memory_is_no_fault_of_a_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> None:
        raise error

    writer = summaries.Summaries(str(tmp_path))
    error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
    monkeypatch.setattr(tf.summary, "scalar", lambda *_, **__: fail(error))
    with pytest.raises(tf.errors.ResourceExhaustedError):
        writer.scalars(1, {"a": 1.0})
    error = tf.errors.ResourceExhaustedError(None, None, "a; No space left on device")
    writer.scalars(1, {"a": 1.0})


def test_steps_that_come_again_are_shown_once(tmp_path: pathlib.Path) -> None:
    for start, steps, value in ((0, (1, 2, 3, 4), 1.0), (2, (3, 4, 5), 2.0)):
        writer = summaries.Summaries(str(tmp_path), start=start)
        for step in steps:
            writer.scalars(step, {"a": value})
        writer.close()
        time.sleep(1.1)  # Files are read in the order of the second in their names.
    seen = accumulators.EventAccumulator(str(tmp_path))
    seen.Reload()
    found = [(one.step, tf.make_ndarray(one.tensor_proto)) for one in seen.Tensors("a")]
    assert found == [(1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0), (5, 2.0)]

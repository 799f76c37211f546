"""What TensorBoard shows, and the clips that lie beside it.

    writer = Summaries("runs/foregan/train")
    writer.scalars(100, {"critic/real": 0.7}, {"critic/real": "Hinge loss of real clips."})
    writer.clips(100, "samples", columns, fps=8.0, folder="runs/foregan/samples")

TensorBoard has no tab for video, but its image tab hands the encoded bytes to the
browser as they are, so an animated PNG plays there.
"""

import contextlib
import os
import pathlib
import socket
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from absl import logging
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.pr_curve import metadata as pr_metadata

from tfvideogan.core import durable, pixels
from tfvideogan.media import sheets, writer
from tfvideogan.metrics import precision_recall

FILE_FORMATS = ("gif", "mp4")
# Small clips are enlarged by whole factors, or they cannot be seen; a wide row is made
# to fit a screen.
MIN_CELL_HEIGHT = 96
MAX_WIDTH = 1600
# Of one summary: above it the exact animated PNG gives way to GIF.
MAX_BYTES = 4_000_000
_TABLE_RULE = "---"
# What TensorFlow raises of files.
FILE_ERRORS = (
    OSError,
    tf.errors.ResourceExhaustedError,
    tf.errors.PermissionDeniedError,
    tf.errors.NotFoundError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnavailableError,
    tf.errors.UnknownError,
)


class Summaries:
    """Writes the events of one kind, "train" or "eval", of a run."""

    def __init__(self, folder: str, *, is_chief: bool = True, start: int = 0) -> None:
        """Names the events file; of several workers only the chief writes one.

        Args:
          folder: where the events file goes.
          is_chief: whether to write at all.
          start: steps done before; what earlier starts have written of later ones is
            forgotten by TensorBoard.
        """
        self._folder = folder
        self._is_chief = is_chief
        self._writer: tf.summary.SummaryWriter | None = None
        self._fault = ""
        self._start = start

    def scalars(
        self,
        step: int,
        values: Mapping[str, float],
        abouts: Mapping[str, str] | None = None,
    ) -> None:
        """Writes numbers by tag, and what each one is."""

        def write() -> None:
            for tag, value in values.items():
                tf.summary.scalar(tag, value, description=(abouts or {}).get(tag))

        self._write(step, write)

    def settings(
        self, values: Mapping[str, bool | int | float | str], run: str
    ) -> None:
        """Writes what distinguishes a run from others, for the HParams tab.

        Args:
          values: of the settings, by name.
          run: what it is called in that table.
        """
        summary = hparams.hparams_pb(dict(values), trial_id=run).SerializeToString()
        self._write(0, lambda: tf.summary.experimental.write_raw_pb(summary))

    def curve(
        self, step: int, tag: str, about: str, curve: precision_recall.Curve
    ) -> None:
        """Writes a curve of precision and recall."""
        metadata = pr_metadata.create_summary_metadata(
            display_name=tag, description=about, num_thresholds=curve.shape[1]
        )
        values = tf.constant(curve, tf.float32)
        self._write(step, lambda: tf.summary.write(tag, values, metadata=metadata))

    def histogram(self, step: int, tag: str, about: str, buckets: np.ndarray) -> None:
        """Writes a histogram whose buckets are given.

        Args:
          step: training steps done.
          tag: of the histogram.
          about: what it shows.
          buckets: [K, 3] left and right ends, and how much lies between them.
        """
        metadata = histogram_metadata.create_summary_metadata(
            display_name=None, description=about
        )
        values = tf.constant(buckets, tf.float64)
        self._write(step, lambda: tf.summary.write(tag, values, metadata=metadata))

    def text(self, step: int, tag: str, markdown: str) -> None:
        """Writes a text in Markdown."""
        self._write(step, lambda: tf.summary.text(tag, markdown))

    def clips(
        self,
        step: int,
        tag: str,
        columns: Mapping[str, np.ndarray],
        *,
        fps: float,
        folder: str | os.PathLike,
    ) -> None:
        """Shows clips that play, and writes them as files to `folder`.

        Args:
          step: training steps done.
          tag: such as "samples".
          columns: [N, T, H, W, 1 or 3] in [-1, 1] by name; N clips become rows.
          fps: frames per second.
          folder: for step_0000100.gif and .mp4.
        """
        if not self._is_chief:
            return
        frames = sheets.headed(grid(columns), list(columns))
        folder = pathlib.Path(folder)
        height, width = frames.shape[1:3]
        encoded = writer.apng_bytes(frames, fps)
        if len(encoded) > MAX_BYTES:
            encoded = writer.gif_bytes(frames, fps)
        metadata = image_metadata.create_summary_metadata(
            display_name=tag, description=" | ".join(columns)
        )
        picture = tf.stack([str(width), str(height), encoded])

        def write() -> None:
            for suffix in FILE_FORMATS:
                writer.write_video(folder / f"step_{step:07d}.{suffix}", frames, fps)
            tf.summary.write(tag, picture, metadata=metadata)

        self._write(step, write)

    def close(self) -> None:
        """Closes the events file."""
        if self._writer is not None:
            with contextlib.suppress(*FILE_ERRORS):
                self._writer.close()

    def _write(self, step: int, write: Callable[[], None]) -> None:
        """Opens the events file where that has not been done, writes, and flushes.

        What cannot be written is said once: a training does not depend on it.
        """
        if not self._is_chief:
            return
        try:
            if self._writer is None:
                if self._start:
                    _purge(self._folder, self._start)
                self._writer = tf.summary.create_file_writer(self._folder)
            with self._writer.as_default(step):
                write()
            self._writer.flush()
        except FILE_ERRORS as error:
            is_memory = isinstance(error, tf.errors.ResourceExhaustedError)
            if is_memory and not durable.is_disk_full(error):
                raise
            fault = durable.reason(error)
            if fault != self._fault:
                text = "%s cannot be written: %s. Training goes on without."
                logging.warning(text, self._folder, fault)
            self._fault = fault


def _purge(folder: str, step: int) -> None:
    """Writes the event by which TensorBoard forgets all that is later than a step.

    Steps that were trained and not saved, before a kill, are trained again.
    """
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    now = time.time()
    name = (
        f"events.out.tfevents.{int(now)}.{socket.gethostname()}.{os.getpid()}.0.purge"
    )
    log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    start = event_pb2.Event(wall_time=now, step=step + 1, session_log=log)
    version = event_pb2.Event(wall_time=now, file_version="brain.Event:2")
    with tf.io.TFRecordWriter(os.path.join(folder, name)) as file:
        for event in (version, start, start):  # The first start ever forgets nothing.
            file.write(event.SerializeToString())


def grid(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Lays out clips: one row for each clip, one column for each name.

    Args:
      columns: [N, T, H, W, 1 or 3] in [-1, 1], by name.

    Returns:
      uint8 [T, height, width, 3], enlarged or shrunk to what can be seen.
    """
    cells = [_resized(_coloured(clips), len(columns)) for clips in columns.values()]
    return sheets.grid(list(zip(*cells, strict=True)))


def markdown_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Returns a table for the text tab."""
    lines = [header, tuple(_TABLE_RULE for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _coloured(clips: np.ndarray) -> np.ndarray:
    clips = pixels.to_uint8(tf.convert_to_tensor(clips)).numpy()
    return np.repeat(clips, 3, axis=-1) if clips.shape[-1] == 1 else clips


def _resized(clips: np.ndarray, columns: int) -> np.ndarray:
    """Resizes clips [N, T, H, W, 3] uint8 so that `columns` of them fit a screen."""
    number, frames, height, width, _ = clips.shape
    factor = max(1, -(-MIN_CELL_HEIGHT // height))
    if factor > 1:
        return clips.repeat(factor, axis=2).repeat(factor, axis=3)
    share = min(1.0, MAX_WIDTH / (columns * (width + sheets.GAP)))
    if share == 1.0:
        return clips
    size = (int(height * share), int(width * share))
    flat = clips.reshape(number * frames, height, width, 3)  # [N*T, H, W, 3]
    small = tf.image.resize(flat, size, method="area")
    small = tf.cast(tf.round(small), tf.uint8).numpy()
    return small.reshape(number, frames, *size, 3)

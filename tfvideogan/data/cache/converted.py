"""The common part of sources that are lists of raw clips, converted to records once.

A concrete source lists its clips, each with a function that reads it at the size of the
spec, says which splits they are in, and has them converted:

    @dataclasses.dataclass(kw_only=True, eq=False)
    class Films(converted.ConvertedSource):
        name = "films"
        title = "films"

        def __post_init__(self):
            super().__post_init__()
            spec = self.make_spec(fps=25.0)
            paths = sorted(self.folder.glob("*.mp4"))
            clips = [
                converted.RawClip(path.name, (path,), functools.partial(_read, path, spec))
                for path in paths
            ]
            self.convert(spec, {"train": clips})

Everything else is done here: conversion in parallel, with tolerance of a few damaged
files (`media/damage.py`); windows of every `stride`-th frame; labels and captions; and the
counts of what was left out.
"""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import clip as clip_spec
from tfvideogan.core import errors
from tfvideogan.data import captions, source, splitting
from tfvideogan.data.cache import reader, records
from tfvideogan.media import damage

TRAIN = splitting.TRAIN

Piece = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class RawClip:
    """One clip as it lies in the user's folder.

    Attributes:
      id: its name, unique in the source.
      files: what is read; a change of them is noticed.
      load: reads the clip at the size of the spec: all keys but labels and captions
        (these too, if `label` or `caption` is None), layouts as in `data/source.py`.
        A long film yields its pieces instead. Raises `damage.DamagedClip`.
      label: its class.
      caption: in words of the source's vocabulary.
      window_step: where clips are cut into windows, these begin so many frames apart;
        None lets each begin behind the one before.
    """

    id: str
    files: tuple[pathlib.Path, ...]
    load: Callable[[], Piece | Iterable[Piece]] = dataclasses.field(compare=False)
    label: int | None = None
    caption: str | None = None
    window_step: int | None = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class _Windows:
    """The clips of a split: parts of records, in order.

    Attributes:
      numbers: [n] int64, records.
      firsts: [n] int64, first frame in the record.
      lengths: [n] int64, frames.
    """

    numbers: np.ndarray
    firsts: np.ndarray
    lengths: np.ndarray


@dataclasses.dataclass(kw_only=True, eq=False)
class ConvertedSource:
    """Base of sources of clips that are converted to records; a `source.ClipSource`.

    Subclasses have these settings, some with another default, and their own.

    Attributes:
      name: short name, such as "strips"; also of the cache.
      title: as in a sentence, such as "MoCoGAN strips".
      is_procedural: False.
      spec: of one training window.
      splits: those that have clips; all but "train" may lose them all.
      folder: `root` as a path.
      has_all_masks: False where only the first frame of a clip has its mask: windows
        begin there.
      notes: what is to be said of what was found: a line for each kind of what is not
        read, and what was decided.
      records: all clips of all splits.
      vocabulary: of the captions, or None.
      root: the folder that is read.
      frames: T of one training window; shorter clips are left out.
      height: of the clips in pixels; pictures of any size are fitted to it.
      width: of the clips in pixels.
      stride: every so many frames make a window, which spans (T - 1) x `stride` + 1
        frames; 1 for clips with flow.
      eval_frames: cuts the clips of every split but "train" into windows of so many
        frames, one behind the other, each of which then counts as a clip; the rest of a
        clip is dropped. None leaves them whole.
      cache_dir: see `records.py`.
      max_damaged: share of the clips that may be damaged; they are left out.

    Raises:
      UserError: the folder is incomplete, too much is damaged, no clip is as long as a
        window, or a value is wrong.
    """

    name = "converted"
    title = "clips"
    is_procedural = False
    has_all_masks = True
    notes: ClassVar[tuple[str, ...]] = ()

    root: str = dataclasses.field(kw_only=False)
    frames: int = 16
    height: int = 64
    width: int = 64
    stride: int = 1
    eval_frames: int | None = None
    cache_dir: str | None = None
    max_damaged: float = damage.MAX_SHARE

    def __post_init__(self) -> None:
        self.folder = pathlib.Path(self.root).expanduser()

    def make_spec(self, **contents: Any) -> clip_spec.ClipSpec:
        """Returns the spec of a training window.

        Args:
          **contents: what else a `clip.ClipSpec` tells, such as `has_masks`; `fps` is
            that of the clips, before `stride`.
        """
        return clip_spec.ClipSpec(self.frames, self.height, self.width, **contents)

    def convert(
        self,
        spec: clip_spec.ClipSpec,
        clips: Mapping[str, Sequence[RawClip]],
        *,
        parameters: Mapping[str, object] | None = None,
        vocabulary: captions.Vocabulary | None = None,
        cut_train: bool = False,
    ) -> None:
        """Converts the clips where that has not been done; each subclass calls it.

        Args:
          spec: see `make_spec`.
          clips: of each split, in order; splits may share clips.
          parameters: what else changes a pixel; of simple types.
          vocabulary: of the captions.
          cut_train: whether the training clips are cut into windows of `eval_frames`,
            too, rather than read from a random frame on.

        Raises:
          UserError: too much is damaged, or no clip is as long as a window.
        """
        if self.stride < 1 or (self.stride > 1 and spec.has_flow):
            raise errors.UserError(
                f"`stride` ({self.stride}) must be at least 1, and 1 for clips with flow."
            )
        if self.eval_frames is not None and self.eval_frames < spec.frames:
            raise errors.UserError(
                f"`eval_frames` ({self.eval_frames}) must be at least `frames` "
                f"({spec.frames}), or None."
            )
        self.spec = dataclasses.replace(spec, fps=spec.fps / self.stride)
        self.vocabulary = vocabulary
        for note in self.notes:
            logging.warning("%s: %s.", self.name, note)
        unique = {clip.id: clip for listed in clips.values() for clip in listed}
        self.records = self._converted(
            [unique[key] for key in sorted(unique)], parameters
        )
        self._short: dict[str, str] = {}
        cut = {
            split: self._cut(
                split,
                listed,
                self.eval_frames if split != TRAIN or cut_train else None,
            )
            for split, listed in clips.items()
        }
        # A test split may consist of a single clip, which may be damaged or short.
        self._windows = {split: one for split, one in cut.items() if one is not None}
        self.splits = tuple(self._windows)
        if self._short or self.records.damaged:
            logging.warning("%s: %s.", self.name, self.counts())

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        size = f"{self.spec.height}x{self.spec.width}"
        return f"{self.title} read from {self.folder} at {size} ({self.counts()})"

    def left_out(self) -> list[str]:
        """Returns a line for each clip that was left out, and why."""
        return [*self.records.damaged.values(), *self._short.values()]

    def lengths(self, split: str) -> np.ndarray:
        """Returns the length of each clip of a split, at the source's stride."""
        source.check_split(self, split)
        return (self._windows[split].lengths - 1) // self.stride + 1

    def names(self, split: str) -> list[str]:
        """Returns the name of each clip of a split; windows of one clip share it."""
        source.check_split(self, split)
        return [self.records.ids[number] for number in self._windows[split].numbers]

    def labels(self, split: str) -> np.ndarray:
        """Returns the class of each clip of a split, where the spec has classes."""
        source.check_split(self, split)
        return self.records.words["labels"][self._windows[split].numbers]

    def counts(self) -> str:
        """Returns how many clips there are, and how many were left out and why."""
        text = ", ".join(f"{self.num_clips(split)} {split}" for split in self.splits)
        text += " clips"
        if self.stride > 1:
            text += f", every {self.stride} frames"
        if self._short:
            text += (
                f"; left out: {len(self._short)} shorter than the {self._span()} frames "
                "of a window"
            )
        if self.records.damaged:
            first = next(iter(self.records.damaged))
            text += f"; left out: {len(self.records.damaged)} damaged ({first} ...)"
        return text

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        source.check_split(self, split)
        return len(self._windows[split].numbers)

    def num_frames(self, split: str) -> int:
        """Returns the length of the shortest clip of a split, at the source's stride."""
        source.check_split(self, split)
        return int(self.lengths(split).min())

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, at the source's stride."""
        source.check_split(self, split)
        windows = self._windows[split]
        for number, first, length in zip(
            windows.numbers, windows.firsts, windows.lengths, strict=True
        ):
            with tf.device(reader.HOST):
                window = self.records.read(
                    tf.constant(number),
                    tf.constant(first),
                    frames=(int(length) - 1) // self.stride + 1,
                    stride=self.stride,
                )
            yield {key: value.numpy() for key, value in window.items()}

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Reads a window inside `Dataset.map`; see `source.ClipSource.read`."""
        source.check_window(self, split, frames)
        windows = self._windows[split]
        start = source.window_start(
            tf.gather(windows.lengths, index),
            self._span(frames),
            seed if self.has_all_masks else None,
        )
        return self.records.read(
            tf.gather(windows.numbers, index),
            tf.gather(windows.firsts, index) + start,
            frames=frames,
            stride=self.stride,
        )

    def _span(self, frames: int | None = None) -> int:
        """Returns the frames of a clip from the first to the last of a window."""
        return ((frames or self.spec.frames) - 1) * self.stride + 1

    def _converted(
        self, clips: Sequence[RawClip], parameters: Mapping[str, object] | None
    ) -> reader.Records:
        words = [self._words(clip) for clip in clips]  # faults show before any work
        recipe = records.Recipe(
            name=self.name,
            spec=self.spec,
            parameters=parameters or {},
            source_digest=_digest(self.folder, clips),
        )

        def load(number: int) -> Piece | Iterable[Piece]:
            """Reads a clip and adds what is known of it."""
            loaded = clips[number].load()
            if isinstance(loaded, Mapping):
                return {**loaded, **words[number]}
            return ({**piece, **words[number]} for piece in loaded)

        return records.open_or_convert(
            recipe,
            [clip.id for clip in clips],
            load,
            cache_dir=self.cache_dir,
            max_damaged=self.max_damaged,
        )

    def _words(self, clip: RawClip) -> dict[str, np.ndarray]:
        """Returns what is said of a clip as a whole, as far as it is known."""
        words = {}
        if self.spec.num_classes and clip.label is not None:
            words["labels"] = np.int32(clip.label)
        if self.vocabulary is not None and clip.caption is not None:
            words |= self.vocabulary.raw(clip.caption, self.spec.caption_length)
        return words

    def _cut(
        self, split: str, clips: Sequence[RawClip], eval_frames: int | None
    ) -> _Windows | None:
        """Finds the windows of a split among the records; None where there are none."""
        numbers = {key: number for number, key in enumerate(self.records.ids)}
        rows, longest = [], 0
        span = self._span(eval_frames)
        needed = max(span, self._span())
        for clip in clips:
            if clip.id not in numbers:
                continue
            number = numbers[clip.id]
            length = int(self.records.lengths[number])
            longest = max(longest, length)
            if length < needed:
                self._short[clip.id] = f"{clip.id} has {length} frames, not {needed}."
            elif eval_frames is None:
                rows.append((number, 0, length))
            else:
                # The next window begins where the last one's next frame would be.
                step = clip.window_step or span + self.stride - 1
                last = length - span if self.has_all_masks else 0
                starts = range(0, last + 1, step)
                rows += [(number, start, span) for start in starts]
        if not rows and split != TRAIN and (eval_frames is None or not longest):
            return None
        if not rows:
            raise errors.UserError(
                f"No clip of {self.name}/{split} has the {needed} frames of a window "
                f"(`frames` {eval_frames or self.spec.frames}, `stride` {self.stride}): "
                f"the longest has {longest}; use smaller ones."
            )
        return _Windows(*np.asarray(rows, np.int64).T)


def _digest(root: pathlib.Path, clips: Sequence[RawClip]) -> str:
    """Returns a digest of the files and of what is made of them."""
    paths = sorted({path for clip in clips for path in clip.files})
    digest = hashlib.sha256(records.files_digest(root, paths).encode())
    for clip in clips:
        names = [os.path.relpath(path, root) for path in clip.files]
        digest.update(repr((clip.id, clip.label, clip.caption, names)).encode())
    return digest.hexdigest()

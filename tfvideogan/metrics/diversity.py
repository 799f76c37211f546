"""Whether seeds of one caption give different pictures, and none of the training set.

    metric = diversity.Diversity(training=icons.Icons(bank.draw_icons()))

The outputs hold `samples` [N, S, T, H, W, C]: S of one caption, by different seeds; stills
have T = 1. Three things are measured:

    <distance> between seeds           mean over all pairs of samples: 0 if they are equal
    alike                              share of pairs without a visible difference
    <distance> to nearest neighbour    from the first frame of a sample to the training
                                       frame nearest to it by mean square

The last is also that of the real clips which are judged: samples much nearer to training
frames than new real ones are copies. The distance is LPIPS [1]; where its weights have not
been fetched, or frames are too small for it, it is L1 in [0, 1], under that name.

References:
  [1] Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
      metric", CVPR 2018. Its mean over pairs as diversity: Zhu et al., "Toward multimodal
      image-to-image translation", NeurIPS 2017, section 5.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import errors, pixels
from tfvideogan.metrics import image, perceptual, streaming
from tfvideogan.pretrained import alexnet, lpips

REMEDY = "`Diversity` judges models that draw several samples of a caption."
TRAIN = "train"
# Samples that differ by less than a level of 0 to 255 on average look alike.
ALIKE = 1.0 / pixels.MAX_BYTE
AXES = "N S T H W C"
LPIPS, L1 = "LPIPS-Alex", "L1"


class Clips(Protocol):
    """Where training frames come from, such as a data set."""

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the clips of a split in order, with `frames` uint8 [T, H, W, C]."""


@dataclasses.dataclass(eq=False)
class Diversity(streaming.MeanMetric):
    """Distances between samples of a caption, and to the nearest training frames.

    Attributes:
      training: with whose training frames samples are compared; None for no such result.
      num_neighbours: how many of these at most: as many of each clip, evenly spaced.
      samples_key: of outputs [N, S, T, H, W, C] in [-1, 1].

    Raises:
      UserError: `num_neighbours` is less than 1.
    """

    training: Clips | None = None
    num_neighbours: int = 4096
    samples_key: str = "samples"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_neighbours < 1:
            raise errors.UserError(
                f"`Diversity.num_neighbours` ({self.num_neighbours}) must be at least 1."
            )
        self._lpips: lpips.LPIPS | None = None
        try:
            self._lpips = lpips.load(alexnet.NAME)
        except errors.UserError as error:
            logging.warning("Diversity is measured by L1, not by LPIPS: %s", error)

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`.

        Raises:
          UserError: samples or frames are missing, or there is one sample of a caption.
        """
        samples = streaming.required(
            outputs, self.samples_key, where="outputs", remedy=REMEDY
        )
        if samples.ndim != len(AXES.split()) or samples.shape[1] < 2:
            raise errors.UserError(
                f"the model's `{self.samples_key}` have shape {samples.shape}, but must "
                f"be [{AXES}] with two samples S or more."
            )
        samples = image.unit_range(samples)
        self._add_pairs(samples)
        if self.training is not None:
            real = streaming.required(batch, "frames", where="batches", remedy=REMEDY)
            self._add_neighbours("model", samples[:, :, 0])
            self._add_neighbours("real", image.unit_range(real[:, :1]))

    def _add_pairs(self, samples: np.ndarray) -> None:
        """Counts what samples [N, S, T, H, W, C] in [0, 1] differ by."""
        name, distance = self._distance(samples)
        pairs = list(itertools.combinations(range(samples.shape[1]), 2))
        first, second = (samples[:, list(one)] for one in zip(*pairs, strict=True))
        found = distance(first, second).mean(axis=2)  # [N, pairs]
        alike = image.l1(first, second).mean(axis=2) < ALIKE
        for values, is_alike in zip(found, alike, strict=True):
            self._means.add(f"{name} between seeds/model/all", float(values.mean()))
            self._means.add("alike/model/all", float(is_alike.mean()))

    def _add_neighbours(self, subject: str, frames: np.ndarray) -> None:
        """Counts how far frames [N, S, H, W, C] in [0, 1] are from training frames."""
        name, distance = self._distance(frames)
        nearest = self._neighbours.nearest(frames)
        for values in distance(frames, nearest):
            row = f"{name} to nearest neighbour/{subject}/all"
            self._means.add(row, float(values.mean()))

    def _distance(
        self, frames: np.ndarray
    ) -> tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
        """The distance of frames [..., H, W, C], with its name."""
        if self._lpips is None or min(frames.shape[-3:-1]) < lpips.MIN_SIZE:
            return L1, image.l1
        return LPIPS, functools.partial(perceptual.distances, self._lpips)

    @functools.cached_property
    def _neighbours(self) -> "Neighbours":
        return Neighbours(self.training, limit=self.num_neighbours)


class Neighbours:
    """Training frames, to find the one nearest to another frame."""

    def __init__(self, training: Clips, *, limit: int) -> None:
        """Reads the frames.

        Args:
          training: whose training split.
          limit: how many frames at most; as many of each clip, evenly spaced.
        """
        per_clip = max(limit // training.num_clips(TRAIN), 1)
        chosen = []
        for clip in itertools.islice(training.clips(TRAIN), limit // per_clip):
            length = len(clip["frames"])
            places = np.linspace(0, length - 1, min(per_clip, length)).astype(int)
            chosen.append(clip["frames"][places])
        floats = pixels.to_float(tf.constant(np.concatenate(chosen)))  # [M, H, W, C]
        self._frames = image.unit_range(floats.numpy()).astype(np.float32)

    def nearest(self, frames: np.ndarray) -> np.ndarray:
        """Returns the training frame nearest to each of frames [..., H, W, C] in [0, 1].

        Returns:
          The same shape, float32 in [0, 1].
        """
        known = self._frames.reshape(len(self._frames), -1)
        flat = frames.astype(np.float32).reshape(-1, known.shape[1])
        # |a - b|² = |a|² - 2 (a·b - |b|² / 2), and |a|² is the same for all b.
        scores = flat @ known.T - np.square(known).sum(axis=1) / 2
        return self._frames[scores.argmax(axis=1)].reshape(frames.shape)

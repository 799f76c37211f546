"""Base of sources that show the clips of another one, cut, beside what they make of them.

data/holes/holed.py and data/blur/blurred.py are such sources.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.data import source as sources

Corner = tuple[tf.Tensor, tf.Tensor]


class CroppedSource:
    """What a source hands on of the source that it is made of.

    Attributes:
      crop: side of the square cut out of each window, drawn by its seed or in the middle;
        None for whole frames.
      spec: of one training window.
      splits: those of the other source, as are the attributes that `source.ClipSource`
        has besides.
    """

    name: str
    crop: int | None

    def take_over(self, given: sources.ClipSource, **contents: Any) -> None:
        """Takes over what another source says of its clips.

        Args:
          given: the other source.
          **contents: what else a clip has, such as `has_holes`; see `clip.ClipSpec`.

        Raises:
          UserError: the crop is larger than its frames.
        """
        spec = given.spec
        if self.crop is not None and self.crop > min(spec.height, spec.width):
            raise errors.UserError(
                f"`crop` ({self.crop}) must be at most the frames' smaller side of "
                f"{spec.height}x{spec.width}."
            )
        self._given = given
        self.spec = dataclasses.replace(
            spec,
            height=self.crop or spec.height,
            width=self.crop or spec.width,
            **contents,
        )
        self.is_procedural = given.is_procedural
        self.has_plain_ground = getattr(given, "has_plain_ground", True)
        self.has_all_masks = getattr(given, "has_all_masks", True)
        self.splits = given.splits
        if spec.caption_length:
            self.vocabulary = given.vocabulary

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        return self._given.num_clips(split)

    def corner(self, seed: tf.Tensor | None) -> Corner:
        """Draws top and left of the crop, or, without a seed, takes the middle one's."""
        whole = self._given.spec
        rooms = (whole.height - self.spec.height, whole.width - self.spec.width)
        if seed is None:
            return tuple(tf.constant(room // 2) for room in rooms)
        return tuple(
            seeds.integers([], seeds.fold(seed, axis), room + 1)
            for axis, room in zip(("top", "left"), rooms, strict=True)
        )

    def cut(self, value: tf.Tensor, corner: Corner) -> tf.Tensor:
        """Cuts the crop at a corner out of [T, H, W, C]."""
        if not self.crop:
            return value
        top, left = corner
        return value[:, top : top + self.crop, left : left + self.crop]

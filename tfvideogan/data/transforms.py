"""Augmentations of one example, driven by a seed and consistent over all its keys.

An example is one row of a batch (`core/clip.py` without the axis N): frames
[T, H, W, C] in [-1, 1], masks, flow in pixels, clean plates. Whatever moves pixels moves
masks and clean plates alike, and turns, swaps or scales the vectors of the flow. What is
mirrored or played backwards is described anew: "left" becomes "right" in its caption.

    transforms = (HorizontalFlip(), TimeReversal(), ColourJitter())

In gin: `loop.run.transforms = [@transforms.HorizontalFlip(), @transforms.ColourJitter()]`.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import captions

Example = dict[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class RandomTransform:
    """Base of transforms that change a clip or leave it alone.

    Attributes:
      probability: of a change.

    Raises:
      UserError: it is not between 0 and 1.
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise errors.UserError(
                f"`probability` ({self.probability}) must be between 0 and 1."
            )

    def __call__(self, example: Example, seed: tf.Tensor) -> Example:
        """Changes the example, or not."""
        is_changed = seeds.uniform([], seed) < self.probability
        return tf.cond(is_changed, lambda: self.changed(example), lambda: dict(example))

    def changed(self, example: Example) -> Example:
        """Returns the changed example."""
        raise NotImplementedError


class HorizontalFlip(RandomTransform):
    """Mirrors all frames of a clip left to right."""

    def changed(self, example: Example) -> Example:
        """Flips the example; horizontal flow and captions turn with it."""
        result = _turned(example) | {
            key: tf.reverse(value, axis=[2])
            for key, value in _pictures(example).items()
        }
        for key in clip.FLOW_KEYS:
            if key in result:
                result[key] = result[key] * tf.constant([-1.0, 1.0])
        return result


class VerticalFlip(RandomTransform):
    """Mirrors all frames of a clip top to bottom.

    Not for captions that say up or down.
    """

    def changed(self, example: Example) -> Example:
        """Flips the example; vertical flow turns with it."""
        result = example | {
            key: tf.reverse(value, axis=[1])
            for key, value in _pictures(example).items()
        }
        for key in clip.FLOW_KEYS:
            if key in result:
                result[key] = result[key] * tf.constant([1.0, -1.0])
        return result


class Transposition(RandomTransform):
    """Swaps rows and columns of all frames; with both flips it makes quarter turns.

    Not for captions that name a direction.
    """

    def changed(self, example: Example) -> Example:
        """Transposes the example; components of flow change places.

        Raises:
          UserError: the frames are not square.
        """
        _, height, width, _ = example["frames"].shape
        if height != width:
            raise errors.UserError(
                f"Transposition needs square frames, not {height}x{width}; leave it out, "
                "or train on crops."
            )
        result = example | {
            key: tf.transpose(value, [0, 2, 1, 3])
            for key, value in _pictures(example).items()
        }
        for key in clip.FLOW_KEYS:
            if key in result:
                result[key] = tf.reverse(result[key], axis=[-1])
        return result


class TimeReversal(RandomTransform):
    """Plays a clip backwards; forward and backward flow change places.

    Not for classes or captions that tell how something begins and ends, nor for clips
    whose first frame alone has a mask.
    """

    needs_all_masks = True

    def changed(self, example: Example) -> Example:
        """Reverses the example."""
        result = _turned(example) | {
            key: tf.reverse(value, axis=[0])
            for key, value in _pictures(example).items()
        }
        for there, back in clip.FLOW_PAIRS:
            if there in result:
                result[there], result[back] = result[back], result[there]
        return result


class SpeedChange:
    """Plays a clip faster: takes every k-th frame, with k drawn for each clip.

    The pipeline reads as many frames as the fastest needs (`frames_needed`).
    Not for captions that tell a pace.
    """

    def __init__(self, strides: Sequence[int] = (1, 2)) -> None:
        """Creates the transform; `strides` are the values of k, equally likely."""
        if not strides or min(strides) < 1:
            raise errors.UserError(
                f"`strides` ({list(strides)}) must be whole numbers of at least 1."
            )
        self.strides = tuple(strides)

    def frames_needed(self, frames: int) -> int:
        """Returns how many frames it takes to make `frames` of them."""
        return (frames - 1) * max(self.strides) + 1

    def __call__(self, example: Example, seed: tf.Tensor) -> Example:
        """Thins the example out, from a frame that leaves room for the rest.

        Raises:
          UserError: the example has flow, which would not fit any more.
        """
        flows = [key for key in clip.FLOW_KEYS if key in example]
        if flows:
            raise errors.UserError(
                f"SpeedChange cannot be used with clips that have `{flows[0]}`."
            )
        given = example["frames"].shape[0]
        frames = (given - 1) // max(self.strides) + 1
        number = seeds.integers([], seeds.fold(seed, 0), len(self.strides))
        stride = tf.gather(tf.constant(self.strides), number)
        room = given - (frames - 1) * stride
        start = seeds.integers([], seeds.fold(seed, 1), room)
        places = start + stride * tf.range(frames)
        return example | {
            key: tf.ensure_shape(tf.gather(value, places), [frames, *value.shape[1:]])
            for key, value in _pictures(example).items()
        }


class ColourJitter:
    """Changes brightness, contrast and saturation of a whole clip by one draw each."""

    def __init__(
        self,
        brightness: float = 0.1,
        contrast: float = 0.1,
        saturation: float = 0.2,
    ) -> None:
        """Creates the transform.

        Args:
          brightness: largest shift, in units of the range [-1, 1] / 2.
          contrast: largest relative change of the distance to the clip's mean.
          saturation: largest relative change of the distance to grey.
        """
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation

    def __call__(self, example: Example, seed: tf.Tensor) -> Example:
        """Jitters frames and clean plates alike; the result stays in [-1, 1]."""
        draws = seeds.uniform([3], seed, -1.0, 1.0)
        shift = 2.0 * self.brightness * draws[0]
        contrast = 1.0 + self.contrast * draws[1]
        saturation = 1.0 + self.saturation * draws[2]
        mean = tf.reduce_mean(example["frames"])
        result = dict(example)
        for key in clip.PIXEL_KEYS:
            if key in example:
                colours = example[key]
                grey = tf.reduce_mean(colours, axis=-1, keepdims=True)
                colours = grey + saturation * (colours - grey)
                colours = mean + contrast * (colours - mean) + shift
                result[key] = tf.clip_by_value(colours, -1.0, 1.0)
        return result


class ChannelPermutation:
    """Puts the colour channels of a whole clip into another order, all equally likely.

    Channels are blurred each by itself, so that what is sharp and what is blurred still
    belong together. Not for captions that name a colour.
    """

    def __call__(self, example: Example, seed: tf.Tensor) -> Example:
        """Permutes frames and clean plates alike."""
        order = tf.argsort(seeds.uniform([example["frames"].shape[-1]], seed))
        return example | {
            key: tf.ensure_shape(
                tf.gather(example[key], order, axis=-1), example[key].shape
            )
            for key in clip.PIXEL_KEYS
            if key in example
        }


class RandomCrop:
    """Cuts the same random window out of all frames of a clip."""

    def __init__(self, height: int, width: int) -> None:
        """Creates the transform; `height` and `width` are those of the window."""
        self.height = height
        self.width = width

    def __call__(self, example: Example, seed: tf.Tensor) -> Example:
        """Cuts the example; flow vectors keep their length.

        Raises:
          UserError: the window is larger than the frames.
        """
        _, height, width, _ = example["frames"].shape
        if self.height > height or self.width > width:
            raise errors.UserError(
                f"A crop of {self.height}x{self.width} does not fit into frames of "
                f"{height}x{width}; make `height` and `width` smaller."
            )
        top = seeds.integers([], seeds.fold(seed, 0), height - self.height + 1)
        left = seeds.integers([], seeds.fold(seed, 1), width - self.width + 1)
        return example | {
            key: _cut(value, top, left, self.height, self.width)
            for key, value in _pictures(example).items()
        }


def _pictures(example: Example) -> Example:
    """Returns what has an axis of time, height and width."""
    return {k: v for k, v in example.items() if k not in clip.WHOLE_CLIP_KEYS}


def _turned(example: Example) -> Example:
    """Returns the example with the directions of its caption turned round."""
    if "caption_tokens" not in example:
        return dict(example)
    return example | {"caption_tokens": captions.mirrored(example["caption_tokens"])}


def _cut(
    value: tf.Tensor, top: tf.Tensor, left: tf.Tensor, height: int, width: int
) -> tf.Tensor:
    frames, _, _, channels = value.shape
    cut = value[:, top : top + height, left : left + width]
    return tf.ensure_shape(cut, [frames, height, width, channels])

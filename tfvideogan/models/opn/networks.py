"""The encoder and the decoder of OPN.

All layers are gated convolutions (`gated.py`); `w` is the width, 64 as published.

Encoder: a frame with holes and the two maps beside it -> a key and a value of each place
    layer     channels   kernel   stride   dilation   size
    half 1     5 -> w       5        2         1       1/2
    half 2     w -> w       3        1         1       1/2
    quarter 1  w -> 2w      3        2         1       1/4
    quarter 2  2w           3        1         1       1/4
    wide 1-3   2w           3        1      2, 4, 8    1/4
    key        2w           3        1         1       1/4     no activation
    value      2w           3        1         1       1/4     no activation

Decoder: values, with what was read from other frames added -> a frame
    wide 1-3   2w           3        1      8, 4, 2    1/4
    quarter    2w           3        1         1       1/4
    repeated by 2
    half 1     2w -> w      3        1         1       1/2
    half 2     w -> w       3        1         1       1/2
    repeated by 2
    full       w -> 3       5        1         1       1       no activation

Frames are normalised as ImageNet's (`normalised`): the mean colour, which stands in the
holes, is 0. 3,420,422 parameters with w = 64.

A gate begins at one half: behind all layers 1/50,000 of a signal is left, and hundreds of
steps make one colour. A `gain` of 2 of the first kernels of features,
not published, lets it through.

Ours, with `is_residual`: the decoder adds to a frame whose holes are filled already, and
begins with next to nothing. With `reads_pixels`, too, keys are compared as `matching.py`
says, the 8x8 pixels around a place are read beside its value, and the decoder sees what was
read and what it adds to, and decides pixel by pixel how much of it is taken. Where the
pixels of places overlap, those whose middle is nearer weigh more, so that squares are
fainter where neighbours read from different places.

Source: Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3, and
the code published with it.
"""

import functools
import itertools
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.models.opn import gated, matching
from tfvideogan.pretrained import image_network

# Pixels of a place of keys and values.
STRIDE = 4
DILATIONS = (2, 4, 8)
WIDE_KERNEL = 5
# Gain of a last convolution that adds.
SMALL_GAIN = 0.01
# Places beyond the border of a window that a pixel inside is computed from. Decoder at a
# quarter of the size: dilations 8 + 4 + 2 + 1, and what the rest sees.
TAIL_REACH = 2
DECODER_REACH = sum(DILATIONS) + 1 + TAIL_REACH
# What was read is not taken at first: its share is the sigmoid of the negative.
CAUTION = 2.0
# The pixels around a place are four blocks of `STRIDE` pixels, half a block from its own:
# up or down, left or right.
QUARTERS = tuple(itertools.product((0, 1), repeat=2))
PATCH = 2 * STRIDE


class Read(NamedTuple):
    """Pixels that were read, and what they compete with, as patches of places.

    Attributes:
      copied: [N, h, w, 16 C] normalised, blended where places ask, see `blended`;
        anything where a place does not.
      base: [N, h, w, 16 C], the frame as it is, normalised.
      asks: [N, h, w, 1], 1 where a place asks.
    """

    copied: tf.Tensor
    base: tf.Tensor
    asks: tf.Tensor


class Encoder(keras.layers.Layer):
    """Keys and values of every fourth pixel; see the module."""

    def __init__(
        self,
        width: int,
        *,
        gain: float = 1.0,
        reads_pixels: bool = False,
        **kwargs: object,
    ) -> None:
        """Creates the layers.

        Args:
          width: channels at half of the size.
          gain: see the module.
          reads_pixels: likewise.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        gated_conv = functools.partial(gated.conv, gain=gain)
        self.half = [
            gated_conv(width, WIDE_KERNEL, stride=2),
            gated_conv(width),
        ]
        self.quarter = [
            gated_conv(2 * width, stride=2),
            gated_conv(2 * width),
        ]
        self.wide = [gated_conv(2 * width, dilation=rate) for rate in DILATIONS]
        self.key = gated_conv(2 * width, is_linear=True)
        self.value = gated_conv(2 * width, is_linear=True)
        self.matcher = matching.Matcher() if reads_pixels else None

    def call(
        self, frames: tf.Tensor, visible: tf.Tensor, holes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Encodes frames.

        Args:
          frames: [N, H, W, 3] normalised, 0 in the holes; H and W divide by 4.
          visible: [N, H, W, 1], 1 where the frame is known from the start.
          holes: [N, H, W, 1], 1 where it is still missing.

        Returns:
          Keys and values, each [N, H/4, W/4, 2 width]; with `reads_pixels` keys have
          3 numbers more, and values 64 for each channel of a frame.
        """
        features = self.features(frames, visible, holes)
        keys, values = self.key(features), self.value(features)
        if self.matcher is None:
            return keys, values
        patches = tf.cast(overlapping(frames), values.dtype)
        values = tf.concat([values, patches], axis=-1)
        return self.matcher(keys, matching.positions(keys)), values

    def queries(self, features: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Returns what the places of features [N, h, w, 2 width] ask with.

        Args:
          features: see `features`.
          positions: of the places, see `matching.positions`.
        """
        keys = self.key(features)
        return self.matcher.queries(keys, positions) if self.matcher else keys

    def features(
        self, frames: tf.Tensor, visible: tf.Tensor, holes: tf.Tensor
    ) -> tf.Tensor:
        """Returns what keys and values are made of, [N, H/4, W/4, 2 width]."""
        maps = (tf.cast(one, frames.dtype) for one in (visible, holes))
        x = tf.concat([frames, *maps], axis=-1)
        for layer in (*self.half, *self.quarter, *self.wide):
            x = layer(x)
        return x


class Decoder(keras.layers.Layer):
    """A frame of the values of its places; see the module."""

    def __init__(
        self,
        width: int,
        channels: int = 3,
        *,
        gain: float = 1.0,
        is_residual: bool = False,
        reads_pixels: bool = False,
        **kwargs: object,
    ) -> None:
        """Creates the layers.

        Args:
          width: channels at half of the size.
          channels: of the frame.
          gain: see the module.
          is_residual: likewise.
          reads_pixels: likewise.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        gated_conv = functools.partial(gated.conv, gain=gain)
        self.wide = [
            gated_conv(2 * width, dilation=rate) for rate in reversed(DILATIONS)
        ]
        self.quarter = gated_conv(2 * width)
        self.half = [gated_conv(width), gated_conv(width)]
        self.is_residual = is_residual
        last_gain = SMALL_GAIN if is_residual else gain
        self.compare = gated_conv(2 * width, 1) if reads_pixels else None
        last = functools.partial(gated.conv, is_linear=True, gain=last_gain)
        self.full = last(channels + reads_pixels, WIDE_KERNEL)

    def call(self, values: tf.Tensor, read: Read | None = None) -> tf.Tensor:
        """Takes [N, h, w, 2 width], returns normalised frames [N, 4h, 4w, C]."""
        return self.tail(self.head(values, read), read)

    def head(self, values: tf.Tensor, read: Read | None = None) -> tf.Tensor:
        """The layers at a quarter of the size, which see `sum(DILATIONS) + 1` places."""
        if read is not None:
            pair = tf.concat([read.copied, read.base], axis=-1)
            values += self.compare(read.asks * pair)
        for layer in (*self.wide, self.quarter):
            values = layer(values)
        return values

    def tail(self, features: tf.Tensor, read: Read | None = None) -> tf.Tensor:
        """The others, which see `TAIL_REACH` places."""
        for layer in self.half:
            features = layer(
                gated.enlarged(features) if layer is self.half[0] else features
            )
        made = self.full(gated.enlarged(features))
        if read is None:
            return made
        added, logits = made[..., :-1], made[..., -1:]
        asks = gated.enlarged(gated.enlarged(read.asks))
        shares = asks * tf.sigmoid(logits - CAUTION)
        return added + shares * unpatched(read.copied - read.base)


def patched(frames: tf.Tensor) -> tf.Tensor:
    """Returns the pixels of places side by side: [N, 4h, 4w, C] -> [N, h, w, 16 C]."""
    return tf.nn.space_to_depth(frames, STRIDE)


def unpatched(patches: tf.Tensor) -> tf.Tensor:
    """Undoes `patched`."""
    return tf.nn.depth_to_space(patches, STRIDE)


def overlapping(frames: tf.Tensor) -> tf.Tensor:
    """Returns the 8x8 pixels around places: [N, 4h, 4w, C] -> [N, h, w, 64 C]."""
    margins = [[0, 0], [STRIDE // 2] * 2, [STRIDE // 2] * 2, [0, 0]]
    blocks = patched(tf.pad(frames, margins, "REFLECT"))
    height, width = tf.unstack(tf.shape(blocks)[1:3])
    return tf.concat(
        [
            blocks[:, down : height - 1 + down, across : width - 1 + across]
            for down, across in QUARTERS
        ],
        axis=-1,
    )


def blended(patches: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Puts pixels around places over each other, those near the middle of one above all.

    Args:
      patches: [N, h, w, 64 C], see `overlapping`.
      weights: [N, h, w, 1], of places, beside that of the middle.

    Returns:
      [N, h, w, 16 C], see `patched`; 0 where no place has a weight.
    """
    weighed, total = 0.0, 0.0
    parts = tf.split(patches, len(QUARTERS), axis=-1)
    channels = parts[0].shape[-1] // STRIDE**2
    for part, (down, across) in zip(parts, QUARTERS, strict=True):
        shares = tf.cast(weights, tf.float32) * _tent(down, across)  # [N, h, w, 16]
        # As `space_to_depth` has channels: they are the last axis of a block.
        shares = tf.repeat(shares, channels, axis=-1)
        margins = [[0, 0], [down, 1 - down], [across, 1 - across], [0, 0]]
        weighed += tf.pad(shares * tf.cast(part, tf.float32), margins)
        total += tf.pad(shares, margins)
    whole = unpatched(tf.math.divide_no_nan(weighed, total))
    inner = slice(STRIDE // 2, -(STRIDE // 2))
    made = patched(whole[:, inner, inner])
    return tf.cast(tf.ensure_shape(made, [*patches.shape[:3], None]), patches.dtype)


def _tent(down: int, across: int) -> tf.Tensor:
    """Weights of the pixels of a quarter, [16]: 7/8, 5/8, 3/8, 1/8 from the middle."""
    rising = (tf.range(STRIDE, dtype=tf.float32) + 0.5) / STRIDE
    rows, columns = (rising[::-1] if far else rising for far in (down, across))
    return tf.reshape(rows[:, tf.newaxis] * columns, [-1])


def normalised(frames: tf.Tensor) -> tf.Tensor:
    """Takes ImageNet's mean and deviation out of [..., 3] in [-1, 1]; float32."""
    frames = tf.cast(frames, tf.float32)
    return (frames - image_network.MEAN) / image_network.DEVIATION


def restored(frames: tf.Tensor) -> tf.Tensor:
    """Undoes `normalised`; float32."""
    frames = tf.cast(frames, tf.float32)
    return frames * image_network.DEVIATION + image_network.MEAN

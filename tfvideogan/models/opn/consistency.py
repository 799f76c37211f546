"""The temporal consistency network (TCN): frames completed one by one, made one video.

    frame before as it was made, its hole, this frame, its hole
        -> encoder -> convolutional GRU -> decoder -> this frame

All layers are gated convolutions (`gated.py`); `w` is the width, 32 as published.

Encoder                                        Decoder
    layer    channels   stride   size              layer    channels   dilation   size
    full     8 -> w        1       1  skip 1        1, 2     8w          2, 1      1/8
    half 1   w -> 2w       2      1/2               repeated by 2
    half 2   2w            1      1/2 skip 2        3        8w -> 4w     1        1/4
    quarter  2w -> 4w      2      1/4               + skip 3
    ... 2, 3 4w            1      1/4 skip 3        4, 5     4w          2, 1      1/4
    eighth   4w -> 8w      2      1/8               repeated by 2
    ... 2, 3 8w            1      1/8               6        4w -> 2w     1        1/2
                                                    + skip 2
GRU: 8w, 3x3; the reset gate is on what the state       7    2w           1        1/2
adds to the candidate, its bias included            repeated by 2
                                                    8        2w -> w      1        1
                                                    + skip 1
                                                    9        w -> 3       1        1

Kernels are 3x3, those of the first and the last layer 5x5; the last has no activation.
11,156,806 parameters with w = 32.

Where we differ: the first frame passes as it is, and what the network sees of the frame
before has its known pixels. The released code starts from the last frame of the video,
still empty, and never puts known pixels back; see `run`.

Source: Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.3,
and the code published with it.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.models.opn import gated, networks

# Sides of frames are multiples of it.
SIZE_MULTIPLE = 8
WIDE_KERNEL = 5
KERNEL = 3
BLACK = -1.0


class GRU(keras.layers.Layer):
    """One step of the convolutional GRU; as many channels in as out.

    reset, update and candidate of the input, and of the state, are a convolution each:

        r, u = sigmoid(inputs + state)
        c = tanh(input + r · state)
        state' = c + u · (state - c)
    """

    def __init__(self, filters: int, **kwargs: object) -> None:
        """Stores the number of channels."""
        super().__init__(**kwargs)
        self.of_input, self.of_state = (
            keras.layers.Conv2D(3 * filters, KERNEL, padding="same") for _ in range(2)
        )

    def call(self, inputs: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes two times [N, h, w, C], returns the new state."""
        heard = tf.split(self.of_input(inputs), 3, axis=-1)
        kept = tf.split(self.of_state(state), 3, axis=-1)
        reset, update = (
            tf.sigmoid(one + other)
            for one, other in zip(heard[:2], kept[:2], strict=True)
        )
        candidate = tf.tanh(heard[2] + reset * kept[2])
        return candidate + update * (tf.cast(state, candidate.dtype) - candidate)


class ConsistencyNetwork(keras.layers.Layer):
    """One frame of a video from the one before; see the module."""

    def __init__(self, width: int, channels: int = 3, **kwargs: object) -> None:
        """Creates the layers.

        Args:
          width: channels at full size.
          channels: of frames.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.state_channels = 8 * width

        def convolutions(*table: tuple[int, int]) -> list[keras.Layer]:
            return [gated.conv(times * width, stride=stride) for times, stride in table]

        self.full = gated.conv(width, WIDE_KERNEL)
        self.half = convolutions((2, 2), (2, 1))
        self.quarter = convolutions((4, 2), (4, 1), (4, 1))
        self.eighth = convolutions((8, 2), (8, 1), (8, 1))
        self.gru = GRU(8 * width)
        self.from_eighth = [
            gated.conv(8 * width, dilation=2),
            gated.conv(8 * width),
        ]
        self.to_quarter = gated.conv(4 * width)
        self.from_quarter = [
            gated.conv(4 * width, dilation=2),
            gated.conv(4 * width),
        ]
        self.to_half = gated.conv(2 * width)
        self.from_half = gated.conv(2 * width)
        self.to_full = gated.conv(width)
        self.to_frame = gated.conv(channels, WIDE_KERNEL, is_linear=True)

    def call(
        self,
        before: tf.Tensor,
        hole_before: tf.Tensor,
        frame: tf.Tensor,
        hole: tf.Tensor,
        state: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Makes a frame.

        Args:
          before: [N, H, W, 3] in [-1, 1], the frame before as it was made.
          hole_before: [N, H, W, 1], what was missing in it.
          frame: [N, H, W, 3] in [-1, 1], completed.
          hole: [N, H, W, 1], what was missing in it.
          state: [N, H/8, W/8, state_channels].

        Returns:
          [N, H, W, 3] float32 in [-1, 1] but not clipped, and the new state.
        """
        before, frame = networks.normalised(before), networks.normalised(frame)
        hole_before, hole = (tf.cast(one, tf.float32) for one in (hole_before, hole))
        full = self.full(tf.concat([before, hole_before, frame, hole], axis=-1))
        half = _through(self.half, full)
        quarter = _through(self.quarter, half)
        state = self.gru(_through(self.eighth, quarter), state)
        x = gated.enlarged(_through(self.from_eighth, state))
        x = _through(self.from_quarter, self.to_quarter(x) + quarter)
        x = self.from_half(self.to_half(gated.enlarged(x)) + half)
        x = self.to_full(gated.enlarged(x)) + full
        return networks.restored(self.to_frame(x)), tf.cast(state, tf.float32)


def run(
    network: ConsistencyNetwork,
    frames: tf.Tensor,
    holes: tf.Tensor,
    *,
    is_clipped: bool = True,
    teacher: tf.Tensor | None = None,
    is_taught: tf.Tensor | bool = False,
    starts_from_black: bool = False,
    is_unpasted: bool = False,
) -> tf.Tensor:
    """Runs along videos.

    Args:
      network: makes a frame of the one before.
      frames: [N, T, H, W, 3] in [-1, 1], completed; H and W are multiples of 8.
      holes: [N, T, H, W, 1].
      is_clipped: whether frames are clipped to [-1, 1].
      teacher: [N, T, H, W, 3] frames that may be shown in place of those that were made.
      is_taught: whether they are.
      starts_from_black: as released: the first frame goes through the network, too, and
        before it comes a black one with the hole of the last.
      is_unpasted: as released: known pixels are what the network makes of them.

    Returns:
      [N, T, H, W, 3] float32.
    """
    clips, maps = (tf.transpose(one, [1, 0, 2, 3, 4]) for one in (frames, holes))
    length, batch, height, width = tf.unstack(tf.shape(clips)[:4])
    state = tf.zeros(
        [batch, height // SIZE_MULTIPLE, width // SIZE_MULTIPLE, network.state_channels]
    )
    array = tf.TensorArray(tf.float32, length, element_shape=clips.shape[1:])
    if starts_from_black:
        start, before = 0, tf.fill(tf.shape(clips[0]), BLACK)
    else:
        start, before = 1, clips[0]
        array = array.write(0, clips[0])
    if teacher is not None:
        teacher = tf.transpose(teacher, [1, 0, 2, 3, 4])

    def advanced(
        time: tf.Tensor, before: tf.Tensor, state: tf.Tensor, array: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.TensorArray]:
        previous = tf.math.floormod(time - 1, length)
        made, state = network(before, maps[previous], clips[time], maps[time], state)
        # Dilated convolutions lose a batch's size.
        made = tf.ensure_shape(made, clips.shape[1:])
        if is_clipped:
            made = tf.clip_by_value(made, -1.0, 1.0)
        if not is_unpasted:
            made = tf.where(maps[time] > 0, made, clips[time])
        array = array.write(time, made)
        if teacher is not None:
            made = tf.where(is_taught, teacher[time], made)
        return time + 1, made, state, array

    _, _, _, array = tf.while_loop(
        lambda time, *_: time < length,
        advanced,
        (tf.constant(start), before, state, array),
        shape_invariants=(
            tf.TensorShape([]),
            clips.shape[1:],
            tf.TensorShape([None, None, None, network.state_channels]),
            tf.TensorShape(None),
        ),
        parallel_iterations=1,
    )
    return tf.ensure_shape(tf.transpose(array.stack(), [1, 0, 2, 3, 4]), frames.shape)


def _through(layers: Sequence[keras.Layer], x: tf.Tensor) -> tf.Tensor:
    for layer in layers:
        x = layer(x)
    return x

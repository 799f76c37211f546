"""The network that completes flow: a U-Net over rows, columns and steps of time.

A step is a frame and the one behind it; `w` is the width, leaky ReLU 0.2 throughout:

    flow, known, both frames and their holes    11     H x W
    conv 5x5 / 2                                 w     H/2 x W/2
    block                                        w     H/2 x W/2    -> skip
    block / 2, block                            2w     H/4 x W/4    -> skip
    block / 2                                   3w     H/8 x W/8
    block twice, each added to what it gets     3w     H/8 x W/8
    repeated by 2, with skip: conv 3x3, block   2w     H/4 x W/4
    repeated by 2, with skip: conv 3x3, block    w     H/2 x W/2
    conv 3x3, depth to space                     2     H x W        added to the flow

A block is a convolution of 3x3 pixels, to which one of 3 steps of time is added [1]. A
receptive field of 100 pixels and 15 steps. All sizes are open.

Source: after Zhou et al., ProPainter, ICCV 2023, section 3.1, whose recurrent network with
deformable convolutions is several times as large; here a U-Net of separable blocks.

References:
  [1] Qiu et al., Learning spatio-temporal representation with pseudo-3D residual
      networks, ICCV 2017 (P3D-B).
"""

import keras
import tensorflow as tf

from tfvideogan.ops import frames as frame_ops

SLOPE = 0.2
# Of the last convolution: a training begins with the flow as it is given.
SMALL_GAIN = 0.01
FLOW_CHANNELS = 2


class Block(keras.layers.Layer):
    """Convolves pixels, then adds what steps before and behind make of theirs."""

    def __init__(self, width: int, *, stride: int = 1) -> None:
        """Creates the layers, of `width` channels."""
        super().__init__()
        self.plane = keras.layers.Conv2D(width, 3, strides=stride, padding="same")
        self.time = keras.layers.Dense(width)

    def call(self, steps: tf.Tensor) -> tf.Tensor:
        """Takes [N, S, H, W, C], returns [N, S, H/stride, W/stride, width]."""
        x = tf.nn.leaky_relu(on_steps(self.plane, steps), SLOPE)
        padded = tf.pad(x, [[0, 0], [1, 1], [0, 0], [0, 0], [0, 0]])
        neighbours = tf.concat([padded[:, :-2], x, padded[:, 2:]], axis=-1)
        return tf.nn.leaky_relu(x + self.time(neighbours), SLOPE)


class FlowNetwork(keras.Model):
    """Says what is to be added to flow; see the module."""

    def __init__(self, width: int, *, name: str = "network") -> None:
        """Creates the layers.

        Args:
          width: channels at half of the size.
          name: of the network.
        """
        super().__init__(name=name)
        self.first = keras.layers.Conv2D(width, 5, strides=2, padding="same")
        self.half = Block(width)
        self.quarter = [Block(2 * width, stride=2), Block(2 * width)]
        self.eighth = Block(3 * width, stride=2)
        self.middle = [Block(3 * width) for _ in range(2)]
        self.to_quarter = _conv(2 * width)
        self.quarter_again = Block(2 * width)
        self.to_half = _conv(width)
        self.half_again = Block(width)
        initializer = keras.initializers.VarianceScaling(SMALL_GAIN)
        self.last = _conv(4 * FLOW_CHANNELS, kernel_initializer=initializer)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, S, H, W, C], the flow and what is known of it; returns 2 channels."""
        half = self.half(tf.nn.leaky_relu(on_steps(self.first, inputs), SLOPE))
        quarter = half
        for block in self.quarter:
            quarter = block(quarter)
        x = self.eighth(quarter)
        for block in self.middle:
            x = x + block(x)
        for to_skip, skip, block in (
            (self.to_quarter, quarter, self.quarter_again),
            (self.to_half, half, self.half_again),
        ):
            joined = tf.concat([_repeated(x, skip), skip], axis=-1)
            x = block(tf.nn.leaky_relu(on_steps(to_skip, joined), SLOPE))
        flat = frame_ops.fold_time(on_steps(self.last, x))
        made = _with_steps(tf.nn.depth_to_space(flat, 2), inputs)
        height, width = tf.unstack(tf.shape(inputs)[2:4])
        return made[:, :, :height, :width]


def on_steps(layer: keras.layers.Layer, steps: tf.Tensor) -> tf.Tensor:
    """Applies an image layer to every step of [N, S, H, W, C]; no size need be static."""
    return _with_steps(layer(frame_ops.fold_time(steps)), steps)


def _with_steps(flat: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Returns [N·S, H, W, C] as [N, S, H, W, C]."""
    leading, size = tf.shape(like)[:2], tf.shape(flat)[1:]
    made = tf.reshape(flat, tf.concat([leading, size], axis=0))
    return tf.ensure_shape(made, [*like.shape[:2], *flat.shape[1:]])


def _repeated(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Repeats rows and columns by 2, as far as those of another tensor go."""
    height, width = tf.unstack(tf.shape(like)[2:4])
    return tf.repeat(tf.repeat(x, 2, axis=2), 2, axis=3)[:, :, :height, :width]


def _conv(width: int, **kwargs: object) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(width, 3, padding="same", **kwargs)

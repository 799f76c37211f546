"""The convolutions that the networks of CPNet are made of, and its normalisation.

Zeros are set on each side by numbers, as in the released code: Keras' "same" would put
those of a stride of two on one side only. Kernels start as He et al. draw them, by
fan-out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.pretrained import image_network

# He et al., Delving Deep into Rectifiers, ICCV 2015.
HE_FAN_OUT = (2.0, "fan_out", "untruncated_normal")


class Stage(NamedTuple):
    """A convolution of a table: where it stands, and how it convolves.

    Attributes:
      name: in the released code, by which weights are found.
      factor: output channels as multiples of the width.
      size: of the kernel.
      stride: of rows and columns.
    """

    name: str
    factor: int
    size: int = 3
    stride: int = 1


class Convolution(keras.layers.Conv2D):
    """A convolution [N, H, W, I] -> [N, H / stride, W / stride, O], with ReLU or none."""

    def __init__(
        self,
        channels: int,
        size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        is_linear: bool = False,
        **kwargs: object,
    ) -> None:
        """Creates the layer.

        Args:
          channels: of the output.
          size: of the kernel, odd.
          stride: of rows and columns.
          dilation: of the kernel; 1 with a stride.
          is_linear: whether there is no ReLU behind.
          **kwargs: of `keras.layers.Conv2D`.
        """
        super().__init__(
            channels,
            size,
            strides=stride,
            dilation_rate=dilation,
            padding="same",
            activation=None if is_linear else "relu",
            # Each its own: one that is shared would draw the same numbers again.
            **{"kernel_initializer": keras.initializers.VarianceScaling(*HE_FAN_OUT)}
            | kwargs,
        )

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolves without bias."""
        if max(self.strides) == 1:  # The same zeros on both sides.
            return super().convolution_op(inputs, kernel)
        both = [self.kernel_size[0] // 2] * 2
        padded = tf.pad(inputs, [[0, 0], both, both, [0, 0]])
        return tf.nn.conv2d(padded, kernel, self.strides, "VALID")


def made(stages: Sequence[Stage], width: int) -> list[Convolution]:
    """Returns the convolutions of a table, each with ReLU."""
    return [
        Convolution(one.factor * width, one.size, stride=one.stride) for one in stages
    ]


def through(layers: Sequence[keras.layers.Layer], x: tf.Tensor) -> tf.Tensor:
    """Applies layers one after the other."""
    for layer in layers:
        x = layer(x)
    return x


def mean(channels: int) -> tf.Tensor:
    """Returns ImageNet's mean colour [C] in [-1, 1], or its grey."""
    return _of_channels(image_network.MEAN, channels)


def normalised(frames: tf.Tensor) -> tf.Tensor:
    """Returns frames [..., C] in [-1, 1] without ImageNet's mean and deviation."""
    channels = frames.shape[-1]
    deviation = _of_channels(image_network.DEVIATION, channels)
    return (tf.cast(frames, tf.float32) - mean(channels)) / deviation


def with_mask(frames: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
    """Returns what an encoder sees [N, H, W, C + 1]: `normalised` frames and a mask."""
    return tf.concat([normalised(frames), tf.cast(masks, tf.float32)], axis=-1)


def denormalised(x: tf.Tensor) -> tf.Tensor:
    """Undoes `normalised`."""
    channels = x.shape[-1]
    deviation = _of_channels(image_network.DEVIATION, channels)
    return tf.cast(x, tf.float32) * deviation + mean(channels)


def _of_channels(values: Sequence[float], channels: int) -> tf.Tensor:
    if channels == image_network.CHANNELS:
        return tf.constant(values)
    return tf.reduce_mean(tf.constant(values), keepdims=True)

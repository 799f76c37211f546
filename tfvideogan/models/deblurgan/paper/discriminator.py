"""The published critic: patches of 70 x 70 pixels, whatever the blurred frame was.

    4x4 / 2             64      leaky ReLU
    4x4 / 2            128      instance norm, leaky ReLU
    4x4 / 2            256      instance norm, leaky ReLU
    4x4                512      instance norm, leaky ReLU
    4x4                  1

Each with zeros two wide on every side; 2,764,737 weights for RGB.

References:
  [1] Kupyn et al., DeblurGAN, CVPR 2018, section 3.1 (the critic).
  [2] Isola et al., Image-to-Image Translation with Conditional Adversarial Networks, CVPR
      2017, section 3.2.2 (patches).
"""

import keras
import tensorflow as tf

from tfvideogan.models.deblurgan.paper import generator

LEAKY_SLOPE = 0.2
KERNEL, PADDING = 4, 2
# Channels as multiples of the width, and strides.
LAYERS = ((1, 2), (2, 2), (4, 2), (8, 1))


class PaperDiscriminator(keras.Model):
    """Scores the patches of frames."""

    def __init__(self, *, width: int = 64, name: str = "critic") -> None:
        """Creates the layers; `width` is the number of channels of the first."""
        super().__init__(name=name)
        self.convolutions = [_convolution(width * by, stride) for by, stride in LAYERS]
        self.score = _convolution(1, 1)

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns logits [N, h, w, 1] float32 of frames [N, H, W, C]."""
        x = frames
        for number, convolve in enumerate(self.convolutions):
            x = convolve(_padded(x))
            x = generator.instance_norm(x) if number else x
            x = tf.nn.leaky_relu(x, LEAKY_SLOPE)
        return tf.cast(self.score(_padded(x)), tf.float32)


def _padded(x: tf.Tensor) -> tf.Tensor:
    margin = [PADDING, PADDING]
    return tf.pad(x, [[0, 0], margin, margin, [0, 0]])


def _convolution(filters: int, stride: int) -> keras.layers.Conv2D:
    deviation = generator.DEVIATION
    initializer = keras.initializers.RandomNormal(stddev=deviation)
    return keras.layers.Conv2D(
        filters, KERNEL, strides=stride, kernel_initializer=initializer
    )

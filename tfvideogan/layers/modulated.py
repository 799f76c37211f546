"""Convolutions whose input channels a style scales, the modulated ones of StyleGAN2.

    images = ModulatedConv(64, upsamples=True)(images, style)   # [M, H, W, C], [M, D]

Channels are scaled by the style before the convolution and brought back to unit size
behind it by what the kernel would make of such scales (demodulation), so that no
statistics are taken over images: an image looks the same in training, alone and in any
batch.

References:
  [1] Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020,
      section 2.2 and equation 3. Where we differ: images are scaled instead of kernels,
      which is the same and needs no grouped convolution.
"""

import keras
import tensorflow as tf

from tfvideogan.ops.convolution import convolution, resampling

KERNEL = 3
_EPSILON = 1e-8  # inside the root: scales may all be zero


class ModulatedConv(keras.layers.Layer):
    """A 3x3 convolution with weight modulation and demodulation."""

    def __init__(
        self, filters: int, *, upsamples: bool = False, **kwargs: object
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          upsamples: whether the image is doubled, by repeating pixels, before.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = filters
        self.upsamples = upsamples

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(KERNEL, KERNEL, channels, self.filters),
            initializer="he_normal",
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias"
        )
        self.scales = keras.layers.Dense(channels, bias_initializer="ones")
        self.built = True

    def call(self, inputs: tf.Tensor, style: tf.Tensor) -> tf.Tensor:
        """Takes images [M, H, W, C] and styles [M, D]; returns [M, H, W, filters]."""
        scales = self.scales(style)  # [M, C]
        kernel = tf.convert_to_tensor(self.kernel)
        scaled = inputs * scales[:, tf.newaxis, tf.newaxis]
        if self.upsamples:
            made = resampling.conv2d_of_doubled(scaled, kernel)
        else:
            made = convolution.conv2d(scaled, kernel, padding=1)
        squares = tf.square(tf.cast(scales, tf.float32))
        energy = tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32)), axis=[0, 1])
        sizes = tf.math.rsqrt(tf.matmul(squares, energy) + _EPSILON)  # [M, filters]
        made *= tf.cast(sizes, made.dtype)[:, tf.newaxis, tf.newaxis]
        return tf.nn.bias_add(made, tf.convert_to_tensor(self.bias))

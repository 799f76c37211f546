"""The generator of GAN-CLS with residual blocks: text features and noise to 64x64.

    stage                                       channels     size
    text, dense, leaky relu                     128          1x1
    ‖ noise                                     512 + 128    1x1
    dense, batch norm                           8w           4x4
    residual block, inner 2w, relu              8w           4x4
    repeated pixels, conv 3x3, batch norm       4w           8x8
    residual block, inner w, relu               4w           8x8
    repeated pixels, conv 3x3, batch norm, relu 2w           16x16
    repeated pixels, conv 3x3, batch norm, relu w            32x32
    repeated pixels, conv 3x3, tanh             C            64x64

20,752,131 parameters for w = 128 and three channels.
"""

import keras
import tensorflow as tf

from tfvideogan.layers import resnet
from tfvideogan.models.text2image.paper import layers

SIZE, SMALLEST = 64, 4


class PaperGenerator(keras.Model):
    """Maps text features and noise to images."""

    def __init__(
        self, *, width: int, text_units: int, channels: int, name: str = "generator"
    ) -> None:
        """Creates the layers.

        Args:
          width: w, channels before the last layer.
          text_units: of the dense layer for the text.
          channels: of an image.
          name: of the network.
        """
        super().__init__(name=name)
        self.width = width
        self.of_text = layers.dense(text_units)
        self.start = layers.dense(SMALLEST * SMALLEST * 8 * width, use_bias=False)
        self.start_norm = layers.norm()
        self.residuals = [
            layers.Bottleneck(2 * width, 8 * width, tf.nn.relu),
            layers.Bottleneck(width, 4 * width, tf.nn.relu),
        ]
        self.up = [
            layers.conv(multiple * width, 3, padding=1) for multiple in (4, 2, 1)
        ]
        self.norms = [layers.norm() for _ in self.up]
        self.to_image = layers.conv(channels, 3, padding=1, use_bias=True)

    def call(
        self, text: tf.Tensor, noise: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Generates images [N, 64, 64, C] float32 in [-1, 1].

        Args:
          text: [N, D], features of the captions.
          noise: [N, Z].
          training: whether batch norms go by the batch.
        """
        text = layers.leaky_relu(self.of_text(text))
        code = tf.concat([tf.cast(noise, text.dtype), text], axis=-1)
        x = self.start(code)[:, tf.newaxis, tf.newaxis]  # [N, 1, 1, 128w]
        # Each of these numbers has statistics of its own.
        x = self.start_norm(x, training=training)
        x = tf.reshape(x, [-1, SMALLEST, SMALLEST, 8 * self.width])  # [N, 4, 4, 8w]
        x = self.residuals[0](x, training=training)
        for place, (convolve, normalise) in enumerate(
            zip(self.up, self.norms, strict=True)
        ):
            x = normalise(convolve(resnet.repeat_pixels(x)), training=training)
            # The first one leads into a residual block.
            x = tf.nn.relu(x) if place else self.residuals[1](x, training=training)
        made = self.to_image(resnet.repeat_pixels(x))  # [N, 64, 64, C]
        return tf.tanh(tf.cast(made, tf.float32))

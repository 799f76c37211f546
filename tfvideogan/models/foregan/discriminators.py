"""The patch critics of ForeGAN: foreground, background, mask and time.

One small fully convolutional critic serves all four; they differ in what they are shown:

    foreground   [.., 3]   m · fg + (1 - m) · black, a whole frame
    background   [.., 3]   patches of the scene without the object
    mask         [.., 1]   masks, so that shapes are judged apart from colours
    temporal     [.., 12]  three frames of foreground and mask, so that a frozen object
                           is found out

Spectral norm and the hinge loss replace the original's WGAN-GP with 15 M parameters: one
backward pass less per critic and step. The original critic is in `thesis/`.

References:
  [1] Isola et al., Image-to-Image Translation with Conditional Adversarial Networks,
      2017, section 3.2.2 (patch critics).
  [2] Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
"""

import keras
import tensorflow as tf

from tfvideogan.models.foregan import trunk

MIN_SIZE = 8


class PatchDiscriminator(keras.Model):
    """Scores overlapping patches of [N, H, W, C]; returns logits [N, h, w, 1]."""

    def __init__(self, width: int, *, layers: int = 3, name: str) -> None:
        """Creates the layers.

        Args:
          width: channels of the first layer; each further one has twice as many.
          layers: number of 4x4 convolutions of stride 2.
          name: of the network.
        """
        super().__init__(name=name)
        self.down = [
            _normalised(
                keras.layers.Conv2D(
                    width * 2**level, trunk.DOWN_KERNEL, strides=2, padding="same"
                )
            )
            for level in range(layers)
        ]
        self.score = _normalised(keras.layers.Conv2D(1, trunk.KERNEL, padding="same"))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, h, w, 1] in float32; `training` moves the spectral norm."""
        x = inputs
        for layer in self.down:
            x = tf.nn.leaky_relu(layer(x, training=training), trunk.LEAKY_SLOPE)
        return tf.cast(self.score(x, training=training), tf.float32)


def _normalised(layer: keras.layers.Layer) -> keras.layers.SpectralNormalization:
    return keras.layers.SpectralNormalization(layer)

"""The discriminator of GAN-CLS with a residual block: an image and a text to one logit.

    stage                                   channels        size
    conv 4x4 / 2, leaky relu                w               32x32
    conv 4x4 / 2, batch norm, leaky relu    2w              16x16
    conv 4x4 / 2, batch norm, leaky relu    4w              8x8
    conv 4x4 / 2, batch norm                8w              4x4
    residual block, inner 2w, leaky relu    8w              4x4
    ‖ text, dense, leaky relu, everywhere   8w + 128        4x4
    conv 1x1, batch norm, leaky relu        8w              4x4
    conv 4x4                                1               1x1

3,915,201 parameters for w = 64 and three channels.
"""

import keras
import tensorflow as tf

from tfvideogan.models.text2image.paper import generator, layers

DOWN = {"kernel_size": 4, "stride": 2, "padding": 1}


class PaperDiscriminator(keras.Model):
    """Scores images together with text features."""

    def __init__(self, *, width: int, text_units: int, name: str = "critic") -> None:
        """Creates the layers.

        Args:
          width: w, channels behind the first layer.
          text_units: of the dense layer for the text.
          name: of the network.
        """
        super().__init__(name=name)
        self.stem = layers.conv(width, use_bias=True, **DOWN)
        self.down = [layers.conv(multiple * width, **DOWN) for multiple in (2, 4, 8)]
        self.norms = [layers.norm() for _ in self.down]
        self.residual = layers.Bottleneck(2 * width, 8 * width, layers.leaky_relu)
        self.of_text = layers.dense(text_units)
        self.joint = layers.conv(8 * width, 1)
        self.joint_norm = layers.norm()
        self.score = layers.conv(1, generator.SMALLEST, use_bias=True)

    def call(
        self, images: tf.Tensor, text: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Returns logits [N, 1] float32.

        Args:
          images: [N, 64, 64, C] in [-1, 1].
          text: [N, D], features of the captions.
          training: whether batch norms go by the batch.
        """
        x = layers.leaky_relu(self.stem(images))
        for place, (convolve, normalise) in enumerate(
            zip(self.down, self.norms, strict=True)
        ):
            x = normalise(convolve(x), training=training)
            is_last = place == len(self.down) - 1
            x = x if is_last else layers.leaky_relu(x)
        x = self.residual(x, training=training)  # [N, 4, 4, 8w]
        said = layers.leaky_relu(self.of_text(text))[:, tf.newaxis, tf.newaxis]
        shape = [tf.shape(x)[0], *x.shape[1:3], said.shape[-1]]
        x = tf.concat([x, tf.broadcast_to(said, shape)], axis=-1)  # [N, 4, 4, 8w + U]
        x = layers.leaky_relu(self.joint_norm(self.joint(x), training=training))
        return tf.cast(self.score(x)[:, 0, 0], tf.float32)

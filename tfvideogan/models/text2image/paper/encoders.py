"""The encoders of GAN-CLS, which learn by ranking that a text belongs to its image.

    TextEncoder                     ImageEncoder                            channels
    embedding        [N, L, 256]    conv 4x4 / 2, leaky relu                w
    LSTM, last state [N, 128]       conv 4x4 / 2, batch norm, leaky relu    2w, 4w, 8w
                                    dense                                   128

256 V + 197,120 parameters for V words, and 3,806,016 for w = 64 and three channels.
"""

import keras
import tensorflow as tf

from tfvideogan.models.text2image.paper import discriminator, layers


class TextEncoder(keras.Model):
    """Maps captions to text features."""

    def __init__(
        self, vocabulary_size: int, *, embedding: int, units: int, name: str = "text"
    ) -> None:
        """Creates the layers.

        Args:
          vocabulary_size: number of words, the padding included.
          embedding: numbers in the code of a word.
          units: of the LSTM, and of the features.
          name: of the network.
        """
        super().__init__(name=name)
        self.embedding = keras.layers.Embedding(
            vocabulary_size, embedding, embeddings_initializer=layers.normal()
        )
        self.recurrence = keras.layers.LSTM(
            units,
            kernel_initializer=layers.normal(),
            recurrent_initializer=layers.normal(),
        )

    def call(self, tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Returns the state [N, units] behind the last word of captions.

        Args:
          tokens: [N, L] int32, padded.
          lengths: [N] int32.
        """
        is_word = tf.sequence_mask(lengths, tf.shape(tokens)[1])  # [N, L]
        return self.recurrence(self.embedding(tokens), mask=is_word)


class ImageEncoder(keras.Model):
    """Maps images to features like those of their texts."""

    def __init__(self, *, width: int, units: int, name: str = "image") -> None:
        """Creates the layers.

        Args:
          width: w, channels behind the first layer.
          units: numbers in the features.
          name: of the network.
        """
        super().__init__(name=name)
        self.stem = layers.conv(width, use_bias=True, **discriminator.DOWN)
        self.down = [
            layers.conv(multiple * width, **discriminator.DOWN)
            for multiple in (2, 4, 8)
        ]
        self.norms = [layers.norm() for _ in self.down]
        self.features = layers.dense(units, use_bias=False)

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns features [N, units] of images [N, 64, 64, C] in [-1, 1]."""
        x = layers.leaky_relu(self.stem(images))
        for convolve, normalise in zip(self.down, self.norms, strict=True):
            x = layers.leaky_relu(normalise(convolve(x), training=training))
        flat = tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        return self.features(flat)

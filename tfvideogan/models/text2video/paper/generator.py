"""The generator as published: a U-Net in the plane with a network-in-network.

Ten frames of history are ten input channels; there is no convolution over time. For
frames of H x W with C channels, D frames of history, f filters and S words of V:

    level    layers                                      channels    size
    in       history as channels                         D·C         H x W
    E1       conv 3x3, conv 3x3                          f           H x W        skip
    E2       mean 2x2, conv 3x3, conv 3x3                2f          H/2 x W/2    skip
    E3       mean 2x2, conv 3x3, conv 3x3                4f          H/4 x W/4    skip
    E4       mean 2x2, conv 3x3, conv 3x3                8f          H/8 x W/8    skip (1)
    inner    flat E4 ‖ caption                           8f·HW/64 + S·V
             dense                                       1024
             dense                                       16f         H/16 x W/16
    D4       twice as large, conv 2x2, ‖ E4, 2 conv      8f, 8f      H/8 x W/8
    D3       twice as large, conv 2x2, ‖ E3, 2 conv      4f, 4f      H/4 x W/4
    D2       twice as large, conv 2x2, ‖ E2, 2 conv      4f, 2f      H/2 x W/2
    D1       twice as large, conv 2x2, ‖ E1, 2 conv      f, f        H x W
    out      conv 3x3; conv 1x1, sigmoid                 2C, C       H x W

(1) The skip alone goes through dropout; the dense layers see E4 itself. ReLU behind every
layer but the last, no normalisation, He-normal convolutions. At 128x128 with C = 1 and the
two words of KTH it has 25,446,477 parameters, 98.9 % of them in the two dense layers.

Where we differ from the released code: its fifth level (mean, two convolutions of 16f and
dropout) is left out, because nothing uses what it computes; its second dense layer always
makes 8x8x128, so that it takes 128x128 alone; ours follows the size. Colours have 2C
channels before the last convolution, as many for each as grey has.

Source: Casser, Fosco, Lee, Motwani, Guided Video Generation Using FCNs in an Adversarial
Setup, 2018, and its code (github VincentCa/videogeneration, UNet_KTH.ipynb).
"""

import keras
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import convolution

HE = "he_normal"
# Filters of both convolutions of each level, in multiples of f.
ENCODER = (1, 2, 4, 8)
# Of the convolution behind each enlargement, and of the two behind the skip.
DECODER = ((8, 8), (4, 4), (4, 2), (1, 1))
INNER = 16
# The network-in-network works on sides so many times smaller.
SIDE_STEP = 2 ** len(ENCODER)


class UNet(keras.Model):
    """The next frame after a history, under a caption."""

    def __init__(
        self,
        *,
        height: int,
        width: int,
        channels: int = 1,
        filters: int = 8,
        hidden: int = 1024,
        dropout: float = 0.5,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          height: of a frame, pixels; a multiple of `SIDE_STEP`.
          width: likewise.
          channels: C of a frame.
          filters: f, channels of the largest feature maps.
          hidden: numbers behind the first dense layer.
          dropout: share of E4's features that its skip loses in training.
          name: of the network.
        """
        super().__init__(name=name)
        self.dropout = dropout
        self.encoder = [DoubleConvolution(filters * factor) for factor in ENCODER]
        self.inner_size = (height // SIDE_STEP, width // SIDE_STEP, INNER * filters)
        self.to_hidden = keras.layers.Dense(hidden, activation="relu")
        rows, columns, features = self.inner_size
        self.to_inner = keras.layers.Dense(rows * columns * features, activation="relu")
        self.up = [
            convolution.Conv2D(filters * up, 2, kernel_initializer=HE)
            for up, _ in DECODER
        ]
        self.decoder = [DoubleConvolution(filters * factor) for _, factor in DECODER]
        self.to_pairs = _convolution3(2 * channels)
        self.to_frame = convolution.Conv2D(channels, 1, dtype="float32")

    def call(
        self,
        volume: tf.Tensor,
        captions: tf.Tensor,
        seed: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Returns the next frame [N, H, W, C] float32 in [0, 1].

        Args:
          volume: [N, H, W, D·C] in [0, 1], see `volume.py`.
          captions: [N, S·V], one-hot words.
          seed: [2] int32, of the dropout; not needed otherwise.
          training: whether there is dropout.
        """
        x, skips = volume, []
        for level in self.encoder:
            x = level(tf.nn.avg_pool2d(x, 2, 2, "VALID") if skips else x)
            skips.append(x)
        x = self._inner(x, captions)
        if training and self.dropout:
            skips[-1] = tf.nn.experimental.stateless_dropout(
                skips[-1], self.dropout, seed, rng_alg=seeds.ALGORITHM
            )
        for up, level in zip(self.up, self.decoder, strict=True):
            x = tf.nn.relu(up(_with_next(_twice_as_large(x))))
            x = level(tf.concat([skips.pop(), x], axis=-1))
        return tf.sigmoid(self.to_frame(tf.nn.relu(self.to_pairs(x))))

    def _inner(self, features: tf.Tensor, captions: tf.Tensor) -> tf.Tensor:
        """Maps [N, H/8, W/8, 8f] and captions to [N, H/16, W/16, 16f]."""
        flat = tf.reshape(features, [-1, features.shape[1:].num_elements()])
        both = tf.concat([flat, tf.cast(captions, flat.dtype)], axis=-1)
        inner = self.to_inner(self.to_hidden(both))  # [N, HW/256·16f]
        return tf.reshape(inner, [-1, *self.inner_size])


class DoubleConvolution(keras.layers.Layer):
    """Two 3x3 convolutions with ReLU."""

    def __init__(self, filters: int) -> None:
        """Creates them, with `filters` channels each."""
        super().__init__()
        self.first, self.second = _convolution3(filters), _convolution3(filters)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns [N, H, W, filters] of [N, H, W, any]."""
        return tf.nn.relu(self.second(tf.nn.relu(self.first(x))))


def _convolution3(filters: int) -> convolution.Conv2D:
    return convolution.Conv2D(filters, 3, padding=1, kernel_initializer=HE)


def _twice_as_large(x: tf.Tensor) -> tf.Tensor:
    """Repeats every pixel of [N, H, W, C] in two rows and two columns."""
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def _with_next(x: tf.Tensor) -> tf.Tensor:
    """Adds zeros below and on the right: Keras' "same" for a kernel of 2x2."""
    return tf.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])

"""The captioner's network: one track of attention per clause, and words along it.

For each clause attention is a distribution over the places of every frame. The mean of the
features under it, beside the mean place (x, y), is one vector per frame: a track, which is
convolved along time. All words of a clause are predicted from its track, those for an
element and those for its motion, so that two elements are not confused. Clauses differ in
their attention only.

| stage                                           | channels         | size              |
|-------------------------------------------------|------------------|-------------------|
| frames and differences                          | 2 C              | T x H x W         |
| conv 3x3 / 2, relu; k = 1, 2, .. levels         | w · min(2^(k-1), | T x H/2^k x W/2^k |
|                                                 | 4)               |                   |
| conv 3x3, relu                                  | 4 w              | likewise          |
| conv 1x1, softmax over the frame: attention     | E clauses        | likewise          |
| weighted mean of features and of places (x, y)  | 4 w + 2          | T x E             |
| conv along 3 frames, relu; two more, residual   | units            | T x E             |
| mean over the frames; the first frame           | 2 units          | E                 |
| dense                                           | M · V            | E                 |

Attention with a mean of places is the spatial softmax of [1].

References:
  [1] Levine et al., End-to-end training of deep visuomotor policies, JMLR 2016, section
      5.2.
"""

import keras
import tensorflow as tf

from tfvideogan.layers import convolution
from tfvideogan.ops import frames

KERNEL = {"kernel_size": 3, "padding": 1}
TIME_TAPS = 3
# Convolutions along time after the first.
MORE_TIMES = 2
# Rectifiers halve the variance of what passes.
INITIALIZER = "he_normal"
# Channels do not grow beyond this many times the width.
MOST = 4


class CaptionNetwork(keras.Model):
    """Maps clips to logits of words."""

    def __init__(
        self,
        vocabulary_size: int,
        *,
        clauses: int,
        words: int,
        width: int,
        levels: int,
        units: int,
        name: str = "captioner",
    ) -> None:
        """Creates the layers.

        Args:
          vocabulary_size: V, the padding included.
          clauses: E of a caption.
          words: M of each clause.
          width: channels at half the sides; they double with each level, up to fourfold.
          levels: how often the sides are halved.
          units: of the convolutions along time.
          name: of the network.
        """
        super().__init__(name=name)
        self.shape_of_logits = (clauses, words, vocabulary_size)
        self.spaces = [
            _convolution(width * min(2**level, MOST), stride=2)
            for level in range(levels)
        ]
        self.spaces.append(_convolution(width * MOST, stride=1))
        self.attention = convolution.Conv2D(clauses, 1)
        self.times = [
            convolution.TimeConv(units, TIME_TAPS, kernel_initializer=INITIALIZER)
            for _ in range(1 + MORE_TIMES)
        ]
        self.logits = keras.layers.Dense(words * vocabulary_size)

    def call(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, E, M, V] float32 of clips [N, T, H, W, C] in [-1, 1]."""
        x = tf.concat([clips, frames.differences(clips)], axis=-1)  # [N, T, H, W, 2C]
        for layer in self.spaces:
            x = tf.nn.relu(convolution.on_frames(layer, x))
        first, *others = self.times
        tracks = tf.nn.relu(first(self.tracks(x)))
        for layer in others:
            tracks += tf.nn.relu(layer(tracks))
        tracks = tracks[:, :, :, 0]  # [N, T, E, units]
        whole = tf.concat([tf.reduce_mean(tracks, axis=1), tracks[:, 0]], axis=-1)
        logits = tf.reshape(self.logits(whole), [-1, *self.shape_of_logits])
        return tf.cast(logits, tf.float32)  # [N, E, M, V]

    def tracks(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the attended features and places of each clause, [N, T, E, 1, F + 2].

        Args:
          features: [N, T, h, w, F].
        """
        _, length, height, width, channels = features.shape
        scores = convolution.on_frames(self.attention, features)  # [N, T, h, w, E]
        clauses = scores.shape[-1]
        scores = tf.reshape(scores, [-1, height * width, clauses])  # [N·T, h·w, E]
        weights = tf.nn.softmax(tf.cast(scores, tf.float32), axis=1)
        flat = tf.reshape(features, [-1, height * width, channels])
        seen = tf.concat([flat, self._places(flat, height, width)], axis=-1)
        tracks = tf.matmul(tf.cast(weights, seen.dtype), seen, transpose_a=True)
        return tf.reshape(tracks, [-1, length, clauses, 1, channels + 2])

    @staticmethod
    def _places(flat: tf.Tensor, height: int, width: int) -> tf.Tensor:
        """Coordinates (x, y) in [-1, 1] of the places of flat [N·T, h·w, F]."""
        y, x = tf.meshgrid(
            tf.linspace(-1.0, 1.0, height), tf.linspace(-1.0, 1.0, width), indexing="ij"
        )
        places = tf.reshape(tf.stack([x, y], axis=-1), [1, height * width, 2])
        return tf.cast(tf.tile(places, [tf.shape(flat)[0], 1, 1]), flat.dtype)


def _convolution(filters: int, *, stride: int) -> convolution.Conv2D:
    return convolution.Conv2D(
        filters, stride=stride, kernel_initializer=INITIALIZER, **KERNEL
    )

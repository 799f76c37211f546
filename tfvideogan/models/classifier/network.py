"""A small network that says what happens in a clip of any size and length.

It sees frames beside their differences, convolves space and time in turn [1], halves both
after each block and ends in a mean over all that is left. Nothing is normalised by
statistics: how much changes is part of what happens.

| stage                                             | channels     | size                |
|---------------------------------------------------|--------------|---------------------|
| frames and differences                            | 2 C          | T x H x W           |
| conv 3x3 / 2, relu                                | w            | T x H/2 x W/2       |
| block k = 1, 2, ..: conv 3x3 / 2, relu; + conv    | w · min(2^k, | T/2^k x H/2^(k+1)   |
| along 3 frames; mean of pairs of frames; relu     | 4)           | x W/2^(k+1)         |
| mean over time and space                          | 4 w          |                     |
| dense                                             | classes      |                     |

References:
  [1] Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition,
      CVPR 2018, section 3.5 (convolutions in space, then in time).
"""

import keras
import tensorflow as tf

from tfvideogan.layers import convolution
from tfvideogan.ops import frames

KERNEL = {"kernel_size": 3, "padding": 1}
TIME_TAPS = 3
# Rectifiers halve the variance of what passes.
INITIALIZER = "he_normal"
# Channels do not grow beyond this many times the width.
MOST = 4


class ActionNetwork(keras.Model):
    """Maps clips to logits of classes."""

    def __init__(
        self, classes: int, *, width: int, blocks: int, name: str = "classifier"
    ) -> None:
        """Creates the layers.

        Args:
          classes: number of logits.
          width: channels at half the sides; they double with each block, up to fourfold.
          blocks: how often space and time are halved after that.
          name: of the network.
        """
        super().__init__(name=name)
        self.stem = convolution.Conv2D(
            width, stride=2, kernel_initializer=INITIALIZER, **KERNEL
        )
        filters = [width * min(2 ** (level + 1), MOST) for level in range(blocks)]
        self.spaces = [
            convolution.Conv2D(one, stride=2, kernel_initializer=INITIALIZER, **KERNEL)
            for one in filters
        ]
        self.times = [
            convolution.TimeConv(one, TIME_TAPS, kernel_initializer=INITIALIZER)
            for one in filters
        ]
        self.logits = keras.layers.Dense(classes)

    def call(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns logits [N, classes] float32 of clips [N, T, H, W, C] in [-1, 1]."""
        return self.classify(self.features(clips))

    def classify(self, features: tf.Tensor) -> tf.Tensor:
        """Returns logits [N, classes] float32 of features."""
        return tf.cast(self.logits(features), tf.float32)

    def features(self, clips: tf.Tensor) -> tf.Tensor:
        """Returns what the logits are made of, [N, D], of clips as in `call`."""
        x = tf.concat([clips, frames.differences(clips)], axis=-1)  # [N, T, H, W, 2C]
        x = convolution.on_frames(self.stem, x)
        for space, time in zip(self.spaces, self.times, strict=True):
            x = tf.nn.relu(x)
            x = tf.nn.relu(convolution.on_frames(space, x))
            x = _halve_time(x + time(x))
        return tf.reduce_mean(tf.nn.relu(x), axis=[1, 2, 3])  # [N, C]


def _halve_time(clips: tf.Tensor) -> tf.Tensor:
    """Means of pairs of frames; an odd last frame stands for itself."""
    _, length, height, width, channels = clips.shape
    # An image whose rows are frames: [N, T, H·W, C] -> [N, T/2, H·W, C].
    flat = tf.reshape(clips, [-1, length, height * width, channels])
    halved = tf.nn.avg_pool2d(flat, (2, 1), (2, 1), "SAME")
    shape = [-1, halved.shape[1], height, width, channels]
    return tf.reshape(halved, shape)  # [N, T/2, H, W, C]

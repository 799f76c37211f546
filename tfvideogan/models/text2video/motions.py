"""Flow as a few rigid motions, and where things are.

    flow = Motions(2, reach=19.0)(maps, state)    # [N, h, w, C], [N, u] -> [N, 2h, 2w, 2]
    places = Places(16)(clip)                     # T of [N, h, w, C] -> [N, 32·T]

What turns and shifts as a whole keeps its shape however long it is followed, which a free
flow has to learn at every pixel. For K motions, on maps of half of the sides:

    stage      operation                                       size           channels
    motions    state of the network-in-network, dense, tanh    -              3K
    centres    heatmaps by conv 3x3, spatial softmax                    K places       2
    masks      conv 3x3, bilinear x2, softmax over motions     H x W          K
    flow       each motion turns about its centre and shifts;  H x W          2
               their mean, weighted by the masks

References:
  [1] Finn, Goodfellow, Levine, Unsupervised Learning for Physical Interaction through
      Video Prediction, NeurIPS 2016, section 3 (STP: a few affine motions and masks).
      Where we differ: rigid motions, and masks mix flows, not images, so that flows can
      be followed over many frames.
  [2] Levine, Finn, Darrell, Abbeel, End-to-End Training of Deep Visuomotor Policies, JMLR
      2016, section 5.1 (spatial softmax).
"""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import convolution
from tfvideogan.ops import affine

# Greatest turn from frame to frame, in radians.
MOST_TURN = math.pi / 2
# Of each motion: its turn, and its shift along x and y.
NUMBERS = 3
# A fresh layer hardly moves anything.
FIRST_DEVIATION = 1e-2


class Motions(keras.layers.Layer):
    """The flow of K rigid motions; see the module."""

    def __init__(self, count: int, *, reach: float) -> None:
        """Creates the layers.

        Args:
          count: K.
          reach: the longest shift along an axis, in pixels.
        """
        super().__init__(autocast=False)
        self.count = count
        self.reach = reach
        small = keras.initializers.RandomNormal(stddev=FIRST_DEVIATION)
        self.to_motions = keras.layers.Dense(NUMBERS * count, kernel_initializer=small)
        self.to_heat = convolution.Conv2D(count, 3, padding=1)
        self.to_masks = convolution.Conv2D(
            count, 3, padding=1, kernel_initializer=small
        )

    def call(self, maps: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes maps [N, h, w, C] and states [N, u]; returns [N, 2h, 2w, 2] pixels."""
        _, height, width, _ = maps.shape
        height, width = 2 * height, 2 * width
        made = tf.tanh(tf.cast(self.to_motions(state), tf.float32))
        made = tf.reshape(made, [-1, self.count, NUMBERS])
        motions = affine.rigid(
            MOST_TURN * made[..., 0],
            expected_places(self.to_heat(maps)),
            self.reach * made[..., 1:],
            side=max(height, width),
        )  # [N, K, 2, 3]
        flows = affine.to_flow(tf.reshape(motions, [-1, 2, 3]), height, width)
        flows = tf.reshape(flows, [-1, self.count, height, width, 2])
        masks = tf.cast(self.to_masks(maps), tf.float32)
        masks = tf.nn.softmax(tf.image.resize(masks, [height, width]), axis=-1)
        masks = tf.transpose(masks, [0, 3, 1, 2])[..., tf.newaxis]  # [N, K, H, W, 1]
        return tf.reduce_sum(masks * flows, axis=1)


class Places(keras.layers.Layer):
    """Where K features of each frame are, by a spatial softmax [2]."""

    def __init__(self, count: int) -> None:
        """Creates the layer for K features."""
        super().__init__(autocast=False)
        self.to_heat = keras.layers.Dense(count)

    def call(self, clip: Sequence[tf.Tensor]) -> tf.Tensor:
        """Takes T of [N, h, w, C]; returns [N, T·K·2] float32, in [-1, 1]."""
        # All frames behind each other: the layer is called once.
        features = self.to_heat(tf.concat(clip, axis=0))
        places = tf.split(expected_places(features), len(clip), axis=0)
        return tf.reshape(tf.stack(places, axis=1), [-1, len(clip) * self.size])

    @property
    def size(self) -> int:
        """Numbers of each frame."""
        return 2 * self.to_heat.units


def expected_places(logits: tf.Tensor) -> tf.Tensor:
    """Returns the mean place of each channel under its softmax over all places.

    Args:
      logits: [N, h, w, K].

    Returns:
      [N, K, 2] float32, (u, v) of `ops/affine.py`.
    """
    _, height, width, count = logits.shape
    flat = tf.reshape(tf.cast(logits, tf.float32), [-1, height * width, count])
    places = affine.basis(height, width)[:, :2]
    return tf.einsum("npk,pc->nkc", tf.nn.softmax(flat, axis=1), places)

"""One rigid motion for a whole frame, and where features are.

    motion = RigidMotion(reach=19.0)(maps, state)  # [N, h, w, C], [N, u] -> [N, 2, 3]
    places = Places(16)(clip)                      # T of [N, h, w, C] -> [N, 32·T]

What turns and shifts as a whole keeps its shape however long its motions are followed. A
free flow does not: where it is wrong along outlines, it eats them on the way. Nor does a
mean of several rigid motions, weighted by soft masks, which shears what it moves (both were
tried, docs/experiments.md). So there is one, and one element for it to move; another one,
and limbs, need a flow.

    stage      operation                                       size           channels
    motion     state of the network-in-network, dense, tanh    -              3
    centre     contrast of the newest frame, conv 1x1,         a place        2
               spatial softmax

The frame turns about the centre, then shifts. The centre is found without the caption, and
a fresh one is that of what stands out: with one that begins in the middle, what orbits is
taken for what turns about the middle, and what turns in place stands still. Contrast is how
far features are from their mean over the frame.

References:
  [1] Finn, Goodfellow, Levine, Unsupervised Learning for Physical Interaction through
      Video Prediction, NeurIPS 2016, section 3 (STP: affine motions and masks).
  [2] Levine, Finn, Darrell, Abbeel, End-to-End Training of Deep Visuomotor Policies, JMLR
      2016, section 5.1 (spatial softmax).
"""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.ops import affine

# Greatest turn from frame to frame, in radians.
MOST_TURN = math.pi / 2
# A turn, and a shift along x and y.
NUMBERS = 3
# A fresh layer hardly moves anything.
FIRST_DEVIATION = 1e-2
# Of a fresh centre: what one feature's contrast of 1 adds to the logit of a place.
SHARP = 1.0


class RigidMotion(keras.layers.Layer):
    """The motion of a frame as a whole; see the module."""

    def __init__(self, *, reach: float, side: int) -> None:
        """Creates the layers.

        Args:
          reach: the longest shift along an axis, in pixels.
          side: the longer side of the frame in pixels.
        """
        super().__init__(autocast=False)
        self.reach = reach
        self.side = side
        self.to_motion = keras.layers.Dense(
            NUMBERS,
            kernel_initializer=keras.initializers.RandomNormal(stddev=FIRST_DEVIATION),
        )
        self.centre = Places(1, kernel_initializer=keras.initializers.Constant(SHARP))

    def call(self, maps: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes maps [N, h, w, C] and states [N, u].

        Returns:
          [N, 2, 3] float32, see `ops/affine.py`.
        """
        made = tf.tanh(tf.cast(self.to_motion(state), tf.float32))
        return affine.rigid(
            MOST_TURN * made[:, 0],
            self.centre([maps]),
            self.reach * made[:, 1:],
            side=self.side,
        )


class Places(keras.layers.Layer):
    """Where K features of each frame are, by a spatial softmax [2]."""

    def __init__(
        self,
        count: int,
        *,
        kernel_initializer: str | keras.initializers.Initializer = "glorot_uniform",
    ) -> None:
        """Creates the layer.

        Args:
          count: K.
          kernel_initializer: of the logits.
        """
        super().__init__(autocast=False)
        self.to_heat = keras.layers.Dense(count, kernel_initializer=kernel_initializer)

    def call(self, clip: Sequence[tf.Tensor]) -> tf.Tensor:
        """Takes T of [N, h, w, C]; returns [N, T·K·2] float32, in [-1, 1]."""
        # All frames behind each other: the layer is called once.
        features = tf.cast(tf.concat(clip, axis=0), tf.float32)
        mean = tf.reduce_mean(features, axis=[1, 2], keepdims=True)
        heat = self.to_heat(tf.abs(features - mean))
        places = tf.split(expected_places(heat), len(clip), axis=0)
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

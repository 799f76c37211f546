"""Flow of a few rigid motions, each where its mask says, and where things are.

References:
  [1] Finn, Goodfellow, Levine, Unsupervised Learning for Physical Interaction through
      Video Prediction, NeurIPS 2016, section 3.
  [2] Levine, Finn, Darrell, Abbeel, End-to-End Training of Deep Visuomotor Policies,
      JMLR 2016, section 5.1 (spatial softmax).
"""

import math

import keras
import tensorflow as tf

from tfvideogan.layers import convolution

# Largest turn from frame to frame, in radians.
MOST_TURN = math.pi / 2
FIRST_DEVIATION = 1e-2


class Motions(keras.layers.Layer):
    """Flow of K rigid motions; see the module."""

    def __init__(self, count: int, *, reach: float) -> None:
        super().__init__(autocast=False)
        self.count = count
        self.reach = reach
        small = keras.initializers.RandomNormal(stddev=FIRST_DEVIATION)
        self.to_motions = keras.layers.Dense(3 * count, kernel_initializer=small)
        self.to_masks = convolution.Conv2D(count, 3, padding=1, kernel_initializer=small)
        self.to_heat = convolution.Conv2D(count, 3, padding=1)

    def call(self, x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes [N, h, w, C] and [N, u]; returns [N, 2h, 2w, 2] pixels."""
        turns, shifts = self._motions(state)
        masks = tf.cast(self.to_masks(x), tf.float32)
        height, width = 2 * x.shape[1], 2 * x.shape[2]
        heat = tf.cast(self.to_heat(x), tf.float32)
        centres = _expected_places(heat) * max(height, width) / 2  # [N, K, 2]
        masks = tf.image.resize(masks, [height, width])
        masks = tf.nn.softmax(masks, axis=-1)  # [N, H, W, K]
        # (R - I) (p - c) + t
        cosine, sine = tf.cos(turns) - 1.0, tf.sin(turns)  # [N, K]
        change = tf.stack(
            [tf.stack([cosine, -sine], -1), tf.stack([sine, cosine], -1)], axis=-2
        )  # [N, K, 2, 2]
        shifts -= tf.einsum("nkij,nkj->nki", change, centres)
        places = _grid(height, width) * max(height, width) / 2  # [H, W, 2]
        # Mixed motions first: [N, H, W, 2, 3]
        matrix = tf.concat([change, shifts[..., tf.newaxis]], axis=-1)  # [N, K, 2, 3]
        matrix = tf.reshape(matrix, [-1, self.count, 6])
        flat = tf.reshape(masks, [-1, height * width, self.count])
        mixed = tf.reshape(tf.matmul(flat, matrix), [-1, height, width, 2, 3])
        return (
            mixed[..., 0] * places[..., :1]
            + mixed[..., 1] * places[..., 1:]
            + mixed[..., 2]
        )

    def _motions(self, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Turns [N, K] in radians and shifts [N, K, 2] in pixels."""
        made = tf.tanh(tf.cast(self.to_motions(state), tf.float32))
        made = tf.reshape(made, [-1, self.count, 3])
        return MOST_TURN * made[..., 0], self.reach * made[..., 1:]


class Places(keras.layers.Layer):
    """Where features are: a spatial softmax [2]."""

    def __init__(self, count: int) -> None:
        super().__init__(autocast=False)
        self.to_heat = keras.layers.Dense(count)

    def call(self, clips: list[tf.Tensor]) -> tf.Tensor:
        """Takes T of [N, h, w, C]; returns [N, T * K * 2], in [-1, 1]."""
        made = [
            tf.reshape(_expected_places(self.to_heat(x)), [-1, 2 * self.to_heat.units])
            for x in clips
        ]
        return tf.concat(made, axis=-1)


def _expected_places(heat: tf.Tensor) -> tf.Tensor:
    """[N, h, w, K] logits -> [N, K, 2] expected (x, y), centred, longer side is 2."""
    _, height, width, count = heat.shape
    flat = tf.reshape(heat, [-1, height * width, count])
    shares = tf.nn.softmax(flat, axis=1)
    grid = tf.reshape(_grid(height, width), [height * width, 2])
    return tf.einsum("npk,pc->nkc", shares, grid)


def _grid(height: int, width: int) -> tf.Tensor:
    """[h, w, 2] (x, y) of pixels, centred, the longer side from -1 to 1."""
    scale = max(height, width) / 2
    rows = (tf.range(height, dtype=tf.float32) - (height - 1) / 2) / scale
    columns = (tf.range(width, dtype=tf.float32) - (width - 1) / 2) / scale
    y, x = tf.meshgrid(rows, columns, indexing="ij")
    return tf.stack([x, y], axis=-1)

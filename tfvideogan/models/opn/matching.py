"""How OPN, with `reads_pixels`, tells which places of other frames show what is missing.

    logit of a place for another = sharpness · cosine of their keys
                                   - nearness · squared distance

Both numbers are learned. Distance is measured in sixteenths of the height that is looked
at, so that pictures of any size begin alike: what is missing was seen near to where it is.
The distance is written into keys, |a - b|² = |a|² - 2 a·b + |b|², of which softmax over b
does not see |a|²; so attention by dot products stays as it is (`ops/attention.py`).
"""

import math

import keras
import tensorflow as tf

# Of the height; distances are counted in it.
UNITS_OF_HEIGHT = 16.0
SHARPNESS, NEARNESS = 10.0, 0.25
# Numbers that stand behind the key of a place: two of its position, and one.
EXTRA = 3


class Matcher(keras.layers.Layer):
    """Makes what dot products compare as the module says, in float32."""

    def __init__(self) -> None:
        """Creates no variable yet."""
        super().__init__(autocast=False)

    def build(self, shape: object) -> None:
        """Creates two numbers, kept as logarithms."""
        self.log_sharpness, self.log_nearness = (
            self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(math.log(value)),
                name=name,
                autocast=False,
            )
            for name, value in (
                ("log_sharpness", SHARPNESS),
                ("log_nearness", NEARNESS),
            )
        )

    def queries(self, keys: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Returns what places ask with, [N, h, w, D + 3] float32.

        Args:
          keys: [N, h, w, D].
          positions: [1, h, w, 2], see `positions`.
        """
        return self(keys, positions, is_query=True)

    def call(
        self, keys: tf.Tensor, positions: tf.Tensor, *, is_query: bool = False
    ) -> tf.Tensor:
        """Returns what places are found by, [N, h, w, D + 3] float32."""
        keys = tf.math.l2_normalize(tf.cast(keys, tf.float32), axis=-1)
        keys *= tf.exp(0.5 * self.log_sharpness)
        shape = tf.concat([tf.shape(keys)[:-1], [2]], axis=0)
        places = tf.broadcast_to(positions, shape)
        if is_query:
            beside = [places, tf.ones_like(keys[..., :1])]
        else:
            nearness = tf.exp(self.log_nearness)
            squares = tf.reduce_sum(tf.square(places), axis=-1, keepdims=True)
            beside = [2.0 * nearness * places, -nearness * squares]
        whole = tf.concat([keys, *beside], axis=-1)
        # Attention divides products by the square root of their length.
        return whole * whole.shape[-1] ** 0.25


def positions(places: tf.Tensor) -> tf.Tensor:
    """Returns where the places of [N, h, w, C] are, [1, h, w, 2] float32 (y, x)."""
    height, width = tf.unstack(tf.shape(places)[1:3])
    unit = UNITS_OF_HEIGHT / tf.cast(height, tf.float32)
    rows, columns = (
        unit * tf.cast(tf.range(side), tf.float32) for side in (height, width)
    )
    return tf.stack(tf.meshgrid(rows, columns, indexing="ij"), axis=-1)[tf.newaxis]

"""Self-attention of images, and of clips along one axis at a time.

    x + gamma · output(sum_j softmax_j(theta_i · phi_j) g_j)

References:
  [1] Zhang et al., Self-Attention Generative Adversarial Networks, 2019, section 3,
      equations 1-3.
  [2] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      2019, appendix B (sizes; keys and values are max-pooled).
  [3] Clark et al., Efficient Video Generation on Complex Datasets, 2019 (version 1 of
      Adversarial Video Generation), on separable attention: along H, W and T in turn.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import spectral_norm

# Channels of theta and phi, and of g, as shares of the input's.
KEY_DIVISOR = 8
VALUE_DIVISOR = 2
POOL = 2
_CLIP_AXES = {"T": 1, "H": 2, "W": 3}


class _Attention(keras.layers.Layer):
    """The projections, which have no bias, and the gain, which starts at 0."""

    def __init__(self, *, has_spectral_norm: bool = False, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          has_spectral_norm: whether the norm of each projection is 1, as in [2].
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.has_spectral_norm = has_spectral_norm

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = input_shape[-1]
        keys = max(channels // KEY_DIVISOR, 1)
        values = max(channels // VALUE_DIVISOR, 1)
        self.theta, self.phi = self._projection(keys), self._projection(keys)
        self.g, self.output_ = self._projection(values), self._projection(channels)
        for layer in (self.theta, self.phi, self.g):
            layer.build(input_shape)
        self.output_.build((*input_shape[:-1], values))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")
        self.built = True

    def _projection(self, filters: int) -> spectral_norm.Dense:
        # A 1x1 convolution.
        return spectral_norm.Dense(
            filters, use_bias=False, has_norm=self.has_spectral_norm
        )

    def _projected(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Queries, keys and values of each place."""
        return tuple(
            layer(inputs, training=training) for layer in (self.theta, self.phi, self.g)
        )

    def _attend(
        self, queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor
    ) -> tf.Tensor:
        """[..., P, C/8], [..., K, C/8] and [..., K, C/2] to [..., P, C/2]."""
        logits = tf.matmul(queries, keys, transpose_b=True)  # [..., P, K]
        # The sum over many positions wants float32.
        shares = tf.nn.softmax(tf.cast(logits, tf.float32))
        return tf.matmul(tf.cast(shares, values.dtype), values)

    def _add(self, inputs: tf.Tensor, attended: tf.Tensor, training: bool) -> tf.Tensor:
        made = self.output_(attended, training=training)
        return inputs + tf.cast(self.gamma, inputs.dtype) * made


class SelfAttention(_Attention):
    """Every place of an image or clip sees every other one; the shape stays.

    Source: equations 1-3 of [1] with the sizes of [2], which max-pools keys and values.
    """

    def __init__(self, *, pools: bool = True, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          pools: whether keys and values are max-pooled by 2x2 pixels; H and W are even
            then.
          **kwargs: `has_spectral_norm`, and those of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.pools = pools

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes and returns [N, H, W, C] or [N, T, H, W, C], all but N static."""
        queries, keys, values = self._projected(inputs, training)
        if self.pools:
            keys, values = _pooled(keys), _pooled(values)
        attended = self._attend(*(_flat(one) for one in (queries, keys, values)))
        places = inputs.shape[1:-1]
        maps = tf.reshape(attended, [-1, *places, attended.shape[-1]])
        return self._add(inputs, maps, training)


class AxisAttention(_Attention):
    """Every place of a clip sees those that differ from it in one coordinate alone."""

    def __init__(self, axis: str, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          axis: "T", "H" or "W".
          **kwargs: `has_spectral_norm`, and those of `keras.layers.Layer`.

        Raises:
          ValueError: there is no such axis.
        """
        super().__init__(**kwargs)
        if axis not in _CLIP_AXES:
            raise ValueError(f"`axis` ({axis!r}) must be one of T, H, W.")
        self.axis = _CLIP_AXES[axis]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes and returns [N, T, H, W, C]."""
        # The axis trades places with W, and back.
        order = [0, 1, 2, 3, 4]
        order[self.axis], order[3] = order[3], order[self.axis]
        turned = tf.transpose(inputs, order)  # [N, ..., P, C]
        attended = self._attend(*self._projected(turned, training))
        return self._add(inputs, tf.transpose(attended, order), training)


class SeparableAttention(keras.layers.Layer):
    """Attention along H, then W, then T; [N, T, H, W, C] stays so.

    The largest map has max(H, W, T) · T · H · W numbers instead of (T · H · W)^2. Source:
    [3]; the gains are those of [1].
    """

    def __init__(
        self, axes: str = "HWT", *, has_spectral_norm: bool = False, **kwargs: object
    ) -> None:
        """Creates the layers.

        Args:
          axes: letters of the axes, in order.
          has_spectral_norm: whether the norm of each projection is 1.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          ValueError: there is no such axis.
        """
        super().__init__(**kwargs)
        self.steps = [
            AxisAttention(axis, has_spectral_norm=has_spectral_norm) for axis in axes
        ]

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes and returns [N, T, H, W, C]."""
        x = inputs
        for step in self.steps:
            x = step(x, training=training)
        return x


def _flat(maps: tf.Tensor) -> tf.Tensor:
    places = maps.shape[1:-1].num_elements()
    return tf.reshape(maps, [-1, places, maps.shape[-1]])  # [N, T·H·W, c]


def _pooled(maps: tf.Tensor) -> tf.Tensor:
    """Greatest values of 2x2 pixels, [N, .., H/2, W/2, c]."""
    *others, height, width, channels = maps.shape[1:]
    flat = tf.reshape(maps, [-1, height, width, channels])  # [N·.., H, W, c]
    pooled = tf.nn.max_pool2d(flat, POOL, POOL, "VALID")
    return tf.reshape(pooled, [-1, *others, *pooled.shape[1:]])

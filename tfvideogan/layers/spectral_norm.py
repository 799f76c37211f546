"""Layers whose kernels are divided by their largest singular value.

    kernel = spectral_norm.Kernel((3, 3, 16, 32))
    weights = kernel.normalised(training=True)         # W / sigma(W), one power iteration
    images = spectral_norm.Conv2D(32, 3)(images, training=True)

The kernel W stays as the optimizer leaves it, and what convolves is W / sigma(W), through
which gradients flow: `keras.layers.SpectralNormalization` writes W / sigma(W) over W
instead, whenever a forward pass is made in training, also in those of a generator that
only its discriminator learns from.

A kernel is a matrix of (all other axes) x outputs. With u after one more power iteration,
sigma = |W u|, whose gradient is v u^T with v = W u / |W u|: [1], equations 12 and 20. In
float32 whatever the precision. `training` moves u; at inference it is as it was left.

References:
  [1] Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018,
      section 2.1, appendix A (the power iteration; one for an update).
  [2] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      ICLR 2019, appendix B (in both networks, with orthogonal initialisation).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import recomputation
from tfvideogan.ops.convolution import convolution, resampling

ORTHOGONAL = "orthogonal"
# What is done beside a convolution, and in the same operation.
DOUBLE, HALVE = "double", "halve"
_EPSILON = 1e-12  # inside roots: a kernel may be all zeros


class Kernel(keras.layers.Layer):
    """A kernel W that gives W / sigma(W)."""

    def __init__(
        self,
        shape: Sequence[int],
        *,
        kernel_initializer: str = ORTHOGONAL,
        has_norm: bool = True,
        **kwargs: object,
    ) -> None:
        """Creates the variables.

        Args:
          shape: of the kernel, outputs last.
          kernel_initializer: of the kernel.
          has_norm: whether it is divided by anything.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.has_norm = has_norm
        options = {"dtype": "float32", "autocast": False}
        self.kernel = self.add_weight(
            shape=tuple(shape), initializer=kernel_initializer, name="kernel", **options
        )
        if has_norm:
            self.vector = self.add_weight(
                shape=(shape[-1], 1),
                initializer="random_normal",
                trainable=False,
                name="vector",
                **options,
            )
        self.built = True

    def normalised(self, training: bool = False) -> tf.Tensor:
        """Returns the normalised kernel; `training` makes a power iteration."""
        kernel = tf.convert_to_tensor(self.kernel.value)
        if self.has_norm:
            matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])  # [fan in, outputs]
            kernel /= _norm(tf.matmul(matrix, self._vector(matrix, training)))
        return tf.cast(kernel, self.compute_dtype)

    def _vector(self, matrix: tf.Tensor, training: bool) -> tf.Tensor:
        """The right singular vector [outputs, 1] of the largest value, so far."""
        matrix = tf.stop_gradient(matrix)
        vector = tf.convert_to_tensor(self.vector.value)
        vector /= _norm(vector)
        if training and not recomputation.is_again():
            vector = tf.matmul(matrix, tf.matmul(matrix, vector), transpose_a=True)
            vector /= _norm(vector)
            self.vector.assign(vector)
        return vector


class Dense(keras.layers.Layer):
    """x W / sigma(W) + b, along the last axis; also a 1x1 convolution."""

    def __init__(
        self,
        units: int,
        *,
        use_bias: bool = True,
        has_norm: bool = True,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          units: outputs.
          use_bias: whether b is learnt.
          has_norm: see `Kernel`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.units, self.use_bias, self.has_norm = units, use_bias, has_norm

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.weight = _kernel(self, (input_shape[-1], self.units))
        if self.use_bias:
            self.bias = _bias(self, self.units)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes [..., C], returns [..., units]."""
        made = tf.matmul(inputs, self.weight.normalised(training))
        return tf.nn.bias_add(made, self.bias) if self.use_bias else made


class Embedding(keras.layers.Layer):
    """A row of a normalised matrix for each label."""

    def __init__(
        self, labels: int, units: int, *, has_norm: bool = True, **kwargs: object
    ) -> None:
        """Creates the matrix [labels, units].

        Args:
          labels: how many there are.
          units: numbers in a row.
          has_norm: see `Kernel`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.has_norm = has_norm
        self.weight = _kernel(self, (labels, units))
        self.built = True

    def call(self, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes labels [N] int32, returns [N, units]."""
        return tf.gather(self.weight.normalised(training), labels)


class Conv2D(keras.layers.Layer):
    """Convolves images [N, H, W, C] with a kernel of an odd size; zeros around them."""

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        resamples: str | None = None,
        has_norm: bool = True,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          kernel_size: rows and columns; 3 where it resamples.
          resamples: "double": pixels are repeated before; "halve": means of 2x2 are taken
            behind; None: neither. See `ops/convolution/resampling.py`.
          has_norm: see `Kernel`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.resamples, self.has_norm = resamples, has_norm

    def build(self, input_shape: Sequence[int | None]) -> None:
        taps = (self.kernel_size,) * 2
        self.weight = _kernel(self, (*taps, input_shape[-1], self.filters))
        self.bias = _bias(self, self.filters)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes [N, H, W, C]; returns [N, H, W, filters], doubled or halved."""
        kernel = self.weight.normalised(training)
        if self.resamples == DOUBLE:
            made = resampling.conv2d_of_doubled(inputs, kernel)
        elif self.resamples == HALVE:
            made = resampling.halved_conv2d(inputs, kernel)
        else:
            padding = self.kernel_size // 2
            made = convolution.conv2d(inputs, kernel, padding=padding)
        return tf.nn.bias_add(made, self.bias)


class Conv3D(keras.layers.Layer):
    """Convolves clips [N, T, H, W, C] with 3x3x3 taps; zeros around them."""

    def __init__(
        self,
        filters: int,
        *,
        halves: bool = False,
        has_norm: bool = True,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          halves: whether means of 2x2 pixels are taken behind; the time stays.
          has_norm: see `Kernel`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters, self.halves, self.has_norm = filters, halves, has_norm

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.weight = _kernel(self, (3, 3, 3, input_shape[-1], self.filters))
        self.bias = _bias(self, self.filters)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Takes [N, T, H, W, C]; returns [N, T, H, W, filters], or half the sides."""
        kernel = self.weight.normalised(training)
        if self.halves:
            made = resampling.halved_conv3d(inputs, kernel)
        else:
            made = convolution.conv3d(inputs, kernel, padding=(1, 1, 1))
        return tf.nn.bias_add(made, self.bias)


def _kernel(layer: keras.layers.Layer, shape: Sequence[int]) -> Kernel:
    return Kernel(shape, has_norm=layer.has_norm, dtype=layer.dtype_policy)


def _bias(layer: keras.layers.Layer, size: int) -> keras.Variable:
    return layer.add_weight(shape=(size,), initializer="zeros", name="bias")


def _norm(vector: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_sum(tf.square(vector)) + _EPSILON)

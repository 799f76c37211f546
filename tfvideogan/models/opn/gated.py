"""The convolution of all of OPN's networks: what a gate lets through of its features.

    leaky(conv(x)) · sigmoid(conv(x))

Both convolutions are one with twice the channels, which is quicker. Borders are padded
alike on both sides, as PyTorch does: TensorFlow's "SAME" shifts strided convolutions by a
pixel.

References:
  [1] Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

LEAKY_SLOPE = 0.2
HE_SCALE = 2.0


class SideBySide(keras.initializers.Initializer):
    """Kernels of features and of gates, each He's normal by fan-out as published."""

    def __init__(self, gain: float) -> None:
        """Stores by what the kernels of features are multiplied."""
        self.gain = gain

    def __call__(
        self, shape: Sequence[int], dtype: str | None = None, **options: object
    ) -> tf.Tensor:
        """Draws a kernel [h, w, I, 2 F]."""
        half = (*shape[:-1], shape[-1] // 2)
        kernels = [
            keras.initializers.VarianceScaling(scale, "fan_out", "untruncated_normal")(
                half, dtype
            )
            for scale in (HE_SCALE * self.gain**2, HE_SCALE)
        ]
        return keras.ops.concatenate(kernels, axis=-1)


class GatedConv(keras.layers.Layer):
    """A gated convolution: [N, H, W, C] -> [N, H / stride, W / stride, filters]."""

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        is_linear: bool = False,
        gain: float = 1.0,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          kernel_size: rows and columns, an odd number.
          stride: of rows and columns, which it divides.
          dilation: places between two taps of the kernel.
          is_linear: whether features go through no activation.
          gain: of the first kernels of features, see `networks.py`.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.stride, self.dilation = stride, dilation
        self.is_linear, self.gain = is_linear, gain

    def build(self, input_shape: Sequence[int | None]) -> None:
        outputs = 2 * self.filters
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], outputs),
            initializer=SideBySide(self.gain),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(outputs,), initializer="zeros", name="bias")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C]."""
        made = self._convolved(x, tf.convert_to_tensor(self.kernel))
        made = tf.nn.bias_add(made, tf.convert_to_tensor(self.bias))
        features, gates = tf.split(made, 2, axis=-1)
        if not self.is_linear:
            features = tf.nn.leaky_relu(features, LEAKY_SLOPE)
        return features * tf.sigmoid(gates)

    def _convolved(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if self.dilation > 1:
            # TensorFlow has no gradient of dilated convolutions for every CPU.
            return tf.nn.with_space_to_batch(
                x,
                [self.dilation] * 2,
                "SAME",
                lambda pieces, _, padding: tf.nn.conv2d(pieces, kernel, 1, padding),
                filter_shape=kernel.shape[:2],
            )
        margin = [self.kernel_size // 2] * 2
        return tf.nn.conv2d(x, kernel, self.stride, [[0, 0], margin, margin, [0, 0]])


def enlarged(x: tf.Tensor) -> tf.Tensor:
    """Doubles sides by repeating pixels: [N, H, W, C] -> [N, 2H, 2W, C]."""
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)

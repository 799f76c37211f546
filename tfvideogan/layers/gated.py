"""Gated convolution: every place and channel learns how far it is to be believed.

`GatedConv2D` has two convolutions and TensorFlow's borders; `GatedConv`, with one of twice
the channels, which is quicker, has PyTorch's, and takes the weights of published networks.

References:
  [1] Yu et al., Free-Form Image Inpainting with Gated Convolution, 2019, section 3.1.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


class GatedConv2D(keras.layers.Layer):
    """activation(conv(x)) · sigmoid(conv(x)): [N, H, W, C] -> [N, H', W', F].

    Source: equation 2 of [1]; each channel and place has its own gate. The size of the
    image is divided by `strides`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        strides: int = 1,
        activation: str | Callable[[tf.Tensor], tf.Tensor] | None = None,
        kernel_initializer: str = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        """Creates the two convolutions.

        Args:
          filters: channels F of the output.
          kernel_size: rows and columns of both kernels.
          strides: of rows and columns.
          activation: of the features; none by default.
          kernel_initializer: of both kernels.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        options = {"strides": strides, "padding": "same"}
        options["kernel_initializer"] = kernel_initializer
        self.features = keras.layers.Conv2D(
            filters, kernel_size, activation=activation, **options
        )
        self.gate = keras.layers.Conv2D(
            filters, kernel_size, activation="sigmoid", **options
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H', W', F]."""
        return self.features(inputs) * self.gate(inputs)


class GatedConv(keras.layers.Layer):
    """activation(features) · sigmoid(gates): [N, H, W, C] -> [N, H', W', F].

    Source: equation 2 of [1]. The size is divided by the stride. Of the convolution's 2 F
    channels the first half are the features. Zeros are set alike on both sides:
    TensorFlow's "SAME" shifts strided convolutions by a pixel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        slope: float | None = 0.0,
        use_bias: bool = True,
        kernel_initializer: str | keras.initializers.Initializer = "he_normal",
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: F.
          kernel_size: rows and columns, an odd number.
          stride: of rows and columns, which it divides; 1 with a dilation.
          dilation: pixels from one tap of the kernel to the next.
          slope: of the activation for negative features; 0 is a ReLU, None no activation.
          use_bias: whether features and gates have biases.
          kernel_initializer: of the kernel [h, w, C, 2 F].
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.stride, self.dilation = stride, dilation
        self.slope, self.use_bias = slope, use_bias
        self.kernel_initializer = kernel_initializer

    def build(self, inputs_shape: Sequence[int | None]) -> None:
        outputs = 2 * self.filters
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, inputs_shape[-1], outputs),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(outputs,), initializer="zeros", name="bias"
            )
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C]."""
        made = self._convolved(inputs, tf.convert_to_tensor(self.kernel))
        if self.bias is not None:
            made = tf.nn.bias_add(made, tf.convert_to_tensor(self.bias))
        features, gates = tf.split(made, 2, axis=-1)
        if self.slope is not None:
            features = tf.nn.leaky_relu(features, self.slope)
        return features * tf.sigmoid(gates)

    def _convolved(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if self.dilation > 1:
            # TensorFlow has no gradient of dilated convolutions for every CPU.
            return tf.nn.with_space_to_batch(
                inputs,
                [self.dilation] * 2,
                "SAME",
                lambda pieces, _, padding: tf.nn.conv2d(pieces, kernel, 1, padding),
                filter_shape=kernel.shape[:2],
            )
        margin = [self.kernel_size // 2] * 2
        zeros = [[0, 0], margin, margin, [0, 0]]
        return tf.nn.conv2d(inputs, kernel, self.stride, zeros)

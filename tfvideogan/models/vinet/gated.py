"""The gated convolutions of VINet: one kernel makes features and their gates.

References:
  [1] Yu et al., Free-Form Image Inpainting with Gated Convolution, 2019, section 3.1.
  [2] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.
"""

import keras
import tensorflow as tf

KERNEL = 3
# He's variance for a ReLU.
GAIN = 2.0


class GatedConv(keras.layers.Layer):
    """activation(features) · sigmoid(gates), of one 3x3 convolution without a bias.

    Source: equation 2 of [1]; the first half of the outputs are the features.
    """

    def __init__(
        self,
        filters: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        slope: float = 0.0,
        frames: int = 1,
        gain: float = GAIN,
        **kwargs: object,
    ) -> None:
        """Creates the convolution.

        Args:
          filters: channels F of the output.
          stride: of rows and columns, 1 or 2.
          dilation: distance of the taps, pixels; with a stride of 1.
          slope: of the activation for negative features; 0 is a ReLU.
          frames: frames that stand side by side in the channels of the input. A kernel
            over that many frames without padding in time is the same sum, and is
            initialised so.
          gain: of the kernel's first variance, gain / outputs.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.stride, self.slope = stride, slope
        self.convolve = keras.layers.Conv2D(
            2 * filters,
            KERNEL,
            strides=stride,
            dilation_rate=dilation,
            padding="valid" if stride > 1 else "same",
            use_bias=False,
            kernel_initializer=keras.initializers.VarianceScaling(
                gain / frames, "fan_out", "untruncated_normal"
            ),
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H / stride, W / stride, F]."""
        if self.stride > 1:  # Zeros on all sides, which "same" puts on two of them.
            inputs = tf.pad(inputs, [[0, 0], [1, 1], [1, 1], [0, 0]])
        features, gates = tf.split(self.convolve(inputs), 2, axis=-1)
        return tf.nn.leaky_relu(features, self.slope) * tf.sigmoid(gates)

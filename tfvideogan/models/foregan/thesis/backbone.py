"""The encoder-decoder that both generators of the original experiments share.

    conv 7x7        64    H x W        instance norm, relu
    conv 4x4 / 2   128    H/2 x W/2    instance norm, relu
    conv 4x4 / 2   256    H/4 x W/4    instance norm, relu
    6 x residual   256    H/4 x W/4    conv 3x3 - norm - relu - conv 3x3 - norm, + input
    transposed     128    H/2 x W/2    4x4 / 2, instance norm, relu
    transposed      64    H x W        4x4 / 2, instance norm, relu  -> features

No convolution has a bias; kernels start as N(0, 0.02). With five input channels (RGB and
flow) there are 8,411,712 parameters.

    features = backbone.Backbone()(tf.concat([frame, flow_code], axis=-1))

References:
  [1] Pumarola et al., GANimation: Anatomically-aware Facial Animation from a Single
      Image, ECCV 2018, section 5 (after StarGAN and Johnson et al.).
  [2] VOS-ForeGAN (Palau i Puigdevall, M.Sc. thesis code, 2020), its generators.
"""

import functools

import keras
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.layers import residual
from tfvideogan.models.foregan.thesis import backbone_forms

CHANNELS = 64
NUM_BLOCKS = 6
KERNEL_STD = 0.02
EPSILON = 1e-5
STEM_KERNEL = 7
SCALE_KERNEL = 4
BLOCK_KERNEL = 3
# Two halvings: sizes must divide by 4, and then "same" pads 1 pixel on every side.
DIVISOR = 4


def check_size(height: int, width: int) -> None:
    """Checks that both sizes divide by 4.

    Raises:
      UserError: one does not.
    """
    for name, size in (("HEIGHT", height), ("WIDTH", width)):
        if size % DIVISOR:
            low = size // DIVISOR * DIVISOR
            raise errors.UserError(
                f"`{name}` ({size}) must be a multiple of {DIVISOR}, because the "
                f"generators halve twice; use {low or DIVISOR} or {low + DIVISOR}."
            )


def scaled_channels(channels: int, width: float) -> int:
    """Returns a number of channels times the multiplier `width`, at least 1."""
    return max(1, round(channels * width))


class Convolution(keras.layers.Conv2D):
    """A convolution that takes the form which is fastest for its sizes."""

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolves [N, H, W, C]; Keras adds bias and activation."""
        if self.strides != (1, 1):
            return super().convolution_op(inputs, kernel)
        form = backbone_forms.same if self.padding == "same" else backbone_forms.valid
        return form(inputs, tf.convert_to_tensor(kernel))


def convolution(
    filters: int, kernel: int, *, strides: int = 1, dtype: str | None = None
) -> Convolution:
    """Returns a convolution without bias that keeps or divides the size."""
    return Convolution(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=KERNEL_STD),
        dtype=dtype,
    )


class InstanceNorm(keras.layers.GroupNormalization):
    """Normalises every channel of every example over space; scale and shift are learnt.

    The numbers and the variables are those of `keras.layers.GroupNormalization(groups=-1)`.
    For a known, small batch each example is a batch norm of its own, TensorFlow's fused
    kernel: on two CPU cores at [1, 224, 416, 64] forward and backward take 9 ms instead
    of 30 ms.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(groups=-1, epsilon=EPSILON, name=name)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes and returns [N, H, W, C]."""
        batch = inputs.shape[0]
        if batch is None or inputs.dtype == tf.float64:
            return super().call(inputs)
        scale = tf.cast(self.gamma, tf.float32)
        shift = tf.cast(self.beta, tf.float32)
        normed = [
            tf.raw_ops.FusedBatchNormV3(
                x=example,
                scale=scale,
                offset=shift,
                mean=[],
                variance=[],
                epsilon=EPSILON,
                is_training=True,
            ).y
            for example in (tf.split(inputs, batch) if batch > 1 else [inputs])
        ]
        return tf.concat(normed, axis=0) if batch > 1 else normed[0]


class Backbone(keras.layers.Layer):
    """Maps images [N, H, W, C] to features [N, H, W, 64 · width].

    H and W must divide by 4, see `check_size`.
    """

    def __init__(
        self,
        *,
        width: float = 1.0,
        num_blocks: int = NUM_BLOCKS,
        name: str | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          width: multiplies every number of channels; 1 is the original.
          num_blocks: residual blocks.
          name: of the layer.
        """
        super().__init__(name=name)
        self.features = scaled_channels(CHANNELS, width)
        half, quarter = 2 * self.features, 4 * self.features
        self.downward = [
            convolution(self.features, STEM_KERNEL),
            convolution(half, SCALE_KERNEL, strides=2),
            convolution(quarter, SCALE_KERNEL, strides=2),
        ]
        self.downward_norms = [InstanceNorm() for _ in self.downward]
        self.blocks = [
            residual.ResidualBlock(
                functools.partial(convolution, quarter, BLOCK_KERNEL),
                InstanceNorm,
                tf.nn.relu,
                has_last_norm=True,
            )
            for _ in range(num_blocks)
        ]
        self.upward = [_transposed(half), _transposed(self.features)]
        self.upward_norms = [InstanceNorm() for _ in self.upward]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H, W, 64 · width]."""
        x = inputs
        for layer, norm in zip(self.downward, self.downward_norms, strict=True):
            x = tf.nn.relu(norm(layer(x)))
        for block in self.blocks:
            x = block(x)
        for layer, norm in zip(self.upward, self.upward_norms, strict=True):
            x = tf.nn.relu(norm(layer(x)))
        return x


def _transposed(filters: int) -> keras.layers.Conv2DTranspose:
    # "same" doubles the size, as a padding of 1 does for a kernel of 4 and a stride of 2.
    return keras.layers.Conv2DTranspose(
        filters,
        SCALE_KERNEL,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=KERNEL_STD),
    )

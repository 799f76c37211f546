"""The compact encoder-decoder that both generators of ForeGAN share.

    conv 3x3, w          H x W      (gated for the background: it tells holes apart)
    conv 4x4 / 2, 2w     H/2 x W/2
    conv 4x4 / 2, 4w     H/4 x W/4
    residual x blocks    H/4 x W/4
    ConvGRU 4w           H/4 x W/4  (optional memory, a sixteenth of full resolution)
    x2, conv 3x3, 2w     H/2 x W/2  + the encoder's features of that size
    x2, conv 3x3, w      H x W      + the encoder's features of that size

Where we differ from the generator of VOS-ForeGAN (GANimation's, 8.4 M parameters): the
recurrent state lives at a quarter of the resolution instead of the whole, features skip
to the decoder, and upsampling is nearest neighbour + convolution, which makes no
checkerboard. Instance norm acts at a quarter of the resolution only, where it holds the
statistics of regions; on these CPUs it costs as much as a convolution.
"""

import functools

import keras
import tensorflow as tf

from tfvideogan.layers import conv_rnn, gated, residual

LEAKY_SLOPE = 0.2
DOWN_KERNEL = 4
KERNEL = 3
# Rectifiers halve the variance of what passes.
INITIALIZER = "he_normal"
NORM_EPSILON = 1e-5
# Two halvings: sizes must divide by 4.
DIVISOR = 4


class Trunk(keras.Model):
    """Maps images [N, H, W, C] and a state to features [N, H, W, w] and a new state."""

    def __init__(
        self,
        width: int,
        *,
        blocks: int = 3,
        is_gated: bool = False,
        is_recurrent: bool = True,
        name: str | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          width: channels w at full resolution.
          blocks: number of residual blocks.
          is_gated: whether the first convolution is gated (Yu et al., Free-Form Image
            Inpainting with Gated Convolution, 2019, section 3.1).
          is_recurrent: whether there is a ConvGRU.
          name: of the network.
        """
        super().__init__(name=name)
        self.width = width
        make_enter = _gated_conv if is_gated else _conv
        self.enter = make_enter(width, activation=_leaky)
        self.half = _conv(2 * width, DOWN_KERNEL, strides=2, activation=_leaky)
        self.quarter = _conv(4 * width, DOWN_KERNEL, strides=2, activation=_leaky)
        self.blocks = [
            residual.ResidualBlock(
                functools.partial(_conv, 4 * width), _instance_norm, _leaky
            )
            for _ in range(blocks)
        ]
        self.memory = conv_rnn.ConvGRUCell(4 * width) if is_recurrent else None
        self.up_half = _conv(2 * width)
        self.up_full = _conv(width)

    def initial_state(
        self, batch: int | tf.Tensor, height: int, width: int
    ) -> tf.Tensor:
        """Returns a zero state [N, H/4, W/4, 4w], with no channels without memory."""
        channels = 4 * self.width if self.memory is not None else 0
        return tf.zeros([batch, height // DIVISOR, width // DIVISOR, channels])

    def call(
        self, inputs: tf.Tensor, state: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns features [N, H, W, w] and the new state [N, H/4, W/4, 4w].

        Without memory the state comes back as it went in.
        """
        full = self.enter(inputs)  # [N, H, W, w]
        half = self.half(full)  # [N, H/2, W/2, 2w]
        deep = self.quarter(half)  # [N, H/4, W/4, 4w]
        for block in self.blocks:
            deep = block(deep)
        if self.memory is not None:
            state = tf.cast(self.memory(deep, state), tf.float32)
            deep += tf.cast(state, deep.dtype)
        half = _leaky(self.up_half(_double(deep)) + half)  # [N, H/2, W/2, 2w]
        full = _leaky(self.up_full(_double(half)) + full)  # [N, H, W, w]
        return full, state


def head(filters: int, name: str, *, bias: float = 0.0) -> keras.layers.Conv2D:
    """Returns a 3x3 convolution in float32 that starts at a constant.

    Its kernel starts at zero, so that the untrained model does the sensible thing that
    its composition defines: carry the first object along the flow.
    """
    return keras.layers.Conv2D(
        filters,
        KERNEL,
        padding="same",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(bias),
        dtype="float32",
        name=name,
    )


def _conv(filters: int, kernel: int = KERNEL, **options: object) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        filters, kernel, padding="same", kernel_initializer=INITIALIZER, **options
    )


def _gated_conv(filters: int, **options: object) -> gated.GatedConv2D:
    return gated.GatedConv2D(filters, KERNEL, kernel_initializer=INITIALIZER, **options)


def _instance_norm() -> keras.layers.GroupNormalization:
    return keras.layers.GroupNormalization(groups=-1, epsilon=NORM_EPSILON)


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)


def _double(x: tf.Tensor) -> tf.Tensor:
    return tf.image.resize(x, (2 * x.shape[1], 2 * x.shape[2]), "nearest")

"""The convolution of all of OPN's networks: what a gate lets through of its features.

    leaky(conv(x)) · sigmoid(conv(x))

References:
  [1] Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import gated

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


def conv(
    filters: int,
    kernel_size: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    is_linear: bool = False,
    gain: float = 1.0,
) -> gated.GatedConv:
    """Makes a gated convolution.

    Args:
      filters: channels of the output.
      kernel_size: rows and columns, an odd number.
      stride: of rows and columns.
      dilation: places between two taps of the kernel.
      is_linear: whether features go through no activation.
      gain: of the first kernels of features, see `networks.py`.
    """
    return gated.GatedConv(
        filters,
        kernel_size,
        stride=stride,
        dilation=dilation,
        slope=None if is_linear else LEAKY_SLOPE,
        kernel_initializer=SideBySide(gain),
    )


def enlarged(x: tf.Tensor) -> tf.Tensor:
    """Doubles sides by repeating pixels: [N, H, W, C] -> [N, 2H, 2W, C]."""
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)

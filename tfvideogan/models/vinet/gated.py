"""The gated convolutions of VINet: one kernel makes features and their gates.

References:
  [1] Yu et al., Free-Form Image Inpainting with Gated Convolution, 2019, section 3.1.
  [2] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.
"""

import keras

from tfvideogan.layers import gated

KERNEL = 3
# He's variance for a ReLU.
GAIN = 2.0


def conv(
    filters: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    slope: float = 0.0,
    frames: int = 1,
    gain: float = GAIN,
) -> gated.GatedConv:
    """Makes a gated 3x3 convolution without a bias.

    Args:
      filters: channels F of the output.
      stride: of rows and columns, 1 or 2.
      dilation: distance of the taps, pixels; with a stride of 1.
      slope: of the activation for negative features; 0 is a ReLU.
      frames: frames that stand side by side in the channels of the input. A kernel over
        that many frames without padding in time is the same sum, and is initialised so.
      gain: of the kernel's first variance, gain / outputs.
    """
    return gated.GatedConv(
        filters,
        KERNEL,
        stride=stride,
        dilation=dilation,
        slope=slope,
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(
            gain / frames, "fan_out", "untruncated_normal"
        ),
    )

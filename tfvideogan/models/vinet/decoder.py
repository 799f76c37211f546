"""What VINet makes of composed features: the bottleneck and the decoder.

Widths are (a, b, c, d) of the encoder; gated convolutions, 3x3, without biases:

    Bottleneck   frame's and composed features 8    2 d
                 conv dilated by 1, 2, 4, 8           d      H/8 x W/8
    ConvLSTM                                          d      H/8 x W/8
    Decoder      conv, conv                           d      H/8 x W/8
                 x2, conv (LeakyReLU 0.2)             c      H/4 x W/4
                 + composed features 4, conv          c
                 conv dilated by 2, 4, 8              c
                 x2, conv (LeakyReLU 0.2)             b      H/2 x W/2
                 + composed features 2, conv, conv    b
                 x2, conv (LeakyReLU 0.2)             a      H x W
                 (x2 with `doubles`)
                 conv                               a/2
                 plain conv                           3

"+" puts features side by side.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.1 and supplement.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.models.vinet import gated
from tfvideogan.ops import resizing

UP_SLOPE = 0.2
BOTTLENECK_DILATIONS = (1, 2, 4, 8)
DECODER_DILATIONS = (2, 4, 8)


class Bottleneck(keras.Model):
    """Four dilated convolutions."""

    def __init__(
        self, width: int, *, gain: float = gated.GAIN, name: str = "bottleneck"
    ) -> None:
        """Creates the layers, of `width` channels; `gain` as in `gated.conv`."""
        super().__init__(name=name)
        self.blocks = [
            gated.conv(width, dilation=one, gain=gain) for one in BOTTLENECK_DILATIONS
        ]

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H, W, width]."""
        return _through(self.blocks, x)


class Decoder(keras.Model):
    """Makes a frame."""

    def __init__(
        self,
        widths: Sequence[int],
        channels: int,
        *,
        doubles: bool,
        gain: float = gated.GAIN,
        is_residual: bool = False,
        name: str = "decoder",
    ) -> None:
        """Creates the layers.

        Args:
          widths: of the encoder, the finest first.
          channels: C of a frame.
          doubles: whether the frame has twice the sides of the finest features.
          gain: see `gated.conv`.
          is_residual: whether what it makes is added to a frame, so that it starts at 0.
          name: of the network.
        """
        super().__init__(name=name)
        finest, fine, coarse, coarsest = widths
        self.doubles = doubles
        self.start = [gated.conv(coarsest, gain=gain) for _ in range(2)]
        self.up = [
            gated.conv(width, slope=UP_SLOPE, gain=gain)
            for width in (coarse, fine, finest)
        ]
        self.coarse = [
            gated.conv(coarse, dilation=one, gain=gain)
            for one in (1, *DECODER_DILATIONS)
        ]
        self.fine = [gated.conv(fine, gain=gain) for _ in range(2)]
        self.last = gated.conv(finest // 2, gain=gain)
        initial = keras.initializers.VarianceScaling(
            gated.GAIN, "fan_out", "untruncated_normal"
        )
        self.to_frame = keras.layers.Conv2D(
            channels,
            gated.KERNEL,
            padding="same",
            use_bias=False,
            kernel_initializer="zeros" if is_residual else initial,
        )

    def call(
        self, hidden: tf.Tensor, composed_2: tf.Tensor, composed_4: tf.Tensor
    ) -> tf.Tensor:
        """Paints a frame.

        Args:
          hidden: [N, H/8, W/8, d].
          composed_2: [N, H/2, W/2, b].
          composed_4: [N, H/4, W/4, c].

        Returns:
          [N, H, W, C] float32, about [-1, 1]; with `is_residual` what is to be added.
        """
        to_coarse, to_fine, to_finest = self.up
        x = _through(self.start, hidden)
        x = to_coarse(resizing.twice_as_large(x))
        x = _through(self.coarse, tf.concat([x, composed_4], axis=-1))
        x = to_fine(resizing.twice_as_large(x))
        x = _through(self.fine, tf.concat([x, composed_2], axis=-1))
        x = to_finest(resizing.twice_as_large(x))
        if self.doubles:
            x = resizing.twice_as_large(x)
        return tf.cast(self.to_frame(self.last(x)), tf.float32)


def _through(layers: Sequence[keras.layers.Layer], x: tf.Tensor) -> tf.Tensor:
    for layer in layers:
        x = layer(x)
    return x

"""The encoder of VINet: features of a frame with holes at four sizes.

`Encoder` of widths (a, b, c, d), for H x W; gated convolutions, 3x3, without biases:

    frame, holes                         4      H x W
    conv (/ 2 with `halves`)             a      H x W       -> features 1
    conv / 2, conv                       b      H/2 x W/2   -> features 2
    conv / 2, conv                       c      H/4 x W/4   -> features 4
    conv / 2, conv, conv                 d      H/8 x W/8   -> features 8

One instance sees the frame that is filled, another all others.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.1 and supplement.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.models.vinet import gated

# Convolutions of each level; the first one halves the sides.
DEPTHS = (1, 2, 2, 3)


class Encoder(keras.Model):
    """Makes a pyramid of features, the finest first."""

    def __init__(
        self,
        widths: Sequence[int],
        *,
        halves: bool,
        gain: float = gated.GAIN,
        name: str,
    ) -> None:
        """Creates the layers.

        Args:
          widths: channels of the four levels, the finest first.
          halves: whether the first level has half the sides of the frame.
          gain: see `gated.conv`.
          name: of the network.
        """
        super().__init__(name=name)
        self.levels = [
            [
                gated.conv(
                    width,
                    stride=2 if place == 0 and (level or halves) else 1,
                    gain=gain,
                )
                for place in range(depth)
            ]
            for level, (width, depth) in enumerate(zip(widths, DEPTHS, strict=True))
        ]

    def call(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """Takes [N, H, W, C + 1 or 2]; returns four maps, the finest first."""
        pyramid, x = [], inputs
        for layers in self.levels:
            for layer in layers:
                x = layer(x)
            pyramid.append(x)
        return pyramid

"""The copy encoder and the paste decoder of CPNet.

Encoder (published: u 64), of a target or an aligned reference, ReLU behind all but the
last:

    normalised frame and hole          C + 1    H x W
    conv 5x5 / 2                       u        H/2 x W/2
    conv 3x3                           u        H/2 x W/2
    conv 3x3 / 2, conv 3x3            2u        H/4 x W/4
    conv 3x3, linear                  2u        H/4 x W/4

Decoder, of the target's features, the copied ones, and where nothing could be copied:

    conv 3x3 three times              4u + 1    H/4 x W/4
    conv 3x3, dilations 2, 4, 8, 16   4u + 1    H/4 x W/4
    conv 3x3                          4u + 1    H/4 x W/4
    conv 3x3 twice                    2u        H/4 x W/4
    nearest x2, conv 3x3 twice         u        H/2 x W/2
    nearest x2, conv 5x5, linear       C        H x W

Ours, with `is_residual`: each wide convolution adds to what it gets, and the last one
starts at zero, since it adds to pixels that were copied (`matching.with_pixels`).

Source: Lee et al., Copy-and-Paste Networks for Deep Video Inpainting, ICCV 2019, sections
3.2 and 3.3, and the code published with it.
"""

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.models.cpnet import stages
from tfvideogan.models.cpnet.stages import Stage

ENCODER = (
    Stage("conv12", 1, 5, 2),
    Stage("conv2", 1),
    Stage("conv23", 2, 3, 2),
    Stage("conv3", 2),
)
VALUE = Stage("value3", 2)
# Names and dilations of the decoder's wide convolutions.
WIDE = {
    "conv4": 1,
    "conv5_1": 1,
    "conv5_2": 1,
    "convA4_1": 2,
    "convA4_2": 4,
    "convA4_3": 8,
    "convA4_4": 16,
    "conv3c": 1,
}
NARROWER = (Stage("conv3b", 2), Stage("conv3a", 2))
HALF = (Stage("conv32", 1), Stage("conv2", 1))
LAST = Stage("conv21", 0, 5)
# Of convolutions that add: eight of them leave what they get as large as it is.
SMALL = "lecun_uniform"


class Copier(keras.Model):
    """Encodes frames; its temperature sharpens the choice among references."""

    def __init__(
        self, *, width: int, sharpness: float | None, name: str = "copier"
    ) -> None:
        """Creates the layers.

        Args:
          width: u, channels of the first convolution.
          sharpness: the number by which similarities are multiplied at the start, and
            which is learned; None for 1, as published.
          name: of the network.
        """
        super().__init__(name=name)
        self.encoder = stages.made(ENCODER, width)
        self.value = stages.Convolution(VALUE.factor * width, is_linear=True)
        self.log_sharpness = None
        if sharpness is not None:
            self.log_sharpness = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(np.log(sharpness)),
                name="log_sharpness",
            )

    def call(self, frames: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        """Encodes.

        Args:
          frames: [N, H, W, C] in [-1, 1].
          masks: [N, H, W, 1], holes.

        Returns:
          [N, H/4, W/4, 2u] float32.
        """
        x = stages.with_mask(frames, masks)
        return tf.cast(self.value(stages.through(self.encoder, x)), tf.float32)

    def sharpened(self, scores: tf.Tensor) -> tf.Tensor:
        """Multiplies similarities by the inverse temperature."""
        if self.log_sharpness is None:
            return scores
        return tf.exp(tf.cast(self.log_sharpness, tf.float32)) * scores


class Paster(keras.Model):
    """Decodes frames."""

    def __init__(
        self,
        channels: int,
        *,
        width: int,
        is_residual: bool = False,
        name: str = "paster",
    ) -> None:
        """Creates the layers.

        Args:
          channels: C of a frame.
          width: u, see the module.
          is_residual: likewise.
          name: of the network.
        """
        super().__init__(name=name)
        self.is_residual = is_residual
        initial, zeros = {}, {}
        if is_residual:
            initial["kernel_initializer"] = SMALL
            zeros["kernel_initializer"] = "zeros"
        self.wide = [
            stages.Convolution(4 * width + 1, dilation=one, **initial)
            for one in WIDE.values()
        ]
        self.narrower = stages.made(NARROWER, width)
        self.half = stages.made(HALF, width)
        self.last = stages.Convolution(
            channels, LAST.size, is_linear=True, dtype="float32", **zeros
        )

    def call(
        self, target: tf.Tensor, copied: tf.Tensor, never_seen: tf.Tensor
    ) -> tf.Tensor:
        """Decodes.

        Args:
          target: [N, h, w, 2u], features of `Copier`.
          copied: [N, h, w, 2u], of `matching.finish`.
          never_seen: [N, h, w, 1], likewise.

        Returns:
          [N, 4 h, 4 w, C] float32; [-1, 1] where it is right, unclipped.
        """
        x = tf.concat([target, copied, never_seen], axis=-1)
        for layer in self.wide:
            x = x + layer(x) if self.is_residual else layer(x)
        x = stages.through(self.narrower, x)
        x = stages.through(self.half, _twice_as_large(x))
        return stages.denormalised(self.last(_twice_as_large(x)))


def _twice_as_large(x: tf.Tensor) -> tf.Tensor:
    """Doubles the sides of [N, H, W, C] by repeating pixels."""
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)

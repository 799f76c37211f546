"""The residual generator of MoCoGAN: every block is modulated by all latent codes.

For the latent code of a frame, content ‖ category ‖ motion, and 64x64 with width w:

    stage                        channels      size
    dense                        8w            4x4
    up block, modulated          8w            8x8
    up block, modulated          4w            16x16
    up block, modulated          2w            32x32
    up block, modulated          w             64x64
    conv 3x3, modulated          C             64x64

The style that modulates is the code behind two dense layers. Other sizes have other
numbers of blocks; the first maps have sides of 4 to 7 (`layers/resnet.py` has the blocks).
"""

import math

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.layers import modulated, resnet
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.ops import frames

# The first feature maps have sides of 4 to 7.
SMALLEST = 4
# Channels do not grow beyond this many times the width.
MOST = 8


class ResNetGenerator(keras.Model):
    """Maps latent codes of frames to frames."""

    def __init__(
        self,
        sizes: codes_lib.Sizes,
        spec: clip.ClipSpec,
        *,
        width: int,
        style_units: int,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          sizes: of the codes.
          spec: of a clip; its sides are 4 to 7 pixels, doubled some times.
          width: w, channels of the largest feature maps.
          style_units: numbers in the style.
          name: of the network.

        Raises:
          UserError: the sides do not divide.
        """
        super().__init__(name=name)
        levels = num_levels(spec)
        self.sizes = sizes
        self.small = (spec.height >> levels, spec.width >> levels)
        self.first = width * min(2**levels, MOST)
        options = {"activation": tf.nn.leaky_relu}
        self.mapping = [keras.layers.Dense(style_units, **options) for _ in range(2)]
        self.start = keras.layers.Dense(math.prod(self.small) * self.first)
        self.blocks = [
            resnet.UpBlock(width * min(2**level, MOST))
            for level in reversed(range(levels))
        ]
        self.to_frame = modulated.ModulatedConv(spec.channels)

    def call(
        self, codes: codes_lib.Codes, motion: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Generates the frames of clips.

        Args:
          codes: of N clips.
          motion: [N, T, D].
          training: leaves the colours as they come. Squashed ones hardly learn once they
            are at an end of the range, as the black ground of moving shapes is.

        Returns:
          [N, T, H, W, C] float32; in [-1, 1] outside of training.
        """
        latent = tf.cast(codes.content, self.compute_dtype)
        if self.sizes.categories:
            category = codes_lib.one_hot(codes.labels, self.sizes)
            latent = tf.concat([latent, tf.cast(category, latent.dtype)], axis=-1)
        latent = tf.repeat(latent[:, tf.newaxis], motion.shape[1], axis=1)
        motion = tf.cast(motion, latent.dtype)
        latent = tf.concat([latent, motion], axis=-1)  # [N, T, content + category + D]
        flat = frames.fold_time(latent)  # [N·T, ...]
        x = tf.reshape(
            self.start(flat), [-1, *self.small, self.first]
        )  # [N·T, 4, 4, 8w]
        style = flat
        for layer in self.mapping:
            style = layer(style)  # [N·T, style units]
        for block in self.blocks:
            x = block(x, style)
        made = tf.cast(self.to_frame(x, style), tf.float32)  # [N·T, H, W, C]
        if not training:
            made = tf.clip_by_value(made, -1.0, 1.0)
        return frames.unfold_time(made, num_frames=motion.shape[1])


def num_levels(spec: clip.ClipSpec) -> int:
    """Returns how often the first feature maps are doubled.

    Raises:
      UserError: a side does not divide by 2 to the power of that number.
    """
    shorter = min(spec.height, spec.width)
    levels = max(int(math.log2(shorter / SMALLEST)), 0) if shorter >= SMALLEST else 0
    step = 2**levels
    for name in ("height", "width"):
        size = getattr(spec, name)
        if levels == 0 or size % step:
            lower = max(size - size % step, 2 * SMALLEST)
            raise errors.UserError(
                f"`{name}` ({size}) must be a multiple of {step} and at least "
                f"{2 * SMALLEST} for MoCoGAN with a shorter side of {shorter}; use "
                f"{lower} or {lower + step}."
            )
    return levels

"""A generator of images: residual blocks that the latent code modulates.

    generator = ModulatedGenerator(spec, width=16, style_units=64)
    images = generator(latent)  # [M, H, W, C] of [M, D]

For 64x64 with width w:

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

# The first feature maps have sides of 4 to 7.
SMALLEST = 4
# Channels do not grow beyond this many times the width.
MOST = 8


class ModulatedGenerator(keras.Model):
    """Maps latent codes to images."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        width: int,
        style_units: int,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a clip; its sides are 4 to 7 pixels, doubled some times.
          width: w, channels of the largest feature maps.
          style_units: numbers in the style.
          name: of the network.

        Raises:
          UserError: the sides do not divide.
        """
        super().__init__(name=name)
        levels = num_levels(spec)
        self.small = (spec.height >> levels, spec.width >> levels)
        self.first = width * min(2**levels, MOST)
        options = {"activation": tf.nn.leaky_relu}
        self.mapping = [keras.layers.Dense(style_units, **options) for _ in range(2)]
        self.start = keras.layers.Dense(math.prod(self.small) * self.first)
        self.blocks = [
            resnet.UpBlock(width * min(2**level, MOST))
            for level in reversed(range(levels))
        ]
        self.to_image = modulated.ModulatedConv(spec.channels)

    def call(
        self,
        latent: tf.Tensor,
        layout: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Generates images.

        Args:
          latent: [M, D], the code whose style modulates.
          layout: [M, E], what the first maps are made of; by default the code.
          training: leaves the colours as they come. Squashed ones hardly learn once they
            are at an end of the range, as a black ground is.

        Returns:
          [M, H, W, C] float32; in [-1, 1] outside of training.
        """
        latent = tf.cast(latent, self.compute_dtype)
        layout = latent if layout is None else tf.cast(layout, self.compute_dtype)
        start = self.start(layout)
        x = tf.reshape(start, [-1, *self.small, self.first])  # [M, 4, 4, 8w]
        style = latent
        for layer in self.mapping:
            style = layer(style)  # [M, style units]
        for block in self.blocks:
            x = block(x, style)
        made = tf.cast(self.to_image(x, style), tf.float32)  # [M, H, W, C]
        return made if training else tf.clip_by_value(made, -1.0, 1.0)


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
                f"{2 * SMALLEST} for a generator with a shorter side of {shorter}; use "
                f"{lower} or {lower + step}."
            )
    return levels

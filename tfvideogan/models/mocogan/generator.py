"""A residual generator whose every layer hears of content, category and motion.

    4x4 -> block -> 8x8 -> ... -> block -> H x W -> frame

A block doubles the sides: a 3x3 convolution, then one of twice the size, beside a
shortcut. Channels are scaled by the codes before each convolution and brought back to unit
size behind it by what the kernel would make of such scales [1], so that no statistics are
taken over frames or clips: a frame looks the same in training, alone and in any video.

An image that is doubled by repeating pixels and then convolved by 3x3 equals a transposed
convolution 4 / 2 / 1 whose kernel is the 3x3 one spread by 2x2 ones; this takes 16 instead
of 36 products for each pixel of the small image.

References:
  [1] Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020,
      section 2.2 (demodulation).
"""

import math

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.layers import modulated, resnet
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.ops import frames

# The first picture has sides of 4 to 7 pixels.
SMALLEST = 4
# Channels do not grow beyond this many times the width.
MOST = 8


class ResNetGenerator(keras.Model):
    """Renders codes of frames."""

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
          width: channels of the largest picture.
          style_units: numbers that a code is mapped to for the layers.
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
        """Renders motion codes as frames.

        Args:
          codes: of N clips.
          motion: [N, T, D].
          training: leaves the colours as they come. Squashed ones hardly learn once they
            are at an end of the range, as the black ground of moving shapes is.

        Returns:
          [N, T, H, W, C] float32; in [-1, 1] outside of training.
        """
        held = tf.cast(codes.content, self.compute_dtype)
        if self.sizes.categories:
            category = codes_lib.one_hot(codes.labels, self.sizes)
            held = tf.concat([held, tf.cast(category, held.dtype)], axis=-1)
        held = tf.repeat(held[:, tf.newaxis], motion.shape[1], axis=1)
        motion = tf.cast(motion, held.dtype)
        flat = frames.fold_time(tf.concat([held, motion], axis=-1))
        x = tf.reshape(self.start(flat), [-1, *self.small, self.first])
        style = flat
        for layer in self.mapping:
            style = layer(style)
        for block in self.blocks:
            x = block(x, style)
        made = self.to_frame(x, style)
        made = tf.cast(made, tf.float32)
        if not training:
            made = tf.clip_by_value(made, -1.0, 1.0)
        return frames.unfold_time(made, num_frames=motion.shape[1])


def num_levels(spec: clip.ClipSpec) -> int:
    """Returns how often the smallest picture is doubled.

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

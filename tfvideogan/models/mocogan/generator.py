"""The residual generator of MoCoGAN: every block is modulated by all latent codes.

The latent code of a frame is content ‖ category ‖ motion; from there on each frame is an
image of its own (`models/generators.py`).
"""

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.models import generators
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.ops import frames


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
        self.sizes = sizes
        self.to_frames = generators.ModulatedGenerator(
            spec, width=width, style_units=style_units
        )

    def call(
        self, codes: codes_lib.Codes, motion: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Generates the frames of clips.

        Args:
          codes: of N clips.
          motion: [N, T, D].
          training: leaves the colours as they come, see `ModulatedGenerator`.

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
        made = self.to_frames(frames.fold_time(latent), training=training)
        return frames.unfold_time(made, num_frames=motion.shape[1])

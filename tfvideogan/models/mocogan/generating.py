"""What all MoCoGANs that generate videos of latent codes share, however they are trained.

class MoCoGAN(generating.GeneratingGAN):
    def build_networks(self, spec): ...      # sizes, networks and renderer
    def make_phases(self): ...
    def critic_losses(self, batch, shared, seed): ...
"""

from collections.abc import Mapping
from typing import Protocol

import keras
import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.models import base, sampling
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import renderer as renderers
from tfvideogan.models.mocogan import served


class HasLength(Protocol):
    """What the options of such a model have in common."""

    long_multiple: int


class GeneratingGAN(base.VideoModel):
    """A motion network and a generator against two discriminators.

    Attributes, which `build_networks` of a subclass sets:
      sizes: of the codes.
      motion: maps codes to motion codes.
      generator: maps codes and motion codes to frames.
      image_critic: discriminator of frames.
      video_critic: discriminator of clips, and of their categories.
      renderer: motion network and generator as one.
      options: evaluations generate videos of `long_multiple` training clips' length.
    """

    sizes: codes_lib.Sizes
    motion: keras.Model
    generator: keras.Model
    image_critic: keras.Model
    video_critic: keras.Model
    renderer: renderers.Renderer
    options: HasLength

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Motion network and generator, then the two discriminators."""
        return {
            "motion": self.motion,
            "generator": self.generator,
            "image_critic": self.image_critic,
            "video_critic": self.video_critic,
        }

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The motion network and the generator."""
        return ("motion", "generator")

    @property
    def has_labels(self) -> bool:
        """Whether the categories are the classes of the clips."""
        return self.sizes.categories == self.spec.num_classes > 0

    def generate(
        self,
        clip_seeds: tf.Tensor,
        labels: tf.Tensor | None = None,
        *,
        frames: int | None = None,
        truncation: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Generates a clip for each seed; see `Renderer.generate`.

        Args:
          clip_seeds: [N] int64.
          labels: [N] int32 categories, or None to draw them.
          frames: T, any; that of training by default.
          truncation: [N] float32 factors of the content code.

        Returns:
          [N, T, H, W, C] in [-1, 1].
        """
        return self.renderer.generate(
            clip_seeds,
            num_frames=frames or self.spec.frames,
            labels=labels,
            truncation=truncation,
        )

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` and `long_frames`, see `sampling.evaluation_outputs`."""
        return sampling.evaluation_outputs(
            self.generate,
            batch["frames"],
            labels=batch["labels"] if self.has_labels else None,
            long_frames=self.options.long_multiple * self.spec.frames,
        )

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows real clips and the same seeds each time.

        Returns:
          Columns [N, T, H, W, C]: `real`; `generated`, a seed in each row; `one_content`,
          all with the content of the first row; `one_motion`, all with its motion.
        """
        real = batch["frames"]
        own = tf.range(tf.shape(real)[0], dtype=tf.int64)
        first = tf.zeros_like(own)
        options = {
            "num_frames": real.shape[1],
            "labels": tf.zeros_like(own, tf.int32),
        }
        render = self.renderer.generate
        return sampling.sample_clips(
            self.generate, real, categories=self.sizes.categories
        ) | {
            "one_content": render(own, content_seeds=first, **options),
            "one_motion": render(first, content_seeds=own, **options),
        }

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`generate`, `generate_truncated` and `generate_from_noise`."""
        return sampling.serving_functions(
            self.generate, categories=self.sizes.categories
        ) | {
            "generate_from_noise": served.generate_from_noise(
                self.renderer, num_frames=self.spec.frames
            )
        }

"""Latent codes to clips: the motion network, then the generator.

    clips = renderer(codes, training=True)                     # in training
    clips = renderer.generate(clip_seeds, num_frames=256)      # one seed per clip

A frame depends on the others through its motion code alone, so a video may be as long as
one likes: the recurrent network runs through it, and frames are rendered in portions.

Beyond the frames that it was trained for, the motion stops (docs/results.md has figures).
With a `renewal` a new motion is sampled every so many frames, and the codes of one are
cross-faded into those of the next; content and category stay (as the independent motion
codes of [1], whose anchors in time are single codes instead of motions). Codes in a
cross-fade were not trained, either.

References:
  [1] Skorokhodov et al., StyleGAN-V, CVPR 2022, section 3.2.
"""

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.models import noise
from tfvideogan.models.mocogan import codes as codes_lib

# Frames of each clip that are rendered at a time.
PORTION = 16
# Frames of a cross-fade between two motions.
BLEND = 8


class Renderer:
    """A motion network and a generator, which own the variables."""

    def __init__(
        self,
        sizes: codes_lib.Sizes,
        motion: keras.Model,
        generator: keras.Model,
        *,
        renewal: int | None = None,
    ) -> None:
        """Stores the networks.

        Args:
          sizes: of the codes.
          motion: maps codes to motion codes [N, T, D].
          generator: maps codes and motion codes to frames [N, T, H, W, C].
          renewal: every so many frames a cross-fade into a new motion begins; at least
            `BLEND`, or None for one motion throughout.

        Raises:
          ValueError: `renewal` is shorter than a cross-fade.
        """
        if renewal is not None and renewal < BLEND:
            raise ValueError(f"`renewal` ({renewal}) must be at least {BLEND}.")
        self.sizes = sizes
        self.motion = motion
        self.generator = generator
        self.renewal = renewal

    def __call__(self, codes: codes_lib.Codes, *, training: bool = False) -> tf.Tensor:
        """Renders all frames at once, [N, T, H, W, C] in [-1, 1]."""
        return self.generator(codes, self.motion(codes), training=training)

    def generate(
        self,
        clip_seeds: tf.Tensor,
        *,
        num_frames: int,
        labels: tf.Tensor | None = None,
        truncation: tf.Tensor | None = None,
        content_seeds: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Generates a clip for each seed, whatever else is in the batch.

        Args:
          clip_seeds: [N] int64.
          num_frames: T, any; a longer clip begins like a shorter one.
          labels: [N] int32 categories, or None to draw them.
          truncation: [N] float32 factors of the content code, in [0, 1]: towards 0 clips
            are more typical and more alike. None is 1.
          content_seeds: [N] int64, of the content and the drawn category; by default
            `clip_seeds`, which are those of the motion.

        Returns:
          [N, T, H, W, C] in [-1, 1].
        """
        options = {"num_frames": num_frames, "labels": labels}
        codes = codes_lib.draw_each(self.sizes, clip_seeds, **options)
        if content_seeds is not None:
            other = codes_lib.draw_each(self.sizes, content_seeds, **options)
            codes = codes._replace(content=other.content, labels=other.labels)
        if truncation is not None:
            content = codes.content * truncation[:, tf.newaxis]
            codes = codes._replace(content=content)
        if self.renewal is None or num_frames <= self.renewal:
            return self.render(codes)
        motion_codes = self._renewed_motion(clip_seeds, codes.labels, num_frames)
        return self._in_portions(codes, motion_codes)

    def render(self, codes: codes_lib.Codes) -> tf.Tensor:
        """Renders codes with one motion throughout, [N, T, H, W, C] in [-1, 1]."""
        return self._in_portions(codes, self.motion(codes))

    def _renewed_motion(
        self, clip_seeds: tf.Tensor, labels: tf.Tensor, num_frames: int
    ) -> tf.Tensor:
        """Motion codes [N, num_frames, D] of several motions, cross-faded."""
        count = -(-num_frames // self.renewal)
        life = self.renewal + BLEND
        motion_seeds = noise.seeds_of_parts(clip_seeds, count)  # [N, count]
        codes = codes_lib.draw_each(
            self.sizes,
            tf.reshape(motion_seeds, [-1]),  # [N·count]
            num_frames=life,
            labels=tf.repeat(labels, count),
        )
        motions = self.motion(codes)  # [N·count, life, D]
        motions = tf.reshape(motions, [-1, count, life, motions.shape[-1]])
        rising = (np.arange(BLEND) + 1.0) / (BLEND + 1.0)
        shares = np.ones([count, life, 1], np.float32)
        shares[1:, :BLEND, 0] = rising
        shares[:, -BLEND:, 0] = 1.0 - rising
        parts = tf.transpose(motions * shares, [0, 3, 1, 2])  # [N, D, count, life]
        whole = tf.signal.overlap_and_add(parts, self.renewal)  # [N, D, ...]
        return tf.transpose(whole, [0, 2, 1])[:, :num_frames]

    def _in_portions(
        self, codes: codes_lib.Codes, motion_codes: tf.Tensor
    ) -> tf.Tensor:
        """Renders in portions, so that memory does not grow with the length."""
        length = motion_codes.shape[1]
        if length <= PORTION:
            return self.generator(codes, motion_codes)
        missing = -length % PORTION
        padded = tf.pad(motion_codes, [[0, 0], [0, missing], [0, 0]])
        count = (length + missing) // PORTION
        portions = tf.reshape(padded, [-1, count, PORTION, motion_codes.shape[2]])
        rendered = tf.map_fn(
            lambda portion: self.generator(codes, portion),
            tf.transpose(portions, [1, 0, 2, 3]),  # [count, N, PORTION, D]
            parallel_iterations=1,
        )  # [count, N, PORTION, H, W, C]
        whole = tf.transpose(rendered, [1, 0, 2, 3, 4, 5])  # [N, count, PORTION, ...]
        shape = [-1, length + missing, *rendered.shape[3:]]
        return tf.reshape(whole, shape)[:, :length]

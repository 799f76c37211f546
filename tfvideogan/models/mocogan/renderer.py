"""Codes to clips: a motion network and a generator at work together.

    clips = renderer(codes, training=True)                     # in training
    clips = renderer.generate(clip_seeds, num_frames=256)      # one seed per clip

A frame hears of the others through its motion code alone, so a video may be as long as one
likes: the recurrent network runs through it, and frames are rendered in portions.
"""

import keras
import tensorflow as tf

from tfvideogan.models.mocogan import codes as codes_lib

# Frames of each clip that are rendered at a time.
PORTION = 16


class Renderer:
    """A motion network and a generator, which own the variables."""

    def __init__(
        self, sizes: codes_lib.Sizes, motion: keras.Model, generator: keras.Model
    ) -> None:
        """Stores the networks.

        Args:
          sizes: of the codes.
          motion: maps codes to motion codes [N, T, D].
          generator: maps codes and motion codes to frames [N, T, H, W, C].
        """
        self.sizes = sizes
        self.motion = motion
        self.generator = generator

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
        return self.follow(codes)

    def follow(self, codes: codes_lib.Codes) -> tf.Tensor:
        """Renders codes in portions, so that memory does not grow with the length."""
        path = self.motion(codes)
        length = path.shape[1]
        if length <= PORTION:
            return self.generator(codes, path)
        missing = -length % PORTION
        padded = tf.pad(path, [[0, 0], [0, missing], [0, 0]])
        count = (length + missing) // PORTION
        portions = tf.reshape(padded, [-1, count, PORTION, path.shape[2]])
        rendered = tf.map_fn(
            lambda portion: self.generator(codes, portion),
            tf.transpose(portions, [1, 0, 2, 3]),
            parallel_iterations=1,
        )  # [count, N, PORTION, H, W, C]
        whole = tf.transpose(rendered, [1, 0, 2, 3, 4, 5])
        shape = [-1, length + missing, *rendered.shape[3:]]
        return tf.reshape(whole, shape)[:, :length]

"""The discriminators of DVD-GAN: one network, and the views of a clip that it is given.

    critics = {
        "spatial_critic": Discriminator(SomeFrames(8), size, width=128, ...),
        "temporal_critic": Discriminator(Pooled(2), size, width=128, volumetric=2, ...),
    }
    logits = critics["spatial_critic"](view, labels, training=True)     # [N, K]

D_S sees k frames at random, each on its own; D_T the whole clip at half its size, its first
two blocks in space and time. Of 64x64 with the width ch:

    D_S, k frames                          D_T, T frames of 32x32
    block 3 -> 2ch             32x32       3-D block 3 -> 2ch      T/2 x 16x16
    attention                              3-D block 2ch -> 4ch    T/4 x 8x8
    block 2ch -> 4ch           16x16       block 4ch -> 8ch        4x4
    block 4ch -> 8ch           8x8         block 8ch -> 16ch       2x2
    block 8ch -> 16ch          4x4         block 16ch -> 16ch      2x2, keeps the size
    block 16ch -> 16ch         4x4, keeps the size
    ReLU, sum of places, dense to 1, + <embedding of the class, sum of places>

There is a logit for each frame that is left, k of them or T/4; `objective.py` makes one
score of them. That time is halved in the 3-D blocks is not said in [1]: we follow DGMR of
the same authors. The first block does not rectify its input [2].

TrIVD-GAN [3] splits the roles otherwise: one discriminator judges the global structure of
frames, k of them at random, s times smaller; another the local structure of motion, a
place of (H / s) x (W / s) pixels of the clip as it is. These are (k + T) H W / s^2 pixels
instead of (k + T / s^2) H W. The paper's name counts three discriminators. What the third
one sees we could not check: summaries say that it is of low resolution. Ours sees the whole
clip, s times smaller, as D_T does: motion all over the picture, which neither of the two
sees. As networks they are D_S and D_T, which is our reading, too:

    SmallFrames(k, s)    D_S of k frames at 1/s of their sides
    Cropped(s)           D_T of all frames, at a place drawn for the clip, in full
    Pooled(s)            D_T of all frames at 1/s of their sides, that of DVD-GAN

References:
  [1] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, section 3.1 and
      the appendix on architectures.
  [2] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      2019, appendix B.
  [3] Luc et al., Transformation-based Adversarial Video Prediction on Large-Scale Data
      (TrIVD-GAN), 2020.
  [4] Miyato, Koyama, cGANs with Projection Discriminator, 2018, equation 3.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import keras
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.layers import spectral_norm
from tfvideogan.models.dvdgan import trunk
from tfvideogan.ops import patches

# Sides of the feature maps that D_S no longer halves.
SMALLEST = 4
# Channels behind each block, as multiples of the width, by the number of halvings from a
# clip's size to 4x4: [1] for 64x64 and 128x128; 256x256 is that of [2]. A smaller size
# leaves out the last ones.
CONSTANTS = {
    4: (2, 4, 8, 16, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
}
# Feature maps of 32x32 and of 64x64 have attention in [2]: behind the first block of
# 64x64 and 128x128, behind the second of 256x256.
SECOND_FROM = 256


class View(Protocol):
    """What a discriminator is given of clips."""

    def __call__(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns [N, K, h, w, C] of clips [N, T, H, W, C] and a seed [2] int32."""
        ...


class SomeFrames:
    """k different frames of each clip, drawn at random, in full."""

    def __init__(self, count: int) -> None:
        """Stores k."""
        self.count = count

    def __call__(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `View`; frames keep their order."""
        draws = seeds.uniform([tf.shape(clips)[0], clips.shape[1]], seed)  # [N, T]
        _, times = tf.math.top_k(draws, k=self.count)
        times = tf.sort(times, axis=1)  # [N, k]
        return tf.gather(clips, times, axis=1, batch_dims=1)


class Pooled:
    """All frames, each number the mean of factor x factor pixels."""

    def __init__(self, factor: int) -> None:
        """Stores the factor; 1 leaves clips as they are."""
        self.factor = factor

    def __call__(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `View`; nothing is drawn."""
        if self.factor == 1:
            return clips
        _, length, *size = clips.shape
        flat = tf.reshape(clips, [-1, *size])  # [N·T, H, W, C]
        flat = tf.nn.avg_pool2d(flat, self.factor, self.factor, "VALID")
        return tf.reshape(flat, [-1, length, *flat.shape[1:]])


class SmallFrames:
    """k different frames of each clip, drawn at random, pooled."""

    def __init__(self, count: int, factor: int) -> None:
        """Stores k, and the side of the squares whose means are taken."""
        self.frames, self.pooled = SomeFrames(count), Pooled(factor)

    def __call__(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `View`; frames keep their order."""
        return self.pooled(self.frames(clips, seed), seed)


class Cropped:
    """All frames of each clip at a place drawn at random, in full."""

    def __init__(self, factor: int) -> None:
        """Stores by which the sides are divided."""
        self.factor = factor

    def __call__(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """See `View`; the place is the same in all frames of a clip."""
        _, length, height, width, channels = clips.shape
        size = (height // self.factor, width // self.factor)
        corners = [
            seeds.integers(
                [tf.shape(clips)[0]], seeds.fold(seed, name), whole - part + 1
            )
            for name, whole, part in zip(
                ("rows", "columns"), (height, width), size, strict=True
            )
        ]
        # The frames' channels lie side by side, so that one place serves all.
        flat = tf.reshape(
            tf.transpose(clips, [0, 2, 3, 1, 4]), [-1, height, width, length * channels]
        )
        places = tf.stack(corners, axis=-1)[:, tf.newaxis]  # [N, 1, 2]
        cut = patches.gather(flat, places, size=size)  # [N, 1, h, w, T·C]
        cut = tf.reshape(cut, [-1, *size, length, channels])
        return tf.transpose(cut, [0, 3, 1, 2, 4])  # [N, T, h, w, C]


class Discriminator(keras.Model):
    """Scores the frames of a view, or what is left of them."""

    def __init__(
        self,
        view: View,
        channels: Sequence[int],
        *,
        categories: int,
        inputs: int,
        volumetric: int = 0,
        attends_behind: int | None = None,
        name: str,
    ) -> None:
        """Creates the layers.

        Args:
          view: what it is given.
          channels: behind each block; the last one keeps the size.
          categories: number of classes that it projects on, 0 for none.
          inputs: channels of a clip.
          volumetric: how many blocks, from the first on, are in space and time.
          attends_behind: index of the block behind which there is attention, or None.
          name: of the network.
        """
        super().__init__(name=name)
        self.view = view
        self.trunk = trunk.Trunk(
            channels,
            inputs=inputs,
            volumetric=volumetric,
            attends_behind=attends_behind,
        )
        self.score = spectral_norm.Dense(1)
        self.embedding = None
        if categories:
            self.embedding = spectral_norm.Embedding(categories, channels[-1])
        self.built = True

    def call(
        self, view: tf.Tensor, labels: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Judges what `view` has made of clips.

        Args:
          view: [N, K, h, w, C].
          labels: [N] int32; not used without categories.
          training: moves the spectral norms.

        Returns:
          Float32 logits of being real, [N, K'], one for each frame that is left.
        """
        x = self.trunk(view, training=training)[-1]
        pooled = tf.reduce_sum(tf.nn.relu(x), axis=[2, 3])  # [N, K', C]
        logits = self.score(pooled, training=training)[..., 0]  # [N, K']
        if self.embedding is not None:
            embedded = self.embedding(labels, training=training)  # [N, C]
            logits += tf.einsum("nkc,nc->nk", pooled, embedded)
        return tf.cast(logits, tf.float32)


def num_halvings(height: int, width: int, *, pool: int) -> int:
    """Returns how often discriminators halve frames.

    Args:
      height: of a clip, pixels.
      width: likewise.
      pool: by which the sides are divided before one of them does.

    Raises:
      UserError: a side does not divide.
    """
    shorter = max(min(height, width), 1)
    number = max(int(math.log2(shorter / SMALLEST)), 1)
    step = pool * 2**number
    for name, size in (("height", height), ("width", width)):
        if size % step:
            raise errors.UserError(
                f"`{name}` ({size}) must be a multiple of {step} for discriminators with "
                f"a shorter side of {shorter} that pool by {pool}; use "
                f"{max(size - size % step, step)} or {size - size % step + step}."
            )
    return number


def attention_place(height: int, width: int) -> int:
    """Returns the index of the block of D_S behind which there is attention."""
    return int(min(height, width) >= SECOND_FROM)

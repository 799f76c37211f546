"""The discriminators of MoCoGAN's paper: one for frames, one for clips of 16 frames.

Noise is added before most convolutions, in training and at rest, so that a critic cannot
tell by single grey levels.

References:
  [1] Tulyakov et al., MoCoGAN, CVPR 2018, section 3.2, and the released code.
"""

import keras
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import batch_norm, convolution
from tfvideogan.models.mocogan.paper import generator

LEAKY_SLOPE = 0.2
KERNEL = 4
STRIDE, PADDING = 2, 1
# What the whole video critic can judge; its last kernel covers 4 frames of 4x4.
NUM_FRAMES = 16
# Channels in units of the width.
PATCH_MULTIPLES = (1, 2, 4)
WHOLE_MULTIPLES = (1, 2, 4, 8)


class _Critic(keras.Model):
    """Convolutions, each with noise before it and a norm behind all but the first."""

    def __init__(self, noise: float, name: str) -> None:
        super().__init__(name=name)
        self.noise = noise
        self.convolutions: list[keras.layers.Layer] = []
        self.norms: list[batch_norm.BatchNorm] = []

    def _features(self, x: tf.Tensor, seed: tf.Tensor, training: bool) -> tf.Tensor:
        x = tf.cast(x, self.compute_dtype)
        for index, layer in enumerate(self.convolutions):
            x = layer(self._noisy(x, seeds.fold(seed, index)))
            if index:
                x = self.norms[index - 1](x, training=training)
            x = tf.nn.leaky_relu(x, LEAKY_SLOPE)
        return x

    def _noisy(self, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if not self.noise:
            return x
        return x + tf.cast(self.noise * seeds.normal(tf.shape(x), seed), x.dtype)


class ImageDiscriminator(_Critic):
    """Scores frames: 4x4 overlapping patches of 64x64, or each as a whole.

    663,296 parameters by patches, 2,765,568 as a whole (width 64, three channels).
    """

    def __init__(
        self,
        *,
        width: int = 64,
        noise: float = 0.1,
        is_patch: bool = True,
        name: str = "image_critic",
    ) -> None:
        """Creates the layers.

        Args:
          width: channels behind the first layer.
          noise: standard deviation of the noise before the convolutions.
          is_patch: whether patches are scored.
          name: of the network.
        """
        super().__init__(noise, name)
        multiples = PATCH_MULTIPLES if is_patch else WHOLE_MULTIPLES
        self.is_patch = is_patch
        self.convolutions = [_plane(one * width) for one in multiples]
        self.norms = [batch_norm.BatchNorm() for _ in multiples[1:]]
        self.score = _plane(1) if is_patch else _plane(1, stride=1, padding=0)

    def call(
        self, images: tf.Tensor, seed: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Returns logits [N, h, w, 1] of images [N, H, W, C]; `seed` is of the noise."""
        x = self._features(images, seed, training)
        if self.is_patch:
            x = self._noisy(x, seeds.fold(seed, "score"))
        return tf.cast(self.score(x), tf.float32)


class VideoDiscriminator(_Critic):
    """Scores clips of 16 frames of 64x64 and, with categories, says which one it is.

    Frames after each layer: 16, 13, 10, 7, 4, 1. 11,253,504 parameters for six
    categories (width 64, three channels).
    """

    def __init__(
        self,
        *,
        width: int = 64,
        noise: float = 0.1,
        categories: int = 0,
        name: str = "video_critic",
    ) -> None:
        """Creates the layers.

        Args:
          width: channels behind the first layer.
          noise: standard deviation of the noise before the convolutions.
          categories: number of categories, 0 for none.
          name: of the network.
        """
        super().__init__(noise, name)
        self.convolutions = [_volume(one * width) for one in WHOLE_MULTIPLES]
        self.norms = [batch_norm.BatchNorm() for _ in WHOLE_MULTIPLES[1:]]
        self.score = _volume(1 + categories, stride=1, padding=0)

    def call(
        self, clips: tf.Tensor, seed: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Judges clips [N, 16, 64, 64, C].

        Returns:
          Logits [N, 1] of being real and [N, categories] of the categories.
        """
        x = self.score(self._features(clips, seed, training))
        flat = tf.cast(tf.reshape(x, [-1, x.shape[-1]]), tf.float32)
        return flat[:, :1], flat[:, 1:]


def _plane(
    filters: int, *, stride: int = STRIDE, padding: int = PADDING
) -> convolution.Conv2D:
    return convolution.Conv2D(
        filters,
        KERNEL,
        stride=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=generator.torch_uniform(),
    )


def _volume(
    filters: int, *, stride: int = STRIDE, padding: int = PADDING
) -> convolution.Conv3D:
    return convolution.Conv3D(
        filters,
        (KERNEL,) * 3,
        strides=(1, stride, stride),
        padding=(0, padding, padding),
        use_bias=False,
        kernel_initializer=generator.torch_uniform(),
    )

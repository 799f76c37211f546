"""The discriminators of MoCoGAN's paper: one for frames, one for clips of 16 frames.

    ImageDiscriminator, of patches       channels   size
    noise, conv 4x4 / 2                  w          32x32
    noise, conv 4x4 / 2, batch norm      2w         16x16
    noise, conv 4x4 / 2, batch norm      4w         8x8
    noise, conv 4x4 / 2                  1          4x4
    (whole frames: a fourth layer of 8w channels, then conv 4x4 to 1x1 without noise)

    VideoDiscriminator                   channels           frames x size
    noise, conv 4x4x4 / 1, 2, 2          w                  13 x 32x32
    noise, conv 4x4x4 / 1, 2, 2, norm    2w                 10 x 16x16
    noise, conv 4x4x4 / 1, 2, 2, norm    4w                 7 x 8x8
    noise, conv 4x4x4 / 1, 2, 2, norm    8w                 4 x 4x4
    conv 4x4x4                           1 + categories     1 x 1x1

Leaky rectifiers behind all layers but the last. Noise is added in training and inference,
so that single grey levels do not betray a fake.

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
# The clips that it can judge: the last kernel covers 4 frames of 4x4.
NUM_FRAMES = 16
# Channels in units of the width.
PATCH_MULTIPLES = (1, 2, 4)
WHOLE_MULTIPLES = (1, 2, 4, 8)


class _Discriminator(keras.Model):
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


class ImageDiscriminator(_Discriminator):
    """Logits of frames: of 4x4 overlapping patches of 64x64, or of each as a whole.

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
          width: w, channels behind the first layer.
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


class VideoDiscriminator(_Discriminator):
    """Logits of clips of 16 frames of 64x64 and of their categories.

    11,253,504 parameters for six categories (width 64, three channels).
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
          width: w, channels behind the first layer.
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
        """Judges clips [N, 16, 64, 64, C]; `seed` is of the noise.

        Returns:
          Logits [N, 1] of being real and [N, categories] of the categories.
        """
        x = self.score(self._features(clips, seed, training))  # [N, 1, 1, 1, 1 + K]
        logits = tf.cast(tf.reshape(x, [-1, x.shape[-1]]), tf.float32)  # [N, 1 + K]
        return logits[:, :1], logits[:, 1:]


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

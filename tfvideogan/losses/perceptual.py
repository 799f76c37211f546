"""Perceptual and style losses: distances of what VGG16 sees in images.

    vgg = perceptual.Features(perceptual.INPAINTING_LAYERS)  # once
    real, fake = vgg(real_frames), vgg(fake_frames)
    loss = perceptual.content_l1(real, fake) + perceptual.style_l1(real, fake)

All losses are float32 scalars, sums over the layers. Gradients reach the images; VGG16 is
frozen and no part of the model or its checkpoints.

References:
  [1] Johnson, Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and
      super-resolution", ECCV 2016, section 3.2.
  [2] Liu et al., "Image inpainting for irregular holes using partial convolutions", ECCV
      2018, section 3.3.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf
from absl import logging

from tfvideogan.pretrained import image_network, vgg16, weights

# What [1] takes for the content of super-resolution and of style transfer, and for style.
SUPER_RESOLUTION_LAYERS = ("relu2_2",)
CONTENT_LAYERS = ("relu3_3",)
STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
# What [2] takes for both.
INPAINTING_LAYERS = ("pool1", "pool2", "pool3")


class Features:
    """What a frozen network sees in images.

    Make it once, where the networks of a model are made. It is a plain object, so that a
    model that keeps it neither trains nor saves its variables.
    """

    def __init__(
        self,
        layers: Sequence[str] = INPAINTING_LAYERS,
        *,
        network: image_network.ImageNetwork | None = None,
    ) -> None:
        """Makes VGG16 as far as it is needed.

        Args:
          layers: names of `VGG16.layout`.
          network: takes the place of VGG16 with its published weights.

        Raises:
          UserError: a layer is unknown, or the weights have not been fetched.
        """
        self.network = network or vgg16.VGG16(
            weights.load(vgg16.NAME), outputs=tuple(layers)
        )

    def __call__(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes the features of each image.

        Args:
          frames: [..., H, W, 1 or 3] in [-1, 1], of any float dtype; grey images are
            seen as three equal channels.

        Returns:
          Layer -> [N, h, w, channels] float32, with all leading axes of `frames` in N.
        """
        height, width, channels = frames.shape[-3:]
        images = tf.reshape(tf.cast(frames, tf.float32), [-1, height, width, channels])
        if channels == 1:
            images = tf.repeat(images, image_network.CHANNELS, axis=-1)
        return self.network(images)


def features_if_fetched(
    layers: Sequence[str] = INPAINTING_LAYERS,
) -> Features | None:
    """Returns VGG16, or None and a warning where its weights have not been fetched."""
    if weights.is_there(vgg16.NAME):
        return Features(layers)
    logging.warning(
        "VGG16's weights have not been fetched (python -m tfvideogan.get_weights %s): "
        "there is no perceptual and no style loss.",
        vgg16.NAME,
    )
    return None


def content_squared(
    real: Mapping[str, tf.Tensor], fake: Mapping[str, tf.Tensor]
) -> tf.Tensor:
    """Computes the mean squared difference of features, equation 2 of [1].

    Args:
      real: layer -> [N, h, w, C].
      fake: the same layers and shapes.

    Returns:
      A float32 scalar.
    """
    return _sum(tf.square(real[layer] - fake[layer]) for layer in real)


def content_l1(
    real: Mapping[str, tf.Tensor], fake: Mapping[str, tf.Tensor]
) -> tf.Tensor:
    """Computes the mean absolute difference of features, equation 3 of [2].

    Args:
      real: layer -> [N, h, w, C].
      fake: the same layers and shapes.

    Returns:
      A float32 scalar.
    """
    return _sum(tf.abs(real[layer] - fake[layer]) for layer in real)


def style_squared(
    real: Mapping[str, tf.Tensor], fake: Mapping[str, tf.Tensor]
) -> tf.Tensor:
    """Computes the squared Frobenius distance of Gram matrices, equation 4 of [1].

    Args:
      real: layer -> [N, h, w, C].
      fake: the same layers and channels; of any size.

    Returns:
      A float32 scalar: a sum over the entries of a matrix, a mean over the images.
    """
    distances = (tf.square(gram(real[layer]) - gram(fake[layer])) for layer in real)
    return _sum(tf.reduce_sum(squares, axis=(-2, -1)) for squares in distances)


def style_l1(real: Mapping[str, tf.Tensor], fake: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Computes the mean absolute difference of Gram matrices, equation 4 of [2].

    Args:
      real: layer -> [N, h, w, C].
      fake: the same layers and channels; of any size.

    Returns:
      A float32 scalar.
    """
    return _sum(tf.abs(gram(real[layer]) - gram(fake[layer])) for layer in real)


def gram(features: tf.Tensor) -> tf.Tensor:
    """Computes the products of all pairs of channels, summed over places, by h w C.

    Args:
      features: [N, h, w, C].

    Returns:
      [N, C, C] float32.
    """
    batch = tf.shape(features)[0]
    height, width, channels = features.shape[1:]
    places = tf.reshape(features, [batch, height * width, channels])
    products = tf.matmul(places, places, transpose_a=True)
    return products / (height * width * channels)


def _sum(differences: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.add_n([tf.reduce_mean(one) for one in differences])

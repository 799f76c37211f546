"""The networks of text to image: a generator and a discriminator that both read captions.

    CaptionGenerator                            CaptionDiscriminator
    caption encoder         [N, 2 U]            caption encoder          [N, 2 U]
    mean, scale             [N, A] twice        residual discriminator   [N, 4w]
    sample ‖ noise          [N, A + Z]          dense + projection on
    modulated generator     [N, H, W, C]        the caption [2]          [N, 1]
                                                cosines of all images
                                                and all captions [3]     [N, N]

The condition of an image is sampled from a normal distribution that the caption has
(conditioning augmentation [1]), so that captions that few images have lie near others. It
modulates every block; the first maps are made of the noise alone, as in [4], so that where
things are does not hang on what they are.

References:
  [1] Zhang et al., StackGAN, ICCV 2017, section 3.2.
  [2] Miyato, Koyama, cGANs with Projection Discriminator, ICLR 2018, equation 3.
  [3] Zhang et al., Cross-Modal Contrastive Learning for Text-to-Image Generation, CVPR
      2021 (contrastive losses of images and sentences).
  [4] Tao et al., DF-GAN: A Simple and Effective Baseline for Text-to-Image Synthesis, CVPR
      2022 (noise makes the first maps, the text modulates every block).
"""

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.layers import captions
from tfvideogan.losses import variational
from tfvideogan.models import discriminators, generators

# Of the softmax over cosines, whose logits then lie between -10 and 10.
TEMPERATURE = 0.1
# Inside a root: features may be zero.
_EPSILON = 1e-12


class CaptionGenerator(keras.Model):
    """Maps captions and noise to images."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        noise: int,
        condition: int,
        width: int,
        style_units: int,
        text_units: int,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a still with a caption.
          noise: Z, numbers of noise beside the condition.
          condition: A, numbers in the condition that is sampled.
          width: see `ModulatedGenerator`.
          style_units: see `ModulatedGenerator`.
          text_units: U, of the caption encoder in each direction.
          name: of the network.

        Raises:
          UserError: the sides do not divide, or there are no captions.
        """
        super().__init__(name=name)
        self.condition = condition
        self.num_drawn = condition + noise
        self.encoder = captions.CaptionEncoder(
            spec.vocabulary_size, units=text_units, word_dropout=0.0
        )
        # Variables and what is drawn from them are float32 at any precision.
        self.moments = keras.layers.Dense(2 * condition, dtype="float32")
        self.to_images = generators.ModulatedGenerator(
            spec, width=width, style_units=style_units
        )

    def distribution(
        self, tokens: tf.Tensor, lengths: tf.Tensor
    ) -> variational.Moments:
        """Returns mean and logarithm of the scale of captions, [N, A] float32 each."""
        moments = self.moments(self.encoder(tokens, lengths))
        return tuple(tf.split(moments, 2, axis=-1))

    def call(
        self, moments: variational.Moments, drawn: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Generates images.

        Args:
          moments: of the captions, see `distribution`.
          drawn: [N, A + Z], standard normal.
          training: see `ModulatedGenerator`.

        Returns:
          [N, H, W, C] float32; in [-1, 1] outside of training.
        """
        mean, log_scale = moments
        deviation, noise = drawn[:, : self.condition], drawn[:, self.condition :]
        condition = mean + tf.exp(log_scale) * deviation
        latent = tf.concat([condition, noise], axis=-1)  # [N, A + Z]
        return self.to_images(latent, noise, training=training)


class CaptionDiscriminator(keras.Model):
    """Scores images together with captions."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        width: int,
        text_units: int,
        name: str = "critic",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a still with a caption.
          width: see `FrameDiscriminator`.
          text_units: U, of the caption encoder in each direction.
          name: of the network.
        """
        super().__init__(name=name)
        self.encoder = captions.CaptionEncoder(
            spec.vocabulary_size, units=text_units, word_dropout=0.0
        )
        self.of_images = discriminators.FrameDiscriminator(
            min(spec.height, spec.width), width=width, projects=True
        )
        options = {"units": 2 * text_units, "use_bias": False}
        self.image_direction = keras.layers.Dense(**options)
        self.text_direction = keras.layers.Dense(**options)

    def call(
        self, images: tf.Tensor, tokens: tf.Tensor, lengths: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Judges images [N, H, W, C] and their captions.

        Training takes its steps one by one, since a real image has two captions.

        Returns:
          Logits [N, 1] of being real and having this caption, and `affinities` [N, N].
        """
        condition = self.encoder(tokens, lengths)
        # Called as a whole, or Keras takes it for a layer that was never built.
        logits = self.of_images(images, condition)
        return logits, self.affinities(self.of_images.features(images), condition)

    def affinities(self, features: tf.Tensor, condition: tf.Tensor) -> tf.Tensor:
        """Returns how well images and captions go together, logits [N, M] float32.

        Args:
          features: of N images, see `FrameDiscriminator.features`.
          condition: codes of M captions.
        """
        of_images = _unit(self.image_direction(features))
        of_texts = _unit(self.text_direction(condition))
        return tf.matmul(of_images, of_texts, transpose_b=True) / TEMPERATURE


def _unit(vectors: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(tf.cast(vectors, tf.float32), axis=-1, epsilon=_EPSILON)

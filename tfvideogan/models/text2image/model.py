"""Text to image, the recommended design: a caption and noise become a still.

    caption, noise -> generator     conditioning augmentation, residual blocks modulated
                                    by caption and noise
    image, caption -> critic        residual, projected on the caption

    losses        hinge; real images with captions of another text count half as fakes
                  (matching-aware); captions must be found among those of the batch
                  (ranking); R1 on some steps; noise must change the image (mode
                  seeking); the conditions stay near a standard normal
    inputs        captions without the words that a still cannot show
    evaluated     averages of the weights

Generator and discriminator read captions by encoders of their own, each trained by its own
loss. No statistics are taken over a batch: captions in it differ, so their images do even
where the noise does nothing, and mode seeking compares images of one caption instead.

Sources: Reed et al., Generative Adversarial Text to Image Synthesis, ICML 2016, section 4.1
(matching-aware); Zhang et al., StackGAN, ICCV 2017, section 3.2 (conditioning
augmentation); Zhang et al., XMC-GAN, CVPR 2021 (ranking, of real images and of fakes); Mao
et al., MSGAN, CVPR 2019 (mode seeking); Miyato, Koyama, ICLR 2018 (projection); Mescheder
et al., ICML 2018 (R1); Karras et al., StyleGAN2, CVPR 2020 (modulation, unsquashed colours,
lazy R1); Zhao et al., 2020 (augmentation).
"""

import dataclasses
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import penalties, variational
from tfvideogan.models import monitors, noise, phase
from tfvideogan.models.text2image import generating, networks, objective
from tfvideogan.ops import augmentation, masks
from tfvideogan.ops import tokens as tokens_lib

LEARNING_RATE = 1e-3
ADAM_BETAS = (0.0, 0.99)
# Of wrong captions and of fakes among what the discriminator refuses [Reed et al.].
HALF = 0.5
COUNTS = (
    "noise",
    "condition",
    "width",
    "style_units",
    "critic_width",
    "text_units",
    "r1_every",
    "num_samples",
)
WEIGHTS = ("ranking_weight", "condition_weight", "mode_weight", "r1_weight")


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `TextToImage`.

    Attributes:
      ignored_words: what a still cannot show; taken out of all captions.
      noise: numbers of noise beside the condition.
      condition: numbers in the condition that is sampled around a caption's mean.
      width: channels of the generator's largest feature maps.
      style_units: see `ModulatedGenerator`.
      critic_width: channels behind the discriminator's first layer.
      text_units: of the caption encoders in each direction.
      ranking_weight: of `ranking_loss`, of real images and of fakes.
      condition_weight: of the divergence of the conditions from a standard normal.
      mode_weight: of `mode_seeking_loss`; 0 for none.
      r1_weight: gamma of the R1 penalty; 0 for none.
      r1_every: R1 is computed on steps that divide by it, times this number.
      augmentations: names of `augmentation.POLICIES`; empty for none.
      num_elements: things that a served text may name, each with "the", as many as captions
        of the training do; None for any number.
      num_samples: images of each caption in evaluations.

    Raises:
      UserError: a number is out of its range.
    """

    ignored_words: Sequence[str] = ()
    noise: int = 32
    condition: int = 32
    width: int = 16
    style_units: int = 128
    critic_width: int = 16
    text_units: int = 64
    ranking_weight: float = 1.0
    condition_weight: float = 0.1
    mode_weight: float = 0.1
    r1_weight: float = 3.0
    r1_every: int = 16
    augmentations: Sequence[str] = ()
    num_elements: int | None = None
    num_samples: int = 4

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        for name in WEIGHTS:
            if getattr(self, name) < 0:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name):g}) must not be negative."
                )


class TextToImage(generating.CaptionedGAN):
    """A modulated generator and a projection discriminator of captioned stills."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of networks and losses.
          generator_optimizer: Adam(1e-3, 0, 0.99) by default.
          critic_optimizer: likewise; must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the two networks.

        Raises:
          UserError: the clips are no captioned stills, or their sides do not divide.
        """
        generating.check_spec(spec)
        options = self.options
        self.generator = networks.CaptionGenerator(
            spec,
            noise=options.noise,
            condition=options.condition,
            width=options.width,
            style_units=options.style_units,
            text_units=options.text_units,
        )
        self.critic = networks.CaptionDiscriminator(
            spec, width=options.critic_width, text_units=options.text_units
        )
        # One forward pass creates every variable.
        captions = self.captions(clip.zeros_like_spec(spec, 1))
        images = self.render(*captions, tf.zeros([1], tf.int64))
        self.critic(images, *captions)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Generator and discriminator."""
        return {"generator": self.generator, "critic": self.critic}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generator."""
        return ("generator",)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of the discriminator, with R1 on some steps, then the generator's."""
        critic = phase.Phase(
            "critic", ("critic",), self.critic_losses, self.critic_optimizer
        )
        r1 = phase.lazy_regularizer(
            "r1", self.r1_losses, joins="critic", every=self.options.r1_every
        )
        generator = phase.Phase(
            "generator", ("generator",), self.generator_losses, self.generator_optimizer
        )
        return (
            (critic, r1, generator) if self.options.r1_weight else (critic, generator)
        )

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge losses of real images, of their wrong captions, and of fakes."""
        tokens, lengths = self.captions(batch)
        moments = self.generator.distribution(tokens, lengths)
        drawn = self._draw(tf.shape(tokens)[0], seeds.fold(seed, "fakes"))
        fake = tf.stop_gradient(self.generator(moments, drawn, training=True))
        both = tf.concat([batch["frames"][:, 0], fake], axis=0)  # [2N, H, W, C]
        both = self._augmented(both, seeds.fold(seed, "augment"))
        of_real, of_fake = tf.split(self.critic.of_images.features(both), 2)
        right = self.critic.encoder(tokens, lengths)
        places, exists = tokens_lib.mismatched(tokens, seeds.fold(seed, "wrong"))
        wrong = tf.gather(right, places)
        judge = self.critic.of_images.judge
        real_logits, fake_logits = judge(of_real, right), judge(of_fake, right)
        wrong_logits = judge(of_real, wrong)
        losses = {
            "critic/real": tf.reduce_mean(tf.nn.relu(1.0 - real_logits)),
            "critic/fake": HALF * tf.reduce_mean(tf.nn.relu(1.0 + fake_logits)),
            "critic/wrong": HALF
            * masks.masked_mean(tf.nn.relu(1.0 + wrong_logits), exists[:, tf.newaxis]),
            "critic/ranking": self._ranking_loss(of_real, right, tokens),
        }
        logs = monitors.logits("image", real_logits, fake_logits)
        logs["logits/image_wrong"] = masks.masked_mean(
            wrong_logits, exists[:, tf.newaxis]
        )
        return losses, logs

    def r1_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """R1 of the discriminator at real images and their captions."""
        condition = self.critic.encoder(*self.captions(batch))
        penalty = penalties.r1_penalty(
            lambda images: self.critic.of_images(images, condition),
            batch["frames"][:, 0],
        )
        return {"critic/r1": self.options.r1_weight * penalty}, {}

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The discriminator's logits of fakes, two of each caption of half of the batch."""
        tokens, lengths = self.captions(batch)
        half = (tf.shape(tokens)[0] + 1) // 2
        tokens, lengths = tokens[:half], lengths[:half]
        mean, log_scale = self.generator.distribution(tokens, lengths)
        twice = tuple(tf.concat([one, one], axis=0) for one in (mean, log_scale))
        drawn = self._draw(2 * half, seeds.fold(seed, "fakes"))
        images = self.generator(twice, drawn, training=True)  # [2 · half, H, W, C]
        condition = tf.concat([self.critic.encoder(tokens, lengths)] * 2, axis=0)
        features = self.critic.of_images.features(
            self._augmented(images, seeds.fold(seed, "augment"))
        )
        logits = self.critic.of_images.judge(features, condition)
        divergence = variational.kl((mean, log_scale), _standard_normal(mean))
        losses = {
            "generator/image": -tf.reduce_mean(logits),
            "generator/ranking": self._ranking_loss(
                features, condition, tf.concat([tokens, tokens], axis=0)
            ),
            "generator/condition": self.options.condition_weight
            * tf.reduce_mean(divergence),
        }
        if self.options.mode_weight:
            # Noise in colours beyond the range would change nothing that is shown.
            visible = tf.clip_by_value(images, -1.0, 1.0)
            losses["generator/modes"] = self.options.mode_weight * (
                objective.mode_seeking_loss(tf.split(visible, 2), tf.split(drawn, 2))
            )
        return losses, {}

    def _ranking_loss(
        self, features: tf.Tensor, condition: tf.Tensor, tokens: tf.Tensor
    ) -> tf.Tensor:
        affinities = self.critic.affinities(features, condition)
        return self.options.ranking_weight * objective.ranking_loss(affinities, tokens)

    def _draw(self, number: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return seeds.normal([number, self.generator.num_drawn], seed)

    def _augmented(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        policy = self.options.augmentations
        return augmentation.augment(images[:, tf.newaxis], seed, policy=policy)[:, 0]

    # --- Inference

    def render(
        self, tokens: tf.Tensor, lengths: tf.Tensor, clip_seeds: tf.Tensor
    ) -> tf.Tensor:
        """Generates an image for each caption and seed; see `CaptionedGAN`."""
        drawn = noise.normal_each(clip_seeds, [self.generator.num_drawn])
        return self.generator(self.generator.distribution(tokens, lengths), drawn)


def _standard_normal(mean: tf.Tensor) -> variational.Moments:
    return tf.zeros_like(mean), tf.zeros_like(mean)

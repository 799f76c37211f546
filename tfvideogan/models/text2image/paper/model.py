"""Text to image as published: GAN-CLS with residual networks, 64x64.

    text encoder, image encoder     learn by ranking which text belongs to which image
    text features, noise -> generator
    image, text features -> critic

Updates of a step, in this order:

    text            both encoders, until step `text_steps`; margin 0.2 between cosines of an
                    image with its text and with another, and of its text with another image
    critic          real image and its text 1; real image and wrong text, and generated
                    image, 0 with half the weight each
    generator       generated image 1

All three Adams are alike: 2e-4, beta_1 0.5. One noise serves both of the latter updates,
so the images of one are those of the other. The text features of a step are those before
its update of the encoders; the published code takes those behind it.

Where we differ from it: wrong captions were drawn among all, the right one included
(`has_right_among_wrong` brings that back: with two captions every second "wrong" one is
right), and images were mirrored at random beside captions that say "left" and "right"
(`flips_images`). Its rotation by up to 16 degrees and crops of 64 out of 79 pixels are left
to the data (`data/transforms.py`). Its moving variances are those of the batch, ours the
unbiased ones. "Halved every 100 epochs" of 100 epochs never acts; the rate is constant.

Source: Reed et al., Generative Adversarial Text to Image Synthesis, ICML 2016, and the
text-to-image folder of the project "Videogeneration" (Casser et al., 2018), after
zsdonghao/text-to-image.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import monitors, noise, phase, weight_names
from tfvideogan.models.text2image import generating, objective
from tfvideogan.models.text2image.paper import (
    discriminator,
    encoders,
    generator,
    published,
)
from tfvideogan.ops import masks
from tfvideogan.ops import tokens as tokens_lib

LEARNING_RATE = 2e-4
ADAM_BETAS = (0.5, 0.999)
# TensorFlow's; Keras has 1e-7.
EPSILON = 1e-8
CLIP_NORM = 10.0
MARGIN = 0.2
# Of wrong captions and of fakes among what the discriminator refuses.
HALF = 0.5
COUNTS = (
    "noise",
    "embedding",
    "text_units",
    "width",
    "critic_width",
    "text_steps",
    "num_samples",
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `PaperTextToImage`; the defaults are the published ones.

    Attributes:
      ignored_words: what a still cannot show; taken out of all captions.
      noise: numbers of noise.
      embedding: numbers in the code of a word.
      text_units: numbers in the text features.
      width: w of the generator.
      critic_width: w of the discriminator and of the image encoder.
      text_steps: steps in which the encoders learn, 50 of 100 epochs; None for all.
      has_right_among_wrong: whether wrong captions are drawn as published.
      flips_images: whether images are mirrored at random and captions are not.
      num_elements: things that a served text may name, each with "the", as many as captions
        of the training do; None for any number.
      num_samples: images of each caption in evaluations.

    Raises:
      UserError: a number is below 1.
    """

    ignored_words: Sequence[str] = ()
    noise: int = 512
    embedding: int = 256
    text_units: int = 128
    width: int = 128
    critic_width: int = 64
    text_steps: int | None = 5000
    has_right_among_wrong: bool = False
    flips_images: bool = False
    num_elements: int | None = None
    num_samples: int = 4

    def __post_init__(self) -> None:
        for name in COUNTS:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise errors.UserError(f"`{name}` ({value}) must be at least 1.")


class PaperTextToImage(generating.CaptionedGAN):
    """GAN-CLS: two encoders, a generator and a discriminator."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        text_optimizer: keras.optimizers.Optimizer | None = None,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of networks and losses.
          text_optimizer: of both encoders; Adam(2e-4, 0.5, 0.999, 1e-8) by default.
          generator_optimizer: likewise; each must be its own object.
          critic_optimizer: likewise.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.text_optimizer, self.generator_optimizer, self.critic_optimizer = (
            given or keras.optimizers.Adam(LEARNING_RATE, *ADAM_BETAS, EPSILON)
            for given in (text_optimizer, generator_optimizer, critic_optimizer)
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the four networks for captioned stills of 64x64.

        Raises:
          UserError: the clips are others.
        """
        generating.check_spec(spec)
        _check_size(spec)
        options = self.options
        self.text = encoders.TextEncoder(
            spec.vocabulary_size, embedding=options.embedding, units=options.text_units
        )
        self.image = encoders.ImageEncoder(
            width=options.critic_width, units=options.text_units
        )
        self.generator = generator.PaperGenerator(
            width=options.width,
            text_units=options.text_units,
            channels=spec.channels,
        )
        self.critic = discriminator.PaperDiscriminator(
            width=options.critic_width, text_units=options.text_units
        )
        # One forward pass creates every variable.
        captions = self.captions(clip.zeros_like_spec(spec, 1))
        made = self.render(*captions, tf.zeros([1], tf.int64))
        self.image(made)
        self.critic(made, self.text(*captions))

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Text encoder, generator, image encoder and discriminator."""
        return {
            "text": self.text,
            "generator": self.generator,
            "image": self.image,
            "critic": self.critic,
        }

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The text encoder and the generator."""
        return ("text", "generator")

    def published_weights(self) -> weight_names.Table:
        """The names of the original's variables."""
        return published.table(self.networks)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """The encoders for a while, then discriminator and generator."""
        return (
            phase.Phase(
                "text",
                ("text", "image"),
                self.text_losses,
                self.text_optimizer,
                clip_norm=CLIP_NORM,
                stop=self.options.text_steps,
            ),
            phase.Phase(
                "critic", ("critic",), self.critic_losses, self.critic_optimizer
            ),
            phase.Phase(
                "generator",
                ("generator",),
                self.generator_losses,
                self.generator_optimizer,
                trains_shared=True,
            ),
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Real and generated images, text features, and which captions are wrong.

        Returns:
          `real` and `fakes` [N, H, W, C]; `text` [N, D], fixed; `places` [N] int32 of the
          wrong captions and images, and `are_wrong` [N] bool, where there are any.
        """
        tokens, lengths = self.captions(batch)
        number = tf.shape(tokens)[0]
        text = tf.stop_gradient(self.text(tokens, lengths))
        drawn = seeds.normal([number, self.options.noise], seeds.fold(seed, "noise"))
        if self.options.has_right_among_wrong:
            places = seeds.integers([number], seeds.fold(seed, "wrong"), number)
            are_wrong = tf.ones([number], tf.bool)
        else:
            places, are_wrong = tokens_lib.mismatched(tokens, seeds.fold(seed, "wrong"))
        real = batch["frames"][:, 0]
        if self.options.flips_images:
            is_flipped = (
                seeds.uniform([number, 1, 1, 1], seeds.fold(seed, "flip")) < 0.5
            )
            real = tf.where(is_flipped, tf.reverse(real, axis=[2]), real)
        return {
            "real": real,
            "text": text,
            "fakes": self.generator(text, drawn, training=True),
            "places": places,
            "are_wrong": are_wrong,
        }

    def text_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Ranking: an image is nearer to its text than to another, and the reverse."""
        text = self.text(*self.captions(batch))
        image = self.image(shared["real"], training=True)
        wrong_text, wrong_image = (
            tf.gather(one, shared["places"]) for one in (text, image)
        )
        right = objective.cosine(image, text)
        losses = {
            name: masks.masked_mean(
                tf.nn.relu(MARGIN - right + wrong), shared["are_wrong"]
            )
            for name, wrong in (
                ("text/wrong_text", objective.cosine(image, wrong_text)),
                ("text/wrong_image", objective.cosine(wrong_image, text)),
            )
        }
        return losses, {"cosine/right": tf.reduce_mean(right)}

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropies of real images, of their wrong captions, and of fakes."""
        text = shared["text"]
        wrong_text = tf.gather(text, shared["places"])
        # Each has batch norms of its own.
        fake, real, wrong = (
            self.critic(images, said, training=True)
            for images, said in (
                (tf.stop_gradient(shared["fakes"]), text),
                (shared["real"], text),
                (shared["real"], wrong_text),
            )
        )
        losses = {
            "critic/real": tf.reduce_mean(tf.nn.softplus(-real)),
            "critic/wrong": HALF
            * masks.masked_mean(
                tf.nn.softplus(wrong), shared["are_wrong"][:, tf.newaxis]
            ),
            "critic/fake": HALF * tf.reduce_mean(tf.nn.softplus(fake)),
        }
        return losses, monitors.logits("image", real, fake)

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of fakes that pass for real."""
        logits = self.critic(shared["fakes"], shared["text"], training=True)
        return {"generator/image": tf.reduce_mean(tf.nn.softplus(-logits))}, {}

    # --- Inference

    def render(
        self, tokens: tf.Tensor, lengths: tf.Tensor, clip_seeds: tf.Tensor
    ) -> tf.Tensor:
        """Generates an image for each caption and seed; see `CaptionedGAN`."""
        drawn = noise.normal_each(clip_seeds, [self.options.noise])
        return self.generator(self.text(tokens, lengths), drawn)


def _check_size(spec: clip.ClipSpec) -> None:
    for name in ("height", "width"):
        value = getattr(spec, name)
        if value != generator.SIZE:
            raise errors.UserError(
                f"`{name}` ({value}) must be {generator.SIZE} for text to image as "
                "published; use gin/text2image.gin for other sizes."
            )

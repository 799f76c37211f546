"""What all forms of DVD-GAN have in common: critics that see views, and what they teach.

class DVDGAN(judging.JudgedGAN):
    def build_networks(self, spec): ...      # check_clips, make_generator, make_critics
    def fakes(self, batch, seed): ...        # clips and labels, as critics are given them

A step is `critic_steps` updates of all critics, each with real clips of its own and fresh
fakes, then one of all that generates. The losses are hinges of the summed logits, on the
critics' side only (`objective.py`).
"""

import dataclasses
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import base, monitors, phase
from tfvideogan.models.dvdgan import discriminators, objective
from tfvideogan.models.dvdgan import generator as generators
from tfvideogan.ops import augmentation

GENERATOR_RATE, CRITIC_RATE = 1e-4, 5e-4
ADAM_BETAS = (0.0, 0.999)
# D_S and D_T of DVD-GAN.
SPATIAL, TEMPORAL = "spatial_critic", "temporal_critic"
# Those of TrIVD-GAN, see `discriminators`: small frames, and all frames of a place.
COARSE, LOCAL = "coarse_critic", "local_critic"
CRITICS = (SPATIAL, TEMPORAL, COARSE, LOCAL)
# Blocks of D_T in space and time.
VOLUMETRIC = 2
# By which the sides of what is not seen in full may be divided; 1 leaves them as they are.
POOLS = (1, 2, 4)


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of networks and losses; defaults are those of 64x64 in the paper.

    Attributes:
      version: of the generator, "v1" or "v2".
      width: ch of the generator.
      constants: multiples of it, see `Generator`; None for those of the paper.
      latent: numbers in the latent code.
      embedding: numbers in the generator's embedding of a class.
      recurrence: recurrent units of the generator, "conv_gru", or "tsru_c", "tsru_p",
        "tsru_s" of TrIVD-GAN.
      activation: of their candidates, "relu" or "tanh".
      starts_from_inputs: see `Generator`.
      categories: number of classes; that of the clips' labels by default.
      critics: the discriminators, some of `CRITICS`; `discriminators` says what they see.
      critic_width: ch of the discriminators.
      critic_constants: multiples of it, see `discriminators.CONSTANTS`; None for those.
        Of more than there are blocks the first ones count.
      num_frames_judged: k, frames of a clip that are seen on their own.
      temporal_pool: by which the sides of all views but D_S' are divided, by pooling or
        cropping; one of `POOLS`.
      has_attention: whether critics of frames on their own have attention.
      score_reduction: how logits become a clip's score, "sum" or "mean".
      critic_steps: updates of the critics in a step.
      augmentations: names of `augmentation.POLICIES` that critics see clips through.
      recomputes: see `Generator`.

    Raises:
      UserError: a value is none of its choices.
    """

    version: str = "v2"
    width: int = 128
    constants: Sequence[int] | None = None
    latent: int = 120
    embedding: int = 120
    recurrence: str = "conv_gru"
    activation: str = "relu"
    starts_from_inputs: bool = False
    categories: int | None = None
    critics: Sequence[str] = (SPATIAL, TEMPORAL)
    critic_width: int = 128
    critic_constants: Sequence[int] | None = None
    num_frames_judged: int = 8
    temporal_pool: int = 2
    has_attention: bool = True
    score_reduction: str = "sum"
    critic_steps: int = 2
    augmentations: Sequence[str] = ()
    recomputes: bool = False

    def __post_init__(self) -> None:
        objective.check_reduction(self.score_reduction)
        generators.check_recurrence(self.recurrence)
        names = tuple(self.critics)
        if not names or len(set(names)) < len(names) or set(names) - set(CRITICS):
            raise errors.UserError(
                f"`critics` ({self.critics!r}) must be one or more of "
                f"{', '.join(CRITICS)}, each once."
            )
        if self.temporal_pool not in POOLS:
            raise errors.UserError(
                f"`temporal_pool` ({self.temporal_pool}) must be one of "
                f"{', '.join(map(str, POOLS))}."
            )


class JudgedGAN(base.VideoModel):
    """What generates clips against discriminators of views of them.

    Attributes, the last three of which `build_networks` of a subclass sets:
      options: see there.
      categories: number of classes.
      generator: latent codes and labels to clips.
      critics: the discriminators by name; each has the view that it is given.
    """

    options: Options
    categories: int
    generator: generators.Generator
    critics: dict[str, discriminators.Discriminator]

    def __init__(
        self,
        options: Options,
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.9999,
        ema_start: int = 20_000,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of networks and losses.
          generator_optimizer: Adam(1e-4, 0, 0.999) by default.
          critic_optimizer: Adam(5e-4, 0, 0.999) by default, for all discriminators; must
            be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          ema_start: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, ema_start=ema_start, name=name)
        self.options = options
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            GENERATOR_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            CRITIC_RATE, *ADAM_BETAS
        )

    # --- What a subclass provides

    def fakes(self, batch: phase.Batch, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns clips [N, T, H, W, C] of training, and the labels [N] they go with.

        Args:
          batch: of real clips; there are as many fakes.
          seed: [2] int32.
        """
        raise NotImplementedError(f"{type(self).__name__}.fakes")

    def likeness_losses(
        self, real: tf.Tensor, fakes: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns what the generator minimises beside its critics; nothing by default.

        Args:
          real: [N, T, H, W, C] in [-1, 1].
          fakes: likewise, `fakes` of the same batch.
        """
        return {}

    # --- Networks

    def check_clips(self, spec: clip.ClipSpec) -> None:
        """Checks that such clips can be judged, and counts their classes.

        Raises:
          UserError: they are shorter than what is judged of them, or have other classes
            than those wanted.
        """
        options = self.options
        if not 0 < options.num_frames_judged <= spec.frames:
            raise errors.UserError(
                f"`num_frames_judged` ({options.num_frames_judged}) must be 1 to the "
                f"{spec.frames} frames of a clip; change it, or raise FRAMES."
            )
        wanted = options.categories
        if wanted not in (None, 0, spec.num_classes):
            raise errors.UserError(
                f"`categories` ({wanted}) must be the number of classes of the clips "
                f"({spec.num_classes}), or 0 to leave their labels alone."
            )
        self.categories = spec.num_classes if wanted is None else wanted

    def make_generator(
        self, spec: clip.ClipSpec, **further: object
    ) -> generators.Generator:
        """Returns the generator.

        Args:
          spec: of a clip.
          **further: arguments of `Generator` that are none of the options.

        Raises:
          UserError: the clips' sides do not divide.
        """
        options = self.options
        return generators.Generator(
            spec,
            width=options.width,
            categories=self.categories,
            version=options.version,
            constants=options.constants,
            latent=options.latent,
            embedding=options.embedding,
            recurrence=options.recurrence,
            activation=options.activation,
            starts_from_inputs=options.starts_from_inputs,
            recomputes=options.recomputes,
            **further,
        )

    def make_critics(
        self, spec: clip.ClipSpec
    ) -> dict[str, discriminators.Discriminator]:
        """Returns the discriminators by name.

        Raises:
          UserError: the clips' sides do not divide.
        """
        options = self.options
        factor, count = options.temporal_pool, options.num_frames_judged
        levels = discriminators.num_halvings(spec.height, spec.width, pool=factor)
        constants = generators.constants_for(
            levels, options.critic_constants, discriminators.CONSTANTS
        )
        shared = {
            "channels": [options.critic_width * one for one in constants[: levels + 1]],
            "categories": self.categories,
            "inputs": spec.channels,
        }
        place = discriminators.attention_place(spec.height, spec.width)
        of_frames = {"attends_behind": place if options.has_attention else None}
        of_clips = {"volumetric": min(VOLUMETRIC, levels)}
        kinds = {
            SPATIAL: (discriminators.SomeFrames(count), of_frames),
            TEMPORAL: (discriminators.Pooled(factor), of_clips),
            COARSE: (discriminators.SmallFrames(count, factor), of_frames),
            LOCAL: (discriminators.Cropped(factor), of_clips),
        }
        return {
            name: discriminators.Discriminator(
                kinds[name][0], name=name, **kinds[name][1], **shared
            )
            for name in options.critics
        }

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Updates of all critics, each with real clips of its own; then of the rest."""
        critic = phase.Phase(
            "critic",
            tuple(self.critics),
            self.critic_losses,
            self.critic_optimizer,
            repeats=self.options.critic_steps,
            own_batches=True,
        )
        generator = phase.Phase(
            "generator",
            self.averaged_networks,
            self.generator_losses,
            self.generator_optimizer,
        )
        return (critic, generator)

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The hinge losses of all critics, of real clips and fresh fakes."""
        fakes, fake_labels = self.fakes(batch, seed)
        # [2N, T, H, W, C]
        clips = tf.concat([batch["frames"], tf.stop_gradient(fakes)], axis=0)
        labels = tf.concat([self.labels_of(batch), fake_labels], axis=0)  # [2N]
        losses, logs = {}, {}
        for name, logits in self.judge(clips, labels, seed, training=True).items():
            scores = objective.clip_scores(logits, self.options.score_reduction)
            losses[f"critic/{name}"] = objective.critic_loss(
                *tf.split(logits, 2), self.options.score_reduction
            )
            logs |= monitors.logits(name, *tf.split(scores, 2))
        return losses, logs

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Minus the scores that all critics give fakes, and `likeness_losses`."""
        real = batch["frames"]
        fakes, labels = self.fakes(batch, seed)
        judged = self.judge(fakes, labels, seed, training=False)
        losses = {
            f"generator/{name}": objective.generator_loss(
                logits, self.options.score_reduction
            )
            for name, logits in judged.items()
        }
        return losses | self.likeness_losses(real, fakes), {
            "motion/change": monitors.change(fakes),
            "motion/real_change": monitors.change(real),
        }

    def labels_of(self, batch: phase.Batch) -> tf.Tensor:
        """The clips' labels [N]; zeros, which are not used, where there are none."""
        zeros = tf.zeros(tf.shape(batch["frames"])[:1], tf.int32)
        return batch["labels"] if self.categories else zeros

    def judge(
        self, clips: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, *, training: bool
    ) -> dict[str, tf.Tensor]:
        """Returns logits [N, K'] of every critic, by name.

        Args:
          clips: [N, T, H, W, C].
          labels: [N] int32.
          seed: [2] int32, of what is drawn of the clips.
          training: moves the spectral norms.
        """
        clips = augmentation.augment(
            clips, seeds.fold(seed, "augment"), policy=self.options.augmentations
        )
        return {
            name: critic(
                critic.view(clips, seeds.fold(seed, name)), labels, training=training
            )
            for name, critic in self.critics.items()
        }

"""DVD-GAN, class-conditional: large clips from a label, judged by two discriminators.

    latent code, label -> generator (ConvGRUs between residual blocks)
    clip, label        -> spatial_critic    k frames at random, in full
                          temporal_critic   all frames at half their size

    losses        hinge of the summed logits, on the critics' side only
    a step        critic_steps updates of both critics, each with real clips of its own and
                  fresh fakes, then one of the generator
    evaluated     averages of the weights from a late start, with standing statistics

No foreground, no flow, no motion code: what moves comes of the recurrence and of how much
the networks hold. There is no released code; where the paper is silent, the module that
decides says so. Learning rates are those of version 2, 1e-4 and 5e-4.

Sources: Clark et al., Adversarial Video Generation on Complex Datasets, 2019 (version 2;
version 1 is Efficient Video Generation on Complex Datasets); Brock et al., Large Scale GAN
Training for High Fidelity Natural Image Synthesis, 2019, for what they are made of.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures
from tfvideogan.layers import batch_norm
from tfvideogan.models import base, monitors, phase, sampling
from tfvideogan.models.dvdgan import discriminators, generating, objective
from tfvideogan.models.dvdgan import generator as generators
from tfvideogan.ops import augmentation

GENERATOR_RATE, CRITIC_RATE = 1e-4, 5e-4
ADAM_BETAS = (0.0, 0.999)
SPATIAL, TEMPORAL = "spatial_critic", "temporal_critic"
# Blocks of D_T in space and time.
VOLUMETRIC = 2
# By which D_T's clips may be pooled; 1 leaves them as they are.
POOLS = (1, 2, 4)


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `DVDGAN`; defaults are those of 64x64 in the paper.

    Attributes:
      version: of the generator, "v1" or "v2".
      width: ch of the generator.
      constants: multiples of it, see `Generator`; None for those of the paper.
      latent: numbers in the latent code.
      embedding: numbers in the generator's embedding of a class.
      activation: of the ConvGRUs' candidates, "relu" or "tanh".
      starts_from_inputs: see `Generator`.
      categories: number of classes; that of the clips' labels by default.
      critic_width: ch of the discriminators.
      critic_constants: multiples of it, see `discriminators.CONSTANTS`; None for those.
        Of more than there are blocks the first ones count.
      num_frames_judged: k, frames of a clip that D_S sees.
      temporal_pool: by which the sides of D_T's clips are pooled; one of `POOLS`.
      has_attention: whether D_S has attention.
      score_reduction: how logits become a clip's score, "sum" or "mean".
      critic_steps: updates of the critics in a step.
      augmentations: names of `augmentation.POLICIES` that critics see clips through.
      recomputes: see `Generator`.
      standing_batches: forward passes from which batch norm's statistics are taken for the
        averaged weights; 0 keeps the moving ones.
      standing_clips: clips of such a pass.
      long_multiple: evaluations generate videos of so many training clips' length.

    Raises:
      UserError: a value is none of its choices.
    """

    version: str = "v2"
    width: int = 128
    constants: Sequence[int] | None = None
    latent: int = 120
    embedding: int = 120
    activation: str = "relu"
    starts_from_inputs: bool = False
    categories: int | None = None
    critic_width: int = 128
    critic_constants: Sequence[int] | None = None
    num_frames_judged: int = 8
    temporal_pool: int = 2
    has_attention: bool = True
    score_reduction: str = "sum"
    critic_steps: int = 2
    augmentations: Sequence[str] = ()
    recomputes: bool = False
    standing_batches: int = 16
    standing_clips: int = 16
    long_multiple: int = 1

    def __post_init__(self) -> None:
        objective.check_reduction(self.score_reduction)
        if self.temporal_pool not in POOLS:
            raise errors.UserError(
                f"`temporal_pool` ({self.temporal_pool}) must be one of "
                f"{', '.join(map(str, POOLS))}."
            )


class DVDGAN(base.VideoModel):
    """A generator of clips against discriminators of views of them.

    Attributes:
      generator: latent codes and labels to clips.
      critics: the discriminators by name; each has the view that it is given.
      categories: number of classes.
    """

    def __init__(
        self,
        options: Options = Options(),
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
        self._standing_pass = tf.function(self._pass_for_statistics)

    # --- Networks

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The generator, then the discriminators."""
        return {"generator": self.generator, **self.critics}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generator."""
        return ("generator",)

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips' sides do not divide, or they are shorter than what is
            judged of them.
        """
        options = self.options
        if not 0 < options.num_frames_judged <= spec.frames:
            raise errors.UserError(
                f"`num_frames_judged` ({options.num_frames_judged}) must be 1 to the "
                f"{spec.frames} frames of a clip; change it, or raise FRAMES."
            )
        self.categories = self._num_categories(spec)
        self.generator = generators.Generator(
            spec,
            width=options.width,
            categories=self.categories,
            version=options.version,
            constants=options.constants,
            latent=options.latent,
            embedding=options.embedding,
            activation=options.activation,
            starts_from_inputs=options.starts_from_inputs,
            recomputes=options.recomputes,
        )
        self.critics = self.make_critics(spec)
        # One forward pass creates every variable. Of one frame: weights are shared in time.
        latent, labels = tf.zeros([1, options.latent]), tf.zeros([1], tf.int32)
        self.generator(latent, labels, num_frames=1)
        clips = tf.zeros([1, *spec.shapes()["frames"]])
        self._logits(clips, labels, seeds.from_int(0), training=False)

    def make_critics(
        self, spec: clip.ClipSpec
    ) -> dict[str, discriminators.Discriminator]:
        """Returns D_S and D_T by name.

        Raises:
          UserError: the clips' sides do not divide.
        """
        options = self.options
        levels = discriminators.num_halvings(
            spec.height, spec.width, pool=options.temporal_pool
        )
        constants = generators.constants_for(
            levels, options.critic_constants, discriminators.CONSTANTS
        )
        channels = [options.critic_width * one for one in constants[: levels + 1]]
        shared = {"categories": self.categories, "inputs": spec.channels}
        place = discriminators.attention_place(spec.height, spec.width)
        return {
            SPATIAL: discriminators.Discriminator(
                discriminators.SomeFrames(options.num_frames_judged),
                channels,
                attends_behind=place if options.has_attention else None,
                name=SPATIAL,
                **shared,
            ),
            TEMPORAL: discriminators.Discriminator(
                discriminators.Pooled(options.temporal_pool),
                channels,
                volumetric=min(VOLUMETRIC, levels),
                name=TEMPORAL,
                **shared,
            ),
        }

    def _num_categories(self, spec: clip.ClipSpec) -> int:
        """The clips' number of classes, which a wanted number must be."""
        wanted = self.options.categories
        if wanted not in (None, 0, spec.num_classes):
            raise errors.UserError(
                f"`categories` ({wanted}) must be the number of classes of the clips "
                f"({spec.num_classes}), or 0 to leave their labels alone."
            )
        return spec.num_classes if wanted is None else wanted

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Updates of all critics, each with real clips of its own; then the generator's."""
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
            ("generator",),
            self.generator_losses,
            self.generator_optimizer,
        )
        return (critic, generator)

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The hinge losses of all critics, of real clips and fresh fakes."""
        real = batch["frames"]
        fakes, fake_labels = self._fakes(tf.shape(real)[0], seed)
        clips = tf.concat([real, tf.stop_gradient(fakes)], axis=0)  # [2N, T, H, W, C]
        labels = tf.concat([self._labels(batch), fake_labels], axis=0)  # [2N]
        losses, logs = {}, {}
        for name, logits in self._logits(clips, labels, seed, training=True).items():
            scores = objective.clip_scores(logits, self.options.score_reduction)
            losses[f"critic/{name}"] = objective.critic_loss(
                *tf.split(logits, 2), self.options.score_reduction
            )
            logs |= monitors.logits(name, *tf.split(scores, 2))
        return losses, logs

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Minus the scores that all critics give fakes."""
        real = batch["frames"]
        fakes, labels = self._fakes(tf.shape(real)[0], seed)
        judged = self._logits(fakes, labels, seed, training=False)
        losses = {
            f"generator/{name}": objective.generator_loss(
                logits, self.options.score_reduction
            )
            for name, logits in judged.items()
        }
        return losses, {
            "motion/change": monitors.change(fakes),
            "motion/real_change": monitors.change(real),
        }

    def _fakes(self, number: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Clips [N, T, H, W, C] of training, and the labels [N] that they were made of."""
        latent = seeds.normal([number, self.options.latent], seeds.fold(seed, "latent"))
        labels = seeds.integers(
            [number], seeds.fold(seed, "labels"), max(self.categories, 1)
        )
        clips, _ = self.generator(
            latent, labels, num_frames=self.spec.frames, training=True
        )
        return clips, labels

    def _labels(self, batch: phase.Batch) -> tf.Tensor:
        """The clips' labels [N]; zeros, which are not used, where there are none."""
        zeros = tf.zeros(tf.shape(batch["frames"])[:1], tf.int32)
        return batch["labels"] if self.categories else zeros

    def _logits(
        self, clips: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, *, training: bool
    ) -> dict[str, tf.Tensor]:
        """Logits [N, K'] of every critic, by name."""
        clips = augmentation.augment(
            clips, seeds.fold(seed, "augment"), policy=self.options.augmentations
        )
        return {
            name: critic(
                critic.view(clips, seeds.fold(seed, name)), labels, training=training
            )
            for name, critic in self.critics.items()
        }

    # --- Inference

    def settle(self) -> None:
        """Takes batch norm's statistics anew, for the averaged weights.

        The moving ones are of raw weights of many steps.
        """
        if self.options.standing_batches:
            batch_norm.standing_statistics(
                self.generator.norms,
                lambda number: self._standing_pass(tf.constant(number)),
                num_batches=self.options.standing_batches,
            )

    def _pass_for_statistics(self, number: tf.Tensor) -> None:
        seed = seeds.fold(seeds.from_int(self.seed), "standing", number)
        self._fakes(tf.constant(self.options.standing_clips), seed)

    def generate(
        self,
        clip_seeds: tf.Tensor,
        labels: tf.Tensor | None = None,
        *,
        frames: int | None = None,
        truncation: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Generates a clip for each seed, whatever else is in the batch.

        Args:
          clip_seeds: [N] int64.
          labels: [N] int32, or None to draw them.
          frames: T, any; that of training by default. A longer clip begins like a shorter
            one in version 2; what follows the training length is untrained.
          truncation: [N] float32 factors of the latent code.

        Returns:
          [N, T, H, W, C] in [-1, 1].
        """
        codes = generating.codes_of(
            clip_seeds, labels, latent=self.options.latent, categories=self.categories
        )
        codes = generating.truncated(codes, truncation)
        return generating.clips(
            self.generator, codes, num_frames=frames or self.spec.frames
        )

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` and `long_frames`, see `sampling.evaluation_outputs`."""
        return sampling.evaluation_outputs(
            self.generate,
            batch["frames"],
            labels=batch["labels"] if self.categories else None,
            long_frames=self.options.long_multiple * self.spec.frames,
        )

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows real clips and the same seeds each time; see `sampling.sample_clips`."""
        return sampling.sample_clips(
            self.generate, batch["frames"], categories=self.categories
        )

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`generate`, `generate_truncated` and `generate_between`."""
        return sampling.serving_functions(self.generate, categories=self.categories) | {
            "generate_between": generating.serve_between(
                self.generator,
                latent=self.options.latent,
                num_frames=self.spec.frames,
            )
        }

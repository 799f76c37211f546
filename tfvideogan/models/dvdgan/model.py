"""DVD-GAN, class-conditional: large clips from a label, judged by two discriminators.

    latent code, label -> generator (ConvGRUs between residual blocks)
    clip, label        -> spatial_critic    k frames at random, in full
                          temporal_critic   all frames at half their size

    losses        hinge of the summed logits, on the critics' side only
    a step        critic_steps updates of both critics, each with real clips of its own and
                  fresh fakes, then one of the generator
    evaluated     averages of the weights from a late start, with standing statistics

No foreground, no flow, no motion code: what moves comes of the recurrence and of how much
the networks hold. (With the units of TrIVD-GAN, which `recurrence` chooses, as `critics`
does its discriminators, states move by a flow that nothing supervises.) There is no
released code; where the paper is silent, the module that decides says so. Learning rates
are those of version 2, 1e-4 and 5e-4.

Sources: Clark et al., Adversarial Video Generation on Complex Datasets, 2019 (version 2;
version 1 is Efficient Video Generation on Complex Datasets); Brock et al., Large Scale GAN
Training for High Fidelity Natural Image Synthesis, 2019, for what they are made of.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, seeds, signatures
from tfvideogan.layers import batch_norm
from tfvideogan.models import phase, sampling
from tfvideogan.models.dvdgan import generating, judging


@dataclasses.dataclass(frozen=True)
class Options(judging.Options):
    """The settings of `DVDGAN`: those of `judging.Options`, and some of its own.

    Attributes:
      standing_batches: forward passes from which batch norm's statistics are taken for the
        averaged weights; 0 keeps the moving ones.
      standing_clips: clips of such a pass.
      long_multiple: evaluations generate videos of so many training clips' length.

    Raises:
      UserError: a value is none of its choices.
    """

    standing_batches: int = 16
    standing_clips: int = 16
    long_multiple: int = 1


class DVDGAN(judging.JudgedGAN):
    """A generator of clips against discriminators of views of them; see there."""

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
        """Stores the settings; see `JudgedGAN`."""
        super().__init__(
            options,
            generator_optimizer=generator_optimizer,
            critic_optimizer=critic_optimizer,
            seed=seed,
            ema_decay=ema_decay,
            ema_start=ema_start,
            name=name,
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
        self.check_clips(spec)
        self.generator = self.make_generator(spec)
        self.critics = self.make_critics(spec)
        # One forward pass creates every variable. Of one frame: weights are shared in time.
        latent, labels = tf.zeros([1, self.options.latent]), tf.zeros([1], tf.int32)
        self.generator(latent, labels, num_frames=1)
        clips = tf.zeros([1, *spec.shapes()["frames"]])
        self.judge(clips, labels, seeds.from_int(0), training=False)

    # --- Losses

    def fakes(self, batch: phase.Batch, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Clips of latent codes and labels that are drawn; see `JudgedGAN.fakes`."""
        return self._drawn(tf.shape(batch["frames"])[0], seed)

    def _drawn(self, number: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Clips [N, T, H, W, C] of training, and the labels [N] that they were made of."""
        latent = seeds.normal([number, self.options.latent], seeds.fold(seed, "latent"))
        labels = seeds.integers(
            [number], seeds.fold(seed, "labels"), max(self.categories, 1)
        )
        clips, _ = self.generator(
            latent, labels, num_frames=self.spec.frames, training=True
        )
        return clips, labels

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
        self._drawn(tf.constant(self.options.standing_clips), seed)

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

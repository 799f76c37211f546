"""MoCoGAN for video prediction: content and motion encoded from frames, not sampled.

One to three frames of a clip are given, the rest is predicted. Each step generates two
rollouts (`rollouts.py`; one step of a rollout is explained in `predictor.py`):

    posterior    knows the whole clip through a narrow latent of each transition and must
                 generate it again; half of the clips get their content from a frame of
                 another time, so that motion must come from the latents and looks from the
                 content
    prior        knows the context alone; half of the clips take the mean of the latents and
                 are compared with the real future, the others sample and are only judged

and three discriminators judge them (`discriminators.py`): of random frames, of clips of
the prior, and of clips of the posterior, each beside or behind frames of the context.

The motion of the posterior is encoded from a recoloured clip, so that latents learn what
moves and not what it looks like: `swap` gives the motion of one clip to the content of
another.

This model is unpublished; it follows the challenge "MoCoGAN for video prediction"
and borrows from

  [1] Tulyakov et al., MoCoGAN, CVPR 2018: content and motion apart.
  [2] Villegas et al., MCnet, ICLR 2017: encoders of both; the gradient difference loss.
  [3] Lee et al., Stochastic Adversarial Video Prediction, 2018: warped pixels, two rollouts
      with a discriminator each.
  [4] Denton, Fergus, SVG, ICML 2018: posterior and learnt prior.
  [5] Denton, Birodkar, DRNET, NeurIPS 2017: content from another time of the clip.

Where we differ from [3] and [4]: prior rollouts at the mean are compared with the truth,
which few training steps need; the recurrent state sees what was generated.
"""

import dataclasses
import functools
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures
from tfvideogan.losses import adversarial
from tfvideogan.models import base, discriminators, monitors, noise, phase, prediction
from tfvideogan.models.mocogan.prediction import (
    discriminators as prediction_discriminators,
)
from tfvideogan.models.mocogan.prediction import (
    dynamics,
    encoders,
    generator,
    predictor,
    rollouts,
    showing,
)
from tfvideogan.models.mocogan.prediction import objective as prediction_objective

GENERATOR_RATE, CRITIC_RATE = 1e-3, 4e-4
ADAM_BETAS = (0.5, 0.99)
GENERATORS = ("resnet", "dcgan")
CRITICS = ("single", "dual")
# Sides divide by what the content encoder halves, and suffer what the pair encoder does.
SIDE_STEP = 2**encoders.NUM_HALVINGS
MIN_SIDE = 2**encoders.PAIR_LAYERS


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `PredictionMoCoGAN`.

    Attributes:
      content: numbers in the content code.
      motion_units: numbers in the motion code of a frame.
      motion_noise: Z, numbers in the latent noise of a frame.
      motion_state: numbers in the hidden state of the dynamics.
      pair_units: numbers in the code of a pair of frames.
      clip_units: of the clip encoder, in each direction.
      clip_code: numbers in the code of a clip's motion.
      width: channels of the generator's largest feature maps; DCGAN's takes four times as
        many.
      num_blocks: residual blocks of the generator.
      pair_width: channels behind the pair encoder's first layer.
      critic_width: channels behind the discriminators' first layers.
      num_frames_judged: frames of each clip that the frame discriminator sees.
      generator: "resnet", or "dcgan", MoCoGAN's own, for 64x64.
      has_warp: whether the residual generator may warp pixels.
      has_posterior: whether there are posterior rollouts; `swap` and `encode` need them.
      critics: of clips: "dual", one for each kind of rollouts, or "single", of those from
        the prior.
      clip_norm: largest norm of the gradient of all that predicts, or None; a rollout
        through time may explode without.
      temperature: factor of the noise in answers of `predict`; 0 for the mean, whatever
        the seed. Evaluations judge the mean and samples at 1.
      context: frames of a clip that evaluations give; of more than three the model sees
        the last three.
      num_samples: predictions of a clip that evaluations draw.
      long_multiple: evaluations predict so many training clips' length.

    Raises:
      UserError: `generator` or `critics` is not what it may be, they do not go together,
        `context` or `num_samples` is less than 1, or `temperature` is negative.
    """

    content: int = 64
    motion_units: int = 32
    motion_noise: int = 16
    motion_state: int = 128
    pair_units: int = 64
    clip_units: int = 64
    clip_code: int = 32
    width: int = 16
    num_blocks: int = 2
    pair_width: int = 16
    critic_width: int = 16
    num_frames_judged: int = 4
    generator: str = "resnet"
    has_warp: bool = True
    has_posterior: bool = True
    critics: str = "dual"
    clip_norm: float | None = 2.0
    temperature: float = 1.0
    context: int = predictor.MAX_CONTEXT
    num_samples: int = 5
    long_multiple: int = 16

    def __post_init__(self) -> None:
        for name, allowed in (("generator", GENERATORS), ("critics", CRITICS)):
            value = getattr(self, name)
            if value not in allowed:
                raise errors.UserError(
                    f"`{name}` ({value!r}) must be one of "
                    f"{', '.join(map(repr, allowed))}."
                )
        for name in ("context", "num_samples"):
            value = getattr(self, name)
            if value < 1:
                raise errors.UserError(f"`{name}` ({value}) must be at least 1.")
        if self.temperature < 0.0:
            raise errors.UserError(
                f"`temperature` ({self.temperature}) must be at least 0."
            )
        if self.critics == "dual" and not self.has_posterior:
            raise errors.UserError(
                '`critics` ("dual") judges posterior rollouts, but `has_posterior` is '
                'False; set `critics` to "single".'
            )


class PredictionMoCoGAN(base.VideoModel):
    """Encoders, dynamics, a generator of next frames, and up to three discriminators."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        weights: prediction_objective.LossWeights = prediction_objective.LossWeights(),
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.995,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings.
          weights: of the losses.
          generator_optimizer: Adam(1e-3, 0.5, 0.99) by default.
          critic_optimizer: Adam(4e-4, 0.5, 0.99) by default.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.loss_weights = weights
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            GENERATOR_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            CRITIC_RATE, *ADAM_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips are too short or small, or their sides do not divide.
        """
        options = self.options
        _check(spec)
        self.horizon = spec.frames - predictor.MAX_CONTEXT
        self._generators = {
            "content_encoder": encoders.ContentEncoder(
                width=options.width, code_size=options.content
            ),
            "pair_encoder": encoders.PairEncoder(
                width=options.pair_width, code_size=options.pair_units
            ),
            "dynamics": dynamics.Dynamics(
                units=options.motion_state,
                noise=options.motion_noise,
                code_size=options.motion_units,
            ),
            "generator": self._make_generator(spec),
        }
        if options.has_posterior:
            self._generators["clip_encoder"] = encoders.ClipEncoder(
                units=options.clip_units,
                noise=options.motion_noise,
                clip_size=options.clip_code,
            )
        self.predictor = predictor.Predictor(**self._generators)
        self.discriminators = prediction_discriminators.Discriminators(
            min(spec.height, spec.width),
            width=options.critic_width,
            num_frames=options.num_frames_judged,
            is_dual=options.critics == "dual",
        )
        # One step creates every variable.
        zeros = clip.zeros_like_spec(spec, 1)["frames"]
        rollout = rollouts.train(self.predictor, zeros, seeds.from_int(0))
        self.discriminators.score_frames(zeros, rollout["fakes"], seeds.from_int(0))
        clips = self.discriminators.clip_inputs(zeros, rollout["fakes"])
        for name, one in clips.items():
            self.discriminators.score_clips(name, one)
        if options.has_posterior:
            self.predictor.encode(zeros)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Encoders, dynamics and generator, then the discriminators."""
        return self._generators | self.discriminators.networks

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """All but the discriminators."""
        return tuple(self._generators)

    def _make_generator(self, spec: clip.ClipSpec) -> keras.Model:
        width = self.options.width
        if self.options.generator == "dcgan":
            return generator.DCGANPredictor(spec, width=4 * width)
        return generator.ResidualPredictor(
            spec,
            width=width,
            num_blocks=self.options.num_blocks,
            has_warp=self.options.has_warp,
        )

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of all discriminators, then one of all that predicts.

        On some steps R1 is a part of the former.
        """
        critic = phase.Phase(
            "critic",
            tuple(self.discriminators.networks),
            self.critic_losses,
            self.critic_optimizer,
        )
        r1 = phase.lazy_regularizer(
            "r1", self.r1_losses, joins="critic", every=self.loss_weights.r1_every
        )
        generator_ = phase.Phase(
            "generator",
            self.averaged_networks,
            self.generator_losses,
            self.generator_optimizer,
            clip_norm=self.options.clip_norm,
            trains_shared=True,
        )
        return (
            (critic, r1, generator_) if self.loss_weights.r1 else (critic, generator_)
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rolls out once for discriminators and generator."""
        return rollouts.train(self.predictor, batch["frames"], seed)

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge losses of frames and clips."""
        real = batch["frames"]
        fakes = tf.stop_gradient(shared["fakes"])
        future = real[:, predictor.MAX_CONTEXT :]
        score = functools.partial(
            self.discriminators.score_frames,
            real,
            seed=seeds.fold(seed, "times"),
            training=True,
        )
        logits = score(future), score(fakes)
        losses = {"critic/image": adversarial.hinge_critic_loss(*logits)}
        logs = monitors.logits("image", *logits)
        for name, clips in self.discriminators.clip_inputs(real, fakes).items():
            both = tf.concat([real[:, 1:], clips], axis=0)  # [2N, 2 + F, H, W, C]
            both_logits = self.discriminators.score_clips(name, both, training=True)
            logits = tf.split(both_logits, 2)  # two of [N, 1]
            losses[f"critic/{name}"] = adversarial.hinge_critic_loss(*logits)
            logs |= monitors.logits(name, *logits)
        return losses, logs

    def r1_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """R1 of the discriminator of frames."""
        penalty = self.discriminators.r1(batch["frames"], seeds.fold(seed, "r1"))
        return {"critic/r1": self.loss_weights.r1 * penalty}, {}

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Colours, edges, divergence, and the discriminators' logits."""
        weights, real = self.loss_weights, batch["frames"]
        future = real[:, predictor.MAX_CONTEXT :]
        last = real[:, predictor.MAX_CONTEXT - 1 : predictor.MAX_CONTEXT]
        number = tf.shape(real)[0]
        fakes, is_mean = shared["fakes"], shared["is_mean"]
        prior = fakes[-number:]
        # What should have followed on a sampled latent is unknown.
        compared = tf.where(is_mean[:, None, None, None, None], prior, future)
        likeness = functools.partial(prediction_objective.likeness, weights)
        losses = likeness("prior", future, compared)
        logs = {
            "motion/change": monitors.change(tf.concat([last, prior], axis=1)),
            "motion/real_change": monitors.change(tf.concat([last, future], axis=1)),
            "prior/share_compared": tf.reduce_mean(tf.cast(is_mean, tf.float32)),
        }
        if self.predictor.has_posterior:
            losses |= likeness("posterior", future, fakes[:number])
            found, of_latents = prediction_objective.divergence(weights, shared)
            losses |= found
            logs |= of_latents
        share = weights.adversarial_share(self.step)
        logits = self.discriminators.score_frames(
            real, fakes, seeds.fold(seed, "times")
        )
        loss = adversarial.hinge_generator_loss(logits)
        losses["generator/image"] = weights.image * share * loss
        for name, clips in self.discriminators.clip_inputs(real, fakes).items():
            logits = self.discriminators.score_clips(name, clips)
            loss = adversarial.hinge_generator_loss(logits)
            losses[f"generator/{name}"] = weights.video * share * loss
        return losses, logs

    # --- Inference

    def predict_frames(
        self,
        context: tf.Tensor,
        clip_seeds: tf.Tensor,
        *,
        frames: int | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Predicts what follows on a context.

        Args:
          context: [N, K, H, W, C] in [-1, 1], 1 to 3 frames; of more the last three.
          clip_seeds: [N] int64, a prediction each; a longer one begins like a shorter.
          frames: F, any; that of training by default.
          temperature: factor of the noise; 0 predicts from the mean of the latents.

        Returns:
          [N, F, H, W, C] in [-1, 1].
        """
        shape = [frames or self.horizon, self.options.motion_noise]
        latent_noise = temperature * noise.normal_each(clip_seeds, shape)
        return self.predictor.predict(context, latent_noise)

    @property
    def temperature(self) -> float:
        """Factor of the noise in answers of `predict`."""
        return self.options.temperature

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `prediction.evaluation_outputs`; without noise latents are means."""
        return prediction.evaluation_outputs(
            self.predict_frames,
            batch["frames"],
            context=self.options.context,
            num_samples=self.options.num_samples,
            long_frames=self.options.long_multiple * self.spec.frames,
        )

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, predicted, drawn and swapped; see `showing.sample_clips`."""
        return showing.sample_clips(self, batch)

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`predict`; with a posterior `swap` and `encode`, too."""
        return showing.serving_functions(self)


def _check(spec: clip.ClipSpec) -> None:
    size = min(spec.height, spec.width)
    # A discriminator of clips sees all frames but the first.
    least = max(predictor.MAX_CONTEXT, discriminators.least_frames(size)) + 1
    if spec.frames < least:
        raise errors.UserError(
            f"`frames` ({spec.frames}) must be at least {least} for a prediction with a "
            f"shorter side of {size}: {predictor.MAX_CONTEXT} of context and what "
            "follows; raise FRAMES."
        )
    for name in ("height", "width"):
        side = getattr(spec, name)
        if side < MIN_SIDE or side % SIDE_STEP:
            lower = max(side - side % SIDE_STEP, MIN_SIDE)
            raise errors.UserError(
                f"`{name}` ({side}) must be a multiple of {SIDE_STEP} and at least "
                f"{MIN_SIDE}; use {lower} or {lower + SIDE_STEP}."
            )

"""DVD-GAN for video prediction (DVD-GAN-FP): frames in, the frames that follow out.

    C context frames      -> encoder (D_S without its head) -> states of all ConvGRUs
    latent code, states   -> generator                      -> T - C frames
    context and those     -> spatial_critic, temporal_critic, as one clip of T frames

    losses, schedule      those of DVD-GAN (`judging.py`); by `l1` also the mean absolute
                          difference from the frames that really came, which is ours: few
                          steps teach little without it. 0 as published
    longer predictions    the last C frames are encoded again, with a new latent code

Two settings are ours as well. By `copies` each pixel is that of the last context frame in
a share that is predicted, and painted for the rest: what stands still need not be drawn
again. By `has_step_statistics` batch norm has moving statistics of each frame behind the
context: a ConvGRU that starts from a full state gives its first frames other statistics
than later ones.

Labels may be left alone, and are by default; those of a clip go with its prediction.
Averaged weights have averaged statistics of batch norm: standing ones, as DVD-GAN takes,
would need contexts.

A prediction beyond the length of training starts from what was predicted, and drifts as
far as predictions differ from real frames: each portion of T - C frames adds to it, and a
new code may change the course. How far is seen in `long_frames` of an evaluation.

TrIVD-GAN-FP [2] differs in two settings, `recurrence` and `critics`: the encoder gives the
units that warp their states the first ones as well.

References:
  [1] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, section on frame
      prediction.
  [2] Luc et al., Transformation-based Adversarial Video Prediction on Large-Scale Data,
      2020.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures
from tfvideogan.losses import pixels
from tfvideogan.models import phase, prediction
from tfvideogan.models.dvdgan import discriminators, generating, judging, portions
from tfvideogan.models.dvdgan import generator as generators
from tfvideogan.models.dvdgan.prediction import encoder as encoders
from tfvideogan.models.dvdgan.prediction import served


@dataclasses.dataclass(frozen=True)
class Options(judging.Options):
    """The settings of `PredictionDVDGAN`: those of `judging.Options`, and some of its own.

    Attributes:
      categories: as there, but 0 by default: labels are left alone.
      num_context: C, frames that a prediction goes on from: 1 to T - 1.
      encoder_width: ch of the encoder, whose constants are those of the discriminators;
        it has attention where D_S has.
      copies: whether pixels may be copied from the last context frame; not as published.
      has_step_statistics: whether each frame behind the context has moving statistics of
        its own; not as published.
      l1: weight of the mean absolute difference of generated frames from real ones; 0 as
        published.
      context: frames of a clip that evaluations give, of which the last C count; C by
        default.
      num_samples: predictions of a clip that evaluations draw.
      long_multiple: evaluations predict so many training clips' length.

    Raises:
      UserError: a value is none of its choices.
    """

    categories: int | None = 0
    num_context: int = 5
    encoder_width: int = 128
    copies: bool = False
    has_step_statistics: bool = False
    l1: float = 0.0
    context: int | None = None
    num_samples: int = 5
    long_multiple: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("num_context", 1), ("num_samples", 1), ("l1", 0)):
            value = getattr(self, name)
            if value < least:
                raise errors.UserError(f"`{name}` ({value}) must be at least {least}.")
        if self.context is not None and self.context < self.num_context:
            raise errors.UserError(
                f"`context` ({self.context}) must be at least `num_context` "
                f"({self.num_context}), the frames that the model goes on from; leave it "
                "out, or train with a smaller `num_context`."
            )


class PredictionDVDGAN(judging.JudgedGAN):
    """An encoder and a generator of what follows against discriminators of whole clips.

    Attributes:
      encoder: context frames to states.
      horizon: T - C, frames that are made at a time.
    """

    options: Options
    encoder: encoders.ContextEncoder
    horizon: int

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

    # --- Networks

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Encoder and generator, then the discriminators."""
        return {"encoder": self.encoder, "generator": self.generator, **self.critics}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """Encoder and generator."""
        return ("encoder", "generator")

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips' sides do not divide, or they are too short.
        """
        count = self.options.num_context
        if count >= spec.frames:
            raise errors.UserError(
                f"`num_context` ({count}) must be 1 to {spec.frames - 1} of the "
                f"{spec.frames} frames of a clip; change it, or raise FRAMES."
            )
        self.check_clips(spec)
        self.horizon = spec.frames - count
        options = self.options
        self.generator = self.make_generator(
            spec,
            num_steps=self.horizon if options.has_step_statistics else None,
            copies=options.copies,
        )
        self.encoder = self.make_encoder(spec)
        self.critics = self.make_critics(spec)
        # One forward pass creates every variable. Of one frame: weights are shared in time.
        clips = tf.zeros([1, *spec.shapes()["frames"]])
        latent, labels = tf.zeros([1, self.options.latent]), tf.zeros([1], tf.int32)
        states = self.encoder(clips[:, :count])
        self.generator(latent, labels, num_frames=1, states=states, last=clips[:, 0])
        self.judge(clips, labels, seeds.from_int(0), training=False)

    def make_encoder(self, spec: clip.ClipSpec) -> encoders.ContextEncoder:
        """Returns the encoder of a generator that has been made.

        Raises:
          UserError: there are too few constants for the size.
        """
        options, levels = self.options, len(self.generator.groups)
        constants = generators.constants_for(
            levels, options.critic_constants, discriminators.CONSTANTS
        )
        place = discriminators.attention_place(spec.height, spec.width)
        return encoders.ContextEncoder(
            [options.encoder_width * one for one in constants[: levels + 1]],
            inputs=spec.channels,
            recurrences=self.generator.recurrences,
            attends_behind=place if options.has_attention else None,
        )

    # --- Losses

    def fakes(self, batch: phase.Batch, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Context frames and what is predicted of them; see `JudgedGAN.fakes`."""
        context = batch["frames"][:, : self.options.num_context]
        number, labels = tf.shape(context)[0], self.labels_of(batch)
        latent = seeds.normal([number, self.options.latent], seeds.fold(seed, "latent"))
        made, _ = self.generator(
            latent,
            labels,
            num_frames=self.horizon,
            states=self.encoder(context, training=True),
            last=context[:, -1],
            training=True,
        )
        return tf.concat([context, made], axis=1), labels

    def likeness_losses(
        self, real: tf.Tensor, fakes: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """The distance of predicted frames from real ones, where it counts."""
        if not self.options.l1:
            return {}
        pair = (one[:, self.options.num_context :] for one in (real, fakes))
        return {"generator/l1": self.options.l1 * pixels.l1(*pair)}

    # --- Inference

    def predict_frames(
        self,
        context: tf.Tensor,
        clip_seeds: tf.Tensor,
        labels: tf.Tensor | None = None,
        *,
        frames: int | None = None,
        temperature: float = 1.0,
    ) -> tf.Tensor:
        """Predicts what follows on a context.

        Args:
          context: [N, K, H, W, C] in [-1, 1], at least `num_context` frames; of more the
            last ones count.
          clip_seeds: [N] int64, a prediction each; a longer one begins like a shorter.
          labels: [N] int32, or None to draw them; not used without categories.
          frames: F, any; that of training by default.
          temperature: factor of the latent code; 0 predicts from its mean.

        Returns:
          [N, F, H, W, C] in [-1, 1].

        Raises:
          UserError: the context is too short.
        """
        labels = self._codes(clip_seeds, labels).labels
        memory = self.remember(context, clip_seeds)

        def go_on(memory: served.Memory) -> tuple[tf.Tensor, served.Memory]:
            return self.continue_from(memory, labels, temperature=temperature)

        return portions.joined(go_on, *go_on(memory), num_frames=frames or self.horizon)

    def remember(self, context: tf.Tensor, clip_seeds: tf.Tensor) -> served.Memory:
        """Returns what a prediction starts from; see `predict_frames`.

        Raises:
          UserError: the context is too short.
        """
        given, wanted = context.shape[1], self.options.num_context
        if given is not None and given < wanted:
            raise errors.UserError(
                f"`context` has {given} frames, but this model goes on from {wanted}; "
                f"give {wanted} or more, of which the last {wanted} count."
            )
        # In an export K is open.
        last = tf.ensure_shape(context[:, -wanted:], [None, wanted, *context.shape[2:]])
        return served.Memory(last, clip_seeds)

    def continue_from(
        self, memory: served.Memory, labels: tf.Tensor, *, temperature: float = 1.0
    ) -> tuple[tf.Tensor, served.Memory]:
        """Predicts T - C frames.

        Args:
          memory: the frames that they follow on, and the seeds of their codes.
          labels: [N] int32.
          temperature: see `predict_frames`.

        Returns:
          [N, T - C, H, W, C] float32 in [-1, 1], and the memory to go on from.
        """
        codes = self._codes(memory.clip_seeds, labels)
        made, _ = self.generator(
            temperature * codes.latent,
            codes.labels,
            num_frames=self.horizon,
            states=self.encoder(memory.frames),
            last=memory.frames[:, -1],
        )
        return made, memory.behind(made)

    def _codes(
        self, clip_seeds: tf.Tensor, labels: tf.Tensor | None
    ) -> generating.Codes:
        return generating.codes_of(
            clip_seeds, labels, latent=self.options.latent, categories=self.categories
        )

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns what metrics judge, see `prediction.evaluation_outputs`."""
        return prediction.evaluation_outputs(
            self._predictor_of(batch),
            batch["frames"],
            context=self.options.context or self.options.num_context,
            num_samples=self.options.num_samples,
            long_frames=self.options.long_multiple * self.spec.frames,
        )

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, predicted and drawn; see `prediction.sample_clips`."""
        return prediction.sample_clips(
            self._predictor_of(batch),
            batch["frames"],
            context=self.options.num_context,
        )

    def _predictor_of(self, batch: Mapping[str, tf.Tensor]) -> prediction.Predict:
        """`predict_frames` with the labels of a batch, of one or more rows for each."""
        known = self.labels_of(batch)

        def predict(
            context: tf.Tensor, clip_seeds: tf.Tensor, **keywords: object
        ) -> tf.Tensor:
            times = tf.shape(context)[0] // tf.shape(known)[0]
            labels = tf.repeat(known, times, axis=0)
            return self.predict_frames(context, clip_seeds, labels, **keywords)

        return predict

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`predict`, and its parts for longer videos; see `served.py`."""
        return served.serving_functions(self)

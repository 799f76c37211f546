"""Text and frames to the next frame as published: "Guided Video Generation Using FCNs".

    up to 10 frames as channels, one-hot caption -> U-Net with dense layers inside -> frame

Training takes one frame of each clip and all before it, ten at most: squared error in
[0, 1], Adam with 1e-4. Adversarial training goes on from there, against a discriminator of
single frames (`schedules.py`). A rollout feeds predictions back, from one frame on.

Where we differ from the released code, besides what `generator.py`, `discriminator.py` and
`schedules.py` say: the newest frame is in the last channel, however long the history is
(`history_align` = "left" brings the original back, see `volume.py`), and rollouts of more
than ten frames go on. No average of the weights is kept.

Source: Casser, Fosco, Lee, Motwani, Guided Video Generation Using FCNs in an Adversarial
Setup, technical report, 2018, and its code: github VincentCa/videogeneration, notebooks
text-to-video/UNet_KTH.ipynb and Adversarial_UNet_KTH.ipynb.
"""

import dataclasses
import functools
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.layers import captions
from tfvideogan.losses import adversarial
from tfvideogan.models import monitors, phase, weight_names
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import predicting, rollout
from tfvideogan.models.text2video.paper import (
    discriminator,
    generator,
    published,
    schedules,
    volume,
)

ERROR_RATE, GENERATOR_RATE, CRITIC_RATE = 1e-4, 1e-5, 2e-5
MIN_FRAMES = 2
POSITIVE = (
    "depth",
    "filters",
    "hidden",
    "critic_width",
    "context",
    "served_frames",
)


class Drawn(NamedTuple):
    """A frame of each clip, and what the generator sees of those before it.

    Attributes:
      volume: [N, H, W, D·C] in [0, 1].
      caption: [N, S·V], one-hot words.
      target: [N, H, W, C] in [0, 1].
    """

    volume: tf.Tensor
    caption: tf.Tensor
    target: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `PaperTextToVideo`; the defaults are the published ones.

    Attributes:
      depth: D, frames of history that the generator sees at most.
      history_align: where they are in its input: "right", or "left" as in the released
        code; see `volume.py`.
      filters: f, channels of the generator's largest feature maps.
      hidden: numbers between the generator's dense layers.
      dropout: of the deepest skip.
      critic_width: channels of the discriminator's first block.
      critic_dropout: of each of its blocks.
      context: frames of a clip that evaluations give.
      served_frames: F, frames of an answer of the signatures.
      painter: folder of an exported model of stills that makes first frames from text; or
        None. Only exports need it.

    Raises:
      UserError: a value is out of its range.
    """

    depth: int = 10
    history_align: str = "right"
    filters: int = 8
    hidden: int = 1024
    dropout: float = 0.5
    critic_width: int = 32
    critic_dropout: float = 0.1
    context: int = 1
    served_frames: int = 10
    painter: str | None = None

    def __post_init__(self) -> None:
        if self.history_align not in volume.ALIGNMENTS:
            raise errors.UserError(
                f"`history_align` ({self.history_align!r}) must be one of "
                f"{', '.join(map(repr, volume.ALIGNMENTS))}."
            )
        for name in POSITIVE:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        for name in ("dropout", "critic_dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 0 and below 1."
                )


class PaperTextToVideo(predicting.PredictingModel):
    """A U-Net of the plane and, in adversarial schedules, a discriminator of frames."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        schedule: schedules.Schedule = schedules.Schedule(),
        error_optimizer: keras.optimizers.Optimizer | None = None,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of the networks.
          schedule: which updates there are, and when.
          error_optimizer: of the generator where the squared error is all of the loss;
            Adam(1e-4) by default.
          generator_optimizer: where it deceives the critic; Adam(1e-5) by default.
          critic_optimizer: Adam(2e-5) by default.
          seed: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, name=name)
        self.options = options
        self.schedule = schedule
        self.error_optimizer = error_optimizer or keras.optimizers.Adam(ERROR_RATE)
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            GENERATOR_RATE
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(CRITIC_RATE)

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have one frame, no captions, or sides that do not divide.
        """
        _check(spec)
        options = self.options
        self.encoder = captions.OneHotCaption(spec.vocabulary_size)
        self.generator = generator.UNet(
            height=spec.height,
            width=spec.width,
            channels=spec.channels,
            filters=options.filters,
            hidden=options.hidden,
            dropout=options.dropout,
        )
        # One frame creates every variable.
        context = tf.zeros([1, 1, spec.height, spec.width, spec.channels])
        tokens = tf.zeros([1, spec.caption_length], tf.int32)
        lengths = tf.zeros([1], tf.int32)
        first = self.predict_frames(context, tokens, lengths, num_frames=1)
        if self.schedule.is_adversarial:
            self.critic = discriminator.FrameDiscriminator(
                width=options.critic_width, dropout=options.critic_dropout
            )
            self.critic(first[:, 0])

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The generator, and the critic where there is one."""
        found = {"generator": self.generator}
        return (
            found | {"critic": self.critic} if self.schedule.is_adversarial else found
        )

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """None, as published."""
        return ()

    def published_weights(self) -> weight_names.Table:
        """The names of the released code."""
        return published.table(self.networks)

    # --- Phases

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Those of the schedule."""
        return schedules.phases(self.schedule, self)

    def critic_phase(self, name: str, **when: int) -> phase.Phase:
        """Makes a phase of the critic; see `schedules.Updates`."""
        losses = functools.partial(self.critic_losses, name)
        return phase.Phase(name, ("critic",), losses, self.critic_optimizer, **when)

    def adversarial_phase(
        self, name: str, *, error_gain: float, **when: int
    ) -> phase.Phase:
        """Makes a phase of the generator; see `schedules.Updates`."""
        losses = functools.partial(self.adversarial_losses, name, error_gain)
        return phase.Phase(
            name, ("generator",), losses, self.generator_optimizer, **when
        )

    def error_phase(self, name: str, **when: int) -> phase.Phase:
        """Makes a phase of the generator; see `schedules.Updates`."""
        losses = functools.partial(self.error_losses, name)
        return phase.Phase(name, ("generator",), losses, self.error_optimizer, **when)

    # --- Losses

    def critic_losses(
        self,
        name: str,
        batch: phase.Batch,
        shared: phase.Batch | None,
        seed: tf.Tensor,
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of real frames and of predictions, which need not be of them."""
        real = self._drawn(batch, seeds.fold(seed, "real")).target
        drawn = self._drawn(batch, seeds.fold(seed, "fake"))
        fake = tf.stop_gradient(self.generator(drawn.volume, drawn.caption))
        real_logits = self.critic(real, seeds.fold(seed, "real_dropout"), training=True)
        fake_logits = self.critic(fake, seeds.fold(seed, "fake_dropout"), training=True)
        loss = adversarial.logistic_critic_loss(real_logits, fake_logits)
        logs = monitors.logits("frame", real_logits, fake_logits)
        return {f"{name}/adversarial": loss}, logs

    def adversarial_losses(
        self,
        name: str,
        error_gain: float,
        batch: phase.Batch,
        shared: phase.Batch | None,
        seed: tf.Tensor,
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of predictions that should pass for real, and their error."""
        target, fake = self._predicted(batch, seed)
        logits = self.critic(fake, seeds.fold(seed, "critic"), training=True)
        losses = {
            f"{name}/adversarial": adversarial.logistic_generator_loss(logits),
            f"{name}/error": error_gain * _squared_error(target, fake),
        }
        return losses, {}

    def error_losses(
        self,
        name: str,
        batch: phase.Batch,
        shared: phase.Batch | None,
        seed: tf.Tensor,
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Squared error of predictions, in [0, 1]."""
        error = _squared_error(*self._predicted(batch, seed))
        return {f"{name}/error": error}, {}

    def _predicted(
        self, batch: phase.Batch, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns drawn targets and their predictions, [N, H, W, C] in [0, 1]."""
        drawn = self._drawn(batch, seeds.fold(seed, "times"))
        dropout_seed = seeds.fold(seed, "dropout")
        fake = self.generator(drawn.volume, drawn.caption, dropout_seed, training=True)
        return drawn.target, fake

    def _drawn(self, batch: phase.Batch, seed: tf.Tensor) -> Drawn:
        """Draws a frame of each clip, all but the first equally likely."""
        frames = batch["frames"]
        number, length = tf.shape(frames)[0], frames.shape[1]
        times = 1 + seeds.integers([number], seed, length - 1)  # [N]
        history = histories.of_clips(frames, times - 1, times, self.options.depth)
        return Drawn(
            volume.channels(history, align=self.options.history_align),
            self.encode(batch["caption_tokens"], batch["caption_lengths"]),
            volume.unit(tf.gather(frames, times, batch_dims=1)),
        )

    # --- Inference

    def next_frame(
        self, history: histories.History, caption: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns `frame` [N, H, W, C] in [-1, 1]; see `rollout.Generator`."""
        seen = volume.channels(history, align=self.options.history_align)
        return {"frame": volume.signed(self.generator(seen, caption))}

    @property
    def caption_size(self) -> int:
        """S·V, numbers of the one-hot words."""
        return self.spec.caption_length * self.spec.vocabulary_size

    def encode(self, caption_tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Returns one-hot captions [N, S·V] float32; padding is the word of number 0."""
        return tf.cast(self.encoder(caption_tokens), tf.float32)

    def continue_from(
        self, history: histories.History, caption: tf.Tensor, *, num_frames: int
    ) -> tuple[tf.Tensor, histories.History]:
        """Predicts what follows on a history; see `rollout.predict`."""
        return rollout.predict(self.next_frame, history, caption, num_frames=num_frames)


def _squared_error(target: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.math.squared_difference(target, fake))


def _check(spec: clip.ClipSpec) -> None:
    if not spec.caption_length:
        raise errors.UserError(
            "the clips have no captions, but the model is given a caption; take a source "
            "with captions, such as gin/data/walkers.gin."
        )
    if spec.frames < MIN_FRAMES:
        raise errors.UserError(
            f"`frames` ({spec.frames}) must be at least {MIN_FRAMES}: one that is given "
            "and one that is predicted; raise FRAMES."
        )
    for name in ("height", "width"):
        side, step = getattr(spec, name), generator.SIDE_STEP
        if side % step:
            lower = max(side - side % step, step)
            raise errors.UserError(
                f"`{name}` ({side}) must be a multiple of {step}; use {lower} or "
                f"{lower + step}."
            )

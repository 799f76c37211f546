"""A tiny GAN and a tiny source: what the engine's tests train.

`ToyGAN` repaints frames by one convolution and is judged by another; `ToySource` holds
8x8 clips that are functions of their index. Options switch on what the engine must get
right: penalties with second derivatives, spectral norm, clipping, lazy phases, several
critic steps with clips of their own, dropout-like noise, and a loss that blows.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import source as sources
from tfvideogan.losses import adversarial, penalties
from tfvideogan.metrics import streaming
from tfvideogan.models import base, phase

PENALTY_WEIGHT = 10.0


class ToySource:
    """Clips of noise with a mask; pixels depend on (split, index) alone."""

    name = "toy"
    is_procedural = True
    splits = ("train", "validation", "test")

    def __init__(
        self,
        *,
        frames: int = 3,
        height: int = 8,
        width: int = 8,
        num_clips: int = 12,
        clip_frames: int = 6,
        root: str = "",
        broken: str = "",
    ) -> None:
        if broken == "constructor":
            raise errors.UserError("`broken` has no masks.\nNot at all.")
        self.spec = clip.ClipSpec(frames, height, width, has_masks=True)
        self.num = num_clips
        self.clip_frames = clip_frames
        self.broken = broken

    def describe(self) -> str:
        return f"toy clips, procedural, {self.spec.height}x{self.spec.width}"

    def num_clips(self, split: str) -> int:
        return self.num

    def num_frames(self, split: str) -> int:
        return self.clip_frames

    def clips(self, split: str):
        for index in range(self.num):
            window = self.read(split, tf.constant(index), frames=self.clip_frames)
            yield {key: value.numpy() for key, value in window.items()}

    def read(self, split, index, *, frames, seed=None):
        root = seeds.fold(seeds.from_int(5), split, index)
        size = (self.spec.height, self.spec.width)
        if self.broken == "file":
            index = tf.numpy_function(_refuse, [index], tf.int64)
            root = seeds.fold(root, tf.reshape(index, []))
        whole = seeds.integers([self.clip_frames, *size, 3], root, 256)
        start = sources.window_start(self.clip_frames, frames, seed)
        window = tf.cast(whole, tf.uint8)[start : start + frames]
        window = tf.ensure_shape(window, [frames, *size, 3])
        masks = tf.cast(window[..., :1] > 100, tf.uint8)
        return {"frames": window, "foreground_masks": masks}


def _refuse(index: np.ndarray) -> np.ndarray:
    raise errors.UserError("clips/a.jpg is damaged: 3 bytes.")


class Generator(keras.Model):
    """Repaints every frame."""

    def __init__(self, filters: int, normalized: bool) -> None:
        super().__init__(name="generator")
        self.first = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")
        self.norm = keras.layers.GroupNormalization(groups=1) if normalized else None
        self.last = keras.layers.Conv2D(3, 3, padding="same", dtype="float32")

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(frames)
        flat = tf.reshape(frames, [-1, *frames.shape[2:]])
        hidden = self.first(flat)
        hidden = self.norm(hidden) if self.norm else hidden
        return tf.reshape(tf.tanh(self.last(hidden)), shape)


class Critic(keras.Model):
    """Scores every frame."""

    def __init__(self, filters: int, spectral: bool) -> None:
        super().__init__(name="critic")
        first = keras.layers.Conv2D(filters, 3, strides=2, activation="leaky_relu")
        self.first = keras.layers.SpectralNormalization(first) if spectral else first
        self.last = keras.layers.Dense(1, dtype="float32")

    def call(self, frames: tf.Tensor, training: bool = False) -> tf.Tensor:
        flat = tf.reshape(frames, [-1, *frames.shape[2:]])
        if isinstance(self.first, keras.layers.SpectralNormalization):
            hidden = self.first(flat, training=training)
        else:
            hidden = self.first(flat)
        return self.last(tf.reshape(hidden, [tf.shape(hidden)[0], 3 * 3 * 4]))


class ToyGAN(base.VideoModel):
    """Critic and generator on 8x8 frames."""

    def __init__(
        self,
        *,
        filters: int = 4,
        rate: float = 1e-2,
        optimizer: str = "adam",
        penalty: bool = False,
        spectral: bool = False,
        normalized: bool = False,
        clip_norm: float | None = None,
        every: int = 1,
        critic_steps: int = 1,
        r1_every: int = 0,
        noise: float = 0.0,
        blow_from: int = 1_000_000,
        blow_for: int = 1_000_000,
        seed: int = 0,
        ema_decay: float = 0.9,
    ) -> None:
        if filters % 2:
            raise ValueError(f"`filters` ({filters}) must be even; use {filters + 1}.")
        super().__init__(seed=seed, ema_decay=ema_decay)
        self.filters, self.rate, self.kind = filters, rate, optimizer
        self.has_penalty, self.spectral, self.normalized = penalty, spectral, normalized
        self.clip_norm, self.every, self.noise = clip_norm, every, noise
        self.critic_steps, self.r1_every = critic_steps, r1_every
        self.blow_from, self.blow_for = blow_from, blow_for

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.generator = Generator(self.filters, self.normalized)
        self.critic = Critic(4, self.spectral)
        frames = clip.zeros_like_spec(spec, 1)["frames"]
        self.generator(frames)
        self.critic(frames)

    def make_phases(self) -> tuple[phase.Phase, ...]:
        phases = (
            phase.Phase(
                "critic",
                ("critic",),
                self.critic_losses,
                self._optimizer(),
                repeats=self.critic_steps,
                own_batches=True,
                clip_norm=self.clip_norm,
            ),
            phase.Phase(
                "generator",
                ("generator",),
                self.generator_losses,
                self._optimizer(),
                every=self.every,
                clip_norm=self.clip_norm,
            ),
        )
        if not self.r1_every:
            return phases
        r1 = phase.lazy_regularizer(
            "r1", self.r1_losses, joins="critic", every=self.r1_every
        )
        return (*phases, r1)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return {"generator": self.generator, "critic": self.critic}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("generator",)

    def critic_losses(self, batch, shared, seed):
        real = batch["frames"]
        noise = seeds.normal(tf.shape(real), seeds.fold(seed, "noise")) * self.noise
        fake = tf.stop_gradient(self.generator(real + noise))
        real_logits = self.critic(real, training=True)
        fake_logits = self.critic(fake, training=True)
        pair = (real_logits, fake_logits)
        if not self.has_penalty:
            losses = {"critic/adversarial": adversarial.hinge_critic_loss(*pair)}
        else:
            # Both ends are the middle, so that the drawn point does not matter and
            # one replica can be compared with two.
            middle = 0.5 * (real + fake)
            penalty = penalties.gradient_penalty(self.critic, middle, middle, seed)
            losses = {
                "critic/adversarial": adversarial.wgan_critic_loss(*pair),
                "critic/penalty": PENALTY_WEIGHT * penalty,
            }
        return losses, {"logits/critic/real": tf.reduce_mean(real_logits)}

    def r1_losses(self, batch, shared, seed):
        return {"critic/r1": penalties.r1_penalty(self.critic, batch["frames"])}, {}

    def generator_losses(self, batch, shared, seed):
        fake = self.generator(batch["frames"])
        is_blown = (self.step >= self.blow_from) & (
            self.step < self.blow_from + self.blow_for
        )
        factor = tf.where(is_blown, float("nan"), 1.0)
        rebuilt = tf.reduce_mean(tf.abs(fake - batch["frames"])) * factor
        losses = {
            "generator/adversarial": adversarial.hinge_generator_loss(
                self.critic(fake)
            ),
            "generator/reconstruction": rebuilt,
        }
        return losses, {}

    def evaluation_outputs(self, batch):
        frames = self.generator(batch["frames"])
        return {"frames": frames, "foreground_masks": batch["foreground_masks"]}

    def sample_clips(self, batch):
        fake = self.generator(batch["frames"])
        return {
            "real": batch["frames"],
            "repainted": fake,
            "mask": batch["foreground_masks"] * 2.0 - 1.0,
        }

    def _optimizer(self) -> keras.optimizers.Optimizer:
        if self.kind == "sgd":
            return keras.optimizers.SGD(self.rate, momentum=0.9)
        return keras.optimizers.Adam(self.rate, beta_1=0.5)


class OtherGAN(ToyGAN):
    """Another model with the same networks."""


@dataclasses.dataclass(eq=False)
class MeanError(streaming.MeanMetric):
    """Mean absolute error of the repainted frames, by clips."""

    horizon: int = 3

    def update(self, batch, outputs) -> None:
        for real, fake in zip(batch["frames"], outputs["frames"], strict=True):
            self._means.add("error/model/T", float(np.abs(real - fake).mean()))
            self._means.add("error/copy/T", 0.0)

    def result(self) -> dict[str, float]:
        count = len(self._means.values("error/model/T"))
        return {**super().result(), "clips/model/T": count}


class DepthError(MeanError):
    """Wants what no model answers."""

    def update(self, batch, outputs) -> None:
        raise errors.UserError("The outputs have no `depth`.")

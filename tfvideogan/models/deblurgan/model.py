"""DeblurGAN, the recommended design: blurred frames become sharp ones.

    frame, neighbours brought to it by the aligner -> restorer -> sharp frame
    sharp frame -> critic of patches

    losses        smooth L1 of pixels from the first step on; alignment of the sharp
                  neighbours; the change from frame to frame along the motion of the
                  scene; late, and with a small weight, the critic's hinge loss
    evaluated     averages of the weights

With `window` 1 each frame is restored by itself; with 3 or 5 the restorer also sees its
neighbours, and the same clip answers a frame or two late when it is streamed.

Sources: Chen et al., Simple Baselines for Image Restoration, ECCV 2022 (the network); Lai
et al., 2017 (Charbonnier); Su et al., Deep Video Deblurring for Hand-Held Cameras, CVPR
2017 (a stack of aligned neighbours); Lai et al., ECCV 2018 (temporal loss); Kupyn et al.,
DeblurGAN-v2, ICCV 2019, section 3.3 (pixels beside a small adversarial weight).
"""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.losses import adversarial, motion, perceptual, pixels
from tfvideogan.models import discriminators, monitors, phase
from tfvideogan.models.deblurgan import objective, restorer, restoring, served, windows
from tfvideogan.ops import warp

LEARNING_RATE = 1e-3
ADAM_BETAS = (0.9, 0.99)
WINDOWS = (1, 3, 5)
COUNTS = ("aligner_width", "critic_width", "tile")


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `DeblurGAN`.

    Attributes:
      widths: channels of each of the restorer's levels, the finest first.
      blocks: NAF blocks of each level; none at the finest saves most of the time.
      window: frames that a frame is restored from: 1, 3 or 5.
      aligner_width: channels of the aligner; not used with a window of 1.
      critic_width: channels of the critic's first layer.
      clip_norm: largest norm of the restorer's gradients, None for any.
      tile: largest side of what is restored at a time when served, pixels.
      overlap: pixels that two tiles share.

    Raises:
      UserError: a number is out of its range.
    """

    widths: Sequence[int] = (12, 24, 48, 96)
    blocks: Sequence[int] = (1, 1, 2, 4)
    window: int = 1
    aligner_width: int = 16
    critic_width: int = 32
    clip_norm: float | None = 1.0
    tile: int = 256
    overlap: int = 32

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if self.window not in WINDOWS:
            raise errors.UserError(f"`window` ({self.window}) must be 1, 3 or 5.")
        is_level = len(self.blocks) == len(self.widths)
        if not self.blocks or not is_level or min(self.widths) < 1:
            raise errors.UserError(
                f"`blocks` {tuple(self.blocks)} and `widths` {tuple(self.widths)} must "
                "have a number for each level, those of `widths` at least 1."
            )
        if min(self.blocks) < 0 or not self.blocks[-1]:
            raise errors.UserError(
                f"`blocks` {tuple(self.blocks)} must be 0 or more, the last one at "
                "least 1."
            )
        served.Tiling(self.tile, self.overlap)  # refuses what is no tile


class DeblurGAN(restoring.RestoringModel):
    """A restorer of NAF blocks, an aligner, and a critic of patches."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        weights: objective.LossWeights | None = None,
        restorer_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of the networks.
          weights: of the losses; the defaults of `LossWeights` by default.
          restorer_optimizer: of restorer and aligner; Adam(1e-3, 0.9, 0.99) by default.
          critic_optimizer: likewise; must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.loss_weights = weights or objective.LossWeights()
        self.restorer_optimizer = restorer_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )

    @property
    def reach(self) -> int:
        """R, how many frames it looks at before and behind each."""
        return self.options.window // 2

    @property
    def tiling(self) -> served.Tiling:
        """How large pictures are cut when served."""
        return served.Tiling(self.options.tile, self.options.overlap)

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have no blurred frames, or a loss needs flow that they
            have not.
        """
        restoring.check_spec(spec)
        if self.loss_weights.temporal and not (spec.has_flow and spec.frames > 1):
            raise errors.UserError(
                f"`temporal` ({self.loss_weights.temporal:g}) needs clips of two frames "
                "or more, with flow; set it to 0, or take a source with flow."
            )
        options = self.options
        self.restorer = restorer.Restorer(
            spec.channels, widths=options.widths, blocks=options.blocks
        )
        if self.reach:
            self.aligner = restorer.Aligner(width=options.aligner_width)
        self.vgg = None
        if self.loss_weights.perceptual:
            self.vgg = perceptual.Features(perceptual.CONTENT_LAYERS)
        # One forward pass creates every variable.
        blurred = clip.zeros_like_spec(spec, 1)["blurred_frames"]
        made = self.restore(blurred)
        if self.loss_weights.adversarial:
            self.critic = discriminators.PatchDiscriminator(options.critic_width)
            self.critic(made[:, 0])

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The restorer and what is used beside it."""
        found = {"restorer": self.restorer}
        if self.reach:
            found["aligner"] = self.aligner
        if self.loss_weights.adversarial:
            found["critic"] = self.critic
        return found

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The restorer and the aligner."""
        return tuple(name for name in self.networks if name != "critic")

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """The critic from a late step on, then the restorer, which joins it later yet."""
        restore = phase.Phase(
            "restorer",
            self.averaged_networks,
            self.restorer_losses,
            self.restorer_optimizer,
            clip_norm=self.options.clip_norm,
            trains_shared=True,
        )
        weights = self.loss_weights
        if not weights.adversarial:
            return (restore,)
        critic = phase.Phase(
            "critic",
            ("critic",),
            self.critic_losses,
            self.critic_optimizer,
            start=weights.adversarial_start,
        )
        fool = phase.Phase(
            "adversarial",
            (),
            self.adversarial_losses,
            joins="restorer",
            start=weights.adversarial_start + weights.adversarial_delay,
        )
        return (critic, restore, fool)

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Restores all frames.

        Returns:
          `restored` [N, T, H, W, C] and, of a window, `flows` [N·T, 2 R, H, W, 2] from
          each frame to its neighbours.
        """
        seen = windows.folded(batch["blurred_frames"], reach=self.reach)
        flows = self._flows(seen)
        restored = self._restored(seen, flows)
        shared = {"restored": tf.reshape(restored, tf.shape(batch["frames"]))}
        return shared | ({"flows": tf.stack(flows, axis=1)} if flows else {})

    def restorer_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Distances of the restored frames from the sharp ones and from each other."""
        weights, sharp, restored = (
            self.loss_weights,
            batch["frames"],
            shared["restored"],
        )
        losses = {
            "restorer/charbonnier": weights.charbonnier
            * pixels.charbonnier(sharp, restored)
        }
        if self.vgg is not None:
            losses["restorer/perceptual"] = (
                weights.perceptual
                * perceptual.content_squared(self.vgg(sharp), self.vgg(restored))
            )
        if self.reach:
            losses["restorer/alignment"] = weights.alignment * self._misalignment(
                sharp, shared["flows"]
            )
        if weights.temporal:
            losses["restorer/temporal"] = weights.temporal * objective.temporal_loss(
                restored, batch["forward_flow"], batch["backward_flow"]
            )
        gain = pixels.l1(sharp, batch["blurred_frames"]) - pixels.l1(sharp, restored)
        return losses, {"gain/l1": gain}

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge loss of sharp and of restored frames."""
        real = self.critic(_frames(batch["frames"]), training=True)
        restored = tf.stop_gradient(restoring.clipped(shared["restored"]))
        fake = self.critic(_frames(restored), training=True)
        losses = {"critic/hinge": adversarial.hinge_critic_loss(real, fake)}
        return losses, monitors.logits("patch", real, fake)

    def adversarial_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The critic's logits of restored frames."""
        logits = self.critic(_frames(restoring.clipped(shared["restored"])))
        loss = adversarial.hinge_generator_loss(logits)
        return {"restorer/adversarial": self.loss_weights.adversarial * loss}, {}

    def _misalignment(self, sharp: tf.Tensor, flows: tf.Tensor) -> tf.Tensor:
        """How far sharp neighbours are from a frame when they are brought to it."""
        seen = windows.folded(sharp, reach=self.reach)
        frame = seen[:, self.reach]
        distances = [
            motion.warp(other, frame, flow)
            for other, flow in zip(
                self._neighbours(seen), tf.unstack(flows, axis=1), strict=True
            )
        ]
        return tf.add_n(distances) / len(distances)

    # --- Inference

    def restore_windows(self, clips: tf.Tensor) -> tf.Tensor:
        """Restores the middle frame of [N, 2 R + 1, H, W, C]; see `RestoringModel`."""
        return self._restored(clips, self._flows(clips))

    def _flows(self, seen: tf.Tensor) -> list[tf.Tensor]:
        """Flow from the middle frame to each of the others, [N, H, W, 2]."""
        frame = seen[:, self.reach]
        return [self.aligner(frame, other) for other in self._neighbours(seen)]

    def _restored(self, seen: tf.Tensor, flows: Sequence[tf.Tensor]) -> tf.Tensor:
        neighbours = zip(self._neighbours(seen), flows, strict=True)
        aligned = [warp.backward(other, flow) for other, flow in neighbours]
        return self.restorer(tf.concat([seen[:, self.reach], *aligned], axis=-1))

    def _neighbours(self, seen: tf.Tensor) -> list[tf.Tensor]:
        frames = tf.unstack(seen, axis=1)
        return [*frames[: self.reach], *frames[self.reach + 1 :]]


def _frames(clips: tf.Tensor) -> tf.Tensor:
    """Folds time into the batch."""
    return tf.reshape(clips, [-1, *clips.shape[2:]])  # [N·T, H, W, C]

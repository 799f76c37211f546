"""ForeGAN: one mask, every mask. Segments a video by generating it in two layers.

Inputs of a clip: `frames` [N, T, H, W, 3], `forward_flow` and `backward_flow`
[N, T-1, H, W, 2], and the mask of the first frame, `foreground_masks`[:, 0]. No other
mask is ever read. Outputs for every later frame: foreground, soft mask and inpainted
background; their composite must look like the frame. `rollout.py` explains one step.

What teaches the mask, with only one mask given:

    reconstruction     the mask weighs two layers, each of which moves in its own way
    cycles             rolling forward and, with a disturbed mask, back must return to the
                       first mask: the only exact supervision there is
    critics            foreground, mask, background patches, and triplets in time

Each critic has its own term in the generators' loss. The rollout is made once per step:
the critics judge it, then the generators learn from it.

Source: VOS-ForeGAN (Palau i Puigdevall, M.Sc. thesis code, 2020) for the task, the two
generators and the critics. Where we differ: weighted composition instead of additive;
flow sampled backwards; residual flow and memory of the first object; camera motion for
the background; a mask head that sees the frame; saturation annealed from 2 to 20;
cycles; hinge loss with spectral norm instead of WGAN-GP; losses are averaged over time,
so that T changes no balance. The original experiments are in `thesis/`.
"""

import dataclasses
import math
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures
from tfvideogan.losses import adversarial
from tfvideogan.models import base, discriminators, monitors, phase
from tfvideogan.models.foregan import (
    background,
    critic_inputs,
    foreground,
    objective,
    outputs,
    roller,
    rollout,
    served,
    trunk,
)
from tfvideogan.ops import masks

MIN_FRAMES = 4
# A critic halves a patch three times.
MIN_PATCH_SIZE = 8
LEARNING_RATE = 2e-4
ADAM_BETAS = (0.0, 0.99)
GENERATORS = ("foreground_generator", "background_generator", "mask_head")
CRITICS = ("foreground", "background", "mask", "temporal")


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `ForeGAN`.

    Attributes:
      width: channels of the generators at full resolution.
      critic_width: channels of the critics' first layer.
      blocks: residual blocks of each generator.
      mask_blocks: residual blocks of the mask head.
      is_recurrent: whether the generators have a ConvGRU.
      saturation: first and last slope of the masks' sigmoid.
      saturation_steps: steps over which it changes, along half a cosine.
      bptt_steps: the gradient of a rollout is cut every so many frames.
      cycle_lengths: a cycle of k rolls forward k frames, disturbs the mask, and rolls
        back k; each is smaller than T. Empty for none.
      disturbance: shift of disturbed outlines, as a share of the larger side.
      num_patches: background patches per clip.
      patch_size: their height and width, pixels.
      clip_norm: largest gradient norm of the generators.

    Raises:
      UserError: a number is out of its range.
    """

    width: int = 16
    critic_width: int = 16
    blocks: int = 3
    mask_blocks: int = 1
    is_recurrent: bool = True
    saturation: tuple[float, float] = (2.0, 20.0)
    saturation_steps: int = 1000
    bptt_steps: int = 4
    cycle_lengths: tuple[int, ...] = (1, 3)
    disturbance: float = 0.03
    num_patches: int = 8
    patch_size: int = 24
    clip_norm: float = 5.0

    def __post_init__(self) -> None:
        for name in ("width", "critic_width", "bptt_steps", "num_patches"):
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if self.patch_size < MIN_PATCH_SIZE:
            raise errors.UserError(
                f"`patch_size` ({self.patch_size}) must be at least {MIN_PATCH_SIZE}, "
                "because critics halve patches three times."
            )
        if min(self.cycle_lengths, default=1) < 1:
            raise errors.UserError(
                f"`cycle_lengths` {tuple(self.cycle_lengths)} must be 1 or more each; "
                "() trains without cycles."
            )


class ForeGAN(base.VideoModel):
    """Foreground and background generators with a mask head and four critics."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        weights: objective.LossWeights = objective.LossWeights(),
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of networks, rollout and critics.
          weights: of the losses.
          generator_optimizer: Adam(2e-4, 0, 0.99) by default.
          critic_optimizer: likewise; each optimizer must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.loss_weights = weights
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates generators, mask head and critics for RGB clips with masks and flow.

        Raises:
          UserError: the clips lack masks or flow, are too short, or their sizes do not
            divide by 4.
        """
        self._check(spec)
        options = self.options
        trunk_options = {"blocks": options.blocks, "is_recurrent": options.is_recurrent}
        self.foreground_generator = foreground.ForegroundGenerator(
            options.width, **trunk_options
        )
        self.background_generator = background.BackgroundGenerator(
            options.width, **trunk_options
        )
        self.mask_head = foreground.MaskHead(options.width, blocks=options.mask_blocks)
        self.roller = roller.Roller(
            self.foreground_generator, self.background_generator, self.mask_head
        )
        self.critics = {
            name: discriminators.PatchDiscriminator(
                options.critic_width, name=f"{name}_critic"
            )
            for name in CRITICS
        }
        self.critic_inputs = critic_inputs.CriticInputs(
            options.num_patches, options.patch_size
        )
        # One rollout creates every variable.
        zeros = clip.zeros_like_spec(spec, 1)
        seed = seeds.from_int(0)
        rolled, _ = self.roller.train(
            zeros, seed, saturation=tf.constant(1.0), bptt_steps=options.bptt_steps
        )
        for name, fake in self.critic_inputs.fake(rolled, seed).items():
            self.critics[name](fake)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The three generators, then the four critics."""
        critics = {f"{name}_critic": critic for name, critic in self.critics.items()}
        return {name: getattr(self, name) for name in GENERATORS} | critics

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generators and the mask head."""
        return GENERATORS

    def saturation(self) -> tf.Tensor:
        """Returns the slope of the masks' sigmoid at the present step, a scalar."""
        first, last = self.options.saturation
        progress = tf.cast(self.step, tf.float32) / max(
            self.options.saturation_steps, 1
        )
        share = 0.5 - 0.5 * tf.cos(math.pi * tf.minimum(progress, 1.0))
        return first + (last - first) * share

    def _check(self, spec: clip.ClipSpec) -> None:
        if not (spec.has_masks and spec.has_flow and spec.channels == 3):
            raise errors.UserError(
                "ForeGAN needs RGB clips with masks and flow; the data source has "
                f"channels={spec.channels}, masks={spec.has_masks}, "
                f"flow={spec.has_flow}. Use gin/data/sprites.gin or gin/data/davis.gin."
            )
        shortest = max(MIN_FRAMES, 1 + max(self.options.cycle_lengths, default=0))
        if spec.frames < shortest:
            raise errors.UserError(
                f"`frames` ({spec.frames}) must be at least {shortest} for ForeGAN with "
                f"cycles of {self.options.cycle_lengths}; raise FRAMES or shorten "
                "`cycle_lengths`."
            )
        for name in ("height", "width"):
            size = getattr(spec, name)
            if size % trunk.DIVISOR:
                down = size - size % trunk.DIVISOR
                raise errors.UserError(
                    f"`{name}` ({size}) must be a multiple of {trunk.DIVISOR} for "
                    f"ForeGAN; use {down} or {down + trunk.DIVISOR}."
                )
        size, wanted = self.options.patch_size, self.options.num_patches
        rows, columns = (max(side - size + 1, 0) for side in (spec.height, spec.width))
        if rows * columns < wanted:
            raise errors.UserError(
                f"`patch_size` ({size}) must leave `num_patches` ({wanted}) places in a "
                f"frame of {spec.height}x{spec.width}; it leaves {rows * columns}."
            )

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of all critics, then one of the generators and the mask head."""
        critics = tuple(f"{name}_critic" for name in CRITICS)
        return (
            phase.Phase("critic", critics, self.critic_losses, self.critic_optimizer),
            phase.Phase(
                "generator",
                self.averaged_networks,
                self.generator_losses,
                self.generator_optimizer,
                clip_norm=self.options.clip_norm,
                trains_shared=True,
            ),
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the rollout [N, T-1, ...] and, of each cycle, what came back."""
        saturation = self.saturation()
        rolled, masks = self.roller.train(
            batch, seed, saturation=saturation, bptt_steps=self.options.bptt_steps
        )
        for length in self.options.cycle_lengths:
            spoilt = rollout.disturb(
                masks[length],
                seeds.fold(seed, "cycle", length),
                self.options.disturbance,
            )
            back = self.roller.back(batch, spoilt, length, saturation=saturation)
            rolled[f"cycle_{length}/mask"] = back["masks"]
            rolled[f"cycle_{length}/foreground"] = back["foregrounds"]
        return rolled

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge losses of the four critics, and how often their signs are right."""
        fakes = self.critic_inputs.fake(shared, seed)
        reals = self.critic_inputs.real(batch, shared, seed)
        losses, logs = {}, {}
        for name, critic in self.critics.items():
            both = tf.concat([reals[name], fakes[name]], axis=0)
            logits = critic(critic_inputs.augment(both, seed), training=True)
            real = logits[: tf.shape(reals[name])[0]]
            fake = logits[tf.shape(reals[name])[0] :]
            losses[f"critic/{name}"] = adversarial.hinge_critic_loss(real, fake)
            logs |= monitors.logits(name, real, fake)
        return losses, logs

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Every loss of `LossWeights`; monitors tell area and saturation."""
        weights = self.loss_weights
        frame, mask = roller.first(batch)
        returned = [
            (shared[f"cycle_{k}/mask"], shared[f"cycle_{k}/foreground"])
            for k in self.options.cycle_lengths
        ]
        losses = objective.reconstruction(weights, batch, shared)
        losses |= objective.cycles(weights, frame, mask, returned)
        losses |= objective.priors(weights, batch, shared)
        for name, fake in self.critic_inputs.fake(shared, seed).items():
            logits = self.critics[name](
                critic_inputs.augment(fake, seed), training=False
            )
            loss = adversarial.hinge_generator_loss(logits)
            losses[f"generator/{name}_critic"] = getattr(weights, name) * loss
        logs = {
            "masks/area": tf.reduce_mean(masks.area(shared["masks"])),
            "masks/saturation": self.saturation(),
        }
        return losses, logs

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` (the composite), `foreground_masks`, `backgrounds`."""
        rolled = self.roller.complete(batch, saturation=self.saturation())
        return outputs.evaluation_outputs(rolled)

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, composite, foreground, background, mask and error, in [-1, 1]."""
        rolled = self.roller.complete(batch, saturation=self.saturation())
        return outputs.sample_clips(batch["frames"], rollout.black_outside(rolled))

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`predict`, and `predict_start` and `predict_next` for long videos."""
        return served.Signatures(self.roller, self.spec, self.saturation).functions()

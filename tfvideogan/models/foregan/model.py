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

import math
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, exportable, seeds
from tfvideogan.losses import adversarial
from tfvideogan.models import base, discriminators, phase
from tfvideogan.models.foregan import (
    background,
    exhibits,
    foreground,
    objective,
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


class ForeGAN(base.VideoModel):
    """Foreground and background generators with a mask head and four critics."""

    def __init__(
        self,
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        weights: objective.LossWeights | None = None,
        width: int = 16,
        critic_width: int = 16,
        blocks: int = 3,
        mask_blocks: int = 1,
        is_recurrent: bool = True,
        saturation: tuple[float, float] = (2.0, 20.0),
        saturation_steps: int = 1000,
        bptt_steps: int = 4,
        cycle_lengths: tuple[int, ...] = (1, 3),
        disturbance: float = 0.03,
        num_patches: int = 8,
        patch_size: int = 24,
        clip_norm: float = 5.0,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          generator_optimizer: Adam(2e-4, 0, 0.99) by default.
          critic_optimizer: likewise; each optimizer must be its own object.
          weights: of the losses.
          width: channels of the generators at full resolution.
          critic_width: channels of the critics' first layer.
          blocks: residual blocks of each generator.
          mask_blocks: residual blocks of the mask head.
          is_recurrent: whether the generators have a ConvGRU.
          saturation: first and last slope of the masks' sigmoid.
          saturation_steps: steps over which it changes, along half a cosine.
          bptt_steps: the gradient of a rollout is cut every so many frames.
          cycle_lengths: a cycle of k rolls forward k frames, disturbs the mask, and
            rolls back k; each is smaller than T. Empty for none.
          disturbance: shift of disturbed outlines, as a share of the larger side.
          num_patches: background patches per clip.
          patch_size: their height and width, pixels.
          clip_norm: largest gradient norm of the generators.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.generator_optimizer = generator_optimizer or _make_adam()
        self.critic_optimizer = critic_optimizer or _make_adam()
        self.loss_weights = weights or objective.LossWeights()
        self.width = width
        self.critic_width = critic_width
        self.num_blocks = blocks
        self.num_mask_blocks = mask_blocks
        self.is_recurrent = is_recurrent
        self.saturation_range = saturation
        self.saturation_steps = saturation_steps
        self.bptt_steps = bptt_steps
        self.cycle_lengths = tuple(cycle_lengths)
        self.disturbance = disturbance
        self.num_patches = num_patches
        self.patch_size = patch_size
        self.clip_norm = clip_norm

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates generators, mask head and critics for RGB clips with masks and flow.

        Raises:
          UserError: the clips lack masks or flow, are too short, or their sizes do not
            divide by 4.
        """
        self._check(spec)
        options = {"blocks": self.num_blocks, "is_recurrent": self.is_recurrent}
        self.foreground_generator = foreground.ForegroundGenerator(
            self.width, **options
        )
        self.background_generator = background.BackgroundGenerator(
            self.width, **options
        )
        self.mask_head = foreground.MaskHead(self.width, blocks=self.num_mask_blocks)
        self.roller = roller.Roller(
            self.foreground_generator, self.background_generator, self.mask_head
        )
        self.foreground_critic = self._make_critic("foreground_critic")
        self.background_critic = self._make_critic("background_critic")
        self.mask_critic = self._make_critic("mask_critic")
        self.temporal_critic = self._make_critic("temporal_critic")
        # One rollout creates every variable.
        zeros = clip.zeros_like_spec(spec, 1)
        seed = seeds.from_int(0)
        rolled, _ = self.roller.train(
            zeros, seed, saturation=tf.constant(1.0), bptt_steps=self.bptt_steps
        )
        for name, fake in self._fakes(rolled, seed).items():
            self._critics()[name](fake)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The three generators, then the four critics."""
        return {
            "foreground_generator": self.foreground_generator,
            "background_generator": self.background_generator,
            "mask_head": self.mask_head,
            "foreground_critic": self.foreground_critic,
            "background_critic": self.background_critic,
            "mask_critic": self.mask_critic,
            "temporal_critic": self.temporal_critic,
        }

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generators and the mask head."""
        return ("foreground_generator", "background_generator", "mask_head")

    def saturation(self) -> tf.Tensor:
        """Returns the slope of the masks' sigmoid at the present step, a scalar."""
        first, last = self.saturation_range
        progress = tf.cast(self.step, tf.float32) / max(self.saturation_steps, 1)
        share = 0.5 - 0.5 * tf.cos(math.pi * tf.minimum(progress, 1.0))
        return first + (last - first) * share

    def _check(self, spec: clip.ClipSpec) -> None:
        if not (spec.has_masks and spec.has_flow and spec.channels == 3):
            raise errors.UserError(
                "ForeGAN needs RGB clips with masks and flow; the data source has "
                f"channels={spec.channels}, masks={spec.has_masks}, "
                f"flow={spec.has_flow}. Use gin/data/sprites.gin or gin/data/davis.gin."
            )
        shortest = max(MIN_FRAMES, *(1 + length for length in self.cycle_lengths))
        if spec.frames < shortest:
            raise errors.UserError(
                f"`frames` ({spec.frames}) must be at least {shortest} for ForeGAN with "
                f"cycles of {self.cycle_lengths}; raise FRAMES or shorten "
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
        places = math.prod(
            max(getattr(spec, name) - self.patch_size + 1, 0)
            for name in ("height", "width")
        )
        if self.patch_size < MIN_PATCH_SIZE or places < self.num_patches:
            raise errors.UserError(
                f"`patch_size` ({self.patch_size}) must be at least "
                f"{MIN_PATCH_SIZE} and leave `num_patches` "
                f"({self.num_patches}) places in a frame of {spec.height}x{spec.width}; "
                f"it leaves {places}."
            )

    def _make_critic(self, name: str) -> discriminators.PatchDiscriminator:
        return discriminators.PatchDiscriminator(self.critic_width, name=name)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of all critics, then one of the generators and the mask head."""
        critics = tuple(name for name in self.networks if name.endswith("critic"))
        return (
            phase.Phase("critic", critics, self.critic_losses, self.critic_optimizer),
            phase.Phase(
                "generator",
                self.averaged_networks,
                self.generator_losses,
                self.generator_optimizer,
                clip_norm=self.clip_norm,
                trains_shared=True,
            ),
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the rollout [N, T-1, ...] and, of each cycle, what came back."""
        saturation = self.saturation()
        rolled, masks = self.roller.train(
            batch, seed, saturation=saturation, bptt_steps=self.bptt_steps
        )
        for length in self.cycle_lengths:
            spoilt = rollout.disturb(
                masks[length], seeds.fold(seed, "cycle", length), self.disturbance
            )
            back = self.roller.back(batch, spoilt, length, saturation=saturation)
            rolled[f"cycle_{length}/mask"] = back["masks"]
            rolled[f"cycle_{length}/foreground"] = back["foregrounds"]
        return rolled

    def critic_losses(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge losses of the four critics, and how often their signs are right."""
        fakes = self._fakes(shared, seed)
        reals = self._reals(batch, shared, seed)
        losses, monitors = {}, {}
        for name, critic in self._critics().items():
            both = tf.concat([reals[name], fakes[name]], axis=0)
            logits = critic(exhibits.augment(both, seed), training=True)
            real = logits[: tf.shape(reals[name])[0]]
            fake = logits[tf.shape(reals[name])[0] :]
            losses[f"critic/{name}"] = adversarial.hinge_critic_loss(real, fake)
            monitors[f"logits/{name}_real"] = tf.reduce_mean(real)
            monitors[f"logits/{name}_fake"] = tf.reduce_mean(fake)
            monitors[f"signs/{name}_real"] = _mean_true(real > 0)
            monitors[f"signs/{name}_fake"] = _mean_true(fake < 0)
        return losses, monitors

    def generator_losses(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Every loss of `LossWeights`; monitors tell area and saturation."""
        weights = self.loss_weights
        frame, mask = roller.first(batch)
        returned = [
            (shared[f"cycle_{k}/mask"], shared[f"cycle_{k}/foreground"])
            for k in self.cycle_lengths
        ]
        losses = objective.reconstruction(weights, batch, shared)
        losses |= objective.cycles(weights, frame, mask, returned)
        losses |= objective.priors(weights, batch, shared)
        for name, fake in self._fakes(shared, seed).items():
            logits = self._critics()[name](exhibits.augment(fake, seed), training=False)
            loss = adversarial.hinge_generator_loss(logits)
            losses[f"generator/{name}_critic"] = getattr(weights, name) * loss
        monitors = {
            "masks/area": tf.reduce_mean(masks.area(shared["masks"])),
            "masks/saturation": self.saturation(),
        }
        return losses, monitors

    def _critics(self) -> dict[str, discriminators.PatchDiscriminator]:
        return {
            "foreground": self.foreground_critic,
            "background": self.background_critic,
            "mask": self.mask_critic,
            "temporal": self.temporal_critic,
        }

    def _fakes(
        self, shared: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        objects, masks = exhibits.objects(shared)
        return {
            "foreground": objects,
            "background": exhibits.generated_patches(
                shared, seed, count=self.num_patches, size=self.patch_size
            ),
            "mask": masks,
            "temporal": exhibits.generated_triplets(shared),
        }

    def _reals(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        object_, mask = exhibits.first_object(batch)
        return {
            "foreground": object_,
            "background": exhibits.real_patches(
                batch, shared, seed, count=self.num_patches, size=self.patch_size
            ),
            "mask": mask,
            "temporal": exhibits.real_triplets(batch),
        }

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` (the composite), `foreground_masks`, `backgrounds`."""
        rolled = self.roller.complete(batch, saturation=self.saturation())
        return {
            "frames": rolled["composites"],
            "foreground_masks": rolled["masks"],
            "foregrounds": rolled["foregrounds"],
            "backgrounds": rolled["backgrounds"],
        }

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, composite, foreground, background, mask and error, in [-1, 1]."""
        rolled = self.roller.complete(batch, saturation=self.saturation())
        error = tf.abs(rolled["composites"] - batch["frames"])  # in [0, 2]
        return {
            "real": batch["frames"],
            "composite": rolled["composites"],
            "foreground": rollout.on_black(rolled["masks"], rolled["foregrounds"]),
            "background": rolled["backgrounds"],
            "mask": 2.0 * rolled["masks"] - 1.0,
            "error": error - 1.0,
        }

    # --- Serving

    def serving_functions(self) -> dict[str, exportable.ServingFunction]:
        """`predict`, and `predict_start` and `predict_next` for long videos."""
        return served.Signatures(self.roller, self.spec, self.saturation).functions()


def _mean_true(condition: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, tf.float32))


def _make_adam() -> keras.optimizers.Adam:
    beta_1, beta_2 = ADAM_BETAS
    return keras.optimizers.Adam(LEARNING_RATE, beta_1=beta_1, beta_2=beta_2)

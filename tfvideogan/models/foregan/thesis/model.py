"""The original experiments of VOS-ForeGAN, with their faults behind switches.

Inputs of a clip: `frames` [N, T, H, W, 3], the mask of the first frame, and, as the
variant says, the flow or the next frames. Two generators roll forward from the first
frame cut in two; two critics judge foregrounds (whole frames, and masks with a head of
their own) and patches of the background. All is Wasserstein with gradient penalty.

    model = ThesisForeGAN(
        variant=options.Variant(mask_feedback="propagated")
    )

Source: VOS-ForeGAN (Palau i Puigdevall, M.Sc. thesis code, 2020). Where we differ, also
with every fault of `options.Legacy` switched on:

* Losses are averaged over the T - 1 steps where the original sums them. Every term of a
  phase is summed over the same steps, and Adam does not see the scale of a loss, so the
  updates are the same; but figures can be compared between clips of different T.
* The rollout is made once per step: the critics judge the one that the generators learn
  from. The original makes two, and in one variant the critics' rollout forgot to pass
  the propagated mask on.
* The two steps of `double_critic_step` each have an optimizer of their own, and the
  adversarial gradients of the second are new, not those of the first once more.
* Patches may lie anywhere, not on a grid of every third pixel.
* The learning rate is constant. The original means to let it fall after 5000 epochs, but
  its code for that stops with an error.

The recommended model is `model.py`.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, seeds, signatures
from tfvideogan.models import base, phase
from tfvideogan.models.foregan import served
from tfvideogan.models.foregan.thesis import (
    backbone,
    discriminators,
    exhibits,
    generators,
    objective,
    options,
    rollout,
)

MIN_FRAMES = 2
# Frames on which the variables are made: the real ones would cost seconds.
TRIAL_SIZE = 2 * backbone.DIVISOR
LEARNING_RATE = 1e-4
ADAM_BETAS = (0.5, 0.999)
CRITICS = ("foreground_critic", "background_critic")
GENERATORS = ("foreground_generator", "background_generator")


class ThesisForeGAN(base.VideoModel):
    """Two generators of 8.5 M parameters and two critics of 15.4 M."""

    def __init__(
        self,
        *,
        variant: options.Variant | None = None,
        weights: options.LossWeights | None = None,
        legacy: options.Legacy | None = None,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        generator_every: int = 5,
        num_patches: int = 10,
        patch_size: tuple[int, int] = discriminators.PATCH_SIZE,
        width: float = 1.0,
        blocks: int = backbone.NUM_BLOCKS,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          variant: which experiment this is.
          weights: of the losses.
          legacy: faults of the original to reproduce; none by default.
          generator_optimizer: Adam(1e-4, 0.5, 0.999) by default.
          critic_optimizer: likewise; each optimizer must be its own object.
          generator_every: the generators learn on steps that divide by it.
          num_patches: background patches per frame.
          patch_size: their height and width, pixels. A frame that is smaller is its own
            patch.
          width: multiplies every number of channels; 1 is the original.
          blocks: residual blocks of each generator.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.variant = variant or options.Variant()
        self.loss_weights = weights or options.LossWeights()
        self.legacy = legacy or options.Legacy()
        self.generator_optimizer = generator_optimizer or _make_adam()
        self.critic_optimizer = critic_optimizer or _make_adam()
        self.generator_every = generator_every
        self.num_patches = num_patches
        self.patch_size = tuple(patch_size)
        self.width = width
        self.num_blocks = blocks

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates generators and critics for RGB clips with masks (and flow).

        Raises:
          UserError: the clips lack what the variant needs, are too short, or their
            sizes do not divide by 4.
        """
        self._check(spec)
        variant = self.variant
        self.foreground_generator = self._make_generator(
            GENERATORS[0],
            spec,
            recurrence=variant.recurrence,
            mask_source=variant.mask_source,
            has_transformer=variant.affine_stn,
        )
        self.background_generator = self._make_generator(
            GENERATORS[1], spec, recurrence=variant.background_recurrence
        )
        self.roller = rollout.Roller(
            self.foreground_generator, self.background_generator, variant, self.legacy
        )
        self.exhibits = exhibits.Exhibits(
            variant,
            height=spec.height,
            width=spec.width,
            patch_size=self.patch_size,
            num_patches=self.num_patches,
        )
        self.foreground_critic = self._make_critic(
            CRITICS[0], has_mask_head=variant.has_mask_critic
        )
        self.background_critic = self._make_critic(CRITICS[1], has_mask_head=False)
        self.objective = objective.Objective(
            self.foreground_critic,
            self.background_critic,
            self.exhibits,
            weights=self.loss_weights,
            legacy=self.legacy,
        )
        self._create_variables(spec)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The two generators, then the two critics."""
        return {name: getattr(self, name) for name in (*GENERATORS, *CRITICS)}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generators."""
        return GENERATORS

    def _create_variables(self, spec: clip.ClipSpec) -> None:
        if not self.variant.affine_stn:  # Everything else is made of convolutions.
            spec = dataclasses.replace(spec, height=TRIAL_SIZE, width=TRIAL_SIZE)
        zeros = clip.zeros_like_spec(spec, 1)
        seed = seeds.from_int(0)
        state = self.roller.start(zeros, seed)
        self.roller.train(state, self.roller.tell(zeros, seed), spec.frames - 1)
        patches = tf.zeros([1, *self.exhibits.patch_size, discriminators.COLOURS])
        self.background_critic(patches)
        self.foreground_critic(patches)
        if self.variant.has_mask_critic:
            self.foreground_critic.score_pairs(patches, patches[..., :1])

    def _make_generator(
        self,
        name: str,
        spec: clip.ClipSpec,
        *,
        recurrence: str,
        mask_source: str | None = None,
        has_transformer: bool = False,
    ) -> generators.OriginalGenerator:
        return generators.OriginalGenerator(
            recurrence=recurrence,
            num_steps=spec.frames - 1,
            reductions=self.variant.reductions,
            width=self.width,
            num_blocks=self.num_blocks,
            mask_source=mask_source,
            has_transformer=has_transformer,
            name=name,
        )

    def _make_critic(
        self, name: str, *, has_mask_head: bool
    ) -> discriminators.PatchDiscriminator:
        return discriminators.PatchDiscriminator(
            patch_size=self.exhibits.patch_size,
            has_mask_head=has_mask_head,
            width=self.width,
            name=name,
        )

    def _check(self, spec: clip.ClipSpec) -> None:
        has_flow = spec.has_flow or not self.variant.needs_flow
        if not (spec.has_masks and has_flow and spec.channels == 3):
            wanted = " and flow" if self.variant.needs_flow else ""
            raise errors.UserError(
                f"This variant of ForeGAN needs RGB clips with masks{wanted}; the data "
                f"source has channels={spec.channels}, masks={spec.has_masks}, "
                f"flow={spec.has_flow}. Use gin/data/sprites.gin or gin/data/davis.gin."
            )
        if spec.frames < MIN_FRAMES:
            raise errors.UserError(
                f"`frames` ({spec.frames}) must be at least {MIN_FRAMES} for ForeGAN; "
                "raise FRAMES."
            )
        backbone.check_size(spec.height, spec.width)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Critics in every step, generators in every `generator_every`-th."""
        phases = [
            phase.Phase(
                "critic", CRITICS, self.objective.critic_losses, self.critic_optimizer
            ),
            phase.Phase(
                "generator",
                GENERATORS,
                self.objective.generator_losses,
                self.generator_optimizer,
                every=self.generator_every,
                trains_shared=True,
            ),
        ]
        if self.legacy.double_critic_step:
            optimizer = self.critic_optimizer
            again = type(optimizer).from_config(optimizer.get_config())
            first = phase.Phase(
                "first_critic", CRITICS, self.objective.first_critic_losses, again
            )
            phases.insert(0, first)
        return tuple(phases)

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the rollout [N, T-1, ...] and the first layers [N, ...]."""
        state = self.roller.start(batch, seeds.fold(seed, "hole"))
        told = self.roller.tell(batch, seeds.fold(seed, "colours"))
        rolled = self.roller.train(state, told, batch["frames"].shape[1] - 1)
        return rolled | {
            "first_background": state.background,
            "first_mask": state.mask,
        }

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` (the composite), `foreground_masks` and the layers."""
        rolled = self._complete(batch)
        return {
            "frames": rolled["composites"],
            "foreground_masks": rolled["foreground_masks"],
            "foregrounds": rolled["foregrounds"],
            "backgrounds": rolled["backgrounds"],
        }

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, composite, foreground, background, mask and error, in [-1, 1]."""
        rolled = self._complete(batch)
        error = tf.abs(rolled["composites"] - batch["frames"])  # in [0, 2]
        return {
            "real": batch["frames"],
            "composite": rolled["composites"],
            "foreground": rolled["foregrounds"],
            "background": rolled["backgrounds"],
            "mask": 2.0 * rolled["foreground_masks"] - 1.0,
            "error": error - 1.0,
        }

    def _complete(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The rollout over whole clips, with the same noise in the hole every time."""
        rolled = self.roller.complete(batch, seeds.from_int(self.seed))
        # Only the faulty compositions leave the range; what they show is clipped there.
        return {
            name: tf.clip_by_value(value, -1.0, 1.0) for name, value in rolled.items()
        }

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """One verb, `predict`: frames, first mask and flow to layers and masks."""
        inputs = served.input_specs(self.spec, has_flow=self.variant.needs_flow)
        return {
            "predict": signatures.ServingFunction(
                self._serve,
                inputs,
                served.OUTPUTS,
                served.input_rules(inputs),
                at_least={"T": self.roller.min_frames},
                about="one mask, every mask, by the original's networks",
            )
        }

    def _serve(
        self, *, frames: tf.Tensor, mask: tf.Tensor, **flow: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        first = tf.cast(mask > 0, tf.float32)
        batch = {
            "frames": pixels.to_float(frames),
            "foreground_masks": first[:, tf.newaxis],
            **flow,
        }
        rolled = self._complete(batch)
        return {
            "video": pixels.to_uint8(rolled["composites"]),
            "foreground": pixels.to_uint8(rolled["foregrounds"]),
            "background": pixels.to_uint8(rolled["backgrounds"]),
            "mask": pixels.to_uint8(2.0 * rolled["foreground_masks"] - 1.0),
        }


def _make_adam() -> keras.optimizers.Adam:
    beta_1, beta_2 = ADAM_BETAS
    return keras.optimizers.Adam(LEARNING_RATE, beta_1=beta_1, beta_2=beta_2)

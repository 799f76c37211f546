"""The original experiments of VOS-ForeGAN, with their faults behind switches.

Inputs of a clip: `frames` [N, T, H, W, 3], the mask of the first frame, and, as the
variant says, the flow or the next frames. Two generators roll forward from the first
frame cut in two; two critics judge foregrounds (whole frames, and masks with a head of
their own) and patches of the background. All is Wasserstein with gradient penalty.

    model = ThesisForeGAN(
        options.Options(mask_feedback="propagated")
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

from tfvideogan.core import clip, errors, seeds, signatures
from tfvideogan.models import base, phase, weight_names
from tfvideogan.models.foregan import outputs, served
from tfvideogan.models.foregan.thesis import (
    backbone,
    critic_inputs,
    discriminators,
    generators,
    objective,
    options,
    published,
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
        options: options.Options = options.Options(),
        *,
        weights: options.LossWeights = options.LossWeights(),
        legacy: options.Legacy = options.Legacy(),
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: which experiment this is.
          weights: of the losses.
          legacy: faults of the original to reproduce; none by default.
          generator_optimizer: Adam(1e-4, 0.5, 0.999) by default.
          critic_optimizer: likewise; each optimizer must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.loss_weights = weights
        self.legacy = legacy
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates generators and critics for RGB clips with masks (and flow).

        Raises:
          UserError: the clips lack what the variant needs, are too short, or their
            sizes do not divide by 4.
        """
        self._check(spec)
        settings = self.options
        self.foreground_generator = self._make_generator(
            GENERATORS[0],
            spec,
            recurrence=settings.recurrence,
            mask_source=settings.mask_source,
            has_transformer=settings.affine_stn,
        )
        self.background_generator = self._make_generator(
            GENERATORS[1], spec, recurrence=settings.background_recurrence
        )
        self.roller = rollout.Roller(
            self.foreground_generator, self.background_generator, settings, self.legacy
        )
        self.critic_inputs = critic_inputs.CriticInputs(
            settings, height=spec.height, width=spec.width
        )
        self.foreground_critic = self._make_critic(
            CRITICS[0], has_mask_head=settings.has_mask_critic
        )
        self.background_critic = self._make_critic(CRITICS[1], has_mask_head=False)
        self.objective = objective.Objective(
            self.foreground_critic,
            self.background_critic,
            self.critic_inputs,
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

    def published_weights(self) -> weight_names.Table:
        """The names of the original's four files."""
        return published.table(self.networks)

    def _create_variables(self, spec: clip.ClipSpec) -> None:
        if not self.options.affine_stn:  # Everything else is made of convolutions.
            spec = dataclasses.replace(spec, height=TRIAL_SIZE, width=TRIAL_SIZE)
        zeros = clip.zeros_like_spec(spec, 1)
        seed = seeds.from_int(0)
        state = self.roller.start(zeros, seed)
        self.roller.train(state, self.roller.conditions(zeros, seed), spec.frames - 1)
        patches = tf.zeros([1, *self.critic_inputs.patch_size, discriminators.COLOURS])
        self.background_critic(patches)
        self.foreground_critic(patches)
        if self.options.has_mask_critic:
            self.foreground_critic.score_pairs(patches, patches[..., :1])

    def _make_generator(
        self,
        name: str,
        spec: clip.ClipSpec,
        *,
        recurrence: str,
        mask_source: str | None = None,
        has_transformer: bool = False,
    ) -> generators.LayerGenerator:
        return generators.LayerGenerator(
            recurrence=recurrence,
            num_steps=spec.frames - 1,
            reductions=self.options.reductions,
            width=self.options.width,
            num_blocks=self.options.blocks,
            mask_source=mask_source,
            has_transformer=has_transformer,
            name=name,
        )

    def _make_critic(
        self, name: str, *, has_mask_head: bool
    ) -> discriminators.PatchDiscriminator:
        return discriminators.PatchDiscriminator(
            patch_size=self.critic_inputs.patch_size,
            has_mask_head=has_mask_head,
            width=self.options.width,
            name=name,
        )

    def _check(self, spec: clip.ClipSpec) -> None:
        has_flow = spec.has_flow or not self.options.needs_flow
        if not (spec.has_masks and has_flow and spec.channels == 3):
            wanted = " and flow" if self.options.needs_flow else ""
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
                every=self.options.generator_every,
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
        conditions = self.roller.conditions(batch, seeds.fold(seed, "colours"))
        rolled = self.roller.train(state, conditions, batch["frames"].shape[1] - 1)
        return rolled | {
            "first_background": state.background,
            "first_mask": state.mask,
        }

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `frames` (the composite), `foreground_masks` and the layers."""
        return outputs.evaluation_outputs(self._complete(batch))

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, composite, foreground, background, mask and error, in [-1, 1]."""
        return outputs.sample_clips(batch["frames"], self._complete(batch))

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
        return {
            signatures.PREDICT: signatures.ServingFunction.of(
                self._serve,
                served.inputs(self.spec, has_flow=self.options.needs_flow),
                served.OUTPUTS,
                at_least={"T": self.roller.min_frames},
                about="one mask, every mask, by the original's networks",
            )
        }

    def _serve(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return outputs.to_uint8(self._complete(served.to_batch(**inputs)))

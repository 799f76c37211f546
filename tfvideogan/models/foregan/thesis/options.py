"""The switches of the original experiments: what varies, what weighs, what was wrong.

    model = ThesisForeGAN(
        options.Options(mask_feedback="propagated"),
        weights=options.LossWeights(critic_mask=10.0),
        legacy=options.Legacy(inverted_generator_sign=True),
    )

A gin file of `gin/foregan/` is one choice of them. `Legacy` holds the faults of the
original, each of which is off unless it is asked for.
"""

import dataclasses

from tfvideogan.core import errors
from tfvideogan.models.foregan.thesis import (
    backbone,
    discriminators,
    generators,
    recurrences,
)

_CHOICES = {
    "mask_source": generators.MASK_SOURCES,
    "mask_feedback": ("none", "first", "propagated"),
    "flow_input": ("given", "next_frame", "none"),
    "warp": ("none", "previous", "first"),
    "update": ("blend", "sum"),
    "recurrence": recurrences.NAMES,
    "background_recurrence": recurrences.NAMES,
    "bg_fill": ("black", "noise", "row_replicate"),
    "transform_real": ("none", "masks", "both"),
    "fake_patches": ("anywhere", "on_mask"),
}


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `ThesisForeGAN`, by default those of `gin/foregan/baseline.gin`.

    Attributes:
      alpha: saturation of the masks' sigmoid: the slope of its input.
      mask_source: "fg_rgb", "features" (of this frame), "recurrent" (with memory), or
        "attention" (no mask layer).
      mask_feedback: mask that the foreground generator sees beside its other inputs:
        "none", the "first", or the "propagated" one of the frame before.
      flow_input: "given" (the coded flow to the next frame), "next_frame" (its
        colours, jittered in training), or "none".
      warp: what the new foreground starts from: the previous one as it is ("none"), the
        "previous" one moved by the flow, or the "first" one moved from frame to frame.
      update: "blend", A · w + (1 - A) · C, or "sum" of experiments 1 and 2,
        A · (w + C) + (1 - A) · (w + C) - 1, in which A cancels out.
      recurrence: of the foreground generator, see `recurrences`.
      background_recurrence: of the background generator.
      reductions: channels of the state, for "concat_unshared".
      background_flow_input: whether the background generator sees the coded flow.
      bg_fill: what the object of the first frame gives way to: "black" (experiments
        1-4), "noise", or the pixels beside it, "row_replicate".
      dark: whether the new foreground is made black outside its mask.
      transform_real: which of the critics' real samples are randomly moved copies of
        the first foreground and mask: "none", "masks" or "both".
      fake_patches: where generated backgrounds are judged: "anywhere" or "on_mask".
      has_mask_critic: whether masks are judged, by a second head of the critic.
      affine_stn: whether the features are moved by a predicted affine map before the
        memory is added.
      width: multiplies every number of channels; 1 is the original.
      blocks: residual blocks of each generator.
      num_patches: background patches per frame.
      patch_size: their height and width, pixels. A frame that is smaller is its own
        patch.
      generator_every: the generators learn on steps that divide by it.

    Raises:
      UserError: a choice does not exist, a number is out of its range, or two switches
        do not go together.
    """

    alpha: float = 30.0
    mask_source: str = "features"
    mask_feedback: str = "none"
    flow_input: str = "given"
    warp: str = "none"
    update: str = "blend"
    recurrence: str = "additive"
    background_recurrence: str = "additive"
    reductions: tuple[int, ...] = (2, 3)
    background_flow_input: bool = False
    bg_fill: str = "row_replicate"
    dark: bool = False
    transform_real: str = "none"
    fake_patches: str = "anywhere"
    has_mask_critic: bool = False
    affine_stn: bool = False
    width: float = 1.0
    blocks: int = backbone.NUM_BLOCKS
    num_patches: int = 10
    patch_size: tuple[int, int] = discriminators.PATCH_SIZE
    generator_every: int = 5

    def __post_init__(self) -> None:
        for name in ("num_patches", "generator_every"):
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if self.width <= 0:
            raise errors.UserError(
                f"`width` ({self.width}) must be greater than 0; 1 is the original."
            )
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise errors.UserError(
                    f"`{name}` ({value!r}) must be one of {', '.join(choices)}."
                )
        if self.mask_source == "recurrent" and self.recurrence == "concat_unshared":
            raise errors.UserError(
                "`mask_source` ('recurrent') needs features of one width at every step, "
                "but `recurrence` ('concat_unshared') widens them; use 'features'."
            )

    @property
    def needs_flow(self) -> bool:
        """Whether the clips must hold flow."""
        is_moved = self.warp != "none"
        return self.flow_input == "given" or self.background_flow_input or is_moved

    @property
    def foreground_channels(self) -> int:
        """Input channels of the foreground generator."""
        extra = {"given": 2, "next_frame": 3, "none": 0}[self.flow_input]
        return 3 + extra + (self.mask_feedback != "none")


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """The lambdas; the defaults are those of the original's last options file.

    Attributes:
      reconstruction: L1 of the composite.
      foreground: of the generators' term on foregrounds,
      mask: on masks,
      background: on background patches.
      critic_foreground: of the critics' terms on foregrounds,
      critic_mask: on masks,
      critic_background: on background patches.
      foreground_penalty: gradient penalty on foregrounds and on masks.
      background_penalty: gradient penalty on background patches.
    """

    reconstruction: float = 1.0
    foreground: float = 1.0
    mask: float = 1.0
    background: float = 1.0
    critic_foreground: float = 10.0
    critic_mask: float = 10.0
    critic_background: float = 0.05
    foreground_penalty: float = 1.0
    background_penalty: float = 0.05


@dataclasses.dataclass(frozen=True)
class Legacy:
    """Faults of the original, all off by default; each reproduces what went wrong.

    Attributes:
      additive_composite: (1 - m) · background + foreground, though black is -1: the
        composite lies 1 too low outside the object.
      inverted_generator_sign: the generators *lower* their critics' scores, as they did
        in every experiment until June 2020; only the reconstruction teaches them.
      missing_mask_term: the generators' mask term is the foreground's score once more,
        so that the mask critic never reaches them.
      wrapped_flow_code: `flow_codec.encode_wrapped_legacy`.
      late_flow: step t sees the flow of step t + 1.
      forward_flow_warp: backward sampling with the negated forward flow, which leaves
        ghosts where motion ends.
      double_critic_step: every critic step is two: one on the adversarial losses, one
        on these and the penalties.
    """

    additive_composite: bool = False
    inverted_generator_sign: bool = False
    missing_mask_term: bool = False
    wrapped_flow_code: bool = False
    late_flow: bool = False
    forward_flow_warp: bool = False
    double_critic_step: bool = False

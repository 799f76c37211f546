"""The settings of `VINet`, and the faults of the released code as switches."""

import dataclasses
from collections.abc import Sequence

from tfvideogan.core import errors

LEVELS = 4
NUM_WIDTHS = {"widths": LEVELS, "flow_widths": 5, "context_widths": 6}
# What divides into the two halves that mask nets and the decoder's last layers have.
SMALLEST_WIDTH = 2


@dataclasses.dataclass(frozen=True)
class Release:
    """What the released code does and the paper does not say, or not so.

    Attributes:
      ones_channel: a channel of ones stands beside frame and holes, the place of the
        sketch that an earlier network had. The authors' weights need it.
      memoryless: the LSTM begins from nothing at each frame.
      unpasted: the previous output goes into the next step as it was painted, also where
        the video is known.
      discarded_flow: with `double_size` the previous output is carried by four times the
        flow at a quarter of the size; the refined flow is not used.
      uniform_biases: biases of the flow nets begin in [0, 1).
      detached: no gradient passes from an output to the one before.
      squared_sum: the weight of the warping losses squares the sum of the channels'
        differences, so that opposite ones cancel.
    """

    ones_channel: bool = False
    memoryless: bool = False
    unpasted: bool = False
    discarded_flow: bool = False
    uniform_biases: bool = False
    detached: bool = False
    squared_sum: bool = False


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `VINet`; the defaults are the paper's at 256x256.

    Attributes:
      widths: channels at the full size, a half, a quarter and an eighth.
      flow_widths: of the flow nets' estimators.
      context_widths: of their refinements.
      search_range: of their cost volumes, pixels at each size.
      gain: of the first variance of gated kernels, gain / outputs. 2 is He's, as
        published, for rectifiers without gates: each layer then takes 0.4 of the size of
        features, and a first frame is 1e-5. With 14 features keep it.
      fills_first: whether holes start as a membrane that is held at their rim
        (`ops/fill.py`) instead of grey, to which the decoder adds.
      matches_alike: flow nets compare the frame as the source encoder sees it, by cosines
        of features; else, as published, what two encoders of their own make of frame and
        sources, by products.
      double_size: the encoder halves the frame first, as for 512x512.
      offsets: frames, from the one that is filled, of the sources.
      beyond_ends: a source that would lie before the clip is taken from behind the last
        one on the other side, and the other way round; else the clip is mirrored at its
        ends, so that a source may be the frame itself or stand there twice.
      previous_holes: what the previous output shows in place of its holes' mask: 0 for
        nothing, 0.5 in the authors' weights of 512x512.
      warm_up: frames, at most, that are filled from there back to the first before a clip
        begins.
      targets: consecutive frames that a training step with recurrence fills.
      random_targets: where in the clip they lie is drawn; else in the middle.
      sources_start: step from which all sources are seen; until then one is.
      recurrence_start: step from which frames are filled one after another.
      clip_norm: largest norm of the gradients, None for any.

    Raises:
      UserError: a number is out of its range.
    """

    widths: Sequence[int] = (32, 64, 96, 128)
    flow_widths: Sequence[int] = (128, 128, 96, 64, 32)
    context_widths: Sequence[int] = (128, 128, 128, 96, 64, 32)
    search_range: int = 4
    gain: float = 2.0
    fills_first: bool = False
    matches_alike: bool = False
    double_size: bool = False
    offsets: Sequence[int] = (-6, -3, 3, 6)
    beyond_ends: bool = False
    previous_holes: float = 0.0
    warm_up: int = 30
    targets: int = 4
    random_targets: bool = False
    sources_start: int = 0
    recurrence_start: int = 0
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        for name, number in NUM_WIDTHS.items():
            given = getattr(self, name)
            if len(given) != number or min(given) < SMALLEST_WIDTH:
                raise errors.UserError(
                    f"`{name}` {tuple(given)} must be {number} numbers of at least "
                    f"{SMALLEST_WIDTH}."
                )
        least = {"search_range": 1, "targets": 1, "warm_up": 0, "sources_start": 0}
        for name, smallest in least.items():
            if getattr(self, name) < smallest:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {smallest}."
                )
        if self.gain <= 0:
            raise errors.UserError(f"`gain` ({self.gain:g}) must be positive.")
        if self.recurrence_start < self.sources_start:
            raise errors.UserError(
                f"`recurrence_start` ({self.recurrence_start}) must not be before "
                f"`sources_start` ({self.sources_start})."
            )
        if not self.offsets or 0 in self.offsets:
            raise errors.UserError(
                f"`offsets` {tuple(self.offsets)} must name other frames than 0, the one "
                "that is filled."
            )

    @property
    def size_multiple(self) -> int:
        """What sides of frames are multiples of."""
        return 2 ** (LEVELS - 1 + self.double_size)

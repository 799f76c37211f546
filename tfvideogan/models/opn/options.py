"""The settings of OPN: published ones, better ones, and what the released code does.

| setting       | published       | better (gin/opn.gin)                                  |
|---------------|-----------------|-------------------------------------------------------|
| `peel`        | "fixed", 8 px   | "by_height": 8 px of 240 rows, at least 4             |
| `references`  | "every_nth"     | "by_visibility": those that show most of the hole     |
| `objective`   | "published"     | "by_area": L1 of the hole by its area                 |
| `gain`        | 1               | 2: a signal passes the gates at first                 |
| `widens_peels`| False           | True: the passes of a training reach the middle       |
| `train_passes`| 5               | 1: one peel is the whole hole                         |
| `fills_first` | False           | True: the decoder adds to a membrane held at the rim  |
| `reads_pixels`| False           | True: pixels are read, too, by likeness and nearness  |

One peel that is the whole hole: trained with three passes, on 12 clips of DAVIS (24 frames
of 240x424, an ellipse of 56x44 pixels as the hole), one pass gave 17.90 dB in the hole, two
17.85, three 17.78, and as many as peels of 8 pixels or less take 17.76; the difference of
the first and the last is 0.15 [-0.05, 0.34], the time less than a half.

The released code departs from what its paper says, or from what is right. Each is a switch,
off by default:

    has_sampled_maps      masks at a quarter of the size look at 4 of 16 pixels: of a hole
                          that only touches a place, the memory holds the hole's colour
    starts_from_black     the consistency network starts from an empty frame
    is_unpasted           and changes known pixels, from frame to frame
"""

import dataclasses

from tfvideogan.core import errors
from tfvideogan.models.opn import objective

PEELS = FIXED, BY_HEIGHT = ("fixed", "by_height")
REFERENCES = EVERY_NTH, BY_VISIBILITY = ("every_nth", "by_visibility")
# At this height a peel is as wide as published; at none it is narrower than a place.
PUBLISHED_HEIGHT = 240.0
LEAST_PEEL = 4.0


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `OPN`; the defaults are the published ones.

    Attributes:
      width: channels of encoder and decoder at half of the size.
      gain: of the first kernels of encoder and decoder, see `networks.py`.
      peel: "fixed" or "by_height".
      peel_width: pixels of a peel, at 240 rows if by height.
      references: how a target's references are chosen, "every_nth" or "by_visibility".
      reference_stride: frames from one that may be a reference to the next.
      most_candidates: of longer clips frames are left out evenly; "by_visibility" alone.
      most_references: of a target; "by_visibility" alone.
      train_passes: of a target in training.
      train_references: frames that a target looks at in training, drawn from all others
        of a clip; None for all. Of longer clips they show more of what is missing.
      widens_peels: whether the peels of a deep hole are as wide as they must be for
        `train_passes` to fill it, in training and afterwards.
      fills_first: whether holes start as a membrane that is held at their rim
        (`ops/fill.py`) instead of the mean colour, to which the decoder adds.
      reads_pixels: whether places read pixels beside values, see `networks.py`; needs
        `fills_first`.
      objective: "published" or "by_area", see `objective.py`.
      chunk: places of the memory that are looked at together when clips are completed.
      consistency_width: channels of the consistency network at full size, 32 as
        published; 0 for no such network.
      completer_steps: steps in which encoder and decoder train; None for all.
      consistency_start: step from which the consistency network trains.
      taught_steps: in its first steps the consistency network sees true frames before.
      clip_norm: largest norm of a network's gradients, None for any.
      has_sampled_maps: see the module.
      starts_from_black: see the module.
      is_unpasted: see the module; `complete` puts known pixels back all the same.

    Raises:
      UserError: a number is out of its range, or a name unknown.
    """

    width: int = 64
    gain: float = 1.0
    peel: str = FIXED
    peel_width: float = 8.0
    references: str = EVERY_NTH
    reference_stride: int = 5
    most_candidates: int = 16
    most_references: int = 5
    train_passes: int = 5
    train_references: int | None = None
    widens_peels: bool = False
    fills_first: bool = False
    reads_pixels: bool = False
    objective: str = objective.PUBLISHED
    chunk: int = 8192
    consistency_width: int = 0
    completer_steps: int | None = None
    consistency_start: int = 0
    taught_steps: int = 0
    clip_norm: float | None = None
    has_sampled_maps: bool = False
    starts_from_black: bool = False
    is_unpasted: bool = False

    def __post_init__(self) -> None:
        choices = {
            "peel": PEELS,
            "references": REFERENCES,
            "objective": objective.FORMS,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)!r}) must be one of "
                    f"{', '.join(allowed)}."
                )
        least = {
            "width": 1,
            "gain": 1,
            "peel_width": 1,
            "reference_stride": 1,
            "most_candidates": 1,
            "most_references": 1,
            "train_passes": 1,
            "chunk": 1,
            "consistency_width": 0,
            "consistency_start": 0,
            "taught_steps": 0,
        }
        for name, smallest in least.items():
            if getattr(self, name) < smallest:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {smallest}."
                )
        if self.train_references is not None and self.train_references < 1:
            raise errors.UserError(
                f"`train_references` ({self.train_references}) must be at least 1, or "
                "None for all."
            )
        if self.reads_pixels and not self.fills_first:
            raise errors.UserError(
                "`reads_pixels` (True) mixes what is read with a filled frame; set "
                "`fills_first` to True."
            )
        if self.completer_steps == 0 and not self.consistency_width:
            raise errors.UserError(
                "`completer_steps` (0) leaves nothing to train; set `consistency_width`, "
                "or let encoder and decoder train."
            )

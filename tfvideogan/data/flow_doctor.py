"""The flow doctor: which convention makes optical flow agree with its frames?

Flow files differ in sign, in the order of their components, in direction and by one
index, and nothing crashes when they are misread. The doctor warps frames by every
reading and tells the PSNR of each, over the 90 % of the pixels that agree best (others
may be hidden): the convention of this package (`media/flow.py`) must be visibly best.

    examination = doctor.examine(frames, forward_flow, backward_flow)
    print(doctor.table([examination]))
    doctor.diagnosis([examination])  # None, or what seems wrong
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfvideogan.media import flow as optical_flow

RIGHT = "(u, v)"
NO_FLOW = "no flow"
_PEAK = float(np.iinfo(np.uint8).max)
# Share of the pixels of a frame that are judged, those with the smallest errors: the rest
# may be hidden in the other frame, where the true flow looks worst.
JUDGED_SHARE = 0.9
# Mean squared errors below one thousandth of a grey step count as that.
MIN_ERROR = 1e-3

# A reading takes (flow, the flow of the other direction) [T-1, H, W, 2], and returns what
# it would be under another convention.
READINGS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    RIGHT: lambda flow, other: flow,
    "(-u, -v)": lambda flow, other: -flow,
    "(v, u)": lambda flow, other: flow[..., ::-1],
    "(u, -v)": lambda flow, other: flow * np.asarray([1, -1], np.float32),
    "other direction": lambda flow, other: other,
    "previous step": lambda flow, other: np.roll(flow, 1, axis=0),
    "next step": lambda flow, other: np.roll(flow, -1, axis=0),
    NO_FLOW: lambda flow, other: np.zeros_like(flow),
}


@dataclasses.dataclass(frozen=True)
class Examination:
    """Mean squared errors, in squared grey steps, of every reading of a clip's flow.

    Pixels that may be hidden do not count (`JUDGED_SHARE`).

    Attributes:
      backward: of frame t + 1 against frame t sampled by the backward flow.
      forward: of frame t against frame t + 1 sampled by the forward flow.
    """

    backward: Mapping[str, float]
    forward: Mapping[str, float]


def examine(
    frames: np.ndarray, forward: np.ndarray, backward: np.ndarray
) -> Examination:
    """Warps a clip by every reading of its flow.

    Args:
      frames: [T, H, W, C] uint8.
      forward: [T-1, H, W, 2] pixels.
      backward: [T-1, H, W, 2] pixels.
    """
    pictures = frames.astype(np.float32)
    return Examination(
        backward={
            name: _error(pictures[:-1], pictures[1:], read(backward, forward))
            for name, read in READINGS.items()
        },
        forward={
            name: _error(pictures[1:], pictures[:-1], read(forward, backward))
            for name, read in READINGS.items()
        },
    )


def psnr(examinations: Sequence[Examination], direction: str) -> dict[str, float]:
    """Returns the PSNR in dB of each reading over some clips.

    Args:
      examinations: at least one.
      direction: "backward" or "forward".
    """
    errors_ = [getattr(examination, direction) for examination in examinations]
    return {
        name: float(
            10
            * np.log10(
                _PEAK**2 / max(np.mean([error[name] for error in errors_]), MIN_ERROR)
            )
        )
        for name in READINGS
    }


def table(examinations: Sequence[Examination]) -> str:
    """Formats the PSNR of all readings; the first line should be the best."""
    backward = psnr(examinations, "backward")
    forward = psnr(examinations, "forward")
    lines = [f"{'flow read as':<18}{'backward':>10}{'forward':>10}   PSNR in dB"]
    lines += [
        f"{name:<18}{backward[name]:>10.2f}{forward[name]:>10.2f}" for name in READINGS
    ]
    return "\n".join(lines)


def diagnosis(examinations: Sequence[Examination]) -> str | None:
    """Returns what seems wrong with the flow, or None.

    Where nothing moves, no reading is better than another, and nothing is said.
    """
    for direction in ("backward", "forward"):
        levels = psnr(examinations, direction)
        best = max(levels, key=levels.__getitem__)
        if levels[best] > levels[RIGHT]:
            return (
                f"The {direction} flow agrees best with its frames when it is read as "
                f"{best} ({levels[best]:.1f} dB against {levels[RIGHT]:.1f} dB); see "
                "tfvideogan/media/flow.py for the convention."
            )
    return None


def _error(sources: np.ndarray, targets: np.ndarray, flow: np.ndarray) -> float:
    """Returns the mean squared error of sources sampled by flow against targets."""
    errors_ = []
    for picture, target, vectors in zip(sources, targets, flow, strict=True):
        warped = optical_flow.sampled(picture, np.ascontiguousarray(vectors))
        squares = (warped.reshape(target.shape) - target) ** 2
        squares = squares.mean(-1).ravel()
        judged = max(1, int(JUDGED_SHARE * squares.size))
        errors_.append(np.partition(squares, judged - 1)[:judged].mean())
    return float(np.mean(errors_))

"""How far the object of a predicted clip is from where it really is.

The distance in pixels between the centroids of the object in generated and in real frames,
s steps after the context, for clips of one object before a plain ground (`objects.py`; of
two objects it is the centroid of both together). Beside the model stand

    copied    the object stays where it is in the last frame of the context
    linear    it goes on as from the last frame but one to the last; n/a with one frame

A frame without an object has no centroid and no error: read `object found` beside it, the
share of generated and real frames that have one.

All is NumPy in float64.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import objects, prediction, streaming

STEPS = (1, 5, 10, 20, 40, 200)


@dataclasses.dataclass(eq=False)
class CentroidError(streaming.MeanMetric):
    """Pixels between the centroids of predicted and real objects.

    The results are `centroid error/model/+10` and the like, and `object found/model/+10`.

    Attributes:
      context: frames that the model was given; the first of its `frames`, too.
      steps: frames after the context that are judged, in rising order, as far as clips
        are long enough.

    Raises:
      UserError: `context` is less than 1, or `steps` do not rise from 1 or more.
    """

    needs_plain_ground = True

    context: int = 1
    steps: Sequence[int] = STEPS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.context < 1:
            raise errors.UserError(
                f"`CentroidError.context` ({self.context}) must be at least 1."
            )
        if not self.steps or np.any(np.diff([0, *self.steps]) < 1):
            raise errors.UserError(
                f"`CentroidError.steps` {tuple(self.steps)} must rise from 1 or more."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`.

        Raises:
          UserError: frames are missing, too few, or not those of the context.
        """
        steps = self._within(batch)
        real, model = prediction.real_and_predicted(
            batch,
            outputs,
            context=self.context,
            steps=steps[-1],
            owner="CentroidError",
        )
        future = self.context - 1 + np.array(steps)
        past = objects.centres(objects.find(real[:, : self.context]))
        truth = objects.centres(objects.find(real[:, future]))  # [N, S, 2]
        subjects = {
            "model": objects.centres(objects.find(model[:, future])),
            "copied": np.repeat(past[:, -1:], len(steps), axis=1),
            "linear": _extrapolated(past, steps),
        }
        found = {
            subject: np.sqrt(np.square(one - truth).sum(axis=-1))
            for subject, one in subjects.items()
        }
        for baseline in prediction.BASELINES:
            found[f"model - {baseline}"] = found["model"] - found[baseline]
        for subject, distances in found.items():
            self._add(f"centroid error/{subject}", steps, distances)
        for subject, centres in (("model", subjects["model"]), ("real", truth)):
            is_found = ~np.isnan(centres[..., 0])
            self._add(f"object found/{subject}", steps, is_found)

    def _within(self, batch: Mapping[str, np.ndarray]) -> tuple[int, ...]:
        """The steps that real clips are long enough for, or the first, to be refused."""
        length = batch["frames"].shape[1] if "frames" in batch else 0
        steps = [one for one in self.steps if self.context + one <= length]
        return tuple(steps) or (self.steps[0],)

    def _add(self, row: str, steps: Sequence[int], values: np.ndarray) -> None:
        """Counts values [N, S] of clips."""
        for clip in values:
            for step, value in zip(steps, clip, strict=True):
                self._means.add(f"{row}/+{step}", float(value))


def _extrapolated(past: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    """Carries the last two of centres [N, K, 2] on at constant velocity: [N, S, 2]."""
    last = past[:, -1:]
    if past.shape[1] < prediction.LINEAR_CONTEXT:
        return np.full_like(np.repeat(last, len(steps), axis=1), np.nan)
    velocity = last - past[:, -prediction.LINEAR_CONTEXT, np.newaxis]
    return last + np.array(steps)[:, np.newaxis] * velocity

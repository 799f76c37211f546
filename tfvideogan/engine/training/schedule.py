"""When the things of a training happen, in steps.

schedule = Schedule(steps=1000, log_every=100, ..., steps_per_call=1)
schedule.is_due(schedule.log_every, 300)    # True
"""

import dataclasses

from tfvideogan.core import errors

INTERVALS = ("log_every", "sample_every", "eval_every", "save_every")


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When things happen, in steps; 0 means only at the end (pictures: also first).

    Attributes:
      steps: of the whole training.
      log_every: losses and speed.
      sample_every: clips to look at.
      eval_every: metrics.
      save_every: checkpoints.
      steps_per_call: steps of a block; every interval is a multiple of it.
    """

    steps: int
    log_every: int
    sample_every: int
    eval_every: int
    save_every: int
    steps_per_call: int

    def __post_init__(self) -> None:
        """Checks the numbers."""
        for name in ("steps", "steps_per_call"):
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        for name in INTERVALS:
            value = getattr(self, name)
            if value < 0 or value % self.steps_per_call:
                raise errors.UserError(
                    f"`{name}` ({value}) must be 0 or a positive multiple of "
                    f"`steps_per_call` ({self.steps_per_call})."
                )

    def is_due(self, every: int, step: int) -> bool:
        """Says whether an interval ends at a step."""
        return step == self.steps or (every > 0 and step % every == 0)

"""The schedules of the published system as phases, and how long each part of them is.

    step          0         pretraining        + critic_steps
    reconstruction    generator: squared error, from then to the end
    adversarial       generator: squared error | critic alone | one of three:

    "simple"         5 critic updates, 1 of the generator that deceives the critic
    "double"         likewise; the squared error is a part of the generator's loss
    "alternating"    100 steps of "simple", 100 steps of squared error alone, and so on

The report does not say which one made its figures; the notebook runs "simple", "double"
and "alternating" behind each other on the same weights, and "simple" cannot run there: its
first line of log has six places for four numbers.

Where we differ from the notebook: a run has one batch size, 8 as in its adversarial part,
whose pretraining took 4 samples; the critic learns from real and generated frames in one
update instead of two, one behind the other; the critic's updates of a step see other
frames of the same clips; "alternating" begins with 100 adversarial steps, there with one.

Source: as of `generator.py`, Adversarial_UNet_KTH.ipynb.
"""

import dataclasses
from typing import Protocol

from tfvideogan.core import errors
from tfvideogan.models import phase

NAMES = ("reconstruction", "simple", "double", "alternating")
CRITIC, GENERATOR, RECONSTRUCTION = "critic", "generator", "reconstruction"
PRETRAINING, CRITIC_PRETRAINING = "pretraining", "critic_pretraining"


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Which updates a training has, and when.

    Attributes:
      name: one of `NAMES`.
      pretraining_steps: of the generator alone, before an adversarial schedule; published
        are 50 epochs of 584 steps.
      critic_steps: of the critic alone, behind them; one update each.
      critic_updates: of the critic in an adversarial step.
      turn_steps: length of a turn of "alternating".
      error_gain: factor of the squared error in "double".

    Raises:
      UserError: a value is out of its range.
    """

    name: str = "reconstruction"
    pretraining_steps: int = 29_200
    critic_steps: int = 2_000
    critic_updates: int = 5
    turn_steps: int = 100
    error_gain: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise errors.UserError(
                f"`name` ({self.name!r}) of the schedule must be one of "
                f"{', '.join(map(repr, NAMES))}."
            )
        for name, least in (
            ("pretraining_steps", 0),
            ("critic_steps", 0),
            ("critic_updates", 1),
            ("turn_steps", 1),
        ):
            if getattr(self, name) < least:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {least}."
                )
        if self.error_gain <= 0:
            raise errors.UserError(
                f"`error_gain` ({self.error_gain}) must be positive; for none use the "
                'schedule "simple".'
            )

    @property
    def is_adversarial(self) -> bool:
        """Whether there is a critic."""
        return self.name != RECONSTRUCTION

    @property
    def start(self) -> int:
        """The step in which the adversarial part begins."""
        return self.pretraining_steps + self.critic_steps


class Updates(Protocol):
    """What a schedule is made of; `when` are the timing fields of `phase.Phase`."""

    def critic_phase(self, name: str, **when: int) -> phase.Phase:
        """Makes a phase of the critic."""
        ...

    def adversarial_phase(
        self, name: str, *, error_gain: float, **when: int
    ) -> phase.Phase:
        """Makes a phase of the generator that deceives the critic.

        Args:
          name: of the phase.
          error_gain: factor of the squared error in its loss.
          **when: see the class.
        """
        ...

    def error_phase(self, name: str, **when: int) -> phase.Phase:
        """Makes a phase of the generator that minimises the squared error alone."""
        ...


def phases(schedule: Schedule, updates: Updates) -> tuple[phase.Phase, ...]:
    """Returns the phases of a schedule."""
    if not schedule.is_adversarial:
        return (updates.error_phase(RECONSTRUCTION),)
    start, turn = schedule.start, schedule.turn_steps
    found = []
    if schedule.pretraining_steps:
        stop = schedule.pretraining_steps
        found.append(updates.error_phase(PRETRAINING, stop=stop))
    if schedule.critic_steps:
        begin = schedule.pretraining_steps
        found.append(updates.critic_phase(CRITIC_PRETRAINING, start=begin, stop=start))
    when = {"start": start}
    if schedule.name == "alternating":
        when |= {"every": 2 * turn, "length": turn}
        found.append(updates.error_phase(RECONSTRUCTION, offset=turn, **when))
    gain = schedule.error_gain if schedule.name == "double" else 0.0
    return (
        *found,
        updates.critic_phase(CRITIC, repeats=schedule.critic_updates, **when),
        updates.adversarial_phase(GENERATOR, error_gain=gain, **when),
    )

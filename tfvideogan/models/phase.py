"""A phase of a training step: who is updated, by which losses, when, and on which data.

A schedule is data: five critic updates for one of the generator [1], two with real clips
of their own [2], regularization on every sixteenth step [3], alignment before the rest.

    Phase("critic", ("critic",), critic_losses, optimizer, repeats=5)               # [1]
    Phase("critic", ("critic",), critic_losses, optimizer, repeats=2, own_batches=True)
    Phase("r1", (), r1_losses, joins="critic", every=16, gain=16.0)                 # [3]
    Phase("alignment", ("aligner",), align_losses, optimizer, stop=10_000)
    Phase("adversarial", ("generator",), fool_losses, optimizer, every=200, length=100)
    Phase("rebuild", ("generator",), mse_losses, optimizer, every=200, length=100,
          offset=100)

Which updates a step has is a function of its number alone, known when the step is traced:
a phase that rests costs nothing. One that joins another is a condition on the device, so
that the update is traced once, with it.

Sources:
  [1] Gulrajani et al., Improved Training of Wasserstein GANs, 2017, algorithm 1. (There
      each critic update has real examples of its own, too: add `own_batches`.)
  [2] Brock et al., Large Scale GAN Training (BigGAN), 2019, section 3: two critic steps
      per generator step; Clark et al., DVD-GAN, 2019, likewise.
  [3] Karras et al., Analyzing and Improving the Image Quality of StyleGAN, 2020, section
      3.1 and appendix B. There a regularizer is an update of its own that shares the
      Adam of the main loss, so that one comes after the other; the rate is multiplied
      and the betas are raised by c = k / (k + 1), which is left to the configuration.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import errors

Batch = Mapping[str, tf.Tensor]
Scalars = dict[str, tf.Tensor]
# (batch, shared, seed) -> (losses by name, already weighted; monitors by name).
# `shared` is what `VideoModel.shared_forward` returned: None if the model has none, and
# for phases that have batches of their own or accumulate.
LossFunction = Callable[[Batch, Batch | None, tf.Tensor], tuple[Scalars, Scalars]]

COUNTS = ("every", "length", "repeats", "accumulate")
# What a phase that joins another takes from it.
TAKEN = (
    "networks",
    "optimizer",
    "repeats",
    "clip_norm",
    "trains_shared",
    "own_batches",
    "accumulate",
)


@dataclasses.dataclass(frozen=True)
class Phase:
    """One entry of a model's schedule.

    It runs in steps start <= step < stop, `length` steps long from each step on where
    step - start - offset divides by `every`.

    Attributes:
      name: prefix of its logs, such as "critic".
      networks: names of the networks whose trainable variables it changes; () with
        `joins`.
      losses: see `LossFunction`. Loss names start with "<name>/", or with that of the
        phase it joins. Logged is what makes the mean over an interval what the phase adds
        to a step on average: of an update of its own the losses without the gain, on its
        steps; of one that joins the losses with it, and 0 on the other steps.
      optimizer: applies the gradients. Phases may share one: its state (moments, number
        of updates, loss scale) is then common, as in [3]. None with `joins`.
      every: see above.
      repeats: updates within one step, each with its own seed.
      clip_norm: largest global gradient norm, or None.
      trains_shared: whether gradients flow through the shared forward pass. Phases that
        train it must come last, because they change the weights that made it.
      gain: factor of all its losses; `every` for a lazy one, so that it weighs as much as
        in every step.
      joins: name of the phase to whose loss its own is added, in the same update and
        with the same seed (fold it by a name). It runs only where that phase does.
      start: first step.
      stop: the step before which it ends; None for never.
      length: see above; at most `every`.
      offset: see above; below `every`.
      own_batches: whether each repeat sees real examples of its own. All other phases
        see those of the first repeat. A step then reads `repeats` batches.
      accumulate: parts into which the batch is cut; their gradients are averaged for one
        update, which needs the memory of one part. Equal to the whole batch where
        examples do not meet (batch norm) and nothing is drawn: part i draws from its
        phase's seed folded by i.
    """

    name: str
    networks: tuple[str, ...]
    losses: LossFunction
    optimizer: keras.optimizers.Optimizer | None = None
    every: int = 1
    repeats: int = 1
    clip_norm: float | None = None
    trains_shared: bool = False
    gain: float = 1.0
    joins: str | None = None
    start: int = 0
    stop: int | None = None
    length: int = 1
    offset: int = 0
    own_batches: bool = False
    accumulate: int = 1

    def __post_init__(self) -> None:
        """Checks the numbers, and that they go together."""
        for name in COUNTS:
            self._check(name, getattr(self, name) >= 1, "at least 1")
        self._check(
            "length", self.length <= self.every, f"at most `every` {self.every}"
        )
        is_within = 0 <= self.offset < self.every
        self._check("offset", is_within, f"0 or more and below `every` {self.every}")
        self._check("start", self.start >= 0, "0 or more")
        is_later = self.stop is None or self.stop > self.start
        self._check("stop", is_later, f"above `start` {self.start}")
        self._check("gain", self.gain > 0, "positive")
        if self.trains_shared:
            rule = "{}, since it trains the shared forward pass, which exists once per step"
            for name in ("repeats", "accumulate"):
                self._check(name, getattr(self, name) == 1, rule.format(1))
            self._check("own_batches", not self.own_batches, rule.format(False))
        if self.joins is None:
            self._check(
                "networks", self.networks, "named, or the phase `joins` another"
            )
            rule = "given, or the phase `joins` another"
            self._check("optimizer", self.optimizer is not None, rule)
        else:
            self._check_joining()

    @property
    def runs_always(self) -> bool:
        """Whether the phase is a part of every step."""
        return self.length == self.every and not self.start and self.stop is None

    def runs_at(self, step: int | tf.Tensor) -> bool | tf.Tensor:
        """Says whether the phase is a part of a step; see the class."""
        since = step - self.start - self.offset
        is_due = (self.start <= step) & (since % self.every < self.length)
        return is_due if self.stop is None else is_due & (step < self.stop)

    def _check(self, name: str, is_right: object, rule: str) -> None:
        if not is_right:
            raise ValueError(
                f"`{name}` ({getattr(self, name)}) of phase {self.name!r} must be {rule}."
            )

    def _check_joining(self) -> None:
        absent = {one.name: one.default for one in dataclasses.fields(self)}
        absent["networks"] = ()
        given = [name for name in TAKEN if getattr(self, name) != absent[name]]
        if given:
            raise ValueError(
                f"Phase {self.name!r} is a part of the update of {self.joins!r}, which "
                f"it joins; leave out what it takes from there: {', '.join(given)}."
            )


def lazy_regularizer(
    name: str, losses: LossFunction, *, joins: str, every: int
) -> Phase:
    """Returns a phase that joins another on every `every`-th step, times `every` [3].

    Args:
      name: of the phase.
      losses: see `LossFunction`.
      joins: name of the phase to whose update it belongs.
      every: in steps; at least 1.
    """
    return Phase(name, (), losses, joins=joins, every=every, gain=float(every))


def check(phases: Sequence[Phase]) -> None:
    """Checks that phases make a schedule.

    Raises:
      ValueError: they have the same names, join what is no update, or come in an order
        in which the shared forward pass cannot be trained.
    """
    names = [one.name for one in phases]
    if len(set(names)) != len(names):
        raise ValueError(f"Phase names must differ: {', '.join(names)}.")
    updates = [one for one in phases if one.joins is None]
    choices = [one.name for one in updates]
    for one in phases:
        if one.joins is not None and one.joins not in choices:
            raise ValueError(
                f"`joins` ({one.joins!r}) of phase {one.name!r} must name a phase with an "
                f"update of its own: {', '.join(choices)}."
            )
    sharing = [one.trains_shared for one in updates]
    if sharing != sorted(sharing) or sum(sharing) > 1:
        raise ValueError(
            "At most one phase can train the shared forward pass, and it must come "
            f"last: {', '.join(choices)}."
        )


def active(phases: Sequence[Phase], step: int) -> tuple[str, ...]:
    """Returns the names of the phases with an update in a step, in order."""
    return tuple(one.name for one in phases if one.joins is None and one.runs_at(step))


def optimizers(phases: Sequence[Phase]) -> dict[str, keras.optimizers.Optimizer]:
    """Returns each optimizer once, by the name of the first phase that has it."""
    first: dict[int, Phase] = {}
    for one in phases:
        if one.optimizer is not None:
            first.setdefault(id(one.optimizer), one)
    return {one.name: one.optimizer for one in first.values()}


def batches_per_step(phases: Sequence[Phase]) -> int:
    """Returns how many batches of real examples a step reads."""
    return max((one.repeats for one in phases if one.own_batches), default=1)


def joined(
    one: Phase, step: tf.Tensor, losses: Callable[[], tuple[Scalars, Scalars]]
) -> tuple[Scalars, Scalars]:
    """Computes what a joining phase adds to a step: zeros where it rests.

    Args:
      one: the phase.
      step: scalar int64, the number of the step.
      losses: returns losses and monitors, float32 scalars by name.

    Returns:
      Losses times the gain, and monitors.
    """
    names: list[list[str]] = [[], []]

    def due() -> list[tf.Tensor]:
        found, monitors = losses()
        names[:] = [list(found), list(monitors)]
        return [one.gain * loss for loss in found.values()] + list(monitors.values())

    def rest() -> list[tf.Tensor]:
        return [tf.zeros([])] * sum(map(len, names))

    if one.runs_always:
        scalars = iter(due())
    else:
        # A graph has both branches, the first one made first, so that `rest` knows the
        # names; eagerly, what rests has none.
        scalars = iter(tf.cond(one.runs_at(step), due, rest))
    made = [{name: next(scalars) for name in some} for some in names]
    return made[0], made[1]


def split(batch: Batch, number: int) -> list[Batch]:
    """Cuts a batch [N, ...] into equal parts [N / number, ...], in order.

    Raises:
      UserError: N is known and does not divide.
    """
    if number == 1:
        return [batch]
    sizes = {key: value.shape[0] for key, value in batch.items()}
    for key, size in sizes.items():
        if size is not None and size % number:
            raise errors.UserError(
                f"A replica's batch ({size} examples in {key!r}) must divide into the "
                f"{number} parts of a phase; change BATCH_SIZE or the number of replicas."
            )
    parts = {key: tf.split(value, number) for key, value in batch.items()}
    return [{key: parts[key][index] for key in parts} for index in range(number)]

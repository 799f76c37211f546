"""A long video in several requests: state where the model has one, else overlap.

A model with `<verb>_start` and `<verb>_next` (core/exportable.py) hands out its memory,
and the joined chunks equal one request. Any other model is asked for chunks that overlap;
the overlap is blended, and an input `mask` of the first frame is taken from the chunk
before.

    plan = long_video.Plan(chunk_frames=32, overlap=4)
    outputs = long_video.predict(ask, "predict", signatures, inputs, plan)
"""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from tfvideogan.core import errors, exportable
from tfvideogan.serving.client import grpc_client

FRAMES, MASK = "frames", "mask"
# Inputs between frames have one entry less than there are frames.
BETWEEN = ("forward_flow", "backward_flow")
IN_TIME = (FRAMES, "masks", *BETWEEN)
HALF = 128

Arrays = dict[str, np.ndarray]
# Sends inputs (without batch axis) to a signature, for some outputs.
Ask = Callable[[str, Arrays], Arrays]
Signatures = Mapping[str, grpc_client.Signature]


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a video is cut.

    Attributes:
      chunk_frames: at most so many frames in a request.
      overlap: frames that two chunks share, where the model has no memory.
      progress: called with frames done and frames in all, after each request.
    """

    chunk_frames: int = 32
    overlap: int = 4
    progress: Callable[[int, int], None] = lambda done, total: None

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
          UserError: a chunk would bring no new frame.
        """
        if self.chunk_frames < 2 or not 0 <= self.overlap < self.chunk_frames:
            raise errors.UserError(
                f"`chunk_frames` ({self.chunk_frames}) must be at least 2 and greater "
                f"than `overlap` ({self.overlap}), which must not be negative."
            )


def predict(
    ask: Ask, verb: str, signatures: Signatures, inputs: Arrays, plan: Plan
) -> Arrays:
    """Runs a signature over a video of any length.

    Args:
      ask: sends one request.
      verb: the signature for a whole video.
      signatures: of the model.
      inputs: of one example, without batch axis: `frames` [T, H, W, C] and what else the
        signature wants.
      plan: how to cut.

    Returns:
      The outputs without batch axis; those in time are T long.
    """
    total = len(inputs[FRAMES])
    fixed = _fixed_frames(signatures[verb])
    if fixed is None and total <= plan.chunk_frames:
        found = ask(verb, inputs)
        plan.progress(total, total)
        return found
    start, following = verb + exportable.START, verb + exportable.NEXT
    if fixed is None and start in signatures and following in signatures:
        return _with_state(ask, (start, following), signatures, inputs, plan)
    if fixed is not None:
        overlap = min(plan.overlap, fixed - 1)
        plan = dataclasses.replace(plan, chunk_frames=fixed, overlap=overlap)
        inputs = _padded(inputs, max(total, fixed))
    return _with_overlap(ask, verb, inputs, plan, total)


def _fixed_frames(signature: grpc_client.Signature) -> int | None:
    """Returns the number of frames that a signature insists on."""
    shape = signature.inputs[FRAMES].shape
    return shape[1] if shape is not None else None


def _with_state(
    ask: Ask,
    verbs: tuple[str, str],
    signatures: Signatures,
    inputs: Arrays,
    plan: Plan,
) -> Arrays:
    total, first = len(inputs[FRAMES]), 0
    parts: list[Arrays] = []
    state: Arrays = {}
    while first < total - 1 or not parts:
        stop = min(first + plan.chunk_frames, total)
        verb = verbs[1] if parts else verbs[0]
        wanted = signatures[verb].inputs
        chunk = {n: a for n, a in _cut(inputs, first, stop).items() if n in wanted}
        found = ask(verb, chunk | state)
        state = {
            exportable.STATE + name.removeprefix(exportable.NEXT_STATE): found.pop(name)
            for name in list(found)
            if name.startswith(exportable.NEXT_STATE)
        }
        parts.append(found)
        plan.progress(stop, total)
        first = stop - 1  # a chunk begins with the last frame of the one before
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _with_overlap(
    ask: Ask, verb: str, inputs: Arrays, plan: Plan, total: int
) -> Arrays:
    length = len(inputs[FRAMES])
    joined: Arrays = {}
    first, done = 0, 0
    while done < length:
        stop = min(first + plan.chunk_frames, length)
        if length >= plan.chunk_frames:
            first = stop - plan.chunk_frames  # the last chunk is as long as the others
        chunk = _cut(inputs, first, stop)
        if first and MASK in inputs and MASK in joined:
            seen = joined[MASK][first]
            chunk[MASK] = np.where(seen >= HALF, np.uint8(255), np.uint8(0))
        found = ask(verb, chunk)
        joined = _blended(joined, found, done - first) if joined else found
        done = stop
        plan.progress(min(done, total), total)
        first = done - plan.overlap
    return {name: array[:total] for name, array in joined.items()}


def _cut(inputs: Arrays, first: int, stop: int) -> Arrays:
    """Cuts frames first..stop out of everything that runs in time."""
    found = dict(inputs)
    for name in IN_TIME:
        if name in inputs:
            last = stop - 1 if name in BETWEEN else stop
            found[name] = inputs[name][first:last]
    return found


def _padded(inputs: Arrays, length: int) -> Arrays:
    """Repeats the last frame, without motion, until there are enough."""
    found = dict(inputs)
    for name in IN_TIME:
        if name in inputs:
            array = inputs[name]
            rim = [(0, length - (name in BETWEEN) - len(array))] + [(0, 0)] * 3
            mode = "constant" if name in BETWEEN else "edge"
            found[name] = np.pad(array, rim, mode=mode)
    return found


def _blended(joined: Arrays, found: Arrays, shared: int) -> Arrays:
    """Joins two results along time; `shared` frames go over from one to the other."""
    shares = np.linspace(0.0, 1.0, shared + 2)[1:-1]
    blended = {}
    for name, old in joined.items():
        new = found[name]
        weights = shares.reshape([-1] + [1] * (old.ndim - 1))
        middle = old[len(old) - shared :] * (1.0 - weights) + new[:shared] * weights
        if np.issubdtype(old.dtype, np.integer):
            middle = np.rint(middle)
        blended[name] = np.concatenate(
            [old[: len(old) - shared], middle.astype(old.dtype), new[shared:]]
        )
    return blended

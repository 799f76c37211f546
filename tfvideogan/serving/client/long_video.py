"""A long video in several requests: state where the model has one, else overlap.

A model with `<verb>_start` and `<verb>_next` (core/signatures.py) hands out its memory,
and the joined chunks equal one request; with `<verb>_end` it answers late, as many frames
at a time as are ready. Any other model is asked for chunks that overlap; the overlap is
blended, and an input `mask` of the first frame is taken from the chunk before.

Only outputs with an entry for each frame can be joined: `video`, `mask`, a brightness
[N, T]. What a signature says once about all frames, such as a label, is only answered
where one request carries the video.

    plan = long_video.Plan(chunk_frames=32, overlap=4)
    answers = long_video.predict(ask, "predict", known, inputs, ["video"], plan)
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.serving.client import metadata

HALF, OBJECT = 128, 255  # of a mask's bytes
PICTURE_RANK = 4  # of [N, H, W, C]

Arrays = dict[str, np.ndarray]
# Sends inputs to a signature for some outputs, all without the batch axis.
Ask = Callable[[str, Arrays, Sequence[str]], Arrays]
Signatures = Mapping[str, metadata.Signature]


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
    ask: Ask,
    verb: str,
    known: Signatures,
    inputs: Arrays,
    outputs: Sequence[str],
    plan: Plan,
) -> Arrays:
    """Runs a signature over a video of any length.

    Args:
      ask: sends one request.
      verb: the signature for a whole video.
      known: the signatures of the model.
      inputs: of one example, without batch axis: `frames` [T, H, W, C] and what else the
        signature wants.
      outputs: the wanted ones.
      plan: how to cut.

    Returns:
      The wanted outputs without batch axis; those in time are T long.

    Raises:
      UserError: the video needs several requests, whose outputs cannot be joined, or the
        model takes a single frame.
    """
    total = len(inputs[signatures.FRAMES])
    fixed = _fixed_frames(known[verb])
    start, following = verb + signatures.START, verb + signatures.NEXT
    if total <= (fixed or plan.chunk_frames):
        found = ask(verb, _padded(inputs, fixed) if fixed else inputs, outputs)
        plan.progress(total, total)
        return {
            name: found[name][:total] if _is_in_time(known[verb], name) else found[name]
            for name in outputs
        }
    if fixed is None and start in known and following in known:
        pair = known[start], known[following]
        end = known.get(verb + signatures.END)
        return _with_state(ask, pair, end, inputs, outputs, plan)
    if fixed == 1:
        raise errors.UserError(
            f"{verb} of this model takes 1 frame, but there are {total}; give one.",
            flags="--max_frames=1 does that.",
        )
    if fixed is not None:
        overlap = min(plan.overlap, fixed - 1)
        plan = dataclasses.replace(plan, chunk_frames=fixed, overlap=overlap)
    return _with_overlap(ask, known[verb], inputs, outputs, plan)


def _fixed_frames(signature: metadata.Signature) -> int | None:
    """Returns the number of frames that a signature insists on."""
    shape = signature.inputs[signatures.FRAMES].shape
    return shape[1] if shape is not None else None


def _is_in_time(signature: metadata.Signature, output: str) -> bool:
    """Whether an output has an entry for each frame, as far as its shape tells."""
    frames = signature.inputs[signatures.FRAMES].shape
    shape = signature.outputs[output].shape
    if frames is None or shape is None:
        return True
    # [N, H, W, C], where H may happen to be the number of frames.
    is_picture = len(shape) == PICTURE_RANK and shape[1:3] == frames[2:4]
    return len(shape) > 1 and not is_picture and shape[1] in (None, frames[1])


def _with_state(
    ask: Ask,
    pair: tuple[metadata.Signature, metadata.Signature],
    end: metadata.Signature | None,
    inputs: Arrays,
    outputs: Sequence[str],
    plan: Plan,
) -> Arrays:
    """Asks for a first chunk, then for further ones with the memory of the one before.

    At last it asks for what the model still owes, if it has a signature for that.
    """
    total, first = len(inputs[signatures.FRAMES]), 0
    for signature in pair:
        _check_joins(signature, outputs, total, plan)
    parts: list[Arrays] = []
    state: Arrays = {}
    while first < total - 1:
        stop = min(first + plan.chunk_frames, total)
        signature = pair[1] if parts else pair[0]
        memory = [name for name in signature.outputs if signatures.is_state(name)]
        chunk = _cut(inputs, first, stop)
        chunk = {name: one for name, one in chunk.items() if name in signature.inputs}
        found = ask(signature.name, chunk | state, [*outputs, *memory])
        state = {signatures.state_input(name): found[name] for name in memory}
        # A further chunk begins with the last frame of the one before.
        new = stop - first - bool(parts)
        if end:  # What is missing comes at the end.
            new = len(found[outputs[0]])
        parts.append(_checked(signature, found, outputs, new))
        plan.progress(stop, total)
        first = stop - 1
    if end:
        owed = total - sum(len(part[outputs[0]]) for part in parts)
        parts.append(_checked(end, ask(end.name, state, outputs), outputs, owed))
    return {name: np.concatenate([part[name] for part in parts]) for name in outputs}


def _with_overlap(
    ask: Ask,
    signature: metadata.Signature,
    inputs: Arrays,
    outputs: Sequence[str],
    plan: Plan,
) -> Arrays:
    """Asks for chunks that overlap, each with the object where the one before left it."""
    total, mask = len(inputs[signatures.FRAMES]), signatures.MASK
    asked = list(dict.fromkeys([*outputs, *([mask] if mask in inputs else [])]))
    _check_joins(signature, asked, total, plan)
    joined: Arrays = {}
    done = 0
    while done < total:
        stop = min(max(done - plan.overlap, 0) + plan.chunk_frames, total)
        first = stop - plan.chunk_frames  # the last chunk is as long as the others
        chunk = _cut(inputs, first, stop)
        if first and mask in inputs:
            seen = joined[mask][first]
            chunk[mask] = np.where(seen >= HALF, np.uint8(OBJECT), np.uint8(0))
        found = ask(signature.name, chunk, asked)
        found = _checked(signature, found, asked, stop - first)
        joined = _blended(joined, found, done - first) if joined else found
        done = stop
        plan.progress(done, total)
    return {name: joined[name] for name in outputs}


def _check_joins(
    signature: metadata.Signature, outputs: Sequence[str], total: int, plan: Plan
) -> None:
    """Refuses outputs that the answers to several requests cannot be joined in."""
    for name in outputs:
        if name not in signature.outputs:
            reason = "does not give it"
        elif not _is_in_time(signature, name):
            reason = "does not give it for each frame"
        else:
            continue
        is_fixed = _fixed_frames(signature) is not None
        one_request = (
            f"of the first {plan.chunk_frames}"
            if is_fixed
            else f"with `chunk_frames` = {total}"
        )
        raise errors.UserError(
            f"{total} frames need several requests of {plan.chunk_frames}, which "
            f"cannot be joined in `{name}`: {signature.name} {reason}. Send one request "
            f"{one_request}, or choose other `outputs`.",
            flags=f"--max_frames={plan.chunk_frames} does that." if is_fixed else "",
        )


def _checked(
    signature: metadata.Signature, found: Arrays, outputs: Sequence[str], length: int
) -> Arrays:
    """Returns the wanted outputs, each with an entry for each of the chunk's new frames."""
    for name in outputs:
        shape = found[name].shape
        if shape[:1] != (length,):
            raise errors.UserError(
                f"`{name}` of {signature.name} has shape {list(shape)} for a chunk with "
                f"{length} new frames, so chunks cannot be joined in it; choose other "
                "`outputs`."
            )
    return {name: found[name] for name in outputs}


def _cut(inputs: Arrays, first: int, stop: int) -> Arrays:
    """Cuts frames first..stop out of everything that runs in time."""
    found = dict(inputs)
    for name in set(signatures.PER_FRAME) & set(inputs):
        found[name] = inputs[name][first:stop]
    for name in set(signatures.FLOWS) & set(inputs):
        found[name] = inputs[name][first : stop - 1]
    return found


def _padded(inputs: Arrays, length: int) -> Arrays:
    """Repeats the last frame, without motion, until there are enough."""
    found = dict(inputs)
    for name in set(signatures.PER_FRAME) & set(inputs):
        found[name] = _longer(inputs[name], length, mode="edge")
    for name in set(signatures.FLOWS) & set(inputs):
        found[name] = _longer(inputs[name], length - 1, mode="constant")
    return found


def _longer(array: np.ndarray, length: int, *, mode: str) -> np.ndarray:
    rim = [(0, length - len(array))] + [(0, 0)] * (array.ndim - 1)
    return np.pad(array, rim, mode=mode)


def _blended(joined: Arrays, found: Arrays, shared: int) -> Arrays:
    """Joins two results along time; `shared` frames go over from one to the other."""
    shares = np.linspace(0.0, 1.0, shared + 2)[1:-1]
    blended = {}
    for name, old in joined.items():
        new = found[name]
        weights = shares.reshape([-1] + [1] * (old.ndim - 1))
        last = old[len(old) - shared :].astype(np.float64)
        # Where both agree, nothing is rounded.
        middle = last + (new[:shared] - last) * weights
        if np.issubdtype(old.dtype, np.integer):
            middle = np.rint(middle)
        blended[name] = np.concatenate(
            [old[: len(old) - shared], middle.astype(old.dtype), new[shared:]]
        )
    return blended

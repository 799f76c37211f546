"""As many frames as are wanted, of a model that makes them up: `--steps=N`.

`<verb>` answers a video of the model's own length. A model with `<verb>_start` and
`<verb>_next` (core/signatures.py) goes on for as long as it is asked: the first request
brings what the verb wants, each further one the state that the one before handed out, and
again those inputs that it names, such as `text`.

    answers = rollout.predict(ask, "generate", known, inputs, ["video"], steps=200)
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.serving.client import metadata

VIDEO_RANK = 5  # of [N, T, H, W, C]

Arrays = dict[str, np.ndarray]
# Sends inputs to a signature for some outputs, all with the batch axis.
Ask = Callable[[str, Arrays, Sequence[str]], Arrays]
Signatures = Mapping[str, metadata.Signature]
Progress = Callable[[int, int], None]


def check(
    verb: str, known: Signatures, outputs: Sequence[str], steps: int | None
) -> None:
    """Checks that a model can answer so many frames, as far as its signatures tell.

    Args:
      verb: the signature for a video of the model's own length.
      known: the signatures of the model.
      outputs: the wanted ones.
      steps: frames, or None for the model's own number.

    Raises:
      UserError: it cannot.
    """
    if steps is None:
        return
    if steps < 1:
        raise errors.UserError(f"`steps` ({steps}) must be at least 1.")
    if signatures.FRAMES in known[verb].inputs:
        raise errors.UserError(
            f"`steps` ({steps}) counts frames that a model makes up, but {verb} answers "
            f"each frame of its `{signatures.FRAMES}`; give it fewer of them.",
            flags="--max_frames does that.",
        )
    pair = _pair(verb, known)
    for signature in pair or (known[verb],):
        for name in outputs:
            one = signature.outputs.get(name)
            if one is None or one.shape is not None and len(one.shape) != VIDEO_RANK:
                raise errors.UserError(
                    f"`steps` ({steps}) counts frames, but `{name}` of {signature.name} "
                    "is no video; leave `steps` out, or choose other `outputs`."
                )
    length = _length(known[verb], outputs)
    if not pair and length is not None and steps > length:
        raise _too_few(verb, steps, length)


def predict(
    ask: Ask,
    verb: str,
    known: Signatures,
    inputs: Arrays,
    outputs: Sequence[str],
    *,
    steps: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Arrays:
    """Runs a signature, and goes on from its state until there are enough frames.

    Args:
      ask: sends one request.
      verb: the signature for a video of the model's own length.
      known: the signatures of the model.
      inputs: of all requests, with the batch axis.
      outputs: the wanted ones.
      steps: frames; None for the model's own number.
      progress: called with frames done and frames in all, after each of several requests.

    Returns:
      The wanted outputs; with `steps`, [N, steps, H, W, C].

    Raises:
      UserError: the model answers fewer frames and has no state, or answers none.
    """
    check(verb, known, outputs, steps)
    pair, length = _pair(verb, known), _length(known[verb], outputs)
    if steps is None or not pair or length is not None and steps <= length:
        found = ask(verb, inputs, outputs)
        if steps is None:
            return found
        answered = found[outputs[0]].shape[1]
        if answered < steps:
            raise _too_few(verb, steps, answered)
        return {name: found[name][:, :steps] for name in outputs}
    return _with_state(ask, pair, inputs, outputs, steps, progress)


def _with_state(
    ask: Ask,
    pair: tuple[metadata.Signature, metadata.Signature],
    inputs: Arrays,
    outputs: Sequence[str],
    steps: int,
    progress: Progress,
) -> Arrays:
    """Asks for the first frames, then for further ones with the state handed out."""
    parts: list[Arrays] = []
    state: Arrays = {}
    done = 0
    while done < steps:
        signature = pair[1] if parts else pair[0]
        memory = [name for name in signature.outputs if signatures.is_state(name)]
        given = {name: one for name, one in inputs.items() if name in signature.inputs}
        found = ask(signature.name, given | state, [*outputs, *memory])
        state = {signatures.state_input(name): found[name] for name in memory}
        parts.append({name: found[name] for name in outputs})
        new = {array.shape[1] for array in parts[-1].values()}
        if len(new) > 1 or not all(new):
            raise errors.UserError(
                f"{signature.name} answers {sorted(new)} frames as {', '.join(outputs)}; "
                "a video cannot be made of them."
            )
        done += new.pop()
        progress(min(done, steps), steps)
    return {
        name: np.concatenate([part[name] for part in parts], axis=1)[:, :steps]
        for name in outputs
    }


def _pair(
    verb: str, known: Signatures
) -> tuple[metadata.Signature, metadata.Signature] | None:
    """Returns the signatures for the first and for further requests, where there are."""
    start, following = verb + signatures.START, verb + signatures.NEXT
    has_both = start in known and following in known
    return (known[start], known[following]) if has_both else None


def _length(signature: metadata.Signature, outputs: Sequence[str]) -> int | None:
    """Returns the number of frames in an answer, as far as it is known."""
    shape = signature.outputs[outputs[0]].shape
    return shape[1] if shape is not None and len(shape) == VIDEO_RANK else None


def _too_few(verb: str, steps: int, length: int) -> errors.UserError:
    return errors.UserError(
        f"`steps` is {steps}, but {verb} of this model answers {length} frames and has no "
        f"{verb}{signatures.START} and {verb}{signatures.NEXT} to go on with; take at "
        f"most {length}."
    )

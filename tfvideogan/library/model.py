"""A model as a Python object: its signatures are its methods.

    model = tfvideogan.load("foregan")
    model.signatures                                    # what it takes and answers
    answer = model.predict(frames=frames, mask=mask)    # NumPy in, NumPy out
    answer.video, answer["mask"]
    tfvideogan.load("runs/mocogan").generate(9, seed=0).save("grid.mp4")

What is asked, in how many requests, and which file an answer becomes, is decided where the
client does it (serving/client); an input is as core/signatures.py says.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.library import answers
from tfvideogan.serving.client import (
    completion,
    in_process,
    long_video,
    metadata,
    session,
)

VIDEO_RANK = 5  # of [N, T, H, W, C]
# Of inputs that need not be given.
DEFAULTS = {signatures.SEED: 0, signatures.LABEL: 0, signatures.TRUNCATION: 1.0}


class Model:
    """Answers with the signatures of an export or a trained model."""

    def __init__(self, name: str, client: in_process.InProcessClient) -> None:
        """Stores where it came from, and what answers."""
        self._name = name
        self._client = client

    @property
    def signatures(self) -> dict[str, metadata.Signature]:
        """What the model takes and answers, by the name of the method."""
        known = self._client.signatures()
        return {
            name: one for name, one in known.items() if name != signatures.DEFAULT
        } or known

    def __repr__(self) -> str:
        lines = [one.describe() for one in self.signatures.values()]
        return "\n  ".join([f"tfvideogan model {self._name}", *lines])

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.signatures]

    def __getattr__(self, verb: str) -> Callable[..., answers.Answer]:
        if verb.startswith("_"):
            raise AttributeError(verb)
        if verb not in self.signatures:
            raise AttributeError(
                f"{self._name} has no {verb}; it has {', '.join(self.signatures)}."
            )
        return functools.partial(self.run, verb)

    def run(
        self,
        verb: str,
        samples: int | None = None,
        *,
        steps: int | None = None,
        outputs: Sequence[str] = (),
        chunk_frames: int = 32,
        overlap: int = 4,
        method: str = completion.NETWORK,
        **inputs: Any,
    ) -> answers.Answer:
        """Calls a signature; `model.predict(...)` is `model.run("predict", ...)`.

        Args:
          verb: the name of the signature.
          samples: answers to `seed`, `seed` + 1 ..., where the signature takes a seed.
          steps: frames to make up, however many; as many as the model makes by default.
          outputs: the wanted ones; all by default.
          chunk_frames: a long `frames` goes in requests of so many.
          overlap: frames that two requests share if the model has no memory.
          method: how `holes` are filled: by the model ("network"), or by propagation along
            the flow and only the rest by the model ("auto").
          **inputs: arrays by the names of the signature, all with a batch axis or all
            without. `mask` and `holes` need no channel, and `holes` [H, W] are those of
            all frames; `text` is a string, flows that are left out are estimated; `seed`
            and `label` are 0 by default, `truncation` is 1.

        Raises:
          UserError: the inputs do not fit the signature, a `method` is for no holes, or
            the model refuses them.
        """
        known = self._client.signatures()
        signature = metadata.find(known, verb)
        given = _given(signature, inputs)
        wanted = list(outputs) or _outputs(signature, steps)
        if unknown := sorted(set(wanted) - set(signature.outputs)):
            raise errors.UserError(
                f"`outputs` names {', '.join(unknown)}; {verb} has "
                f"{', '.join(sorted(signature.outputs))}."
            )
        number = _number(signature, given, samples)
        plan = long_video.Plan(chunk_frames, min(overlap, chunk_frames - 1))
        filling = completion.Method(method)
        if method != completion.NETWORK and signatures.HOLES not in signature.inputs:
            raise errors.UserError(
                f"`method` ({method!r}) says how `holes` are filled, but {verb} takes "
                "none; leave it out."
            )
        requests = [_batch(signature, given, number or 1)]
        if signatures.FRAMES in given:  # A long one goes in several requests.
            requests = [
                {name: array[row] for name, array in requests[0].items()}
                for row in range(number or 1)
            ]
        found = [
            session.answer(
                self._client.predict,
                known,
                verb,
                request,
                outputs=wanted,
                steps=steps,
                plan=plan,
                method=filling,
            )
            for request in requests
        ]
        arrays = {name: np.concatenate([one[name] for one in found]) for name in wanted}
        return answers.Answer(arrays, given, is_single=number is None)


def _given(
    signature: metadata.Signature, inputs: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Returns arrays by name, with what has a default; flows may lack."""
    given = {n: one for n, one in DEFAULTS.items() if n in signature.inputs} | inputs
    flows = set(signatures.FLOWS) if signatures.FRAMES in given else set()
    missing = sorted(set(signature.inputs) - set(given) - flows)
    unknown = sorted(set(given) - set(signature.inputs))
    if missing or unknown:
        raise errors.UserError(
            f"The inputs do not fit: missing {missing}, unknown {unknown}. The "
            f"signature is {signature.describe()}."
        )
    arrays = {
        name: metadata.cast(name, value, signature.inputs[name].dtype)
        for name, value in given.items()
    }
    if signatures.MASK in arrays:
        arrays[signatures.MASK] = _with_channel(arrays)
    if signatures.HOLES in arrays:
        arrays[signatures.HOLES] = _of_all_frames(
            arrays[signatures.HOLES], arrays[signatures.FRAMES].shape
        )
    return arrays


def _with_channel(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns a mask [H, W, 1] or [N, H, W, 1], which may lack its channel."""
    mask = arrays[signatures.MASK]
    frames = arrays.get(signatures.FRAMES, mask[np.newaxis])
    return mask[..., np.newaxis] if mask.ndim == frames.ndim - 2 else mask


def _of_all_frames(holes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns holes for each frame, which may lack their channel, or be of one frame.

    Args:
      holes: [H, W], [H, W, 1], [T, H, W] or [T, H, W, 1], with the batch axis or, if
        there is no axis of time, without.
      shape: of the frames.

    Raises:
      UserError: they are not of the frames' size or number.
    """
    *leading, height, width, _ = shape
    if holes.shape in ((height, width), (height, width, 1)):
        return np.broadcast_to(
            holes.reshape(height, width, 1), (*leading, height, width, 1)
        )
    found = holes[..., np.newaxis] if holes.ndim == len(shape) - 1 else holes
    if found.shape != (*shape[:-1], 1):
        raise errors.UserError(
            f"`holes` has shape {list(holes.shape)}, but the frames are {list(shape)}; "
            f"give {[*shape[:-1], 1]}, or [{height}, {width}] for all frames."
        )
    return found


def _outputs(signature: metadata.Signature, steps: int | None) -> list[str]:
    """Returns the outputs that are no memory; if frames are counted, the videos."""
    shapes = {
        name: one.shape
        for name, one in signature.outputs.items()
        if not signatures.is_state(name)
    }
    videos = [n for n, one in shapes.items() if one is None or len(one) == VIDEO_RANK]
    # Without a video, what lacks frames is said of what there is.
    return list(shapes) if steps is None else videos or list(shapes)


def _is_batched(signature: metadata.Signature, name: str, array: np.ndarray) -> bool:
    shape = signature.inputs[name].shape
    return shape is None or array.ndim == len(shape)


def _number(
    signature: metadata.Signature, given: Mapping[str, np.ndarray], samples: int | None
) -> int | None:
    """Returns the size of the batch; None where no input has such an axis.

    Raises:
      UserError: inputs disagree, or samples would all be the same.
    """
    sizes = {n: len(one) for n, one in given.items() if _is_batched(signature, n, one)}
    if samples is not None:
        takers = signatures.SEED in given and signatures.FRAMES not in given
        if samples < 1 or not takers or sizes:
            raise errors.UserError(
                f"`samples` ({samples}) must be at least 1, and belongs to one `seed` and "
                f"inputs without a batch axis; the signature is {signature.describe()}."
            )
        return samples
    if len(set(sizes.values())) > 1:
        raise errors.UserError(f"The batch axes of the inputs differ: {sizes}.")
    return next(iter(sizes.values()), None)


def _batch(
    signature: metadata.Signature, given: Mapping[str, np.ndarray], number: int
) -> dict[str, np.ndarray]:
    """Returns every input with its batch axis; single ones are repeated, seeds counted."""
    batch = {
        name: array
        if _is_batched(signature, name, array)
        else np.repeat(array[np.newaxis], number, axis=0)
        for name, array in given.items()
    }
    if signatures.SEED in given and given[signatures.SEED].ndim == 0:
        batch[signatures.SEED] = batch[signatures.SEED] + np.arange(number)
    return batch

"""The promise of a model that can be served.

A verb for each task: `generate` (noise, labels, caption -> frames), `predict` (frames
[+ caption, masks] -> frames), `complete` (frames + masks -> frames), `swap` (content and
motion of two clips -> frames), `encode` (frames -> codes), `classify` (frames ->
probabilities).

A served model forgets everything between two requests, so a long video travels in chunks
with its memory as tensors. `<verb>` answers a whole video; `<verb>_start` answers the
first chunk and hands out the memory, `<verb>_next` takes it and answers one more. Each
output `next_state_<x>` of one request is the input `state_<x>` of the following one, and
the first frame of a chunk is the last one of the chunk before.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

import tensorflow as tf

START, NEXT = "_start", "_next"
STATE, NEXT_STATE = "state_", "next_state_"
# What a client in any language and the batching of a server can carry.
DTYPES = (tf.uint8, tf.int32, tf.int64, tf.float32, tf.bool, tf.string)


@dataclasses.dataclass(frozen=True)
class InputRule:
    """What an input must be beyond its dtype; exports check it at each request.

    Attributes:
      layout: axis letters parted by spaces, such as "N T H W 3" or "N T-1 H W 2". A
        letter whose size the spec leaves open is bound by the first input that has it;
        later inputs must agree. Empty: only the sizes of the spec are checked.
      about: the input in words: meaning, unit.
      minimum: smallest value, None for no bound. NaN and infinity are never allowed.
      maximum: greatest value, None for no bound.
      example: a value that every element may have; warm-up requests are filled with it.
    """

    layout: str = ""
    about: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: int | float | bytes = 0


@dataclasses.dataclass(frozen=True)
class ServingFunction:
    """One signature of an export.

    Attributes:
      function: takes the inputs as keyword arguments, returns a dict of tensors.
      inputs: the `tf.TensorSpec` of each input; the first axis is the batch, and open.
      outputs: what each output is, by name: layout, dtype, range, in words.
      rules: of the inputs, by name; an input without one has only its spec.
      at_least: smallest size of an open axis, by its letter; 1 by default.
      about: what the signature does, one line.
      tolerance: by how much a float of an export may differ from the model, absolutely
        below 1 and relatively above; more than 1e-5 wants a reason.
    """

    function: Callable[..., Mapping[str, tf.Tensor]]
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, str]
    rules: Mapping[str, InputRule] = dataclasses.field(default_factory=dict)
    at_least: Mapping[str, int] = dataclasses.field(default_factory=dict)
    about: str = ""
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        """Checks that every input is batched and every rule fits one.

        Raises:
          ValueError: an input is a scalar, has a fixed batch or a dtype that does not
            travel, or a rule has no input or another rank.
        """
        for name, spec in self.inputs.items():
            if not spec.shape.rank or spec.shape[0] is not None:
                raise ValueError(
                    f"Input `{name}` has shape {spec.shape}; its first axis must be the "
                    "batch, of open size: a server joins requests along it."
                )
            if spec.dtype not in DTYPES:
                raise ValueError(
                    f"Input `{name}` is {spec.dtype.name}, but must be one of "
                    f"{', '.join(dtype.name for dtype in DTYPES)}."
                )
        for name, rule in self.rules.items():
            if name not in self.inputs:
                raise ValueError(
                    f"There is a rule for `{name}`, but the inputs are "
                    f"{', '.join(self.inputs)}."
                )
            letters, rank = rule.layout.split(), self.inputs[name].shape.rank
            if letters and len(letters) != rank:
                raise ValueError(
                    f"The layout of `{name}`, {rule.layout!r}, has {len(letters)} axes, "
                    f"but its spec has {rank}."
                )


class Exportable(Protocol):
    """Anything that names its serving functions."""

    def serving_functions(self) -> Mapping[str, ServingFunction]:
        """Returns the signatures by verb; the first is the default one."""
        ...

"""A signature for runtimes other than TensorFlow: one flat graph of fixed sizes.

    made = plain.make("predict", served, {"N": 1, "T": 8, "H": 64, "W": 64})
    made.function                       # takes `made.inputs`, answers `made.outputs`
    made.further_inputs(requests)       # what the served function draws and parses itself

The same network as `checked.py` exports, without its checks, its words and its dice:

* sizes are fixed, loops are written down, weights are constants (`flattening.py`);
* what a model draws from a seed is an input instead, as no two runtimes draw alike;
* captions are numbers of words; answers in words are left out.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfvideogan.core import clip, errors, signatures
from tfvideogan.serving.export import checked
from tfvideogan.serving.export.plain import flattening

# A SavedModel is one message, and no message has 2 GiB.
MAX_BYTES = 2**31 - 2**27
_OTHER_WORDS = {
    "normal": "standard normal noise",
    "uniform": "noise, uniform in [0, 1)",
    "integers": "whole numbers, all equally probable",
    "boundary": "numbers of words in the card's `words`, 0 behind the last one",
}


@dataclasses.dataclass(frozen=True)
class Input:
    """An input of a plain signature.

    Attributes:
      spec: its tensor, of fixed size.
      about: what it is, in words.
      range: smallest and greatest value, None for no bound.
    """

    spec: tf.TensorSpec
    about: str
    range: tuple[float | None, float | None] = (None, None)


@dataclasses.dataclass(frozen=True)
class Plain:
    """A plain signature.

    Attributes:
      name: of the signature.
      served: what it does.
      specs: the inputs of the served function, of fixed size.
      inputs: its own, by name.
      outputs: what they are, by name.
      renamed: the outputs' names by those of the served function: "mask" may be an input
        there as well, which others do not take; it is "mask_out" here.
      left_out: inputs and outputs of the served function that it has not, and why.
      function: takes the inputs by name.
      further_inputs: for inputs of the served function the inputs that it has not.
    """

    name: str
    served: signatures.ServingFunction
    specs: Mapping[str, tf.TensorSpec]
    inputs: Mapping[str, Input]
    outputs: Mapping[str, str]
    renamed: Mapping[str, str]
    left_out: Mapping[str, str]
    function: tf.types.experimental.ConcreteFunction
    further_inputs: Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]


def make(
    name: str, served: signatures.ServingFunction, sizes: Mapping[str, int]
) -> Plain:
    """Makes the plain form of a signature; variables are taken as they are.

    Args:
      name: of the signature.
      served: what it does.
      sizes: of all open axes by their letter, the batch N among them; further letters
        are of no matter.

    Raises:
      UserError: a size is missing or too small, or there is no plain form.
    """
    specs = _specs(name, served, sizes)

    def answer(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(served.function(**inputs))

    concrete = tf.function(answer).get_concrete_function(**served.inputs)
    _check_bytes(concrete)
    flat = flattening.flatten(concrete, specs)
    outputs = {
        key: flat.outputs[key]
        for key in served.outputs
        if flat.outputs[key].dtype != tf.string
    }
    if not outputs:
        raise errors.UserError(f"{name} answers words alone; it has no plain form.")
    for key, tensor in outputs.items():
        if not tensor.shape.is_fully_defined():
            raise errors.UserError(
                f"the size of `{key}` of {name}, {tensor.shape}, depends on the data; a "
                "plain export cannot say it."
            )
    needed = _needed(flat.graph, outputs.values())
    own = {key: one for key, one in flat.inputs.items() if one.op.name in needed}
    groups = _grouped([one for one in flat.begun if one.placeholder.op.name in needed])
    inputs = {key: _described(served, key, specs[key]) for key in own}
    for key in set(groups) & set(inputs):
        groups[f"{key}_begun"] = groups.pop(key)
    inputs |= {key: group.described(key) for key, group in groups.items()}
    left_out = {
        key: "words" if spec.dtype == tf.string else "nothing of it is needed"
        for key, spec in specs.items()
        if key not in own
    }
    left_out |= {key: "words" for key in served.outputs if key not in outputs}
    renamed = {key: f"{key}_out" if key in inputs else key for key in outputs}
    outputs = {renamed[key]: tensor for key, tensor in outputs.items()}
    function = _traced(flat, own, groups, inputs, outputs)
    about = {renamed[key]: served.outputs[key] for key in renamed}
    further = _further(flat, groups, specs)
    return Plain(
        name, served, specs, inputs, about, renamed, left_out, function, further
    )


def sizes(text: str) -> dict[str, int]:
    """Reads sizes by letter, such as "T=8,H=64".

    Raises:
      UserError: they are none.
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        letter, _, size = (one.strip() for one in part.partition("="))
        if not (letter.isalpha() and size.isascii() and size.isdigit() and int(size)):
            raise errors.UserError(
                f"--sizes ({text}) must be letters with whole numbers from 1, such as "
                "T=8,H=64,W=64."
            )
        found[letter] = int(size)
    return found


def of_clip(spec: clip.ClipSpec) -> dict[str, int]:
    """Returns the sizes of one request with a clip like those of training."""
    return {
        "N": 1,
        "T": spec.frames,
        "K": spec.frames,
        "H": spec.height,
        "W": spec.width,
    }


@dataclasses.dataclass(frozen=True)
class _Group:
    """What is drawn for one use: an input, stacked if it is drawn in a loop."""

    members: Sequence[flattening.Begun]

    @property
    def is_stacked(self) -> bool:
        return len(self.members) > 1 or self.members[0].is_repeated

    def described(self, name: str) -> Input:
        first = self.members[0]
        shape = first.placeholder.shape.as_list()
        shape = [len(self.members), *shape] if self.is_stacked else shape
        spec = tf.TensorSpec(shape, first.placeholder.dtype, name)
        bounds = {"integers": (first.low, first.high - 1), "uniform": (0.0, 1.0)}
        about = _OTHER_WORDS[first.kind]
        return Input(spec, about, bounds.get(first.kind, (None, None)))

    def parted(self, value: tf.Tensor) -> Iterator[tuple[str, tf.Tensor]]:
        """Yields the placeholders' names and what takes their places."""
        parts = tf.unstack(value) if self.is_stacked else [value]
        for one, part in zip(self.members, parts, strict=True):
            yield one.placeholder.name, part

    def joined(self, values: Sequence[tf.Tensor]) -> tf.Tensor:
        return tf.stack(values) if self.is_stacked else values[0]


def _grouped(begun: Sequence[flattening.Begun]) -> dict[str, _Group]:
    """Returns the inputs by name."""
    found: dict[tuple, list[flattening.Begun]] = {}
    for one in begun:
        shape = tuple(one.placeholder.shape.as_list())
        key = (one.name, one.kind, shape, one.low, one.high)
        found.setdefault(key, []).append(one)
    named: dict[str, _Group] = {}
    for (use, kind, *_), members in found.items():
        name = use if kind == "boundary" else f"{use}_{kind}"
        number, free = 1, name
        while free in named:
            number += 1
            free = f"{name}_{number}"
        named[free] = _Group(members)
    return named


def _traced(
    flat: flattening.Flat,
    own: Mapping[str, tf.Tensor],
    groups: Mapping[str, _Group],
    inputs: Mapping[str, Input],
    outputs: Mapping[str, tf.Tensor],
) -> tf.types.experimental.ConcreteFunction:
    """Returns the function of the inputs, with nothing that they do not need."""
    leaves = {one.op.name for one in own.values()}
    leaves |= {
        one.placeholder.op.name for group in groups.values() for one in group.members
    }
    graph = _pruned(flat.graph, outputs.values(), leaves)

    def answer(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        places = {tensor.name: given[key] for key, tensor in own.items()}
        for key, group in groups.items():
            places |= dict(group.parted(given[key]))
        found = _imported(graph, places, [one.name for one in outputs.values()])
        return {
            key: tf.identity(value, key)
            for key, value in zip(outputs, found, strict=True)
        }

    named = {key: one.spec for key, one in inputs.items()}
    return tf.function(answer).get_concrete_function(**named)


def _further(
    flat: flattening.Flat,
    groups: Mapping[str, _Group],
    specs: Mapping[str, tf.TensorSpec],
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """Returns what computes the further inputs as the served function would."""
    origins = [one.origin for group in groups.values() for one in group.members]
    needed = _needed(flat.graph, origins)
    given = {key: one for key, one in flat.inputs.items() if one.op.name in needed}
    graph = _pruned(flat.graph, origins, {one.op.name for one in given.values()})

    @tf.function(autograph=False)
    def further(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        places = {tensor.name: inputs[key] for key, tensor in given.items()}
        found = iter(_imported(graph, places, [one.name for one in origins]))
        return {
            key: group.joined([next(found) for _ in group.members])
            for key, group in groups.items()
        }

    def of(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        wanted = {key: tf.constant(inputs[key], specs[key].dtype) for key in given}
        return further(**wanted) if groups else {}

    return of


def _imported(
    graph: Any, places: Mapping[str, tf.Tensor], wanted: Sequence[str]
) -> list[tf.Tensor]:
    """Returns tensors of a graph by name, with others in the places of some."""
    # An output that is an input, or begins anew, needs no graph.
    rest = [name for name in wanted if name not in places]
    read = {one.partition(":")[0] for node in graph.node for one in node.input}
    places_of_graph = {
        name: value for name, value in places.items() if name.partition(":")[0] in read
    }
    found = (
        tf.graph_util.import_graph_def(
            graph, input_map=places_of_graph, return_elements=rest, name=""
        )
        if rest
        else []
    )
    by_name = dict(zip(rest, found, strict=True)) | dict(places)
    return [by_name[name] for name in wanted]


def _needed(graph: tf.Graph, tensors: Any) -> set[str]:
    """Returns the names of all operations that tensors are computed by."""
    waiting = [one.op for one in tensors]
    found = {one.name for one in waiting}
    while waiting:
        for tensor in waiting.pop().inputs:
            if tensor.op.name not in found:
                found.add(tensor.op.name)
                waiting.append(tensor.op)
    return found


def _pruned(graph: tf.Graph, tensors: Any, leaves: set[str]) -> Any:
    """Returns the definition of what tensors are computed by, but for the leaves."""
    needed = _needed(graph, tensors) - leaves
    definition = graph.as_graph_def()
    kept = [one for one in definition.node if one.name in needed]
    pruned = type(definition)(versions=definition.versions, library=definition.library)
    pruned.node.extend(kept)
    return pruned


def _specs(
    name: str, served: signatures.ServingFunction, sizes: Mapping[str, int]
) -> dict[str, tf.TensorSpec]:
    specs = checked.fixed(served, sizes)
    for key, spec in specs.items():
        if not spec.shape.is_fully_defined():
            raise errors.UserError(
                f"`{key}` of {name} is {checked.layout(served, key, spec)}: give all of "
                "its letters a size, such as --sizes=T=8,H=64,W=64."
            )
    for letter, size in sizes.items():
        least = served.at_least.get(letter, 1)
        if size < least:
            raise errors.UserError(
                f"The size of {letter} ({size}) must be at least {least}."
            )
    return specs


def _described(
    served: signatures.ServingFunction, key: str, spec: tf.TensorSpec
) -> Input:
    rule = served.rules.get(key, signatures.InputRule())
    return Input(spec, rule.about, (rule.minimum, rule.maximum))


def _check_bytes(concrete: tf.types.experimental.ConcreteFunction) -> None:
    number = sum(
        one.shape.num_elements() * one.dtype.size for one in concrete.graph.variables
    )
    if number > MAX_BYTES:
        raise errors.UserError(
            f"the model has {number / 2**30:.1f} GiB of weights; a plain export holds "
            "them in its graph, which cannot be larger than 2 GiB."
        )

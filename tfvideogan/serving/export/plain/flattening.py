"""A traced function as one flat graph: no calls, no lists, hardly any loop.

    flat = flattening.flatten(concrete, specs)
    flat.graph, flat.outputs                 # a tf.Graph and its tensors by name
    flat.begun                               # what was drawn or parsed: inputs now

Once the sizes of its inputs are fixed, more is known than a graph says: how often each loop
runs, which branch is taken, the place of every entry of a list. The flattener walks through
the graph with values where they are known and tensors where they are not, computes the
former at once and writes down the latter.

* a loop that runs a known number of times is written down as often; one whose end depends
  on the data stays a loop;
* a `tf.TensorArray` is a Python tuple meanwhile;
* variables are constants, and whatever is computed from them alone is computed here;
* what is drawn from a seed, and what `signatures.boundary` marks, begins anew: its place
  is taken by a placeholder, see `Begun`;
* control dependencies, and with them all assertions, are left out.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, seeds, signatures
from tfvideogan.serving.export.plain import bodies, folding, lists, lowering

Value = (
    Any  # np.ndarray if known, tf.Tensor if not, lists.Items, or a captured resource.
)

# What hands on its inputs, and checks or marks them at most.
_HAND_ON = {
    "CheckNumerics",
    "EnsureShape",
    "Identity",
    "IdentityN",
    "PlaceholderWithDefault",
    "PreventGradient",
    "Snapshot",
    "StopGradient",
}
_CALLS = {"PartitionedCall", "StatefulPartitionedCall"}
_LOOPS = {"StatelessWhile", "While"}
_CHOICES = {"If", "StatelessIf"}
_DRAWS = {
    "StatelessRandomNormalV2": "normal",
    "StatelessRandomUniformIntV2": "integers",
    "StatelessRandomUniformV2": "uniform",
}


@dataclasses.dataclass(frozen=True)
class Begun:
    """Where a flat graph begins in the middle of what was traced.

    Attributes:
      name: what it is drawn for, or the boundary's.
      kind: "normal", "uniform" in [0, 1), "integers", or "boundary".
      placeholder: what the rest of the graph reads.
      origin: what the traced function has in its place.
      is_repeated: whether it stands in a loop, and may be drawn several times.
      low, high: of integers, in [low, high).
    """

    name: str
    kind: str
    placeholder: tf.Tensor
    origin: tf.Tensor
    is_repeated: bool
    low: int = 0
    high: int = 0


@dataclasses.dataclass(frozen=True)
class Flat:
    """A flat graph.

    Attributes:
      graph: it.
      inputs: of the traced function, placeholders by name.
      outputs: of it, by name; those that are known are constants.
      begun: where it begins elsewhere, in order.
    """

    graph: tf.Graph
    inputs: Mapping[str, tf.Tensor]
    outputs: Mapping[str, tf.Tensor]
    begun: Sequence[Begun]


def flatten(
    concrete: tf.types.experimental.ConcreteFunction, specs: Mapping[str, tf.TensorSpec]
) -> Flat:
    """Flattens a function of named inputs.

    Args:
      concrete: as it was traced.
      specs: its inputs, of fixed size; the first axis is the batch, of all the same.

    Raises:
      UserError: something is drawn where its number depends on the data.
    """
    definition = concrete.graph.as_graph_def()
    captured = _captured(concrete)
    number = len(concrete.inputs) - len(captured)
    own, taken = concrete.inputs[:number], concrete.inputs[number:]
    body = bodies.of_graph(definition, [one.name for one in concrete.outputs])
    batch = next(iter(specs.values())).shape[0]
    made = _Flattener(bodies.functions(definition), batch)
    inputs: dict[str, tf.Tensor] = {}
    outputs: dict[str, tf.Tensor] = {}

    def write(**given: tf.Tensor) -> None:
        inputs.update(given)
        arguments = {one.op.name: given[one.op.name] for one in own}
        arguments |= {
            one.op.name: value for one, value in zip(taken, captured, strict=True)
        }
        found = made.run(body, arguments)
        # As TensorFlow flattens a dictionary.
        names = sorted(concrete.structured_outputs)
        outputs.update(zip(names, map(made.tensor, found), strict=True))

    # A function rather than a `tf.Graph`, out of which `tf.init_scope` does not lead.
    written = tf.function(write, autograph=False).get_concrete_function(**specs)
    return Flat(written.graph, inputs, outputs, made.begun)


class _Flattener:
    """Walks through bodies; writes into the graph that is the default one."""

    def __init__(self, functions: Mapping[str, bodies.Body], batch: int) -> None:
        self.begun: list[Begun] = []
        self._functions = functions
        self._batch = batch
        self._folder = folding.Folder()
        self._constants: dict[tuple[int, int], tuple[Any, tf.Tensor]] = {}
        self._loops = 0  # How many surround the place.
        self._is_open = False  # Whether one of them has an unknown end.

    def run(self, body: bodies.Body, arguments: Mapping[str, Value]) -> list[Value]:
        """Returns the results of a body for arguments by name."""
        values: dict[str, list[Value]] = {
            name: [value] for name, value in arguments.items()
        }

        def look_up(reference: str) -> Value:
            node, place = body.resolve(reference, self._folder.definitions)
            return values[node][place]

        for node in body.in_order(set(arguments)):
            inputs = [look_up(one) for one in bodies.data_inputs(node)]
            if node.op in _DRAWS and not _is_known(inputs):
                values[node.name] = [self._draw(body, node, inputs)]
            else:
                values[node.name] = self._step(node, inputs)
        return [look_up(one) for one in body.results]

    def tensor(self, value: Value) -> tf.Tensor:
        """Returns a value as a tensor of the graph that is written."""
        if isinstance(value, tf.Tensor):
            return value
        graph = _graph()
        key = (id(value), id(graph))
        if key not in self._constants:
            # The value is held, so that its identity stays its own.
            self._constants[key] = (value, tf.constant(value))
        return self._constants[key][1]

    # --- Kinds of nodes

    def _step(self, node: bodies.Node, inputs: list[Value]) -> list[Value]:
        """Returns what a node puts out."""
        if node.op == "Const":
            return [tf.make_ndarray(node.attr["value"].tensor)]
        if node.op == "Identity" and signatures.boundary_name(node.name):
            return [self._boundary(node, inputs[0])]
        if node.op in _HAND_ON:
            return inputs
        if node.op == "NoOp":
            return []
        if node.op in _CALLS:
            body = self._functions[node.attr["f"].func.name]
            return self.run(body, body.arguments(inputs))
        if node.op in _LOOPS:
            return self._loop(node, inputs)
        if node.op in _CHOICES:
            return self._choice(node, inputs)
        if node.op in ("ReadVariableOp", "ResourceGather"):
            return self._read(node, inputs)
        if lists.is_about(node.op):
            return lists.step(node, inputs, self.tensor)
        known = folding.known_sizes(node, inputs)
        if known is not None:
            return known
        if _is_known(inputs):
            folded = self._folder.fold(node, inputs)
            if folded is not None:
                return folded
        tensors = [self.tensor(one) for one in inputs]
        lowered = lowering.lower(node, tensors)
        if lowered is None:
            return self._write(node, inputs)
        # A reader of its second output calls it by name.
        self._folder.define(node, tensors)
        return lowered

    def _write(self, node: bodies.Node, inputs: list[Value]) -> list[Value]:
        tensors = [self.tensor(one) for one in inputs]
        operation = _graph().create_op(
            node.op, tensors, attrs=bodies.attributes(node), name=_last(node.name)
        )
        self._folder.definitions.setdefault(node.op, operation.op_def)
        return list(operation.outputs)

    def _read(self, node: bodies.Node, inputs: list[Value]) -> list[Value]:
        resource = inputs[0]
        if node.op == "ReadVariableOp":
            return [resource]
        axis = batch = node.attr["batch_dims"].i
        return [
            tf.gather(
                self.tensor(resource),
                self.tensor(inputs[1]),
                axis=axis,
                batch_dims=batch,
            )
        ]

    def _boundary(self, node: bodies.Node, value: Value) -> Value:
        name, shape = signatures.boundary_name(node.name), value.shape
        # Words have no size that is known before a request, but in the batch.
        return self._begin(name, "boundary", value, [self._batch, *shape[1:]])

    def _draw(self, body: bodies.Body, node: bodies.Node, inputs: list[Value]) -> Value:
        if not isinstance(inputs[0], np.ndarray):
            raise errors.UserError(
                f"{node.name} draws as much as the data say; a plain export has no room "
                "for it."
            )
        kind = _DRAWS[node.op]
        bounds = {}
        if kind == "integers":
            if not _is_known(inputs[4:6]):
                raise errors.UserError(f"{node.name} draws from a range of the data.")
            bounds = {"low": int(inputs[4]), "high": int(inputs[5])}
        origin = self._write(node, inputs)[0]
        name = _use(body, node) or "noise"
        return self._begin(name, kind, origin, inputs[0].tolist(), **bounds)

    def _begin(
        self, name: str, kind: str, origin: tf.Tensor, shape: list[int], **bounds: int
    ) -> tf.Tensor:
        if self._is_open:
            raise errors.UserError(
                f"`{name}` stands in a loop whose end depends on the data; a plain export "
                "has no input for it."
            )
        placeholder = tf.raw_ops.Placeholder(
            dtype=origin.dtype, shape=shape, name=f"begun_{name}"
        )
        self.begun.append(
            Begun(name, kind, placeholder, origin, self._loops > 0, **bounds)
        )
        return placeholder

    def _loop(self, node: bodies.Node, inputs: list[Value]) -> list[Value]:
        condition = self._functions[node.attr["cond"].func.name]
        body = self._functions[node.attr["body"].func.name]
        values = inputs
        self._loops += 1
        try:
            while True:
                [is_going] = self.run(condition, condition.arguments(values))
                if not isinstance(is_going, np.ndarray):
                    return self._open_loop(condition, body, values)
                if not is_going:
                    return values
                values = self.run(body, body.arguments(values))
        finally:
            self._loops -= 1

    def _open_loop(
        self, condition: bodies.Body, body: bodies.Body, values: list[Value]
    ) -> list[Value]:
        """Writes a loop as one; what it never changes stays outside."""
        changed = [
            place
            for place, result in enumerate(body.results)
            if not body.hands_on(place)
        ]
        was_open, self._is_open = self._is_open, True

        def filled(changing: Sequence[tf.Tensor]) -> list[Value]:
            now = list(values)
            for place, tensor in zip(changed, changing, strict=True):
                now[place] = tensor
            return now

        def advance(*changing: tf.Tensor) -> list[tf.Tensor]:
            found = self.run(body, body.arguments(filled(changing)))
            made = [self.tensor(found[place]) for place in changed]
            for before, behind in zip(changing, made, strict=True):
                if before.shape != behind.shape:
                    raise errors.UserError(
                        "a loop makes something whose size depends on the data "
                        f"({before.shape}, then {behind.shape}); a plain export cannot "
                        "say it."
                    )
            return made

        def is_going(*changing: tf.Tensor) -> tf.Tensor:
            [found] = self.run(condition, condition.arguments(filled(changing)))
            return self.tensor(found)

        start = [self.tensor(values[place]) for place in changed]
        done = tf.while_loop(is_going, advance, start, parallel_iterations=1)
        self._is_open = was_open
        return filled(done)

    def _choice(self, node: bodies.Node, inputs: list[Value]) -> list[Value]:
        is_so, *rest = inputs
        names = (node.attr["then_branch"].func.name, node.attr["else_branch"].func.name)
        branches = [self._functions[name] for name in names]
        if isinstance(is_so, np.ndarray):
            taken = branches[0 if is_so else 1]
            return self.run(taken, taken.arguments(rest))
        # Both are computed: neither asks, draws or fails, and a choice of values is an
        # operation that every runtime has.
        yes, no = (self.run(one, one.arguments(rest)) for one in branches)
        return [
            tf.where(is_so, self.tensor(one), self.tensor(other))
            for one, other in zip(yes, no, strict=True)
        ]


def _captured(concrete: tf.types.experimental.ConcreteFunction) -> list[Value]:
    """Returns the values of what a function has captured, in order."""
    handles = {id(one.handle): one for one in concrete.graph.variables}
    found = []
    for one in concrete.captured_inputs:
        variable = handles.get(id(one))
        if variable is not None:
            found.append(folding.array(variable))
        else:
            found.append(one if one.dtype == tf.resource else folding.array(one))
    return found


def _graph() -> tf.Graph:
    """Returns the graph that is written: the default one, or a loop's body."""
    return tf.raw_ops.NoOp().graph


def _is_known(values: Sequence[Value]) -> bool:
    return all(isinstance(one, np.ndarray) for one in values)


def _use(body: bodies.Body, draw: bodies.Node) -> str | None:
    """Returns what a draw is for: the last name that was folded into its seed."""
    node: bodies.Node | None = draw
    while node is not None:
        before = [one.partition(":")[0] for one in bodies.data_inputs(node)]
        if node.op == "Pack" and (use := seeds.use_of(before[-1])):
            return use
        place = 0
        if node.op.startswith("StatelessRandom"):
            # A key of the seed, or a constant one and the seed as the counter.
            key = body.nodes.get(before[1])
            place = 2 if key is not None and key.op == "Const" else 1
        node = body.nodes.get(before[place]) if before else None
    return None


def _last(name: str) -> str:
    """Returns the last part of a path of names."""
    return name.rsplit("/", 1)[-1].lstrip("_") or "node"

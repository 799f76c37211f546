"""Bodies of functions as TensorFlow writes them down: nodes, and who reads whom.

    body = bodies.of_graph(definition, ["Identity:0"])
    for node in body.in_order({"x"}): ...    # what the results need, inputs first

A graph names an output "node:1", a function "node:softmax:0", by the name that the
operation's definition has for it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from tensorflow.core.framework import (
    attr_value_pb2,
    function_pb2,
    graph_pb2,
    node_def_pb2,
    op_def_pb2,
)

Node = node_def_pb2.NodeDef
Definitions = Mapping[str, op_def_pb2.OpDef]
_CONTROL = "^"


@dataclasses.dataclass(frozen=True)
class Body:
    """A graph or a function.

    Attributes:
      nodes: by name.
      parameters: names of the arguments, in order; a graph has none.
      results: references.
    """

    nodes: Mapping[str, Node]
    parameters: Sequence[str]
    results: Sequence[str]

    def arguments(self, values: Sequence[object]) -> dict[str, object]:
        """Returns values by the names of the parameters."""
        return dict(zip(self.parameters, values, strict=True))

    def hands_on(self, place: int) -> bool:
        """Whether a result is the parameter of the same place, by identities alone."""
        reference = self.results[place]
        while True:
            name = reference.partition(":")[0]
            if name in self.parameters:
                return name == self.parameters[place]
            if self.nodes[name].op != "Identity":
                return False
            reference = self.nodes[name].input[0]

    def in_order(self, given: AbstractSet[str]) -> list[Node]:
        """Returns the nodes that the results need, each behind its inputs.

        Args:
          given: names that are known already.
        """
        ordered: list[Node] = []
        done = set(given)
        waiting = [(_name(one), False) for one in reversed(self.results)]
        while waiting:
            name, is_ready = waiting.pop()
            if name in done:
                continue
            node = self.nodes[name]
            if is_ready:
                done.add(name)
                ordered.append(node)
                continue
            waiting.append((name, True))
            waiting.extend((_name(one), False) for one in reversed(data_inputs(node)))
        return ordered

    def resolve(self, reference: str, definitions: Definitions) -> tuple[str, int]:
        """Returns the node of a reference and which of its outputs it is."""
        name, *rest = reference.split(":")
        if not rest:
            return name, 0
        place = int(rest[-1])
        if len(rest) == 1 or name in self.parameters:
            return name, place
        node = self.nodes[name]
        for argument in _outputs(node, definitions):
            if argument.name == rest[0]:
                break
            place += _number(node, argument)
        return name, place


def of_graph(definition: graph_pb2.GraphDef, results: Sequence[str]) -> Body:
    """Returns the body of a graph whose results are tensors by name."""
    return Body({node.name: node for node in definition.node}, (), results)


def functions(definition: graph_pb2.GraphDef) -> dict[str, Body]:
    """Returns the functions of a graph by name."""
    return {one.signature.name: _of(one) for one in definition.library.function}


def data_inputs(node: Node) -> list[str]:
    """Returns the references that a node computes with."""
    return [one for one in node.input if not one.startswith(_CONTROL)]


def attributes(node: Node) -> dict[str, attr_value_pb2.AttrValue]:
    """Returns what a node says of itself, without notes about its place."""
    return {name: one for name, one in node.attr.items() if not name.startswith("_")}


def _of(function: function_pb2.FunctionDef) -> Body:
    signature = function.signature
    return Body(
        {node.name: node for node in function.node_def},
        [one.name for one in signature.input_arg],
        [function.ret[one.name] for one in signature.output_arg],
    )


def _name(reference: str) -> str:
    return reference.partition(":")[0]


def _outputs(node: Node, definitions: Definitions) -> Sequence[op_def_pb2.OpDef.ArgDef]:
    """Returns the outputs of an operation; of one that was never written, one."""
    known = definitions.get(node.op)
    return known.output_arg if known else ()


def _number(node: Node, argument: op_def_pb2.OpDef.ArgDef) -> int:
    """Returns how many tensors an output is."""
    if argument.number_attr:
        return node.attr[argument.number_attr].i
    if argument.type_list_attr:
        return len(node.attr[argument.type_list_attr].list.type)
    return 1

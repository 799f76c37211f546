"""Counts the floating-point operations of a traced function from its static shapes.

    step = tf.function(...).get_concrete_function(batch)
    work = flops.count(step)
    work.total, work.by_op["Conv2D"], work.unknown

Counted are convolutions (2-D, 3-D, depthwise), matrix products, einsums and the
operations of their gradients, two operations for each multiply-add; the rest of a video
model is small beside them. Nodes whose result is not used are left out, as TensorFlow
leaves them out (a critic's weight gradients in a generator phase). Branches count as the
more expensive one. A loop counts its largest number of rounds where the graph says it,
and one round otherwise.
"""

import collections
import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

Shape = tuple[int, ...] | None
_GIGA = 1e9
_CONVOLUTIONS = {
    # Operation: which tensors are the filter and the result side of the convolution;
    # an index of an input, or OUT for the operation's own output.
    "Conv2D": (1, "out"),
    "Conv3D": (1, "out"),
    "Conv2DBackpropInput": (1, 2),
    "Conv3DBackpropInputV2": (1, 2),
    "Conv2DBackpropFilter": ("out", 2),
    "Conv3DBackpropFilterV2": ("out", 2),
    "DepthwiseConv2dNative": (1, "out"),
    "DepthwiseConv2dNativeBackpropInput": (1, 2),
    "DepthwiseConv2dNativeBackpropFilter": ("out", 2),
}
_PRODUCTS = {
    "MatMul": "transpose_a",
    "BatchMatMul": "adj_x",
    "BatchMatMulV2": "adj_x",
    "BatchMatMulV3": "adj_x",
}
_LOOPS = ("While", "StatelessWhile")
_BRANCHES = ("If", "StatelessIf", "Case", "StatelessCase")


@dataclasses.dataclass
class Work:
    """What a function computes.

    Attributes:
      by_op: operations by type of node.
      unknown: nodes that could not be counted, because a shape is not static.
    """

    by_op: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    unknown: int = 0

    @property
    def total(self) -> int:
        """All operations."""
        return sum(self.by_op.values())

    def __str__(self) -> str:
        unknown = f" (and {self.unknown} uncounted)" if self.unknown else ""
        return f"{self.total / _GIGA:.3g} GFLOP a step{unknown}"

    def add(self, other: "Work", times: int = 1) -> None:
        """Adds another function's work, some times."""
        for op, number in other.by_op.items():
            self.by_op[op] += number * times
        self.unknown += other.unknown


def count(function: Any) -> Work:
    """Counts the operations of one call.

    Args:
      function: a `tf.types.experimental.ConcreteFunction`.
    """
    definition = function.graph.as_graph_def(add_shapes=True)
    library = {one.signature.name: one for one in definition.library.function}
    outputs = [one.op.name for one in function.graph.outputs]
    outputs += [one.name for one in function.graph.control_outputs]
    nodes = {node.name: node for node in definition.node}
    shapes = {name: _output_shapes(node) for name, node in nodes.items()}
    return _Counter(library).graph(nodes, shapes, outputs)


class _Counter:
    """Walks a graph and the functions that it calls."""

    def __init__(self, library: Mapping[str, Any]) -> None:
        self._library = library
        self._known: dict[str, Work] = {}

    def graph(
        self,
        nodes: Mapping[str, Any],
        shapes: Mapping[str, list[Shape]],
        roots: list[str],
    ) -> Work:
        """Counts the nodes that the roots need."""
        work = Work()
        for node in _needed(nodes, roots):
            if node.op in _CONVOLUTIONS:
                number = _convolution(node, shapes)
            elif node.op in _PRODUCTS:
                number = _product(node, shapes)
            elif node.op == "Einsum":
                number = _einsum(node, shapes)
            else:
                work.add(self._called(node), _rounds(node, nodes))
                continue
            if number is None:
                work.unknown += 1
            else:
                work.by_op[node.op] += number
        return work

    def _called(self, node: Any) -> Work:
        works = [self._function(name) for name in _functions(node)]
        if node.op in _BRANCHES:
            return max(works, key=lambda work: work.total, default=Work())
        total = Work()
        for work in works:
            total.add(work)
        return total

    def _function(self, name: str) -> Work:
        if name not in self._known and name in self._library:
            definition = self._library[name]
            nodes = {node.name: node for node in definition.node_def}
            shapes = {key: _output_shapes(node) for key, node in nodes.items()}
            for index, argument in enumerate(definition.signature.input_arg):
                attributes = definition.arg_attr[index].attr
                shapes[argument.name] = _shapes(attributes["_output_shapes"])
            roots = [*definition.ret.values(), *definition.control_ret.values()]
            self._known[name] = self.graph(nodes, shapes, roots)
        return self._known.get(name, Work())


def _needed(nodes: Mapping[str, Any], roots: list[str]) -> Iterator[Any]:
    waiting, seen = [_node_name(root) for root in roots], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        yield nodes[name]
        waiting += [_node_name(one) for one in nodes[name].input]


def _node_name(tensor: str) -> str:
    return tensor.lstrip("^").split(":")[0]


def _functions(node: Any) -> list[str]:
    found = []
    for value in node.attr.values():
        if value.HasField("func"):
            found.append(value.func.name)
        found += [one.name for one in value.list.func]
    return found


def _rounds(node: Any, nodes: Mapping[str, Any]) -> int:
    if node.op not in _LOOPS:
        return 1
    bound = nodes.get(_node_name(node.input[1]))  # 0 counts rounds, 1 bounds them.
    if bound is None or bound.op != "Const":
        return 1
    return max(1, int(tf.make_ndarray(bound.attr["value"].tensor)))


def _convolution(node: Any, shapes: Mapping[str, list[Shape]]) -> int | None:
    filter_at, result_at = _CONVOLUTIONS[node.op]
    kernel = _shape(node, filter_at, shapes)
    result = _shape(node, result_at, shapes)
    if kernel is None or result is None:
        return None
    is_depthwise = node.op.startswith("Depthwise")
    taps = kernel[:-2] if is_depthwise else kernel[:-1]
    return 2 * math.prod(result) * math.prod(taps)


_MATRIX_RANK = 2


def _product(node: Any, shapes: Mapping[str, list[Shape]]) -> int | None:
    left = _shape(node, 0, shapes)
    result = _shape(node, "out", shapes)
    # An operand popped from a list, as in the gradient of a loop, is a later output of its
    # node, whose place a function's graph does not tell: the shape found is another's.
    if left is None or result is None or len(left) < _MATRIX_RANK:
        return None
    is_transposed = node.attr[_PRODUCTS[node.op]].b
    return 2 * math.prod(result) * (left[-2] if is_transposed else left[-1])


def _einsum(node: Any, shapes: Mapping[str, list[Shape]]) -> int | None:
    terms = node.attr["equation"].s.decode().split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for index, term in enumerate(terms):
        shape = _shape(node, index, shapes)
        # A shape of another rank is that of another output; see `_product`.
        if shape is None or "." in term or len(shape) != len(term):
            return None
        sizes |= dict(zip(term, shape, strict=True))
    return (2 if len(terms) > 1 else 0) * math.prod(sizes.values())


def _shape(node: Any, at: int | str, shapes: Mapping[str, list[Shape]]) -> Shape:
    if at == "out":
        return shapes[node.name][0] if shapes[node.name] else None
    # "node", "node:1" in a graph; "node:output:1" in a function.
    name, *rest = node.input[at].split(":")
    index = int(rest[-1]) if rest else 0
    found = shapes.get(name, [])
    return found[index] if index < len(found) else None


def _output_shapes(node: Any) -> list[Shape]:
    return _shapes(node.attr["_output_shapes"])


def _shapes(attribute: Any) -> list[Shape]:
    found: list[Shape] = []
    for shape in attribute.list.shape:
        sizes = tuple(dimension.size for dimension in shape.dim)
        is_static = not shape.unknown_rank and all(size >= 0 for size in sizes)
        found.append(sizes if is_static else None)
    return found

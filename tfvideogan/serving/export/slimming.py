"""A smaller graph: what TensorFlow writes for people and for training is left out.

    slimming.slim(folder)      # rewrites saved_model.pb of an unfinished version

Half of a ForeGAN's graph are names of layers and shapes that every loader infers again.
What is left out changes nothing that is computed:

* shapes of results, on nodes and on arguments;
* nodes that compute the same from the same (constants above all): one stays;
* names inside functions: a counter in place of a path of layers. Functions keep theirs,
  and so does everything outside them: variables, signatures, the saver;
* reads of variables whose value goes nowhere: one for each variable;
* fingerprint.pb, which is about the graph as it was.

The exporter compares the result with the model in a fresh process, as it does anyhow.
"""

import itertools
import pathlib
import string
from collections.abc import Iterator, Mapping, MutableSequence, Sequence, Set

from tensorflow.core.framework import function_pb2, node_def_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from tfvideogan.serving.export import publishing

FINGERPRINT = "fingerprint.pb"
_SHAPES = "_output_shapes"
# "On the device of this node", by the name that the node is about to lose.
_COLOCATION = "_class"
_READ = "ReadVariableOp"
_CONTROL = "^"
# Argument names are lower case; the first character of any name is a letter.
_FIRST = string.ascii_lowercase
_FURTHER = string.ascii_lowercase + string.digits


def slim(folder: pathlib.Path) -> tuple[int, int]:
    """Rewrites the graph of a SavedModel.

    Args:
      folder: of a version that is not served yet.

    Returns:
      The size of its graph before and after, bytes.
    """
    path = folder / publishing.GRAPH
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    before = saved.ByteSize()
    for graph in saved.meta_graphs:
        described = graph.meta_info_def.stripped_op_list.op
        pure = {one.name for one in described if not one.is_stateful}
        for node in graph.graph_def.node:
            node.attr.pop(_SHAPES, None)
        drop_idle_reads(graph)
        for function in graph.graph_def.library.function:
            drop_hints(function)
            share_equals(function, pure)
            shorten_names(function)
    path.write_bytes(saved.SerializeToString(deterministic=True))
    (folder / FINGERPRINT).unlink(missing_ok=True)
    return before, saved.ByteSize()


def drop_idle_reads(graph: meta_graph_pb2.MetaGraphDef) -> None:
    """Removes reads of variables that neither a node nor a signature looks at."""
    nodes = graph.graph_def.node
    seen = {_node(one) for node in nodes for one in node.input}
    for signature in graph.signature_def.values():
        tensors = (*signature.inputs.values(), *signature.outputs.values())
        seen |= {_node(one.name) for one in tensors}
    _keep(nodes, [one for one in nodes if one.op != _READ or one.name in seen])


def drop_hints(function: function_pb2.FunctionDef) -> None:
    """Removes inferred shapes, colocations and notes about captured variables."""
    for node in function.node_def:
        node.attr.pop(_SHAPES, None)
        node.attr.pop(_COLOCATION, None)
        node.ClearField("experimental_debug_info")
    for place, argument in enumerate(function.signature.input_arg):
        if argument.type == types_pb2.DT_RESOURCE:
            function.arg_attr.pop(place, None)
        elif place in function.arg_attr:
            function.arg_attr[place].attr.pop(_SHAPES, None)


def share_equals(function: function_pb2.FunctionDef, pure: Set[str]) -> None:
    """Keeps one of several nodes that compute the same from the same inputs.

    Args:
      function: changed in place.
      pure: the operations whose result depends on their inputs alone.
    """
    while True:
        first: dict[tuple, str] = {}
        twins: dict[str, str] = {}
        kept = []
        for node in function.node_def:
            if node.op in pure:
                known = first.setdefault(_computation(node), node.name)
                if known != node.name:
                    twins[node.name] = known
                    continue
            kept.append(node)
        if not twins:
            return
        # Nodes that read the removed ones may have become equal themselves.
        _keep(function.node_def, kept)
        _rename(function, twins)


def shorten_names(function: function_pb2.FunctionDef) -> None:
    """Numbers the nodes, the captured variables and the control outputs."""
    arguments = function.signature.input_arg
    captured = [one for one in arguments if one.type == types_pb2.DT_RESOURCE]
    taken = {one.name for one in arguments} - {one.name for one in captured}
    free = (name for name in _names() if name not in taken)
    long = [one.name for one in (*captured, *function.node_def)]
    short = dict(zip(long, free, strict=False))
    for one in captured:
        one.name = short[one.name]
    _rename(function, short)
    outputs = function.signature.control_output
    nodes = [function.control_ret[name] for name in outputs]
    function.control_ret.clear()
    del outputs[:]
    for name in nodes:
        # Two outputs of one node, each by itself, could not be distinguished.
        if name not in function.control_ret:
            function.control_ret[name] = name
            outputs.append(name)


def _keep(
    nodes: MutableSequence[node_def_pb2.NodeDef], kept: Sequence[node_def_pb2.NodeDef]
) -> None:
    # Copies: an element that is removed from a message is no longer valid.
    copies = [node_def_pb2.NodeDef.FromString(one.SerializeToString()) for one in kept]
    del nodes[:]
    nodes.extend(copies)


def _node(reference: str) -> str:
    """Returns the node of "node", "node:0", "node:output:0" and "^node"."""
    return reference.removeprefix(_CONTROL).partition(":")[0]


def _computation(node: node_def_pb2.NodeDef) -> tuple:
    """Returns what equal nodes have in common: all but the name."""
    attributes = sorted(
        (name, value.SerializeToString(deterministic=True))
        for name, value in node.attr.items()
    )
    return (node.op, node.device, tuple(node.input), tuple(attributes))


def _rename(function: function_pb2.FunctionDef, names: Mapping[str, str]) -> None:
    """Gives nodes other names, wherever they stand: "node:output:0", "^node"."""

    def renamed(reference: str) -> str:
        control = _CONTROL if reference.startswith(_CONTROL) else ""
        name, colon, output = reference.removeprefix(_CONTROL).partition(":")
        return f"{control}{names.get(name, name)}{colon}{output}"

    for node in function.node_def:
        node.name = renamed(node.name)
        inputs = [renamed(one) for one in node.input]
        controls = [one for one in inputs if one.startswith(_CONTROL)]
        del node.input[:]
        node.input.extend(one for one in inputs if not one.startswith(_CONTROL))
        node.input.extend(dict.fromkeys(controls))
    for results in (function.ret, function.control_ret):
        for key, reference in list(results.items()):
            results[key] = renamed(reference)


def _names() -> Iterator[str]:
    """Yields a, b, ..., z, aa, ab, ..., a0, ..."""
    for length in itertools.count():
        for first in _FIRST:
            for further in itertools.product(_FURTHER, repeat=length):
                yield "".join([first, *further])

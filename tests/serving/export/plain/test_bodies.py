"""Who reads whom, in graphs and in functions."""

import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2, op_def_pb2

from tfvideogan.serving.export.plain import bodies

# y = x parted in two, of which the second is handed on; "stray" is never read.
GRAPH = """
node { name: "x" op: "Placeholder" }
node { name: "axis" op: "Const" }
node { name: "parts" op: "Split" input: "axis" input: "x"
       attr { key: "num_split" value { i: 2 } } }
node { name: "stray" op: "Neg" input: "x" }
node { name: "y" op: "Identity" input: "parts:1" input: "^stray" }
"""
SPLIT = """
name: "Split"
input_arg { name: "split_dim" type: DT_INT32 }
input_arg { name: "value" type_attr: "T" }
output_arg { name: "output" type_attr: "T" number_attr: "num_split" }
"""


def graph() -> graph_pb2.GraphDef:
    return text_format.Parse(GRAPH, graph_pb2.GraphDef())


def test_only_what_results_need_comes_and_inputs_come_first():
    body = bodies.of_graph(graph(), ["y:0"])
    assert [node.name for node in body.in_order({"x"})] == ["axis", "parts", "y"]


def test_control_inputs_are_left_out():
    [node] = [one for one in graph().node if one.name == "y"]
    assert bodies.data_inputs(node) == ["parts:1"]


def test_outputs_of_a_function_are_found_by_their_names():
    definition = text_format.Parse(SPLIT, op_def_pb2.OpDef())
    body = bodies.of_graph(graph(), ["y:0"])
    assert body.resolve("parts:1", {}) == ("parts", 1)
    assert body.resolve("parts:output:1", {"Split": definition}) == ("parts", 1)
    assert body.resolve("x", {}) == ("x", 0)


def test_a_loop_says_what_it_hands_on():
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)] * 2)
    def halved(kept, changing):
        return tf.while_loop(
            lambda _, one: one > kept,
            lambda same, one: (same, one / 2),
            [kept, changing],
        )

    definition = halved.get_concrete_function().graph.as_graph_def()
    [loop] = [one for one in definition.node if one.op.endswith("While")]
    body = bodies.functions(definition)[loop.attr["body"].func.name]
    handed_on = [body.hands_on(place) for place in range(len(body.results))]
    # `kept` comes first of the two, behind what counts the turns.
    assert handed_on[2:4] == [True, False]

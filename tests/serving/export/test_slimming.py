"""A slimmed graph computes the same, and what was left out is gone."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import function_pb2, types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from tests.serving import painter
from tfvideogan.serving.export import checked, publishing, slimming
from tfvideogan.serving.local import predict
from tfvideogan.serving.local.lifecycle import session

REQUEST = {
    "frames": np.arange(3 * 4 * 4 * 3, dtype=np.uint8).reshape([1, 3, 4, 4, 3]),
    "flow": np.linspace(-8.0, 8.0, 64, dtype=np.float32).reshape([1, 2, 4, 4, 2]),
}


@pytest.fixture(scope="module")
def fat(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("fat")
    module = checked.SignatureModule(painter.Painter().serving_functions())
    tf.saved_model.save(module, str(folder), signatures=module.concrete)
    return folder


@pytest.fixture(scope="module")
def slim(fat: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("slim")
    shutil.copytree(fat, folder, dirs_exist_ok=True)
    before, after = slimming.slim(folder)
    assert before == (fat / publishing.GRAPH).stat().st_size
    assert after == (folder / publishing.GRAPH).stat().st_size
    assert after < 0.6 * before
    return folder


def function(*nodes: tuple[str, ...]) -> function_pb2.FunctionDef:
    """A function of (name, operation, *inputs); its result is the last node's."""
    made = function_pb2.FunctionDef()
    made.signature.input_arg.add(name="x", type=types_pb2.DT_FLOAT)
    made.signature.output_arg.add(name="y", type=types_pb2.DT_FLOAT)
    for name, operation, *inputs in nodes:
        made.node_def.add(name=name, op=operation, input=inputs)
    made.ret["y"] = f"{nodes[-1][0]}:z:0"
    return made


def described(made: function_pb2.FunctionDef) -> list[tuple[str, ...]]:
    return [(one.name, one.op, *one.input) for one in made.node_def]


@pytest.mark.parametrize("name", ["fat", "slim"])
def test_a_server_and_python_read_it_and_answer_the_same(fat, slim, name: str) -> None:
    folder = {"fat": fat, "slim": slim}[name]
    graph = session.LoadedGraph(folder, tags=("serve",))
    served = predict.predict(graph, "predict", REQUEST)
    loaded = tf.saved_model.load(str(fat)).signatures["predict"]
    for key, own in loaded(**{k: tf.constant(v) for k, v in REQUEST.items()}).items():
        # A session and eager mode may add up in another order.
        np.testing.assert_allclose(served[key], own, atol=1e-6)


def test_python_still_knows_the_signature(slim) -> None:
    loaded = tf.saved_model.load(str(slim)).signatures["predict"]
    shapes = {key: one.shape for key, one in loaded.structured_outputs.items()}
    assert shapes["video"].as_list() == [None, None, 4, 4, 3]
    assert set(loaded.structured_input_signature[1]) == {"frames", "flow"}


def test_the_checks_keep_their_words(slim) -> None:
    graph = session.LoadedGraph(slim, tags=("serve",))
    wrong = REQUEST | {"frames": np.zeros([1, 3, 4, 5, 3], np.uint8)}
    with pytest.raises(Exception, match="but its shape is .1 3 4 5 3."):
        predict.predict(graph, "predict", wrong)


def test_hints_and_long_names_are_gone(slim) -> None:
    saved = saved_model_pb2.SavedModel.FromString(
        (slim / publishing.GRAPH).read_bytes()
    )
    graph = saved.meta_graphs[0].graph_def
    nodes = [node for one in graph.library.function for node in one.node_def]
    assert nodes
    assert not any("_output_shapes" in node.attr for node in [*graph.node, *nodes])
    assert max(len(node.name) for node in nodes) <= 2
    assert not (slim / slimming.FINGERPRINT).exists()


def test_equal_nodes_become_one_and_so_do_those_that_read_them() -> None:
    made = function(
        ("one", "Const"),
        ("uno", "Const"),
        ("a", "Add", "x", "one:output:0"),
        ("b", "Add", "x", "uno:output:0"),
        ("c", "Mul", "a:z:0", "b:z:0"),
    )
    slimming.share_equals(made, {"Const", "Add", "Mul"})
    assert described(made) == [
        ("one", "Const"),
        ("a", "Add", "x", "one:output:0"),
        ("c", "Mul", "a:z:0", "a:z:0"),
    ]


def test_what_differs_or_has_effects_stays() -> None:
    nodes = [
        ("read", "ReadVariableOp", "x"),
        ("again", "ReadVariableOp", "x", "^write"),
        ("write", "AssignVariableOp", "x"),
        ("write_again", "AssignVariableOp", "x"),
        ("c", "Sub", "read:value:0", "again:value:0"),
        ("d", "Sub", "again:value:0", "read:value:0"),
    ]
    made = function(*nodes)
    slimming.share_equals(made, {"Sub"})
    assert described(made) == nodes
    # Nor are two constants of other values, or on other devices, equal.
    made = function(("a", "Const"), ("b", "Const"), ("c", "Const"))
    made.node_def[1].attr["value"].i = 1
    made.node_def[2].device = "/cpu:0"
    slimming.share_equals(made, {"Const"})
    assert len(made.node_def) == 3


def test_names_change_wherever_they_stand() -> None:
    made = function(
        ("layer/check", "Assert", "x"),
        ("layer/read", "ReadVariableOp", "layer_kernel", "^layer/check"),
        ("layer/out", "Add", "x", "layer/read:value:0", "^layer/check"),
    )
    made.signature.input_arg.add(name="layer_kernel", type=types_pb2.DT_RESOURCE)
    made.signature.control_output.append("layer/check")
    made.control_ret["layer/check"] = "layer/check"
    slimming.shorten_names(made)
    # The captured variable comes first; "x", which a caller names, is kept.
    assert [one.name for one in made.signature.input_arg] == ["x", "a"]
    assert described(made) == [
        ("b", "Assert", "x"),
        ("c", "ReadVariableOp", "a", "^b"),
        ("d", "Add", "x", "c:value:0", "^b"),
    ]
    assert dict(made.ret) == {"y": "d:z:0"}
    assert dict(made.control_ret) == {"b": "b"}
    assert list(made.signature.control_output) == ["b"]


def test_a_name_that_an_argument_has_is_not_given_again() -> None:
    made = function(("long", "Neg", "b"), ("longer", "Neg", "long:y:0"))
    made.signature.input_arg[0].name = "b"
    slimming.shorten_names(made)
    assert described(made) == [("a", "Neg", "b"), ("c", "Neg", "a:y:0")]

"""What a server does not check, the graph does; the words reach the client."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import painter
from tfvideogan.core import errors, signatures
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import status
from tfvideogan.serving.local.lifecycle import session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    found = tmp_path_factory.mktemp("export")
    module = checked.SignatureModule(painter.Painter().serving_functions())
    tf.saved_model.save(module, str(found), signatures=module.concrete)
    return found


@pytest.fixture(scope="module")
def graph(folder: pathlib.Path) -> session.LoadedGraph:
    """The export in the C session, where a declared shape is only documentation."""
    return session.LoadedGraph(folder, tags=("serve",))


def ask(
    graph: session.LoadedGraph, signature: str, **inputs: np.ndarray
) -> dict[str, np.ndarray]:
    definition = graph.signatures[signature]
    feeds = {definition.inputs[key].name: value for key, value in inputs.items()}
    keys = list(definition.outputs)
    answers = graph.run(feeds, [definition.outputs[key].name for key in keys])
    return dict(zip(keys, answers, strict=True))


def request(**changes: np.ndarray) -> dict[str, np.ndarray]:
    right = {
        "frames": np.full([1, 3, 4, 4, 3], 255, np.uint8),
        "flow": np.zeros([1, 2, 4, 4, 2], np.float32),
    }
    return right | changes


def flow_with(value: float) -> np.ndarray:
    flow = np.zeros([1, 2, 4, 4, 2], np.float32)
    flow[0, 1, 2, 3, 1] = value
    return flow


def test_a_right_request_is_answered(graph):
    answers = ask(graph, "predict", **request())
    # White is 1; tanh(0.5 * 1 + 0) = 0.46211716, and (0.46211716 + 1) * 127.5 = 186.4.
    np.testing.assert_allclose(answers["brightness"], np.full([1, 3], 0.46211716))
    assert np.all(answers["video"] == 186) and answers["video"].dtype == np.uint8


def test_the_default_is_the_first_verb(graph):
    default = ask(graph, signatures.DEFAULT, **request())
    named = ask(graph, "predict", **request())
    for key in named:
        np.testing.assert_array_equal(default[key], named[key])


def test_any_batch_and_any_number_of_frames_is_answered(graph):
    frames = np.zeros([3, 7, 4, 4, 3], np.uint8)
    flow = np.zeros([3, 6, 4, 4, 2], np.float32)
    answers = ask(graph, "predict", frames=frames, flow=flow)
    assert answers["video"].shape == frames.shape


def frames_of(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.uint8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"frames": frames_of(3, 4, 4, 3)},
            "`frames` of predict must be [N, T, 4, 4, 3], N at least 1, T at least 2 "
            "and at most 1024, but its shape is [3 4 4 3]",
        ),
        (
            {"frames": frames_of(1, 3, 8, 4, 3)},
            "`frames` of predict must be [N, T, 4, 4, 3], N at least 1, T at least 2 "
            "and at most 1024, but its shape is [1 3 8 4 3]",
        ),
        (
            {"frames": frames_of(1, 3, 4, 4, 1)},
            "but its shape is [1 3 4 4 1]",
        ),
        (
            {"frames": frames_of(1, 1, 4, 4, 3)},
            "T at least 2 and at most 1024, but its shape is [1 1 4 4 3]",
        ),
        (
            {"frames": frames_of(1, 1025, 4, 4, 3)},
            "T at least 2 and at most 1024, but its shape is [1 1025 4 4 3]",
        ),
        ({"frames": frames_of()}, "but its shape is []"),
        ({"frames": frames_of(1, 3, 4, 4, 3, 1)}, "but its shape is [1 3 4 4 3 1]"),
        (
            {"frames": frames_of(0, 3, 4, 4, 3)},
            "N at least 1, T at least 2 and at most 1024, but its shape is [0 3 4 4 3]",
        ),
        (
            {"frames": frames_of(1, 4, 4, 4, 3)},
            "`flow` of predict must be [N, T-1, 4, 4, 2], N = 1 as in `frames`, T = 4 as "
            "in `frames`, but its shape is [1 2 4 4 2]",
        ),
        (
            {"flow": np.zeros([2, 2, 4, 4, 2], np.float32)},
            "N = 1 as in `frames`, T = 3 as in `frames`, but its shape is [2 2 4 4 2]",
        ),
        (
            {"flow": flow_with(8.5)},
            "every value of `flow` of predict must be in [-8, 8], but 1 of 64 are not, "
            "such as 8.5",
        ),
        ({"flow": flow_with(-9.0)}, "but 1 of 64 are not, such as -9"),
        ({"flow": flow_with(np.nan)}, "but 1 of 64 are not, such as nan"),
        ({"flow": flow_with(np.inf)}, "but 1 of 64 are not, such as inf"),
    ],
)
def test_a_wrong_request_is_refused_in_words(graph, changes, message):
    with pytest.raises(status.RequestError) as caught:
        ask(graph, "predict", **request(**changes))
    assert message in str(caught.value)
    assert caught.value.code == status.Code.INVALID_ARGUMENT


def test_a_refusal_comes_even_when_one_output_is_asked_for(graph):
    definition = graph.signatures["predict"]
    wrong = request(frames=frames_of(1, 3, 4, 4, 4))
    feeds = {definition.inputs[key].name: value for key, value in wrong.items()}
    with pytest.raises(status.RequestError, match="frames"):
        graph.run(feeds, [definition.outputs["brightness"].name])


def test_floats_without_bounds_must_be_finite(graph):
    frames = frames_of(2, 3, 4, 4, 3)
    count = np.array([[1.0], [np.nan]], np.float32)
    with pytest.raises(status.RequestError, match="must be finite, but 1 of 2"):
        ask(graph, "predict_next", frames=frames, state_count=count)
    answers = ask(
        graph, "predict_next", frames=frames, state_count=count[:1].repeat(2, 0)
    )
    np.testing.assert_array_equal(answers["next_state_count"], [[4.0], [4.0]])


def test_the_declared_shapes_tell_the_sizes(graph):
    shape = graph.signatures["predict"].inputs["frames"].tensor_shape
    assert [axis.size for axis in shape.dim] == [-1, -1, 4, 4, 3]


def test_only_variables_that_are_read_travel(folder):
    names = [
        name for name, _ in tf.train.list_variables(f"{folder}/variables/variables")
    ]
    assert sum("VARIABLE_VALUE" in name for name in names) == 1


def test_a_fixed_length_is_declared_and_checked():
    served = painter.Painter().serving_functions()
    module = checked.SignatureModule(served, sizes={"T": 5})
    shapes = {key: one.shape for key, one in module.specs["predict"].items()}
    assert shapes == {"frames": [None, 5, 4, 4, 3], "flow": [None, 4, 4, 4, 2]}
    assert module.concrete["predict"].structured_outputs["video"].shape[1] == 5


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"T": 1}, r"size of T \(1\) must be at least 2"),
        ({"Q": 3}, "Q is no open axis"),
    ],
)
def test_a_length_that_cannot_be_is_refused(sizes, message):
    with pytest.raises(errors.UserError, match=message):
        checked.SignatureModule(painter.Painter().serving_functions(), sizes=sizes)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"b": [[0.0]]}, "returns b, but promises a"),
        ({"a": 0.0}, "must start with the batch"),
        ({"a": tf.constant([0.0], tf.bfloat16)}, "bfloat16, but must be one of"),
    ],
)
def test_a_function_that_breaks_its_promise_is_refused(answer, message):
    def function(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {key: tf.convert_to_tensor(value) for key, value in answer.items()}

    spec = tf.TensorSpec([None], tf.uint8, "x")
    served = signatures.ServingFunction(function, {"x": spec}, {"a": "a number"})
    with pytest.raises(ValueError, match=message):
        checked.trace("predict", served)


@pytest.mark.parametrize(
    ("letter", "expected"), [("T", ("T", 0)), ("T-1", ("T", -1)), ("T+2", ("T", 2))]
)
def test_letters_have_offsets(letter, expected):
    assert checked.parse_letter(letter) == expected

"""A serving function carries what a signature needs."""

import dataclasses

import pytest
import tensorflow as tf

from tfvideogan.core import clip, signatures


def test_a_serving_function_is_called_by_the_names_of_its_inputs():
    served = signatures.ServingFunction(
        function=lambda *, numbers: {"sums": numbers + 1},
        inputs={"numbers": tf.TensorSpec([None, 2], tf.int32)},
        outputs={"sums": "[N, 2] int32"},
    )
    inputs = {
        name: tf.zeros([1, 2], spec.dtype) for name, spec in served.inputs.items()
    }
    assert set(served.function(**inputs)) == set(served.outputs)
    with pytest.raises(dataclasses.FrozenInstanceError):
        served.outputs = {}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (tf.TensorSpec([], tf.int64), "must be the batch"),
        (tf.TensorSpec([2, 3], tf.uint8), "must be the batch"),
        (tf.TensorSpec([None], tf.float16), "float16, but must be one of"),
    ],
)
def test_an_input_that_cannot_be_served_is_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        signatures.ServingFunction(lambda x: {}, {"x": spec}, {})


@pytest.mark.parametrize(
    ("name", "layout", "message"),
    [("y", "N T", "rule for `y`"), ("x", "N T H", "has 3 axes, but its spec has 2")],
)
def test_a_rule_must_fit_an_input(name, layout, message):
    spec = tf.TensorSpec([None, None], tf.uint8)
    rule = signatures.InputRule(layout)
    with pytest.raises(ValueError, match=message):
        signatures.ServingFunction(lambda x: {}, {"x": spec}, {}, {name: rule})


SPEC = clip.ClipSpec(frames=4, height=6, width=8, num_classes=5)
NO_RULE = (None, None)


@pytest.mark.parametrize(
    ("made", "name", "dtype", "shape", "layout", "bounds"),
    [
        (
            signatures.video("frames", SPEC),
            "frames",
            tf.uint8,
            [None, None, 6, 8, 3],
            "N T H W C",
            NO_RULE,
        ),
        (
            signatures.video("context", SPEC, num_frames=2, axis="K"),
            "context",
            tf.uint8,
            [None, 2, 6, 8, 3],
            "N K H W C",
            NO_RULE,
        ),
        (signatures.mask(SPEC), "mask", tf.uint8, [None, 6, 8, 1], "N H W 1", NO_RULE),
        (
            signatures.holes(SPEC),
            "holes",
            tf.uint8,
            [None, None, 6, 8, 1],
            "N T H W 1",
            NO_RULE,
        ),
        # No motion is longer than 6 + 8.
        *(
            (
                made,
                name,
                tf.float32,
                [None, None, 6, 8, 2],
                "N T-1 H W 2",
                (-14.0, 14.0),
            )
            for made, name in zip(
                signatures.flows(SPEC), ("forward_flow", "backward_flow"), strict=True
            )
        ),
        (signatures.seed(), "seed", tf.int64, [None], "N", NO_RULE),
        (signatures.label(5), "label", tf.int32, [None], "N", (0, 4)),
        (signatures.text(), "text", tf.string, [None], "N", NO_RULE),
        (signatures.truncation(), "truncation", tf.float32, [None], "N", (0.0, 1.0)),
    ],
)
def test_an_input_is_its_tensor_and_its_rule(made, name, dtype, shape, layout, bounds):
    spec, rule = made
    assert (spec.name, spec.dtype, spec.shape.as_list()) == (name, dtype, shape)
    assert (rule.layout, (rule.minimum, rule.maximum)) == (layout, bounds)
    assert rule.about


def test_a_serving_function_is_made_of_whole_inputs():
    served = signatures.ServingFunction.of(
        lambda **inputs: {},
        [signatures.seed(), signatures.label(5)],
        {"video": "uint8"},
        about="draws",
        at_least={"T": 2},
    )
    assert list(served.inputs) == list(served.rules) == ["seed", "label"]
    assert served.inputs["label"] == tf.TensorSpec([None], tf.int32, "label")
    assert served.rules["label"].maximum == 4
    assert (served.about, served.at_least) == ("draws", {"T": 2})
    assert served.tolerance == 1e-5


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("frames", tf.TensorSpec([None, 4, 4, 3], tf.uint8), "uint8 of rank 4, but "),
        ("mask", tf.TensorSpec([None, 4, 4, 1], tf.bool), "clients send uint8 of rank"),
        ("seed", tf.TensorSpec([None], tf.int32), "clients send int64 of rank 1"),
    ],
)
def test_a_known_name_means_the_same_in_every_model(name, spec, message):
    with pytest.raises(ValueError, match=message):
        signatures.ServingFunction(lambda x: {}, {name: spec}, {})


def test_memory_goes_from_an_output_to_an_input():
    assert signatures.is_state("next_state_hole") and not signatures.is_state("hole")
    assert signatures.state_input("next_state_hole") == "state_hole"


def test_a_boundary_is_found_in_a_graph_by_name() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def marked(x):
        return signatures.boundary(x + 1, "tokens") * 2

    concrete = marked.get_concrete_function()
    names = [one.name for one in concrete.graph.get_operations()]
    assert {signatures.boundary_name(one) for one in names} == {"tokens", None}
    assert concrete(tf.constant([1])).numpy().tolist() == [4]

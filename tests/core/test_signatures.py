"""A serving function carries what a signature needs."""

import dataclasses

import pytest
import tensorflow as tf

from tfvideogan.core import signatures


def test_a_serving_function_is_called_by_the_names_of_its_inputs():
    served = signatures.ServingFunction(
        function=lambda *, frames: {"video": frames + 1},
        inputs={"frames": tf.TensorSpec([None, 2], tf.int32)},
        outputs={"video": "[N, 2] int32"},
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

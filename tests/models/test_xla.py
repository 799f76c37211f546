"""What XLA compiles equals what TensorFlow runs; 3-D convolutions on a CPU it does not."""

import keras
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models import xla


def _square(x: tf.Tensor, factor: tf.Tensor | None) -> dict[str, tf.Tensor | None]:
    return {"y": x * x if factor is None else factor * x * x, "none": None}


@pytest.mark.parametrize("factor", [None, 2.0])
def test_structures_go_in_and_come_out(factor):
    given = None if factor is None else tf.constant(factor)
    found = xla.compiled(_square, "critic")(tf.constant(3.0), given)
    assert float(found["y"]) == 9.0 * (factor or 1.0) and found["none"] is None


def test_it_is_xla_that_computes():
    def body(x):
        return tf.py_function(lambda y: y, [x], tf.float32)

    # Python is what XLA cannot compile.
    with pytest.raises(tf.errors.InvalidArgumentError, match="EagerPyFunc"):
        xla.compiled(body, "critic")(tf.constant(1.0))


@pytest.mark.parametrize("is_nested", [False, True])
def test_volumetric_convolutions_are_refused_on_a_cpu(is_nested, monkeypatch):
    layer = keras.layers.Conv3D(1, 2)
    layer.build([1, 2, 2, 2, 1])
    body = tf.function(layer.call) if is_nested else layer.call
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    with pytest.raises(
        errors.UserError, match="names 'critic', which has 3-D conv"
    ) as e:
        xla.compiled(lambda x: body(x), "critic")(tf.zeros([1, 2, 2, 2, 1]))
    assert "\n" not in str(e.value)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    xla.compiled(lambda x: body(x), "critic")(tf.zeros([1, 2, 2, 2, 1]))


def test_planar_convolutions_are_not():
    layer = keras.layers.Conv2D(1, 2, kernel_initializer="ones")
    layer.build([1, 2, 2, 1])
    found = xla.compiled(layer.call, "critic")(tf.ones([1, 2, 2, 1]))
    assert float(found[0, 0, 0, 0]) == 4.0  # Four ones.

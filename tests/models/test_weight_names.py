"""From PyTorch's names and layouts to variables; numbers by hand."""

import keras
import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.models import weight_names


def table_of(**layers):
    networks = {name: weight_names.of_layer(one, name) for name, one in layers.items()}
    return weight_names.Table(networks, unused=("*.old",))


def given(layer, **arrays):
    """Gives a layer, which PyTorch calls "x", its arrays."""
    found = {f"x.{name}": np.array(value) for name, value in arrays.items()}
    for weight, value in weight_names.values(table_of(x=layer), found):
        weight.variable.assign(value)
    return layer


def test_a_convolution_correlates():
    layer = keras.layers.Conv2D(1, (1, 2))
    layer.build([None, 1, 3, 1])
    given(layer, weight=[[[[10.0, 1.0]]]], bias=[0.5])
    # 10 · 1 + 2 + .5 and 10 · 2 + 3 + .5.
    row = np.array([1.0, 2.0, 3.0], np.float32).reshape([1, 1, 3, 1])
    np.testing.assert_array_equal(np.ravel(layer(row)), [12.5, 23.5])


def test_inputs_and_outputs_of_a_kernel_change_places():
    # [out, in, 1, 1]: the first output is 2 · a, the second 3 · b.
    layer = keras.layers.Conv2D(2, 1, use_bias=False)
    layer.build([None, 1, 1, 2])
    given(layer, weight=[[[[2.0]], [[0.0]]], [[[0.0]], [[3.0]]]])
    pixel = np.array([1.0, 10.0], np.float32).reshape([1, 1, 1, 2])
    np.testing.assert_array_equal(np.ravel(layer(pixel)), [2, 30])
    given(layer, weight=[[[[0.0]], [[1.0]]], [[[4.0]], [[0.0]]]])
    np.testing.assert_array_equal(np.ravel(layer(pixel)), [10, 4])


def test_a_transposed_convolution_lays_its_kernel_down_unturned():
    layer = keras.layers.Conv2DTranspose(2, (1, 2), strides=(1, 2), use_bias=False)
    layer.build([None, 1, 2, 1])
    # PyTorch's [in, out, 1, 2].
    given(layer, weight=[[[[10.0, 1.0]], [[5.0, 7.0]]]])
    row = np.array([1.0, 2.0], np.float32).reshape([1, 1, 2, 1])
    made = np.asarray(layer(row))[0, 0]  # [4, 2]
    np.testing.assert_array_equal(made[:, 0], [10, 1, 20, 2])
    np.testing.assert_array_equal(made[:, 1], [5, 7, 10, 14])


def test_a_kernel_of_three_dimensions_keeps_their_order():
    array = np.arange(2 * 3 * 4 * 5 * 6).reshape([2, 3, 4, 5, 6])
    made = weight_names.kernel(array)
    assert made.shape == (4, 5, 6, 3, 2)
    assert made[3, 1, 2, 0, 1] == array[1, 0, 3, 1, 2]


def test_a_dense_layer_multiplies_by_rows():
    layer = keras.layers.Dense(2)
    layer.build([None, 3])
    given(layer, weight=[[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]], bias=[0.0, 1.0])
    made = layer(np.array([[1.0, 1.0, 2.0]], np.float32))
    np.testing.assert_array_equal(made, [[9.0, 3.0]])  # 1 + 2 + 6 and 2 + 1


def test_batch_statistics_are_taken_over():
    layer = keras.layers.BatchNormalization(epsilon=0.0)
    layer.build([None, 1])
    given(layer, weight=[2.0], bias=[1.0], running_mean=[3.0], running_var=[4.0])
    # 2 · (7 - 3) / sqrt(4) + 1
    np.testing.assert_allclose(layer(np.array([[7.0]], np.float32)), [[5.0]])


def test_several_kernels_stand_side_by_side():
    made = weight_names.kernel(np.ones([3, 2, 1, 1]), np.zeros([1, 2, 1, 1]))
    np.testing.assert_array_equal(made[0, 0], [[1, 1, 1, 0], [1, 1, 1, 0]])


@pytest.fixture
def table():
    layers = {name: keras.layers.Dense(2) for name in ("g", "d")}
    for layer in layers.values():
        layer.build([None, 3])
    return table_of(**layers)


ARRAYS = {
    "g.weight": np.zeros([2, 3]),
    "g.bias": np.zeros([2]),
    "d.weight": np.zeros([2, 3]),
    "d.bias": np.zeros([2]),
}


def refusal(table, arrays, **options):
    with pytest.raises(errors.UserError) as caught:
        weight_names.values(table, arrays, **options)
    return str(caught.value)


def without(*names):
    return {name: array for name, array in ARRAYS.items() if name not in names}


def test_unused_names_are_passed_over(table):
    assert len(weight_names.values(table, ARRAYS | {"g.old": np.zeros(1)})) == 4


def test_a_missing_name_is_named(table):
    assert refusal(table, without("g.bias")) == "The weights lack `g.bias`."
    # A network of which there is something must be whole.
    assert "`g.bias`" in refusal(table, without("g.bias"), is_partial=True)


def test_a_network_may_be_left_out_when_asked(table):
    generator_alone = without("d.weight", "d.bias")
    assert refusal(table, generator_alone) == (
        "The weights lack `d.weight`, `d.bias`; --partial leaves `d` as initialised."
    )
    found = weight_names.values(table, generator_alone, is_partial=True)
    assert [weight.names for weight, _ in found] == [("g.weight",), ("g.bias",)]


def test_no_name_at_all_is_another_model(table):
    text = refusal(table, {"main.0": np.zeros(1)}, is_partial=True)
    assert "no name of the model" in text and "`main.0`" in text and "`g." in text


def test_a_surplus_name_is_named(table):
    assert "hold `g.more`, for which" in refusal(
        table, ARRAYS | {"g.more": np.zeros(1)}
    )


@pytest.mark.parametrize("shape", [[3, 2], [2, 4], [2], [2, 3, 1, 1]])
def test_another_shape_is_named_with_the_wanted_one(table, shape):
    text = refusal(table, ARRAYS | {"g.weight": np.zeros(shape)})
    assert f"`g.weight` {shape} cannot make `" in text and "kernel` [3, 2]" in text


def test_nothing_is_changed_by_a_refusal(table):
    weight = table.networks["g"][0]
    before = weight.variable.numpy()
    refusal(table, ARRAYS | {"g.weight": np.ones([2, 3]), "d.bias": np.ones([9])})
    np.testing.assert_array_equal(weight.variable, before)

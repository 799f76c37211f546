"""Cost volumes: tensorflow-addons as recorded, shifts as the oracle, hand cases."""

import itertools
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import correlation

GOLDENS = pathlib.Path(__file__).parents[1] / "goldens" / "addons_correlation.npz"
# The sums have five terms of size one; the recorded ones were added in another order.
ROUNDING = 2e-6
CONFIGS = (
    (1, 1, 1, 1),
    (4, 1, 1, 4),
    (4, 1, 2, 4),
    (3, 1, 2, 3),
    (2, 1, 1, 0),
    (2, 1, 1, 4),
    (3, 3, 1, 0),
)
# Strided and padded: the CPU kernel that was recorded takes stride_1 · pad for the
# padding, and the first places of that.
STRIDED_AND_PADDED = ((2, 2, 1, 2), (4, 2, 2, 4), (2, 2, 1, 4))


@pytest.fixture(scope="module")
def goldens():
    with np.load(GOLDENS) as recorded:
        return dict(recorded)


def shifted_sums(first, second, max_displacement, stride_1, stride_2, pad):
    """The definition, place by place, in float64."""
    margins = [(0, 0), (pad, pad), (pad, pad), (0, 0)]
    first = np.pad(first.astype(np.float64), margins)
    second = np.pad(second.astype(np.float64), margins)
    d = max_displacement
    height, width = first.shape[1:3]
    steps = range(-(d // stride_2) * stride_2, d + 1, stride_2)
    rows, columns = range(d, height - d, stride_1), range(d, width - d, stride_1)
    costs = [
        (first[:, y, x] * second[:, y + dy, x + dx]).mean(axis=-1)
        for y, x, dy, dx in itertools.product(rows, columns, steps, steps)
    ]
    shape = (len(rows), len(columns), len(steps) ** 2, first.shape[0])
    return np.reshape(costs, shape).transpose(3, 0, 1, 2)


def test_every_recorded_configuration_is_tested(goldens):
    recorded = {name.split("/")[0] for name in goldens if name.endswith("/cost")}
    tested = {"-".join(map(str, config)) for config in CONFIGS + STRIDED_AND_PADDED}
    assert recorded == tested


@pytest.mark.parametrize("config", CONFIGS + STRIDED_AND_PADDED)
def test_cost_and_gradients_equal_tensorflow_addons(goldens, config):
    prefix = "-".join(map(str, config))
    max_displacement, stride_1, stride_2, pad = config
    recorded = goldens[f"{prefix}/cost"]
    rows, columns = recorded.shape[1:3]
    inputs = [tf.constant(goldens["first"]), tf.constant(goldens["second"])]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        cost = correlation.cost_volume(
            *inputs,
            max_displacement=max_displacement,
            stride_1=stride_1,
            stride_2=stride_2,
            pad=pad * stride_1,
        )[:, :rows, :columns]
        total = tf.reduce_sum(cost * goldens[f"{prefix}/weights"])
    slopes = tape.gradient(total, inputs)
    np.testing.assert_allclose(cost, recorded, atol=ROUNDING)
    for slope, name in zip(slopes, ("first", "second"), strict=True):
        np.testing.assert_allclose(
            slope, goldens[f"{prefix}/{name}_gradient"], atol=10 * ROUNDING
        )


@pytest.mark.parametrize(
    ("max_displacement", "stride_1", "stride_2", "pad"),
    [(1, 1, 1, 1), (2, 2, 1, 2), (3, 2, 2, 3), (2, 3, 3, 1), (0, 1, 1, 0)],
)
def test_cost_equals_the_definition(max_displacement, stride_1, stride_2, pad):
    draw = np.random.default_rng(0)
    first, second = draw.standard_normal((2, 2, 7, 6, 3)).astype(np.float32)
    cost = correlation.cost_volume(
        tf.constant(first),
        tf.constant(second),
        max_displacement=max_displacement,
        stride_1=stride_1,
        stride_2=stride_2,
        pad=pad,
    )
    expected = shifted_sums(first, second, max_displacement, stride_1, stride_2, pad)
    np.testing.assert_allclose(cost, expected, atol=ROUNDING)


def test_moved_pattern_is_found_at_its_displacement():
    draw = np.random.default_rng(1)
    first = draw.choice([-1.0, 1.0], (1, 9, 9, 64)).astype(np.float32)
    second = np.roll(first, (1, -2), axis=(1, 2))  # one down, two left
    cost = correlation.cost_volume(
        tf.constant(first), tf.constant(second), max_displacement=2
    )
    best = np.argmax(cost, axis=-1)
    # Displacements run from -2 to 2, rows slowest: (1, -2) is 5 · 3 + 0.
    np.testing.assert_array_equal(best, np.full((1, 5, 5), 15))
    np.testing.assert_allclose(np.max(cost, axis=-1), 1)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graph_equals_eager(jit_compile):
    draw = np.random.default_rng(2)
    first, second = tf.constant(draw.standard_normal((2, 1, 6, 5, 4)), tf.float32)

    @tf.function(jit_compile=jit_compile)
    def in_graph(first, second):
        return correlation.cost_volume(first, second, max_displacement=2, pad=2)

    eager = correlation.cost_volume(first, second, max_displacement=2, pad=2)
    np.testing.assert_allclose(in_graph(first, second), eager, atol=ROUNDING)


def test_sizes_may_be_unknown_in_a_graph():
    spec = tf.TensorSpec([None, None, None, 2])

    @tf.function(input_signature=[spec])
    def in_graph(maps):
        return correlation.cost_volume(maps, maps, max_displacement=1, pad=1)

    maps = tf.reshape(tf.range(24.0), [1, 3, 4, 2])
    eager = correlation.cost_volume(maps, maps, max_displacement=1, pad=1)
    np.testing.assert_allclose(in_graph(maps), eager, rtol=1e-6)


def test_half_precision_sums_in_float32():
    # 4096 products of 16 add up to 65536, more than float16 holds; their mean is 16.
    maps = tf.fill([1, 1, 1, 4096], tf.cast(4.0, tf.float16))
    cost = correlation.cost_volume(maps, maps, max_displacement=0)
    assert cost.dtype == tf.float16
    np.testing.assert_array_equal(cost, np.full((1, 1, 1, 1), 16))


def test_wrong_arguments_are_named():
    maps = tf.zeros([1, 4, 4, 2])
    with pytest.raises(ValueError, match=r"`max_displacement` \(2\) leaves no place"):
        correlation.cost_volume(maps, maps, max_displacement=2)
    with pytest.raises(ValueError, match=r"`stride_2` \(0\) must be 1 or more"):
        correlation.cost_volume(maps, maps, max_displacement=1, stride_2=0)
    with pytest.raises(ValueError, match="`second` has shape"):
        correlation.cost_volume(maps, tf.zeros([1, 4, 5, 2]), max_displacement=1)


def test_a_shift_peaks_at_its_channel_rows_slowest():
    """As VINet's CUDA operation: means over channels, 9x9 displacements, zeros around."""
    first = seeds.normal([1, 12, 12, 8], seeds.from_int(0))
    costs = correlation.cost_volume(first, first, max_displacement=4, pad=4)
    assert costs.shape == (1, 12, 12, 81)
    np.testing.assert_allclose(
        costs[..., 40], np.mean(np.square(first), axis=-1), rtol=1e-5
    )
    for dy, dx in ((0, 3), (-2, 1), (4, -4)):
        second = tf.roll(first, [dy, dx], axis=[1, 2])
        costs = correlation.cost_volume(first, second, max_displacement=4, pad=4)
        mean = np.mean(costs[0, 4:8, 4:8], axis=(0, 1))
        assert np.argmax(mean) == (dy + 4) * 9 + dx + 4


def test_the_number_of_displacements_is_known_of_any_size():
    maps = tf.TensorSpec([None, None, None, 2])
    traced = tf.function(
        lambda first, second: correlation.cost_volume(
            first, second, max_displacement=2, stride_2=2, pad=2
        )
    ).get_concrete_function(maps, maps)
    assert traced.output_shapes.as_list() == [None, None, None, 9]

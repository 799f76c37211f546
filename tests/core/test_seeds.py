"""Seeds are derived, never reused, and mean the same everywhere."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds


def test_each_value_folded_in_gives_another_seed():
    root = seeds.from_int(7)
    found = [
        seeds.fold(root, 0),
        seeds.fold(root, 1),
        seeds.fold(root, "critic"),
        seeds.fold(root, "generator"),
        seeds.fold(root, 0, 0),
        seeds.fold(root, 0, 1),
        seeds.fold(root, 1, 0),
        seeds.from_int(8),
    ]
    assert len({tuple(one.numpy()) for one in found}) == len(found)


def test_long_seeds_differ_in_their_high_bits():
    assert seeds.from_int(1).numpy().tolist() == [1, 0]
    assert seeds.from_int(1 + 2**31).numpy().tolist() == [1, 1]


def test_tensors_and_integers_fold_alike():
    root = seeds.from_int(7)
    by_tensor = tf.function(lambda step: seeds.fold(root, step))(
        tf.constant(5, tf.int64)
    )
    np.testing.assert_array_equal(by_tensor, seeds.fold(root, 5))


def test_graphs_draw_what_eager_mode_draws():
    seed = seeds.fold(seeds.from_int(1), "noise")
    graph = tf.function(lambda: seeds.normal([64], seed))()
    np.testing.assert_array_equal(seeds.normal([64], seed), graph)


def test_integers_are_the_same_under_xla():
    seed = seeds.fold(seeds.from_int(1), "time")

    def draw() -> tf.Tensor:
        return seeds.integers([64], seed, 1000)

    np.testing.assert_array_equal(draw(), tf.function(draw, jit_compile=True)())


def test_integers_stay_below_their_bound():
    draws = seeds.integers([1000], seeds.from_int(1), 3).numpy()
    assert set(draws) == {0, 1, 2}


def test_uniform_fills_its_interval():
    draws = seeds.uniform([4000], seeds.from_int(1), -2.0, 2.0).numpy()
    assert -2.0 <= draws.min() < -1.99 and 1.99 < draws.max() < 2.0
    # The mean of 4000 uniform draws has a standard deviation of 4 / sqrt(12 * 4000).
    assert abs(draws.mean()) < 5 * 0.0183


def test_a_use_is_found_in_a_graph_by_the_name_of_its_constant() -> None:
    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32)])
    def drawn(seed):
        return seeds.normal([1], seeds.fold(seed, "blind spot", 3))

    names = [one.name for one in drawn.get_concrete_function().graph.get_operations()]
    assert {seeds.use_of(name) for name in names} == {"blind_spot", None}
    assert seeds.use_of("while/use_noise_1") == "noise"

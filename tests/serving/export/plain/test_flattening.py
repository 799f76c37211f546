"""A flat graph holds no call, and loops only where the data end them."""

import pytest
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.serving.export.plain import flattening

X = tf.TensorSpec([1, 4], tf.float32)


def flat(function) -> flattening.Flat:
    concrete = tf.function(function, autograph=False).get_concrete_function(
        x=tf.TensorSpec([None, None], tf.float32)
    )
    return flattening.flatten(concrete, {"x": X})


def types(made: flattening.Flat) -> list[str]:
    return [one.type for one in made.graph.get_operations()]


def test_a_loop_over_a_size_is_written_down():
    def doubled(x):
        return {
            "y": tf.while_loop(
                lambda count, _: count < tf.shape(x)[1],
                lambda count, one: (count + 1, tf.sin(one)),
                (0, x),
            )[1]
        }

    made = flat(doubled)
    assert types(made).count("Sin") == 4
    assert not [one for one in types(made) if "While" in one]
    assert made.outputs["y"].shape == [1, 4]


def test_a_loop_that_the_data_end_stays_one():
    def halved(x):
        return {
            "y": tf.while_loop(
                lambda one: tf.reduce_max(one) > 1.0, lambda one: (one / 2.0,), [x]
            )[0]
        }

    made = flat(halved)
    assert len([one for one in types(made) if "While" in one]) == 1
    assert made.outputs["y"].shape == [1, 4]


def test_a_loop_whose_sizes_the_data_say_is_refused_in_a_line():
    def without_the_least(x):
        return {
            "y": tf.while_loop(
                lambda one: tf.reduce_max(one) > 1.0,
                lambda one: (tf.boolean_mask(one, one > tf.reduce_min(one))[None],),
                [x],
                shape_invariants=[tf.TensorShape([1, None])],
            )[0]
        }

    with pytest.raises(errors.UserError, match="whose size depends on the data"):
        flat(without_the_least)


def test_calls_and_variables_are_gone():
    weight = tf.Variable(3.0)
    inner = tf.function(lambda x: tf.square(weight) * x)
    made = flat(lambda x: {"y": inner(inner(x))})
    assert types(made).count("Mul") == 2 and "Square" not in types(made)
    assert not [one for one in types(made) if "Call" in one or "Variable" in one]


def test_the_second_output_of_what_others_write_is_the_second():
    # In a function a reader calls an output by name: TopKV2 is lowered, never written.
    places = tf.function(lambda x: tf.cast(tf.math.top_k(x, 4)[1], tf.float32))
    made = flat(lambda x: {"y": places(x)})
    [cast] = [one for one in made.graph.get_operations() if one.type == "Cast"]
    assert cast.inputs[0].dtype == tf.int32


def test_a_draw_begins_with_its_use_in_and_out_of_loops():
    def drawn(x):
        seed = tf.cast(x[0, :2], tf.int32)
        once = seeds.normal([2], seeds.fold(seed, "content"))
        each = tf.map_fn(
            lambda one: seeds.integers([], seeds.fold(seed, "the label", one), 5),
            tf.range(3),
        )
        return {"y": once, "labels": each}

    *each, once = sorted(flat(drawn).begun, key=lambda one: one.kind)
    assert (once.name, once.kind, once.is_repeated) == ("content", "normal", False)
    assert {(one.name, one.kind, one.is_repeated) for one in each} == {
        ("the_label", "integers", True)
    }
    assert len(each) == 3 and (each[0].low, each[0].high) == (0, 5)


def test_a_draw_in_a_loop_without_a_known_end_is_refused():
    def forever(x):
        seed = tf.cast(x[0, :2], tf.int32)
        return {
            "y": tf.while_loop(
                lambda one: tf.reduce_max(one) > 1.0,
                lambda one: (one * seeds.uniform([1, 4], seed),),
                [x],
            )[0]
        }

    with pytest.raises(errors.UserError, match="loop whose end depends on the data"):
        flat(forever)

"""The layers of I3D by hand numbers."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.pretrained import inception


def unit(kernel: np.ndarray, *, bias=0.0, mean=0.0, variance=1.0, stride=1):
    """A unit of one channel with these weights; its epsilon is 0.001."""
    made = inception.Unit(1, 1, kernel=kernel.shape[0], stride=stride)
    made.kernel.assign(kernel[..., np.newaxis, np.newaxis])
    made.bias.assign([bias])
    made.mean.assign(np.reshape(mean, [1, 1, 1, 1, 1]))
    made.variance.assign(np.reshape(variance, [1, 1, 1, 1, 1]))
    return made


def line(*values: float) -> tf.Tensor:
    """A clip of one pixel: [1, T, 1, 1, 1]."""
    return tf.reshape(tf.constant(values, tf.float32), [1, -1, 1, 1, 1])


def in_time(*taps: float) -> np.ndarray:
    """A cubic kernel that looks at one pixel through time."""
    kernel = np.zeros([len(taps)] * 3)
    kernel[:, len(taps) // 2, len(taps) // 2] = taps
    return kernel


def test_a_unit_normalises_by_what_was_learnt() -> None:
    point = unit(in_time(2.0), bias=1.0, mean=3.0, variance=0.249)
    # (2 x - 3) / sqrt(0.249 + 0.001) + 1 = 4 x - 5, no less than 0.
    np.testing.assert_allclose(
        point(line(1, 2, 3))[0, :, 0, 0, 0], [0, 3, 7], rtol=1e-5
    )


def test_a_unit_takes_the_statistics_of_each_clip_when_it_is_told() -> None:
    point = unit(in_time(1.0), bias=2.0, mean=50.0, variance=70.0)
    # The first clip: mean 2, variance 1. The second: the same, ten times.
    clips = tf.concat([line(1, 3), line(10, 30)], axis=0)
    found = point(clips, clip_statistics=True)[:, :, 0, 0, 0]
    first, second = 1 / np.sqrt(1.001), 10 / np.sqrt(100.001)
    expected = [[2 - first, 2 + first], [2 - second, 2 + second]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_even_clip_is_padded_at_its_end() -> None:
    # SAME: 4 frames, 3 taps, stride 2: output at 0..2 and 2..4, a zero behind the last.
    steps = unit(in_time(1.0, 10.0, 100.0), variance=0.999, stride=2)
    found = steps(line(1, 2, 3, 4))[0, :, 0, 0, 0]
    np.testing.assert_allclose(found, [1 + 20 + 300, 3 + 40], rtol=1e-6)


def test_an_odd_clip_is_padded_at_both_ends() -> None:
    steps = unit(in_time(1.0, 10.0, 100.0), variance=0.999, stride=2)
    found = steps(line(1, 2, 3))[0, :, 0, 0, 0]
    np.testing.assert_allclose(found, [10 + 200, 2 + 30], rtol=1e-6)


def test_a_maximum_of_windows_that_reach_over_the_end() -> None:
    pool = inception.Pool(1, window=(3, 1, 1), strides=(2, 1, 1))
    found = pool(line(-5, -2, -3, -4))[0, :, 0, 0, 0]
    np.testing.assert_array_equal(found, [-2, -3])


@pytest.fixture
def block() -> inception.Block:
    """A block whose branches count: 1, 2, 3 and 4 times what they see."""
    made = inception.Block(1, (1, (1, 1), (1, 1), 1))
    for number, (name, one) in enumerate(made.units.items()):
        is_second = name.endswith("3x3")
        scale = 1.0 if is_second else [1.0, 2.0, 0.0, 3.0, 0.0, 4.0][number]
        taps = (1.0, 0.0, 0.0) if is_second else (scale,)
        one.kernel.assign(in_time(*taps)[..., np.newaxis, np.newaxis])
        one.variance.assign(np.full([1, 1, 1, 1, 1], 0.999))
    return made


def test_branches_stand_side_by_side(block) -> None:
    found = block(line(1, 5, 2))[0, :, 0, 0]
    # As it is; twice, a frame late; three times, a frame late; 4 times the maximum.
    expected = [[1, 0, 0, 20], [5, 2, 3, 20], [2, 10, 15, 20]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert block.channels == 4


def test_nothing_is_trained_and_gradients_reach_the_clip(block) -> None:
    clip = line(1, 5, 2)
    with tf.GradientTape() as tape:
        tape.watch(clip)
        outputs = tf.reduce_sum(block(clip)[..., 0])
    assert block.trainable_variables == [] and tape.watched_variables() == ()
    np.testing.assert_allclose(tape.gradient(outputs, clip), np.ones([1, 3, 1, 1, 1]))

"""Flow is followed from any frame to any other one."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.vinet import teacher

# Pixels that a scene moves right from each frame to the next.
STEPS = (1.0, 2.0, 4.0)


def batch():
    forward = np.zeros([1, 3, 6, 12, 2], np.float32)
    forward[..., 0] = np.reshape(STEPS, [3, 1, 1])
    return {
        "forward_flow": tf.constant(forward),
        "backward_flow": tf.constant(-forward),
    }


@pytest.mark.parametrize(
    ("time", "place", "wanted"),
    [
        (0, 0, 0),
        (0, 1, 1),
        (0, 3, 7),
        (1, 3, 6),
        (3, 3, 0),
        (3, 2, -4),
        (3, 0, -7),
        (2, 0, -3),
    ],
)
def test_steps_add_up_in_both_directions(time, place, wanted):
    found = tf.function(teacher.between)(batch(), tf.constant(time), tf.constant(place))
    np.testing.assert_allclose(found[..., 0], np.full([1, 6, 12], wanted), atol=1e-6)
    assert not np.any(found[..., 1])


def test_each_step_is_that_of_the_place_where_the_one_before_has_led():
    given = batch()
    forward = np.zeros([1, 3, 6, 12, 2], np.float32)
    forward[0, 0, :, :, 0] = 3.0
    # In frame 1 only columns 6 and beyond move, upwards.
    forward[0, 1, :, 6:, 1] = -2.0
    given["forward_flow"] = tf.constant(forward)
    found = teacher.between(given, tf.constant(0), tf.constant(2))
    np.testing.assert_allclose(found[0, 2, :, 1], [0] * 3 + [-2] * 9, atol=1e-6)
    np.testing.assert_allclose(found[0, 2, :, 0], [3] * 12, atol=1e-6)

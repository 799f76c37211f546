import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.ops import resizing


def test_doubling_is_bilinear_between_the_middles_of_pixels():
    x = tf.constant([0.0, 4.0, 8.0])[None, None, :, None]
    made = resizing.twice_as_large(x)
    # A quarter before and behind each middle; the border is repeated.
    wanted = [0, 1, 3, 5, 7, 8]
    np.testing.assert_allclose(made[0, :, :, 0], [wanted, wanted], atol=1e-6)


@pytest.mark.parametrize("by", [2, 4])
def test_flow_grows_with_its_grid(by):
    flow = tf.fill([1, 2, 3, 2], 0.5) * [1.0, -2.0]
    made = resizing.larger_flow(flow, by=by)
    assert made.shape == (1, 2 * by, 3 * by, 2)
    np.testing.assert_allclose(made[0, 0, 0], [0.5 * by, -1.0 * by])


def test_unknown_sides_and_half_precision_stay():
    @tf.function(input_signature=[tf.TensorSpec([1, None, 4, 3], tf.float16)])
    def doubled(x):
        made = resizing.twice_as_large(x)
        assert made.shape.as_list() == [1, None, 8, 3] and made.dtype == tf.float16
        return made

    assert doubled(tf.zeros([1, 2, 4, 3], tf.float16)).shape == (1, 4, 8, 3)

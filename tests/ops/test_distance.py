import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from tfvideogan.core import seeds
from tfvideogan.ops import distance


def drawn(shape, share, seed=0):
    unit = seeds.uniform(shape, seeds.from_int(seed))
    return tf.cast(unit < share, tf.float32)


def test_a_square_hole_is_as_deep_as_counted():
    # A hole of 3 x 5: the middle is two pixels from above and below.
    holes = np.zeros([1, 5, 7, 1], np.float32)
    holes[0, 1:4, 1:6] = 1.0
    wanted = np.zeros([5, 7])
    wanted[1:4, 1:6] = [[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 1, 1, 1, 1]]
    np.testing.assert_array_equal(distance.inside(holes)[0, ..., 0], wanted)


@pytest.mark.parametrize("size", [(1, 9), (9, 1), (7, 12), (15, 15)])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_it_is_the_exact_transform(size, share):
    holes = drawn([3, *size, 1], share).numpy()
    holes[:, 0, 0] = 0.0  # Something is known in each.
    wanted = [ndimage.distance_transform_edt(one[..., 0]) for one in holes]
    found = distance.inside(holes)[..., 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_pictures_do_not_see_each_other():
    holes = drawn([2, 8, 8, 1], 0.8)
    both, alone = distance.inside(holes), distance.inside(holes[1:])
    np.testing.assert_array_equal(both[1:], alone)


def test_without_holes_there_is_no_depth():
    assert not np.any(distance.inside(tf.zeros([2, 4, 4, 1])))


def test_nothing_known_is_one_deep():
    holes = tf.concat([tf.ones([1, 6, 6, 1]), drawn([1, 6, 6, 1], 0.5)], axis=0)
    found = distance.inside(holes)
    np.testing.assert_array_equal(found[0], np.ones([6, 6, 1]))
    np.testing.assert_array_equal(found[1:], distance.inside(holes[1:]))


def test_a_graph_takes_any_size():
    traced = tf.function(
        distance.inside, input_signature=[tf.TensorSpec([None, None, None, 1])]
    )
    for size in ((5, 9), (12, 3)):
        holes = drawn([2, *size, 1], 0.7)
        np.testing.assert_array_equal(traced(holes), distance.inside(holes))


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="`holes` has shape"):
        distance.inside(tf.zeros([4, 4, 1]))

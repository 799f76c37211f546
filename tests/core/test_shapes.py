"""Shape checks name the argument, its shape and the rule."""

import pytest
import tensorflow as tf

from tfvideogan.core import shapes


def test_sizes_come_back_by_letter():
    sizes = shapes.check_shape(tf.zeros([2, 3, 4, 5, 1]), "N T H W C", name="x", C=1)
    assert sizes == {"N": 2, "T": 3, "H": 4, "W": 5, "C": 1}


def test_unknown_sizes_are_none_or_what_is_expected():
    spec = tf.TensorSpec([None, 4, None])
    assert shapes.check_shape(spec, "N H C", name="x", C=3) == {
        "N": None,
        "H": 4,
        "C": 3,
    }


@pytest.mark.parametrize(
    ("shape", "layout", "words"),
    [
        ([2, 3], "N H W C", "`x` has shape (2, 3) of rank 2, but must be [N, H, W, C]"),
        ([2, 4, 4, 1], "N H W C", "axis 3 (C) is 1, but must be 3"),
        ([2, 4, 5, 3], "N S S C", "axis 2 (S) is 5, but must be 4"),
        ([2, 4, 5, 3], "N 8 W C", "axis 1 (8) is 4, but must be 8"),
    ],
)
def test_a_wrong_shape_is_named(shape, layout, words):
    with pytest.raises(ValueError) as caught:
        shapes.check_shape(tf.zeros(shape), layout, name="x", C=3)
    assert words in str(caught.value)

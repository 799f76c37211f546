"""Winograd's filtering takes the products that theory says, and loses little of float32.

That it equals TensorFlow to the third order is tested with the other ways.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.ops.convolution import test_convolution
from tfvideogan.ops.convolution import convolution
from tfvideogan.ops.convolution.geometry import Geometry


@pytest.mark.parametrize(
    ("length", "taps", "frames"),
    # Of each tile of n outputs n - 1 more than there are taps: tiles of 4, 3 and 3; of 4
    # and 3; of 4; with three taps of 5; of 1, which saves nothing.
    [(13, 4, 7 + 6 + 6), (10, 4, 7 + 6), (7, 4, 7), (7, 3, 7), (4, 4, 4)],
)
def test_winograd_convolves_as_few_frames_as_the_paper_says(length, taps, frames):
    geometry = Geometry((length, 4, 4), (taps, 4, 4), (1, 2, 2), (0, 1, 1), 2, 3)
    x, kernel = test_convolution.tensors(geometry, batch=1)
    made = tf.function(
        lambda *pair: test_convolution.convolve(
            geometry, *pair, test_convolution.WINOGRAD
        )
    )
    graph = made.get_concrete_function(x, kernel).graph
    convolved = [
        one.inputs[0].shape[0]
        for one in graph.get_operations()
        if one.type.startswith("Conv")
    ]
    assert sum(convolved) == frames


def test_winograd_loses_little_of_float32():
    geometry = Geometry((10, 8, 8), (4, 4, 4), (1, 2, 2), (0, 1, 1), 64, 64)
    x, kernel = test_convolution.tensors(geometry)
    gradient = test_convolution.draw(
        (2, *geometry.output, geometry.outputs), "gradient"
    )
    of_map = dict(
        zip(
            test_convolution.MAPS,
            ((x, kernel), (gradient, kernel), (x, gradient)),
            strict=True,
        )
    )

    def errors(form: str, exact: dict[str, tf.Tensor]) -> list[float]:
        made = {n: computed(form, n, tf.float32) for n in test_convolution.MAPS}
        return [
            float(tf.norm(made[n] - exact[n]) / tf.norm(exact[n]))
            for n in test_convolution.MAPS
        ]

    def computed(form: str, name: str, dtype: tf.DType) -> tf.Tensor:
        way = getattr(convolution.FORMS[3][form], name)
        pair = (tf.cast(one, dtype) for one in of_map[name])
        return tf.cast(way(geometry, *pair), tf.float64)

    exact = {
        name: computed("native", name, tf.float64) for name in test_convolution.MAPS
    }
    plain = np.array(errors("native", exact))
    np.testing.assert_array_less(errors("winograd", exact), 4.0 * plain)


@pytest.mark.parametrize(("taps", "stride"), [(4, 2), (8, 1)])
def test_winograd_refuses_strides_and_long_filters(taps, stride):
    sizes = (9, 4, 4), (taps, 4, 4), (stride, 2, 2), (0, 1, 1)
    geometry = Geometry(*sizes, 2, 3)
    with pytest.raises(ValueError, match=rf"at most 7 taps, not {stride} and {taps}"):
        test_convolution.convolve(
            geometry, *test_convolution.tensors(geometry), test_convolution.WINOGRAD
        )

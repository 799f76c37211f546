"""A ramp by hand."""

import pytest
import tensorflow as tf

from tfvideogan.models import ramp


@pytest.mark.parametrize(
    ("step", "share"),
    [(0, 0.0), (10, 0.0), (11, 0.25), (13, 0.75), (14, 1.0), (99, 1.0)],
)
def test_a_ramp_rises_evenly_between_its_ends(step, share):
    found = ramp.linear(tf.constant(step, tf.int64), start=10, length=4)
    assert found.dtype == tf.float32 and float(found) == share


def test_a_ramp_without_length_is_a_step():
    found = [float(ramp.linear(tf.constant(one), start=3, length=0)) for one in (3, 4)]
    assert found == [0.0, 1.0]

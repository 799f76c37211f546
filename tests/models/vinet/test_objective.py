import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.vinet import objective

SHAPE = (1, 4, 4, 3)
ALONE = {one.name: 0.0 for one in dataclasses.fields(objective.LossWeights)}


def full(value, channels=3):
    return tf.fill([1, 4, 4, channels], float(value))


def hole():
    """A hole of 4 of 16 pixels."""
    mask = np.zeros((1, 4, 4, 1), np.float32)
    mask[:, :2, :2] = 1
    return tf.constant(mask)


@pytest.mark.parametrize(("by_area", "wanted"), [(False, 5 * 0.05), (True, 5 * 0.2)])
def test_holes_are_charged_by_the_frame_or_by_their_area(by_area, wanted):
    weights = objective.LossWeights(by_area=by_area)
    found = objective.image_losses(full(0.5), full(0.3), hole(), weights)
    np.testing.assert_allclose(found["hole"], wanted, rtol=1e-5)
    np.testing.assert_allclose(found["reconstruction"], 0.2, rtol=1e-5)
    assert 0 < float(found["similarity"]) < 1


def test_equal_frames_cost_nothing():
    found = objective.image_losses(
        full(0.5), full(0.5), hole(), objective.LossWeights()
    )
    np.testing.assert_allclose([*found.values()], 0.0, atol=1e-6)


def test_the_flow_loss_has_three_terms_where_the_teacher_is_believed():
    still, flow = full(0, 2), full(0.3, 2)
    frame, made, before = full(0.5), full(0.1), full(0.0)
    # |0.3 - 0| of the flow, 0 of constant frames, |0.1 - 0| of the outputs.
    found = objective.flow_loss(frame, full(0.5), (made, before), flow, still)
    np.testing.assert_allclose(found, 0.3 + 0.0 + 0.1, rtol=1e-5)
    # 3 · 0.09² = 0.0243 is not below 0.02: nothing is believed.
    found = objective.flow_loss(frame, full(0.41), (made, before), flow, still)
    assert float(found) == 0.0


def test_the_output_before_gets_no_gradient_from_the_flow_loss():
    frame, before = full(0.5), tf.Variable(full(0.1))
    with tf.GradientTape() as tape:
        loss = objective.flow_loss(
            frame, frame, (frame, before), full(0, 2), full(0, 2)
        )
    gradient = tape.gradient(loss, before)
    assert gradient is None or not np.any(gradient)


def test_the_warping_loss_is_weighed_by_how_well_frames_meet():
    # 3 · 0.1² = 0.03; exp(-50 · 0.03) · |0.9 - 0.4|
    found = objective.warping_loss(full(0.5), full(0.4), full(0.9), full(0, 2))
    np.testing.assert_allclose(found, np.exp(-1.5) * 0.5, rtol=1e-4)


def test_a_squared_sum_lets_opposite_channels_cancel():
    """The release's fault: a frame that turned red is trusted as if it had not."""
    frame = tf.zeros(SHAPE)
    earlier = frame + [0.5, -0.25, -0.25]
    squares = 0.25 + 2 * 0.0625
    np.testing.assert_allclose(
        objective.squared_distance(frame, earlier), full(squares, 1), rtol=1e-6
    )
    np.testing.assert_allclose(
        objective.squared_distance(frame, earlier, squares_sum=True), full(0, 1)
    )
    arguments = (frame, earlier, full(1.0), full(0, 2))
    good = objective.warping_loss(*arguments)
    bad = objective.warping_loss(*arguments, squares_sum=True)
    assert float(good) < 1e-6 < float(bad)


def test_misalignment_is_least_where_the_flow_is_right():
    ramp = tf.broadcast_to(tf.range(16.0)[:, None] / 16, [1, 16, 16, 3])
    moved = tf.roll(ramp, 2, axis=2)  # to the right: frame(x) = source(x + 2)

    def loss(dx):
        flow = tf.fill([1, 8, 8, 2], 0.0) + [dx, 0.0]
        return float(objective.misalignment(ramp, [moved], [flow]))

    # Two pixels are one of half the size.
    assert loss(1.0) < 0.2 * min(loss(0.0), loss(2.0))


def test_misguidance_is_the_distance_in_pixels_where_the_teacher_is_believed():
    ramp = tf.broadcast_to(tf.range(16.0)[:, None] / 16, [1, 16, 16, 3])
    moved = tf.roll(ramp, 2, axis=2)
    taught = tf.fill([1, 16, 16, 2], 0.0) + [2.0, 0.0]

    def loss(dx, dy, source=moved):
        flow = tf.fill([1, 8, 8, 2], 0.0) + [dx, dy]
        return float(
            objective.misguidance(ramp, [source] * 2, [flow] * 2, [taught] * 2)
        )

    # Pixels of half the size are two.
    assert loss(1.0, 0.0) == pytest.approx(0.01, abs=1e-3)
    assert loss(2.5, 2.0) == pytest.approx(5.0, rel=1e-3)
    # Colours that the teacher does not explain say nothing.
    assert loss(2.5, 2.0, source=moved + 1.0) == 0.0


def test_weights_are_not_negative():
    with pytest.raises(errors.UserError, match="`LossWeights.flow` .-1. must not"):
        objective.LossWeights(flow=-1.0)
    assert not objective.LossWeights(**ALONE).need_flow
    assert objective.LossWeights(**ALONE | {"warping": 1.0}).need_flow

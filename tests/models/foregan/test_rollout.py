"""One step of ForeGAN by hand: composition, motion, memories, disturbances."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import rollout
from tfvideogan.ops import affine

SIZE = 16


def _scene(shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A textured frame with a bright square at column 5 + shift, and its mask."""
    y, x = np.mgrid[:SIZE, :SIZE]
    background = 0.3 * np.sin(x[..., None] * [0.5, 0.7, 0.9] + y[..., None])
    mask = np.zeros((SIZE, SIZE, 1))
    mask[5:10, 5 + shift : 10 + shift] = 1.0
    frame = background * (1 - mask) + 0.8 * mask
    return frame[None].astype(np.float32), mask[None].astype(np.float32)


def _state(**changes: tf.Tensor) -> rollout.State:
    frame, mask = _scene()
    empty = tf.zeros([1, SIZE // 4, SIZE // 4, 0])
    return rollout.start(frame, mask, (empty, empty))._replace(**changes)


def _square_motion(pixels: float) -> tuple[np.ndarray, np.ndarray]:
    """Backward flow of a square that moved right, and the forward flow before it."""
    _, before = _scene()
    _, after = _scene(int(pixels))
    right = np.array([pixels, 0.0], np.float32)
    return -right * after, right * before


def test_ground_truth_layers_compose_to_the_frame():
    frame, mask = _scene()
    object_ = np.full_like(frame, 0.8)
    scene = np.where(mask > 0, 0.1, frame)
    np.testing.assert_allclose(
        rollout.composite(mask, object_, scene), frame, atol=1e-6
    )


def test_an_object_before_black_is_black_outside_its_mask():
    _, mask = _scene()
    found = rollout.on_black(mask, tf.fill([1, SIZE, SIZE, 3], 0.5)).numpy()
    np.testing.assert_array_equal(np.unique(found), [-1.0, 0.5])


def test_the_first_background_does_not_show_the_object():
    state = _state()
    # The square is 0.8, the scene at most 0.3.
    assert float(tf.reduce_max(state.background)) <= 0.3 + 1e-6
    # Five pixels and two on each side are hidden.
    assert float(tf.reduce_sum(state.hole)) == 9 * 9


def test_a_blind_spot_hides_the_scene_but_not_the_object():
    frame, mask = _scene()
    spot = np.zeros_like(mask)
    spot[:, :2] = 1.0
    empty = tf.zeros([1, 4, 4, 0])
    state = rollout.start(frame, mask, (empty, empty), spot)
    assert float(tf.reduce_sum(state.hole)) == 9 * 9 + 2 * SIZE
    np.testing.assert_array_equal(state.mask, mask)


def test_camera_motion_is_fitted_outside_the_object():
    pan = affine.to_flow(tf.constant([[[0.0, 0.0, 1.0], [0.0, 0.0, -0.5]]]), SIZE, SIZE)
    backward, forward = _square_motion(3)
    _, after = _scene(3)
    _, before = _scene(0)
    flow = np.where(after > 0, backward, pan)
    reverse = np.where(before > 0, forward, -pan)
    motion = rollout.observe_motion(_state(), tf.constant(flow), tf.constant(reverse))
    np.testing.assert_allclose(motion.camera, pan, atol=0.02)


def test_memories_move_with_their_layer():
    backward, forward = _square_motion(3)
    state = _state()
    motion = rollout.observe_motion(state, backward, tf.constant(forward))
    evidence = rollout.move(state, motion)
    _, after = _scene(3)
    np.testing.assert_allclose(evidence.mask * after, after, atol=1e-5)
    # The scene stands still: what was seen stays where it was.
    seen = 1.0 - evidence.hole
    np.testing.assert_allclose(
        evidence.background * seen, state.background * seen, atol=0.02
    )


def test_pixels_that_enter_the_frame_are_a_hole():
    flow = np.zeros((1, SIZE, SIZE, 2), np.float32)
    flow[..., 0] = 2.0  # the camera moved: samples lie two pixels to the right
    empty_mask = tf.zeros([1, SIZE, SIZE, 1])
    state = _state(mask=empty_mask, hole=empty_mask)
    motion = rollout.observe_motion(state, tf.constant(flow), tf.constant(-flow))
    hole = rollout.move(state, motion).hole[0, :, :, 0].numpy()
    np.testing.assert_array_equal(hole[:, -2:], 1.0)
    np.testing.assert_array_equal(hole[:, :-3], 0.0)


def test_without_a_guess_the_object_is_carried_along():
    backward, forward = _square_motion(3)
    state = _state()
    evidence = rollout.move(
        state, rollout.observe_motion(state, backward, tf.constant(forward))
    )
    guess = {
        "residual_flow": tf.zeros([1, SIZE, SIZE, 2]),
        "blend": tf.constant([1.0, 0.0, 0.0]) * tf.ones([1, SIZE, SIZE, 3]),
        "colour": tf.zeros([1, SIZE, SIZE, 3]),
    }
    mask, object_ = rollout.move_object(state, tf.constant(backward), guess, evidence)
    frame, after = _scene(3)
    np.testing.assert_allclose(mask * after, after, atol=1e-5)
    np.testing.assert_allclose(object_ * after, frame * after, atol=1e-5)


@pytest.mark.parametrize("saturation", [2.0, 20.0])
def test_masks_do_not_fade_when_nothing_is_corrected(saturation):
    mask = tf.constant([0.05, 0.95])
    for _ in range(30):
        mask = rollout.correct_mask(mask, 0.0, saturation)
    assert float(mask[0]) < 0.05 and float(mask[1]) > 0.95


def test_a_correction_turns_a_mask_over():
    # 2 (2 * 1 - 1) - 4 = -2: the sigmoid of 5 * -2.
    found = rollout.correct_mask(tf.constant(1.0), -4.0, 5.0)
    assert float(found) == pytest.approx(1 / (1 + np.exp(10.0)), rel=1e-5)


def test_what_is_uncovered_is_remembered():
    frame, mask = _scene()
    backward, forward = _square_motion(3)
    state = _state()
    evidence = rollout.move(
        state, rollout.observe_motion(state, backward, tf.constant(forward))
    )
    after_frame, after = _scene(3)
    outputs = {
        "masks": tf.constant(after),
        "foregrounds": tf.zeros_like(frame),
        "backgrounds": tf.zeros_like(frame),
    }
    new = rollout.re_anchor(state, evidence, after_frame, outputs, ("f", "b"))
    # Columns 3 to 5 were behind the square or its guard and are free now.
    np.testing.assert_array_equal(new.hole[0, 7, 3:6, 0], 0.0)
    np.testing.assert_allclose(new.background[0, 7, 3:6], after_frame[0, 7, 3:6])
    np.testing.assert_allclose(new.foreground * after, after_frame * after, atol=1e-6)
    assert (new.foreground_state, new.background_state) == ("f", "b")


def test_a_detached_state_passes_no_gradient():
    frame = tf.Variable(_scene()[0])
    with tf.GradientTape() as tape:
        state = rollout.detach(_state(foreground=frame * 2.0))
        total = tf.reduce_sum(state.foreground)
    assert tape.gradient(total, frame) is None


def test_flow_codes_are_monotone_and_bounded():
    flow = tf.range(-40.0, 41.0)
    codes = rollout.encode_flow(flow).numpy()
    assert np.all(np.diff(codes) > 0) and np.abs(codes).max() < 1.0


def test_a_disturbed_mask_is_near_the_mask_and_another_each_time():
    _, mask = _scene()
    batch = tf.repeat(mask, 8, axis=0)
    one = rollout.disturb(batch, seeds.from_int(1), 0.05).numpy()
    other = rollout.disturb(batch, seeds.from_int(2), 0.05).numpy()
    np.testing.assert_array_equal(one, rollout.disturb(batch, seeds.from_int(1), 0.05))
    assert np.abs(one - other).max() > 0.5
    assert one.min() >= 0.0 and one.max() <= 1.0
    areas = one.sum(axis=(1, 2, 3))
    # 25 pixels, thinned to 9 or widened to 49, and shifted.
    assert areas.min() < 20 and areas.max() > 35


def test_a_blind_spot_has_the_size_of_the_object():
    _, mask = _scene()
    spot = rollout.blind_spot(tf.constant(mask), seeds.from_int(3)).numpy()
    assert spot.sum() == mask.sum()
    assert np.abs(spot - mask).max() == 1.0

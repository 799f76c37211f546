"""Propagation by hand: what is carried over, what is left, and what never leaks."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.ops import propagation


def panned(num_frames, size, *, speed):
    """[1, T, size, size, 3] of bytes as floats: a scene that moves right by `speed`."""
    wide = np.random.default_rng(0).integers(
        0, 256, (size, size + speed * num_frames, 3)
    )
    starts = [speed * (num_frames - t) for t in range(num_frames)]
    frames = np.stack([wide[:, start : start + size] for start in starts])
    return frames[np.newaxis].astype(np.float32)


def flows(num_frames, size, dx):
    """Forward and backward flow [1, T-1, size, size, 2] of one motion."""
    forward = np.zeros((1, num_frames - 1, size, size, 2), np.float32)
    forward[..., 0] = dx
    return tf.constant(forward), tf.constant(-forward)


def static_hole(num_frames, size):
    holes = np.zeros((1, num_frames, size, size, 1), np.float32)
    holes[:, :, 3:6, 4:8] = 1.0
    return holes


def spoilt(frames, holes):
    """The frames, with NaN in the holes."""
    return tf.constant(np.where(holes > 0, np.float32(np.nan), frames))


@pytest.mark.parametrize("sampling", propagation.SAMPLINGS)
def test_what_another_frame_shows_is_recovered_exactly(sampling):
    # 2 pixels a frame: columns 4 to 7 of frame 2 are 2 to 5 of frame 1, 0 to 3 of frame 0,
    # 6 to 9 of frame 3; columns 6 and 7 of frame 3 are 4 and 5 of frame 2, 0 and 1 of
    # frame 0. Columns 4 and 5 of frame 0 are 10 and 11 of frame 3.
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    made, left = propagation.propagate(
        spoilt(frames, holes),
        tf.constant(holes),
        *flows(4, 12, 2.0),
        sampling=sampling,
    )
    np.testing.assert_array_equal(left, np.zeros_like(holes))
    np.testing.assert_array_equal(made, frames)


def test_what_no_frame_shows_stays_a_hole():
    # One pixel a frame, three frames: 4 columns are missing and only 2 come into sight.
    frames, holes = panned(3, 12, speed=1), static_hole(3, 12)
    made, left = propagation.propagate(
        spoilt(frames, holes), tf.constant(holes), *flows(3, 12, 1.0)
    )
    # Column 7 of frame 0 is 8 of frame 1, 6 is 8 of frame 2; 4 of frame 2 is 3 of frame 1,
    # 5 is 3 of frame 0.
    wanted = np.zeros_like(holes)
    wanted[0, 0, 3:6, 4:6] = wanted[0, 1, 3:6, 5:7] = wanted[0, 2, 3:6, 6:8] = 1.0
    np.testing.assert_array_equal(left, wanted)
    np.testing.assert_array_equal(made, np.where(wanted > 0, 0.0, frames))


def test_static_hole_before_a_static_camera_is_left():
    frames, holes = panned(3, 12, speed=0), static_hole(3, 12)
    made, left = propagation.propagate(
        spoilt(frames, holes), tf.constant(holes), *flows(3, 12, 0.0)
    )
    np.testing.assert_array_equal(left, holes)
    np.testing.assert_array_equal(made, np.where(holes > 0, 0.0, frames))


def test_flow_that_does_not_lead_back_is_not_followed():
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    forward, backward = flows(4, 12, 2.0)
    # The ways back are 3 pixels off: 9 against 0.01 (4 + 1) + 0.5.
    _, left = propagation.propagate(
        tf.constant(frames), tf.constant(holes), forward, backward + 3.0
    )
    np.testing.assert_array_equal(left, holes)
    nowhere = forward * np.nan
    made, left = propagation.propagate(
        tf.constant(frames), tf.constant(holes), nowhere, backward
    )
    np.testing.assert_array_equal(left, holes)
    assert np.isfinite(made).all()


def test_bilinear_sample_takes_nothing_from_the_hole_it_touches():
    # Flow of 0.95: column 3 of the frame is 5 % of column 3 and 95 % of column 4 of the
    # other; column 3 of the other is missing, and 95 % weigh all.
    frame, source = np.zeros((2, 1, 3, 8, 1), np.float32)
    hole, source_hole = np.zeros((2, 1, 3, 8, 1), np.float32)
    hole[:, 1, 2:4] = 1.0
    source[:, :, 4], source_hole[:, :, 3] = 7.0, 1.0
    flow = np.zeros((1, 3, 8, 2), np.float32)
    flow[..., 0] = 0.95
    made, left = propagation.carry(
        frame, hole, source, source_hole, flow, -flow, sampling="bilinear"
    )
    np.testing.assert_allclose(made[0, 1, 3], [7.0], rtol=1e-5)
    # Column 2 would be 95 % hole.
    np.testing.assert_array_equal(left[0, 1, 2:4, 0], [1.0, 0.0])


@pytest.mark.parametrize("sampling", propagation.SAMPLINGS)
def test_one_frame_and_a_full_hole_are_left_alone(sampling):
    frames = panned(1, 12, speed=0)
    for holes in (static_hole(1, 12), np.ones((1, 1, 12, 12, 1), np.float32)):
        made, left = propagation.propagate(
            spoilt(frames, holes),
            tf.constant(holes),
            *flows(1, 12, 0.0),
            sampling=sampling,
        )
        np.testing.assert_array_equal(left, holes)
        np.testing.assert_array_equal(made, np.where(holes > 0, 0.0, frames))


def test_bytes_in_a_graph_of_any_length_are_the_same():
    signature = [
        tf.TensorSpec([None, None, 12, 12, channels], dtype)
        for channels, dtype in ((3, tf.uint8), (1, tf.float32), (2, tf.float32))
    ]
    graph = tf.function(
        propagation.propagate, input_signature=[*signature, signature[-1]]
    )
    for length in (1, 3):
        frames, holes = panned(length, 12, speed=1), static_hole(length, 12)
        given = tf.constant(frames), tf.constant(holes), *flows(length, 12, 1.0)
        wanted, left = propagation.propagate(*given)
        made, left_in_graph = graph(tf.cast(frames, tf.uint8), *given[1:])
        np.testing.assert_array_equal(tf.cast(made, tf.float32), wanted)
        np.testing.assert_array_equal(left_in_graph, left)


def test_never_seen_is_what_propagation_leaves():
    holes = tf.constant(static_hole(3, 12))
    _, left = propagation.propagate(holes, holes, *flows(3, 12, 1.0))
    never = propagation.never_seen(holes, *flows(3, 12, 1.0))
    np.testing.assert_array_equal(never, left)
    assert never.numpy().sum() == 3 * 3 * 2


def test_flow_of_a_zoom_goes_on_in_the_hole():
    rows, columns = np.mgrid[:24, :32].astype(np.float32)
    zoom = np.stack([0.1 * columns - 2, 0.1 * rows - 1], axis=-1)
    flow = np.broadcast_to(zoom, (1, 2, 24, 32, 2)).copy()
    holes = np.zeros((1, 3, 24, 32, 1), np.float32)
    holes[:, 1, 8:16, 10:20] = 1.0  # missing in frame 1 alone, so in both steps
    given = np.where(holes[:, 1:2] > 0, np.nan, flow).astype(np.float32)
    made = propagation.complete_flow(tf.constant(given), tf.constant(holes))
    # Known vectors are exact; in the hole, of up to 3 pixels, by relaxation.
    np.testing.assert_array_equal(made[:, :, :8], flow[:, :, :8])
    np.testing.assert_allclose(made, flow, atol=0.05)


def test_flow_of_no_or_unknown_frames():
    one = propagation.complete_flow(tf.zeros([1, 0, 8, 8, 2]), tf.ones([1, 1, 8, 8, 1]))
    assert one.shape == (1, 0, 8, 8, 2)
    unknown = tf.fill([1, 1, 8, 8, 2], np.float32(np.nan))
    made = propagation.complete_flow(unknown, tf.ones([1, 2, 8, 8, 1]))
    np.testing.assert_array_equal(made, np.zeros((1, 1, 8, 8, 2)))


def test_wrong_arguments_are_named():
    frames, holes = tf.zeros([1, 3, 8, 8, 3]), tf.zeros([1, 3, 8, 8, 1])
    with pytest.raises(ValueError, match="`backward_flow` has shape"):
        propagation.propagate(frames, holes, flows(3, 8, 0.0)[0], flows(2, 8, 0.0)[1])
    with pytest.raises(errors.UserError, match="`sampling` .'cubic'. must be one of"):
        propagation.propagate(frames, holes, *flows(3, 8, 0.0), sampling="cubic")

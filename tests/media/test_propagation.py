"""Propagation by hand: what is carried over, what is left, and what never leaks."""

import numpy as np
import pytest

from tfvideogan.media import inpainting, propagation


def panned(num_frames, size, *, speed):
    """[T, size, size, 3] uint8: a scene that moves right by `speed`."""
    wide = np.random.default_rng(0).integers(
        0, 256, (size, size + speed * num_frames, 3), np.uint8
    )
    starts = [speed * (num_frames - t) for t in range(num_frames)]
    return np.stack([wide[:, start : start + size] for start in starts])


def flows(num_frames, size, dx):
    """Forward and backward flow [T-1, size, size, 2] of one motion."""
    return flows_of(num_frames, (size, size), dx)


def flows_of(num_frames, size, dx):
    forward = np.zeros((num_frames - 1, *size, 2), np.float32)
    forward[..., 0] = dx
    return forward, -forward


def static_hole(num_frames, size):
    holes = np.zeros((num_frames, size, size, 1), np.float32)
    holes[:, 3:6, 4:8] = 1.0
    return holes


def spoilt(frames, holes):
    """The frames, with other bytes in the holes."""
    return np.where(holes > 0, np.uint8(99), frames)


def test_what_another_frame_shows_is_recovered_exactly():
    # 2 pixels a frame: columns 4 to 7 of frame 2 are 2 to 5 of frame 1, 0 to 3 of frame 0,
    # 6 to 9 of frame 3; columns 6 and 7 of frame 3 are 4 and 5 of frame 2, 0 and 1 of
    # frame 0. Columns 4 and 5 of frame 0 are 10 and 11 of frame 3.
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    made, left = propagation.propagate(spoilt(frames, holes), holes, *flows(4, 12, 2.0))
    np.testing.assert_array_equal(left, np.zeros_like(holes))
    np.testing.assert_array_equal(made, frames)


def test_what_no_frame_shows_stays_a_hole():
    # One pixel a frame, three frames: 4 columns are missing and only 2 come into sight.
    frames, holes = panned(3, 12, speed=1), static_hole(3, 12)
    made, left = propagation.propagate(spoilt(frames, holes), holes, *flows(3, 12, 1.0))
    # Column 7 of frame 0 is 8 of frame 1, 6 is 8 of frame 2; 4 of frame 2 is 3 of frame 1,
    # 5 is 3 of frame 0.
    wanted = np.zeros_like(holes)
    wanted[0, 3:6, 4:6] = wanted[1, 3:6, 5:7] = wanted[2, 3:6, 6:8] = 1.0
    np.testing.assert_array_equal(left, wanted)
    np.testing.assert_array_equal(made, np.where(wanted > 0, 0, frames))
    never = propagation.never_seen(holes, *flows(3, 12, 1.0))
    np.testing.assert_array_equal(never, wanted > 0)


def test_static_hole_before_a_static_camera_is_left():
    frames, holes = panned(3, 12, speed=0), static_hole(3, 12)
    made, left = propagation.propagate(spoilt(frames, holes), holes, *flows(3, 12, 0.0))
    np.testing.assert_array_equal(left, holes)
    np.testing.assert_array_equal(made, np.where(holes > 0, 0, frames))


def test_flow_that_does_not_lead_back_is_not_followed():
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    forward, backward = flows(4, 12, 2.0)
    # The ways back are 3 pixels off: 9 against 0.01 (4 + 1) + 0.5.
    for pair in ((forward, backward + 3.0), (forward * np.nan, backward)):
        made, left = propagation.propagate(spoilt(frames, holes), holes, *pair)
        np.testing.assert_array_equal(left, holes)
        np.testing.assert_array_equal(made, np.where(holes > 0, 0, frames))


def test_parts_of_pixels_add_up_and_are_sampled_once():
    # A ramp of 10 a column that moves 0.3 pixels a frame: column 5 of frame 2 is column
    # 4.4 of frame 0, 44; from nearest pixel to nearest pixel it would be 50.
    ramp = 10.0 * (np.arange(12) - 0.3 * np.arange(3)[:, np.newaxis])
    frames = np.rint(np.maximum(ramp, 0.0)).astype(np.uint8)
    frames = frames[:, np.newaxis, :, np.newaxis].repeat(9, axis=1)
    holes = np.zeros((3, 9, 12, 1), np.float32)
    holes[1:, 3:6, 5] = 1.0
    made, left = propagation.propagate(
        spoilt(frames, holes), holes, *flows_of(3, (9, 12), 0.3)
    )
    assert not left.any()
    np.testing.assert_array_equal(made[:, 4, 5, 0], [50, 47, 44])


def test_of_two_frames_the_nearer_one_weighs_more():
    # Frames 0 and 3 of a static scene show 40 and 100; frame 1 is 1 away from the one and
    # 2 from the other: (40 / 1 + 100 / 2) / (1 + 1 / 2) = 60.
    frames = np.full((4, 12, 12, 1), 40, np.uint8)
    frames[3] = 100
    holes = static_hole(4, 12)
    holes[[0, 3]] = 0.0
    made, _ = propagation.propagate(spoilt(frames, holes), holes, *flows(4, 12, 0.0))
    assert set(made[1][holes[1] > 0]) == {60}
    assert set(made[2][holes[2] > 0]) == {80}


def test_a_sample_takes_nothing_from_the_hole_it_touches():
    # Flow of 0.6: column 3 of frame 0 is 40 % of column 3 and 60 % of column 4 of frame 1;
    # column 3 of that is missing there, so that column 4 weighs all.
    frames = np.zeros((2, 3, 8, 1), np.uint8)
    frames[1, :, 4] = 70
    holes = np.zeros((2, 3, 8, 1), np.float32)
    holes[0, 1, 3] = holes[1, :, 3] = 1.0
    made, left = propagation.propagate(
        spoilt(frames, holes), holes, *flows_of(2, (3, 8), 0.6)
    )
    assert made[0, 1, 3, 0] == 70
    assert not left[0].any()


@pytest.mark.parametrize("is_full", [False, True])
def test_one_frame_and_a_full_hole_are_left_alone(is_full):
    frames = panned(1, 12, speed=0)
    holes = np.ones((1, 12, 12, 1), np.float32) if is_full else static_hole(1, 12)
    for made, left in (
        propagation.propagate(frames, holes, *flows(1, 12, 0.0)),
        propagation.fill(frames, holes),
    ):
        np.testing.assert_array_equal(left, holes)
        np.testing.assert_array_equal(made, np.where(holes > 0, 0, frames))


def test_a_second_round_looks_at_what_the_first_one_filled(monkeypatch):
    # The flow around the holes is that of a still scene, 2 pixels short; on frames that are
    # filled the true one is found.
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    given = spoilt(frames, holes)
    first = propagation.propagate(given, holes, *flows(4, 12, 0.0))
    seen = []

    def estimate_clip(filled):
        seen.append(filled)
        return flows(4, 12, 2.0)

    monkeypatch.setattr(inpainting, "estimate_flow", lambda *_: flows(4, 12, 0.0))
    monkeypatch.setattr(propagation.flows, "estimate_clip", estimate_clip)
    once = propagation.fill(given, holes, rounds=1)
    np.testing.assert_array_equal(once[0], first[0])
    assert not seen
    made, left = propagation.fill(given, holes)
    np.testing.assert_array_equal(seen, [inpainting.inpaint(*first)])
    np.testing.assert_array_equal(made, frames)
    assert not left.any()


def test_flow_is_completed_by_what_is_given_for_it(monkeypatch):
    frames, holes = panned(4, 12, speed=2), static_hole(4, 12)
    given, found = spoilt(frames, holes), flows(4, 12, 5.0)
    monkeypatch.setattr(inpainting, "estimate_flow", lambda *_: found)

    def complete(*arrays):
        for one, wanted in zip(arrays, (given, holes, *found), strict=True):
            np.testing.assert_array_equal(one, wanted)
        return flows(4, 12, 2.0)

    made, left = propagation.fill(given, holes, rounds=1, complete=complete)
    np.testing.assert_array_equal(made, frames)
    assert not left.any()
    # One frame has no flow to be completed.
    found = flows(1, 12, 5.0)
    propagation.fill(given[:1], holes[:1], rounds=1, complete=complete)


def test_flow_of_a_zoom_goes_on_in_the_hole():
    rows, columns = np.mgrid[:24, :32].astype(np.float32)
    zoom = np.stack([0.1 * columns - 2, 0.1 * rows - 1], axis=-1)
    flow = np.broadcast_to(zoom, (2, 24, 32, 2)).copy()
    holes = np.zeros((3, 24, 32, 1), np.float32)
    holes[1, 8:16, 10:20] = 1.0  # missing in frame 1 alone, so in both steps
    given = np.where(holes[1:2] > 0, np.nan, flow).astype(np.float32)
    made = propagation.complete_flow(given, holes)
    # Known vectors are exact; in the hole, of up to 3 pixels, by relaxation.
    np.testing.assert_array_equal(made[:, :8], flow[:, :8])
    np.testing.assert_allclose(made, flow, atol=0.05)


def test_flow_of_no_or_unknown_frames():
    one = propagation.complete_flow(np.zeros((0, 8, 8, 2)), np.ones((1, 8, 8, 1)))
    assert one.shape == (0, 8, 8, 2)
    unknown = np.full((1, 8, 8, 2), np.nan, np.float32)
    made = propagation.complete_flow(unknown, np.ones((2, 8, 8, 1)))
    np.testing.assert_array_equal(made, np.zeros((1, 8, 8, 2)))


def test_wrong_shapes_are_named():
    frames, holes = np.zeros((3, 8, 8, 3), np.uint8), np.zeros((3, 8, 8, 1))
    with pytest.raises(ValueError, match="`backward_flow` has shape"):
        propagation.propagate(frames, holes, flows(3, 8, 0.0)[0], flows(2, 8, 0.0)[1])

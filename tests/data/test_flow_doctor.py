import numpy as np
import pytest

from tests.media import test_flow
from tfvideogan.data import flow_doctor


def shifted_clip(step: int = 2):
    """A texture that moves right by `step` pixels per frame, and its exact flow."""
    wide = test_flow.smooth_noise(24, 48)
    frames = np.stack([wide[:, 8 - step * t : 40 - step * t] for t in range(4)])
    forward = np.full((3, 24, 32, 2), [step, 0], np.float32)
    return frames, forward, -forward


def test_the_right_convention_is_best():
    examination = flow_doctor.examine(*shifted_clip())
    levels = flow_doctor.psnr([examination], "backward")
    assert max(levels, key=levels.get) == flow_doctor.RIGHT
    assert levels[flow_doctor.RIGHT] > levels[flow_doctor.NO_FLOW] + 10
    assert flow_doctor.diagnosis([examination]) is None


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("(-u, -v)", lambda flow: -flow),
        ("(v, u)", lambda flow: flow[..., ::-1]),
    ],
)
def test_a_wrong_convention_is_recognised(name, spoil):
    frames, forward, backward = shifted_clip()
    examination = flow_doctor.examine(frames, spoil(forward), spoil(backward))
    assert f"read as {name}" in flow_doctor.diagnosis([examination])


def test_swapped_directions_are_recognised():
    frames, forward, backward = shifted_clip()
    examination = flow_doctor.examine(frames, backward, forward)
    assert flow_doctor.psnr([examination], "forward")["other direction"] > 40
    assert flow_doctor.diagnosis([examination]) is not None


def test_an_index_off_by_one_is_recognised():
    wide = test_flow.smooth_noise(24, 60)
    places = [10, 11, 14, 12, 17]  # the texture goes left by 1, 3, -2, 5
    frames = np.stack([wide[:, x : x + 32] for x in places])
    backward = np.zeros((4, 24, 32, 2), np.float32)
    backward[..., 0] = np.diff(places)[:, None, None]
    late = flow_doctor.examine(
        frames, -np.roll(backward, 1, 0), np.roll(backward, 1, 0)
    )
    assert "next step" in flow_doctor.diagnosis([late])


def test_psnr_is_that_of_the_hand():
    # Frames of 0 and 10 grey steps, no motion: 20 log10(255 / 10) = 28.13 dB.
    frames = np.stack([np.zeros((4, 4, 1)), np.full((4, 4, 1), 10)]).astype(np.uint8)
    none = np.zeros((1, 4, 4, 2), np.float32)
    levels = flow_doctor.psnr([flow_doctor.examine(frames, none, none)], "backward")
    assert levels[flow_doctor.RIGHT] == pytest.approx(28.13, abs=0.01)


def test_a_still_clip_is_not_called_ill():
    frames = np.zeros((3, 8, 8, 3), np.uint8)
    none = np.zeros((2, 8, 8, 2), np.float32)
    assert flow_doctor.diagnosis([flow_doctor.examine(frames, none, none)]) is None


def test_the_table_has_a_line_for_every_reading():
    lines = flow_doctor.table([flow_doctor.examine(*shifted_clip())]).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == list(flow_doctor.READINGS)

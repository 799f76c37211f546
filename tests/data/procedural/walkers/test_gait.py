import numpy as np
import pytest

from tfvideogan.data import action_captions
from tfvideogan.data.procedural.walkers import body, gait

PHASES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
SEGMENTS = [
    ("hip", "knee", body.THIGH),
    ("knee", "ankle", body.SHANK),
    ("shoulder", "elbow", body.UPPER_ARM),
    ("elbow", "wrist", body.FOREARM),
]


def pose(action, phases=PHASES):
    return gait.pose(action, phases, gait.Manner())


@pytest.mark.parametrize("action", action_captions.ACTIONS)
def test_bones_keep_their_length(action):
    points = pose(action)
    assert sorted(points) == sorted(body.JOINTS)
    for start, end, length in SEGMENTS:
        for side in body.SIDES:
            bone = points[f"{side}_{end}"] - points[f"{side}_{start}"]
            np.testing.assert_allclose(np.abs(bone), length, atol=2e-3)


@pytest.mark.parametrize("action", action_captions.ACTIONS)
def test_an_action_repeats_after_a_cycle(action):
    first, second = pose(action), pose(action, PHASES + 2 * np.pi)
    for joint in body.JOINTS:
        np.testing.assert_allclose(first[joint], second[joint], atol=1e-9)


@pytest.mark.parametrize("action", list(gait.GAITS))
def test_one_leg_does_what_the_other_did_half_a_cycle_ago(action):
    first, later = pose(action), pose(action, PHASES + np.pi)
    np.testing.assert_allclose(first["left_ankle"], later["right_ankle"], atol=1e-9)
    np.testing.assert_allclose(first["left_wrist"], later["right_wrist"], atol=1e-9)


@pytest.mark.parametrize("action", list(gait.GAITS))
def test_feet_stay_near_the_ground_and_arms_swing_against_legs(action):
    points = pose(action)
    for side in body.SIDES:
        assert points[f"{side}_ankle"].imag.max() < 0.05
    leg = points["left_knee"].real - points["pelvis"].real
    arm = points["left_elbow"].real - points["neck"].real
    assert np.corrcoef(leg, arm)[0, 1] < -0.9


def test_who_runs_is_faster_than_who_jogs_than_who_walks():
    manner = gait.Manner()
    speeds = [gait.speed(name, manner) for name in ("walking", "jogging")]
    speeds.append(gait.speed("running", manner))
    assert speeds == [0.85, 1.6, 2.6]
    assert gait.speed("boxing", manner) == 0.0


def test_waving_hands_go_above_the_head_and_back():
    points = pose("handwaving", np.asarray([np.pi / 2, -np.pi / 2]))
    for side in body.SIDES:
        above, below = points[f"{side}_wrist"].imag - points["head"].imag
        assert above < -0.1 and below > 0.1


def test_clapping_hands_meet_before_the_chest_and_part():
    points = pose("handclapping", np.asarray([np.pi, 0.0]))
    gaps = points["right_wrist"].real - points["left_wrist"].real
    # 2 x 0.015 when they meet; 2 x 0.285 when they are apart.
    np.testing.assert_allclose(gaps, [0.03, 0.57], atol=1e-9)
    elbows = points["left_elbow"].imag
    assert (elbows > points["left_shoulder"].imag).all(), "elbows hang"


def test_fists_strike_in_turn():
    points = pose("boxing", np.asarray([np.pi / 2, 3 * np.pi / 2]))
    left = points["left_wrist"].real - points["neck"].real
    right = points["right_wrist"].real - points["neck"].real
    # 0.13 on guard, 0.13 + 0.185 at the blow.
    np.testing.assert_allclose(left, [0.315, 0.13], atol=1e-9)
    np.testing.assert_allclose(right, [0.13, 0.315], atol=1e-9)

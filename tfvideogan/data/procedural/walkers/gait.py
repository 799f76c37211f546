"""How a body moves in the six actions of KTH: joints as functions of a phase.

Walking, jogging and running are cycles of hip, knee, shoulder and elbow angles seen from
the side; the two sides are half a cycle apart. Boxing is seen from the side too; waving
and clapping are seen from the front. Where a hand has a goal, the elbow follows from the
lengths of the arm; of its two places the lower one is taken.

    points = pose("running", np.linspace(0, 2 * np.pi, 20), Manner())
    points["left_knee"]  # [20] complex, in units of the stature (body.py)
"""

import dataclasses

import numpy as np

from tfvideogan.data.procedural.walkers import body


@dataclasses.dataclass(frozen=True)
class Gait:
    """A way to go. Angles in radians, lengths in units of the stature.

    Attributes:
      frequency: strides (two steps) per second.
      speed: statures per second.
      hip: mean and amplitude of the thigh's angle.
      knee: least flexion, amplitude and phase of its peak.
      shoulder: amplitude of the upper arm's swing.
      elbow: least flexion and amplitude.
      lean: of the torso, forward.
      bob: amplitude of the pelvis' rise.
    """

    frequency: float
    speed: float
    hip: tuple[float, float]
    knee: tuple[float, float, float]
    shoulder: float
    elbow: tuple[float, float]
    lean: float
    bob: float


GAITS = {
    "walking": Gait(
        frequency=0.92,
        speed=0.85,
        hip=(0.02, 0.42),
        knee=(0.08, 0.95, -1.2),
        shoulder=0.42,
        elbow=(0.25, 0.20),
        lean=0.03,
        bob=0.012,
    ),
    "jogging": Gait(
        frequency=1.30,
        speed=1.6,
        hip=(0.12, 0.60),
        knee=(0.25, 1.25, -1.1),
        shoulder=0.65,
        elbow=(1.30, 0.25),
        lean=0.10,
        bob=0.022,
    ),
    "running": Gait(
        frequency=1.50,
        speed=2.6,
        hip=(0.20, 0.80),
        knee=(0.30, 1.60, -1.0),
        shoulder=0.95,
        elbow=(1.50, 0.30),
        lean=0.18,
        bob=0.030,
    ),
}
# Cycles per second of the actions on the spot.
FREQUENCIES = {"boxing": 1.4, "handclapping": 1.3, "handwaving": 0.8}
FRONTAL = ("handclapping", "handwaving")
# A foot points forward and a little down; from the front it is short.
FOOT_ANGLE = 1.5
FRONT_FOOT = 0.3


@dataclasses.dataclass(frozen=True)
class Manner:
    """By what a person's gait differs from the mean: factors near 1."""

    frequency: float = 1.0
    hip: float = 1.0
    shoulder: float = 1.0


def frequency(action: str, manner: Manner) -> float:
    """Returns the cycles per second of an action."""
    mean = GAITS[action].frequency if action in GAITS else FREQUENCIES[action]
    return mean * manner.frequency


def speed(action: str, manner: Manner) -> float:
    """Returns how fast a person goes, statures per second; 0 on the spot."""
    if action not in GAITS:
        return 0.0
    return GAITS[action].speed * manner.frequency * manner.hip


def pose(action: str, phases: np.ndarray, manner: Manner) -> dict[str, np.ndarray]:
    """Returns the joints of a body at some phases of an action.

    Args:
      action: one of `action_captions.ACTIONS`.
      phases: [T] radians.
      manner: of the person.

    Returns:
      [T] complex by the names in `body.JOINTS`, in units of the stature, from
      the ground below the pelvis; a side view looks to the right.
    """
    if action in GAITS:
        return _stride(GAITS[action], phases, manner)
    return {"boxing": _boxing, "handclapping": _clapping, "handwaving": _waving}[
        action
    ](phases)


def _stride(gait: Gait, phases: np.ndarray, manner: Manner) -> dict[str, np.ndarray]:
    bob = gait.bob * np.cos(2 * phases)
    points = _spine(-1j * (body.STANDING + bob), gait.lean)
    for side, phase in zip(body.SIDES, (phases, phases + np.pi), strict=True):
        thigh = gait.hip[0] + gait.hip[1] * manner.hip * np.sin(phase)
        least, swing, shift = gait.knee
        flexion = least + swing * np.maximum(0, np.sin(phase + shift)) ** 2
        points |= _leg(side, points["pelvis"], thigh, thigh - flexion, FOOT_ANGLE)
        upper = -gait.shoulder * manner.shoulder * np.sin(phase)
        fore = upper + gait.elbow[0] + gait.elbow[1] * np.maximum(0, -np.sin(phase))
        points |= _arm(side, points["neck"], upper, fore)
    return points


# Boxing: legs apart, fists between guard and blow.
STANCE = {"left": (0.27, 0.15), "right": (-0.17, -0.29)}  # thigh and shank angles
BOXING_BOB = 0.006
GUARD, REACH = 0.13, 0.185  # of a fist before the shoulder
GUARD_DROP, REACH_RISE = 0.02, 0.02
SNAP = 1.5  # exponent that makes a blow short


def _boxing(phases: np.ndarray) -> dict[str, np.ndarray]:
    bob = BOXING_BOB * np.cos(2 * phases)
    height = body.SOLE + body.THIGH * np.cos(STANCE["left"][0])
    height += body.SHANK * np.cos(STANCE["left"][1])
    points = _spine(-1j * (height + bob), 0.0)
    for side, sign in zip(body.SIDES, (1, -1), strict=True):
        thigh, shank = STANCE[side]
        hip = points["pelvis"] + 1j * bob  # the feet stand still
        points |= _leg(side, hip, thigh, shank, FOOT_ANGLE)
        blow = np.maximum(0, sign * np.sin(phases)) ** SNAP
        fist = GUARD + REACH * blow + 1j * (GUARD_DROP - REACH_RISE * blow)
        points |= _reaching_arm(side, points["neck"], points["neck"] + fist)
    return points


# Waving: both arms swing between level and high above the head.
LIFT = (1.75, 0.85)
WAVE_ELBOW = 0.15


def _waving(phases: np.ndarray) -> dict[str, np.ndarray]:
    points = _standing(phases)
    upper = LIFT[0] + LIFT[1] * np.sin(phases)
    fore = upper + WAVE_ELBOW * (1 + np.maximum(0, -np.sin(phases)))
    for side, sign in zip(body.SIDES, (-1, 1), strict=True):
        shoulder = points["neck"] + sign * body.SHOULDERS
        points |= _arm(side, shoulder, sign * upper, sign * fore)
    return points


# Clapping: the hands meet before the chest and part again.
APART, TOGETHER = 0.27, 0.015
CLAP_DROP, CLAP_RISE = 0.10, 0.02


def _clapping(phases: np.ndarray) -> dict[str, np.ndarray]:
    points = _standing(phases)
    gap = (1 + np.cos(phases)) / 2
    for side, sign in zip(body.SIDES, (-1, 1), strict=True):
        shoulder = points["neck"] + sign * body.SHOULDERS
        across = sign * (TOGETHER + APART * gap)
        hand = points["neck"] + across + 1j * (CLAP_DROP - CLAP_RISE * gap)
        points |= _reaching_arm(side, shoulder, hand)
    return points


def _standing(phases: np.ndarray) -> dict[str, np.ndarray]:
    """Returns a body that stands still, seen from the front, but for its arms."""
    still = np.zeros(phases.shape)
    points = _spine(-1j * body.STANDING + still, 0.0)
    for side, sign in zip(body.SIDES, (-1, 1), strict=True):
        hip = points["pelvis"] + sign * body.HIPS
        points |= _leg(side, hip, still, still, FOOT_ANGLE)
        points[f"{side}_toe"] = points[f"{side}_ankle"] + sign * FRONT_FOOT * body.FOOT
    return points


def _spine(pelvis: np.ndarray, lean: float) -> dict[str, np.ndarray]:
    up = -body.hanging(-lean)
    neck = pelvis + body.TORSO * up
    head = neck + (body.NECK + body.HEAD_RADIUS) * up
    return {"pelvis": pelvis, "neck": neck, "head": head}


def _leg(
    side: str, hip: np.ndarray, thigh: np.ndarray, shank: np.ndarray, foot: float
) -> dict[str, np.ndarray]:
    """Returns a leg from the angles of its segments; the foot's is to the shank."""
    knee = hip + body.THIGH * body.hanging(thigh)
    ankle = knee + body.SHANK * body.hanging(shank)
    toe = ankle + body.FOOT * body.hanging(shank + foot)
    named = {"hip": hip + 0 * knee, "knee": knee, "ankle": ankle, "toe": toe}
    return {f"{side}_{name}": point for name, point in named.items()}


def _arm(
    side: str, shoulder: np.ndarray, upper: np.ndarray, fore: np.ndarray
) -> dict[str, np.ndarray]:
    elbow = shoulder + body.UPPER_ARM * body.hanging(upper)
    wrist = elbow + body.FOREARM * body.hanging(fore)
    named = {"shoulder": shoulder + 0 * elbow, "elbow": elbow, "wrist": wrist}
    return {f"{side}_{name}": point for name, point in named.items()}


def _reaching_arm(
    side: str, shoulder: np.ndarray, hand: np.ndarray
) -> dict[str, np.ndarray]:
    """Returns an arm whose hand is at a place, or as near to it as it can be."""
    long, short = body.UPPER_ARM, body.FOREARM
    way = hand - shoulder
    nearest, farthest = abs(long - short), long + short
    # A thousandth of an arm keeps the triangle from collapsing.
    slack = 1e-3 * farthest
    distance = np.clip(np.abs(way), nearest + slack, farthest - slack)
    toward = way / np.maximum(np.abs(way), slack)
    cosine = (long**2 + distance**2 - short**2) / (2 * long * distance)
    bend = np.exp(1j * np.arccos(cosine))
    elbows = np.stack([shoulder + long * toward * turn for turn in (bend, bend.conj())])
    lower = np.argmax(elbows.imag, axis=0)  # y grows downwards
    elbow = np.take_along_axis(elbows, lower[None], axis=0)[0]
    wrist = shoulder + distance * toward
    named = {"shoulder": shoulder + 0 * elbow, "elbow": elbow, "wrist": wrist}
    return {f"{side}_{name}": point for name, point in named.items()}

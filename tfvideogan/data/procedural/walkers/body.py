"""A jointed body in units of its stature: joints, limbs and what they are painted with.

Points are complex numbers x + iy with y downwards, as on the screen. The origin is the
ground below the pelvis. A limb that hangs at angle 0 points straight down; a growing
angle lifts it forward (x, in a side view) or outward (in a front view).

    points = {"pelvis": ..., "left_knee": ...}  # complex arrays [T]
    for limb in side_limbs(dress):
        points[limb.start], points[limb.end], limb.radius, limb.shade
"""

import dataclasses

import numpy as np

SIDES = ("left", "right")
JOINTS = (
    "head",
    "neck",
    "pelvis",
    *(
        f"{side}_{joint}"
        for side in SIDES
        for joint in (
            "shoulder",
            "elbow",
            "wrist",
            "hip",
            "knee",
            "ankle",
            "toe",
        )
    ),
)

# Lengths of the segments, after the proportions of grown-ups.
THIGH, SHANK, FOOT = 0.245, 0.246, 0.09
TORSO, NECK = 0.30, 0.04
UPPER_ARM, FOREARM = 0.172, 0.157
# Half the distance between the shoulders and between the hips, seen from the front.
SHOULDERS, HIPS = 0.10, 0.05
# Half the breadth of the torso in a front view, where it is two columns.
COLUMN = 0.045
HEAD_RADIUS = 0.065
RADII = {
    "thigh": 0.050,
    "shank": 0.037,
    "foot": 0.022,
    "torso": 0.075,
    "column": 0.060,
    "neck": 0.030,
    "upper_arm": 0.032,
    "forearm": 0.027,
}
# Height of an ankle above the ground, and of the pelvis above it on straight legs.
SOLE = RADII["foot"]
STANDING = SOLE + THIGH + SHANK
# A coat is wider than what it covers and hangs below the pelvis.
COAT_BREADTH = 1.35
COAT_LENGTH = 0.12
# The light comes from the viewer: what is nearer is brighter. Without such steps a hand
# before the chest would not be seen.
FAR, MIDDLE, NEAR = -0.06, 0.0, 0.10


@dataclasses.dataclass(frozen=True)
class Dress:
    """Brightness of a person's parts, 0 = black to 1 = white.

    Attributes:
      skin: of head and hands.
      top: of torso and arms.
      legs: of the legs.
      has_coat: whether a coat hides the hips.
    """

    skin: float
    top: float
    legs: float
    has_coat: bool = False


@dataclasses.dataclass(frozen=True)
class Limb:
    """A stroke with round ends between two points of a body.

    Attributes:
      start: name of a point.
      end: name of a point.
      radius: in units of the stature.
      shade: brightness, 0 to 1.
    """

    start: str
    end: str
    radius: float
    shade: float


def hanging(angle: np.ndarray) -> np.ndarray:
    """Returns the unit vector of a limb at an angle in radians; 0 is straight down."""
    return np.sin(angle) + 1j * np.cos(angle)


def side_limbs(dress: Dress) -> list[Limb]:
    """Returns the limbs of a body seen from its left, farthest first."""
    return [
        *_arm("right", dress, FAR),
        *_leg("right", dress, FAR),
        *_trunk(dress, (("pelvis", "neck", "torso"),)),
        *_leg("left", dress, NEAR),
        *_arm("left", dress, NEAR),
    ]


def front_limbs(dress: Dress) -> list[Limb]:
    """Returns the limbs of a body seen from the front, farthest first."""
    columns = tuple((f"{side}_waist", f"{side}_chest", "column") for side in SIDES)
    return [
        *_leg("right", dress, FAR),
        *_leg("left", dress, FAR),
        *_trunk(dress, columns),
        *_arm("right", dress, NEAR),
        *_arm("left", dress, NEAR),
    ]


def with_outline(points: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the joints and the points between which the trunk is painted."""
    pelvis, neck = points["pelvis"], points["neck"]
    chin = points["head"]
    trunk = {"chin": chin, "hem": pelvis - COAT_LENGTH * _direction(pelvis, neck)}
    for side, sign in zip(SIDES, (-1, 1), strict=True):
        trunk[f"{side}_waist"] = pelvis + sign * COLUMN
        trunk[f"{side}_chest"] = neck + sign * COLUMN
        trunk[f"{side}_hem"] = trunk["hem"] + sign * COLUMN
    return points | trunk


def _direction(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return (end - start) / np.abs(end - start)


def _trunk(dress: Dress, columns: tuple[tuple[str, str, str], ...]) -> list[Limb]:
    """Returns torso, coat, neck and head."""
    parts = []
    for low, high, part in columns:
        radius = RADII[part] * (COAT_BREADTH if dress.has_coat else 1.0)
        if dress.has_coat:
            low = "hem" if low == "pelvis" else low.replace("waist", "hem")
        parts.append(Limb(low, high, radius, dress.top + MIDDLE))
    return [
        *parts,
        Limb("neck", "head", RADII["neck"], dress.skin),
        Limb("head", "head", HEAD_RADIUS, dress.skin),
    ]


def _leg(side: str, dress: Dress, light: float) -> list[Limb]:
    shade = dress.legs + light
    return [
        Limb(f"{side}_hip", f"{side}_knee", RADII["thigh"], shade),
        Limb(f"{side}_knee", f"{side}_ankle", RADII["shank"], shade),
        Limb(f"{side}_ankle", f"{side}_toe", RADII["foot"], shade),
    ]


def _arm(side: str, dress: Dress, light: float) -> list[Limb]:
    shoulder, elbow, wrist = (
        f"{side}_{part}" for part in ("shoulder", "elbow", "wrist")
    )
    return [
        Limb(shoulder, elbow, RADII["upper_arm"], dress.top + light),
        Limb(elbow, wrist, RADII["forearm"], dress.top + light),
        Limb(wrist, wrist, RADII["upper_arm"], dress.skin + light),
    ]

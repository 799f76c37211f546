"""Paints drawn faces: every part is a polygon, filled from back to front, anti-aliased.

The head's own axes have their origin in the middle of the face, x to the right of the
screen and y downwards, and half the height of the head as unit. Turning to a side moves
the parts of the face sideways, the nose most of all; nodding moves them up and down.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from tfvideogan.data.procedural.faces import expression
from tfvideogan.data.procedural.faces import person as faces_person

# Half the height of a head as a share of the screen's shorter side, and where its middle
# is on the screen.
HEAD_SIZE = 0.36
HEAD_PLACE = 0.47
# How far parts move when the head turns by a radian; ears and back of the head the other
# way.
DEPTHS = {"face": 0.35, "nose": 0.52, "hair": 0.10, "ears": -0.15}
SUBPIXEL_BITS = 6
# Points of an outline, and of each lid, lip and brow.
NUM_POINTS = 28
SPAN = np.linspace(-1, 1, 9)
ARCH = 1 - SPAN**2
SHADE = 0.16
# Half the line between closed lips; teeth are seen where they are thicker than the other.
LEAST_GAP, LEAST_TEETH = 0.008, 0.02
OUT_OF_SIGHT = -10 - 10j
DARK = (52, 16, 20)
TEETH = (240, 236, 228)
WHITE_OF_EYE = (244, 244, 240)
PUPIL = (16, 14, 14)
FRAME = (30, 30, 34)

Part = tuple[np.ndarray, faces_person.Colour]


def paint(
    person: faces_person.Person,
    performance: expression.Performance,
    height: int,
    width: int,
) -> np.ndarray:
    """Paints a person at the T moments of a performance; [T, H, W, 3] uint8."""
    count = len(performance.yaw)
    frames = np.empty((count, height, width, 3), np.uint8)
    frames[:] = person.ground
    side = min(height, width)
    middle = complex((width - 1) / 2, HEAD_PLACE * (height - 1))
    scale = HEAD_SIZE * side
    places = middle + scale * performance.shift
    for points, colour in _body(person):
        _fill(frames, places[:, None] + scale * points, colour)
    turns = scale * np.exp(1j * performance.roll)
    for points, colour in _parts(person, performance):
        _fill(frames, places[:, None] + turns[:, None] * points, colour)
    return frames


def _fill(frames: np.ndarray, points: np.ndarray, colour: faces_person.Colour) -> None:
    """Fills polygons [T, K] complex pixels, one per frame, in place."""
    corners = np.stack([points.real, points.imag], axis=-1)
    corners = np.round(corners * 2**SUBPIXEL_BITS).astype(np.int32)
    for frame, polygon in zip(frames, corners, strict=True):
        cv2.fillPoly(frame, [polygon], colour, cv2.LINE_AA, SUBPIXEL_BITS)


def _body(person: faces_person.Person) -> Iterator[Part]:
    """Yields neck and shoulders, which do not turn with the head."""
    shade = faces_person.darker(person.skin, SHADE)
    yield np.asarray([[-0.3 + 0.5j, 0.3 + 0.5j, 0.34 + 1.5j, -0.34 + 1.5j]]), shade
    shoulders = [
        -0.34 + 1.15j,
        0.34 + 1.15j,
        1.25 + 1.45j,
        1.5 + 3j,
        -1.5 + 3j,
        -1.25 + 1.45j,
    ]
    yield np.asarray([shoulders]), person.shirt


def _parts(
    person: faces_person.Person, performance: expression.Performance
) -> Iterator[Part]:
    """Yields the parts of a head, [T, K] points in its axes, from back to front."""
    turn = (performance.yaw + 1j * performance.pitch)[:, None]
    shade = faces_person.darker(person.skin, SHADE)
    hair = DEPTHS["hair"] * turn
    if person.style == "long":
        yield _oval(-0.12j - hair, person.breadth + 0.24, 1.06), person.hair
        falls = [-1 - 0.1j, 1 - 0.1j, 1.02 + 1.25j, -1.02 + 1.25j]
        yield _stretched(falls, person.breadth + 0.20) - hair, person.hair
    for sign in (-1, 1):
        ear = sign * person.breadth + DEPTHS["ears"] * turn.real + 0.06j
        yield _oval(ear, 0.12, 0.19), shade
    yield _outline(person) + 0 * turn, person.skin
    face = DEPTHS["face"] * turn
    if person.has_beard:
        yield _beard(person) + 0.3 * face, person.hair
    if person.style != "bald":
        yield _cap(person) + hair, person.hair
    nose = face + (DEPTHS["nose"] - DEPTHS["face"]) * turn
    yield _nose(person, face, nose), shade
    yield from _mouth(person, performance.features, face)
    for sign in (-1, 1):
        yield from _eye(person, performance.features, face, sign)
        yield _brow(person, performance.features, face, sign), person.hair
    if person.has_glasses:
        yield from _glasses(person, face)


def _oval(
    centre: np.ndarray | complex, half_width: float, half_height: float
) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, NUM_POINTS, endpoint=False)
    return centre + half_width * np.cos(angles) + 1j * half_height * np.sin(angles)


def _stretched(points: list[complex], breadth: float) -> np.ndarray:
    points = np.asarray(points)
    return points.real * breadth + 1j * points.imag


def _outline(person: faces_person.Person) -> np.ndarray:
    """Returns the outline of a head, [K]: an oval that tapers to the jaw."""
    oval = _oval(0, person.breadth, 1.0)
    taper = 1 - (1 - person.jaw) * np.clip(oval.imag, 0, 1)
    return oval.real * taper + 1j * oval.imag


def _cap(person: faces_person.Person) -> np.ndarray:
    """Returns the hair above forehead and temples, [K]."""
    angles = np.linspace(np.pi * 1.04, np.pi * 1.96, NUM_POINTS)
    crown = (person.breadth + 0.07) * np.cos(angles) + 1.10j * np.sin(angles)
    fringe = 0.86 * person.breadth * SPAN[::-1] + 1j * (
        person.fringe + 0.10 * (1 - ARCH)
    )
    return np.concatenate([crown, fringe])


def _beard(person: faces_person.Person) -> np.ndarray:
    """Returns a beard, [K]: the lower part of the outline."""
    outline = _outline(person)
    lower = outline[outline.imag > 0.22]
    order = np.argsort(lower.real)
    lower = 1.02 * lower[order]
    upper = lower.real[::-1] * 0.9 + 1j * (0.34 + 0.04 * np.cos(4 * lower.real[::-1]))
    return np.concatenate([lower, upper])


def _nose(
    person: faces_person.Person, face: np.ndarray, nose: np.ndarray
) -> np.ndarray:
    tip = person.eye_height + person.nose_length
    bridge = face + 1j * person.eye_height
    low = nose + 1j * tip
    breadth = person.nose_breadth
    return np.concatenate(
        [
            bridge - 0.03,
            bridge + 0.03,
            low + breadth - 0.03j,
            low + 0.6 * breadth + 0.04j,
            low - 0.6 * breadth + 0.04j,
            low - breadth - 0.03j,
        ],
        axis=1,
    )


def _mouth(
    person: faces_person.Person, features: dict[str, np.ndarray], face: np.ndarray
) -> Iterator[Part]:
    """Yields lips and, behind them, the open mouth with its teeth."""
    value = {name: one[:, None] for name, one in features.items()}
    middle = face + 1j * (person.mouth_height - value["mouth_lift"])
    breadth = person.mouth_breadth * value["mouth_breadth"]
    # The corners rise by the curve, the middle sinks by half of it.
    line = middle + breadth * SPAN + 1j * value["mouth_curve"] * (ARCH - 0.5)
    up, down = 0.4 * value["mouth_open"], value["mouth_open"]
    lip = person.lip_weight
    yield _band(line, up + lip, down + 1.2 * lip), person.lips
    yield _band(line, up + LEAST_GAP, down + LEAST_GAP), DARK
    teeth = np.minimum(0.35 * value["mouth_open"], 0.05)
    row = _band(line + 1j * ARCH * (teeth - up), teeth, 0.5 * teeth)
    yield np.where(teeth > LEAST_TEETH, row, OUT_OF_SIGHT), TEETH


def _band(line: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Returns polygons [T, K] around a line, pointed at both ends."""
    upper, lower = line - 1j * up * ARCH, line + 1j * down * ARCH
    return np.concatenate([upper, lower[:, ::-1]], axis=1)


def _eye(
    person: faces_person.Person,
    features: dict[str, np.ndarray],
    face: np.ndarray,
    sign: int,
) -> Iterator[Part]:
    """Yields the white of an eye, iris and pupil within its lids."""
    size = person.eye_size
    middle = face + sign * person.eye_gap + 1j * person.eye_height
    opening = features["eye_open"][:, None] * size
    up, down = 0.60 * opening, 0.45 * opening
    yield (
        _band(middle + 1.08 * size * SPAN, up + 0.02, down),
        faces_person.darker(person.skin, 0.5),
    )
    yield _band(middle + size * SPAN, up, down), WHITE_OF_EYE
    for radius, colour in ((0.50, person.iris), (0.24, PUPIL)):
        disc = _oval(0, radius * size, radius * size)
        lid = 1 - (disc.real / size) ** 2
        seen = np.clip(disc.imag, -up * lid, down * lid)
        yield middle + disc.real + 1j * seen, colour


def _brow(
    person: faces_person.Person,
    features: dict[str, np.ndarray],
    face: np.ndarray,
    sign: int,
) -> np.ndarray:
    """Returns a brow, [T, K]; inner end first."""
    value = {name: one[:, None] for name, one in features.items()}
    share = (SPAN + 1) / 2  # from the inner to the outer end
    inner = 0.45 * person.eye_gap - value["brow_gather"]
    outer = person.eye_gap + 1.35 * person.eye_size
    height = person.eye_height - person.brow_gap - value["brow_raise"]
    height = height - value["brow_inner"] * (1 - share) - 0.04 * ARCH
    line = face + sign * (inner + share * (outer - inner)) + 1j * height
    weight = 1j * person.brow_weight * (1 - 0.6 * share)
    return np.concatenate([line - weight, (line + weight)[:, ::-1]], axis=1)


def _glasses(person: faces_person.Person, face: np.ndarray) -> Iterator[Part]:
    """Yields two frames and the bridge between them, each a closed strip."""
    radius, rim = 1.55 * person.eye_size, 0.03
    for sign in (-1, 1):
        middle = face + sign * person.eye_gap + 1j * person.eye_height
        outer, inner = (
            _oval(middle, radius, radius),
            _oval(middle, radius - rim, radius - rim),
        )
        ends = [outer, outer[:, :1], inner[:, :1], inner[:, ::-1]]
        yield np.concatenate(ends, axis=1), FRAME
    half = person.eye_gap - radius
    level = face + 1j * (person.eye_height - 0.02)
    bridge = [level - half, level + half, level + half + 0.03j, level - half + 0.03j]
    yield np.concatenate(bridge, axis=1), FRAME

"""Pictures to look at: contact sheets of clips with their masks and flow, grids of films.

picture = sheets.contact_sheet(clips)  # [height, width, 3] uint8
film = sheets.side_by_side(clips[0])  # [T, H, k * W, 3] uint8
film = sheets.grid(sheets.near_square(films))  # [T, height, width, C] uint8
"""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

# A mask is shown as a red veil.
VEIL_COLOUR = (255, 40, 40)
VEIL_SHARE = 0.5
# Holes are shown as models are given them, 0 of [-1, 1].
HOLE_GREY = 128
# Colour wheel of the flow: hue is direction; this quantile of lengths is full colour.
FULL_COLOUR_QUANTILE = 0.98
# OpenCV packs a turn of hue into 180 byte steps.
HUE_TURN = 180
TOP = np.iinfo(np.uint8).max
# Black pixels to the right of a film in a grid and below it.
GAP = 2
# Rows of pixels for the names over the columns of a film; even, as video codecs want it.
HEADING = 18
_FONT, _TEXT_SCALE, _TEXT = cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255)
_BASELINE = 5  # pixels below which the descenders are

Rows = Sequence[Sequence[np.ndarray | None]]


def contact_sheet(
    clips: Sequence[Mapping[str, np.ndarray]], num_columns: int = 8
) -> np.ndarray:
    """Lays out clips: for each, a row of every picture it has, evenly spaced in time.

    Args:
      clips: raw clips of one size (`data/source.py`).
      num_columns: moments shown.
    """
    rows = []
    for clip in clips:
        moments = (
            np.linspace(0, len(clip["frames"]) - 1, num_columns).round().astype(int)
        )
        rows += [np.concatenate(list(film[moments]), axis=1) for film in _films(clip)]
    return np.concatenate(rows, axis=0)


def side_by_side(clip: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns a film [T, H, k * W, 3] of all that a clip has: a preview that plays."""
    return np.concatenate(_films(clip), axis=2)


def grid(rows: Rows) -> np.ndarray:
    """Lays out films that play together, each with a gap to its right and below.

    Args:
      rows: equally many films [T, H, W, C] uint8 of one size in each; None leaves a place
        black. A film that is over stands still until the longest one is.

    Returns:
      [T, height, width, C] uint8.
    """
    films = [film for row in rows for film in row if film is not None]
    length = max(map(len, films))
    black = np.zeros_like(films[0][:1])
    return np.concatenate(
        [
            np.concatenate(
                [_cell(black if film is None else film, length) for film in row], axis=2
            )
            for row in rows
        ],
        axis=1,
    )


def headed(film: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Writes a name over each column of a film.

    Args:
      film: [T, height, width, 3] uint8, of equally wide columns.
      names: of the columns. One that is too long for its column is written smaller.

    Returns:
      [T, HEADING + height, width, 3] uint8.
    """
    heading = np.zeros((HEADING, *film.shape[2:]), np.uint8)
    room = film.shape[2] // len(names)
    for place, name in enumerate(names):
        _write(heading, name, (place * room + GAP, HEADING - _BASELINE), room)
    return np.concatenate(
        [np.broadcast_to(heading, (len(film), *heading.shape)), film], 1
    )


def beside(film: np.ndarray, lines: Sequence[str], *, width: int) -> np.ndarray:
    """Writes lines of words at the right of a film, about its middle.

    Args:
      film: [T, H, W, 3] uint8.
      lines: that fit into H, `HEADING` pixels each. One that is too long is written
        smaller.
      width: of the room for them, pixels.

    Returns:
      [T, H, W + width, 3] uint8.
    """
    room = np.zeros((film.shape[1], width, 3), np.uint8)
    top = (len(room) - HEADING * len(lines)) // 2
    for place, line in enumerate(lines, start=1):
        _write(
            room, line, (2 * GAP, top + place * HEADING - _BASELINE), width - 2 * GAP
        )
    return np.concatenate([film, np.broadcast_to(room, (len(film), *room.shape))], 2)


def near_square(films: Sequence[np.ndarray]) -> Rows:
    """Returns films in rows: as many columns as rows, or one more; the last row filled."""
    num_columns = math.isqrt(len(films) - 1) + 1
    places = [*films, *[None] * (-len(films) % num_columns)]
    return [
        places[first : first + num_columns]
        for first in range(0, len(places), num_columns)
    ]


def flow_colours(flow: np.ndarray) -> np.ndarray:
    """Paints flow [T, H, W, 2]: hue is direction, strength is length; uint8 RGB."""
    length = np.linalg.norm(flow, axis=-1)
    full = max(float(np.quantile(length, FULL_COLOUR_QUANTILE)), 1.0)
    angle = np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1.0
    strength = np.clip(length / full, 0, 1) * TOP
    hsv = np.stack(
        [angle * HUE_TURN % HUE_TURN, strength, np.full_like(length, TOP)], -1
    )
    tall = hsv.astype(np.uint8).reshape(-1, flow.shape[2], 3)
    return cv2.cvtColor(tall, cv2.COLOR_HSV2RGB).reshape(*flow.shape[:3], 3)


def veiled(frames: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Lays a red veil over objects.

    Args:
      frames: [..., H, W, 3] uint8.
      masks: [..., H, W, 1], 1 = object.

    Returns:
      [..., H, W, 3] uint8.
    """
    share = VEIL_SHARE * masks.astype(np.float32)
    shown = frames + share * (np.asarray(VEIL_COLOUR, np.float32) - frames)
    return shown.astype(np.uint8)


def _write(picture: np.ndarray, text: str, start: tuple[int, int], room: int) -> None:
    """Writes a text into a picture, from (x, y) on; smaller if it needs more room."""
    (wide, _), _ = cv2.getTextSize(text, _FONT, _TEXT_SCALE, 1)
    scale = _TEXT_SCALE * min(1.0, (room - 2 * GAP) / max(wide, 1))
    cv2.putText(picture, text, start, _FONT, scale, _TEXT, 1, cv2.LINE_AA)


def _cell(film: np.ndarray, length: int) -> np.ndarray:
    """Holds the last frame of [T, H, W, C] up to a length, and adds the gap."""
    still = [(0, length - len(film)), (0, 0), (0, 0), (0, 0)]
    gap = [(0, 0), (0, GAP), (0, GAP), (0, 0)]
    return np.pad(np.pad(film, still, mode="edge"), gap)


def _films(clip: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Returns what a clip has as films [T, H, W, 3] uint8."""
    frames = np.broadcast_to(clip["frames"], (*clip["frames"].shape[:-1], 3))
    films = [frames]
    if "foreground_masks" in clip:
        films.append(veiled(frames, clip["foreground_masks"]))
    if "holes" in clip:
        films.append(np.where(clip["holes"] > 0, np.uint8(HOLE_GREY), frames))
    if "backgrounds" in clip:
        films.append(np.broadcast_to(clip["backgrounds"], frames.shape))
    if "backward_flow" in clip and len(clip["backward_flow"]):
        flow = np.concatenate([clip["backward_flow"][:1] * 0, clip["backward_flow"]])
        films.append(flow_colours(flow))
    return films

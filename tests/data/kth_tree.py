"""Writes small KTH folders for tests: true names, true list, MPEG-4 films in AVI files.

A person is a dark bar on a light wall. In films of those who jog, run or walk it crosses
the picture to the right in odd ranges and to the left in even ones, and is away between
the ranges.
"""

import pathlib

import numpy as np

from tests.data import films

TRAVELS = ("jogging", "running", "walking")
HEIGHT, WIDTH = 24, 32  # 160x120 has these proportions
RANGE, GAP = 12, 4


def write(
    root: pathlib.Path, *, persons=(1, 2, 16, 17, 22, 25), actions=("walking", "boxing")
) -> str:
    """Writes the films of scenario 1, each with two ranges."""
    lines = ["The sequences of the films, by hand.", "Training:  person11, 12", ""]
    for action in actions:
        for person in persons:
            name = f"person{person:02d}_{action}_d1"
            path = root / action / f"{name}_uncomp.avi"
            films.write(path, film(action, person))
            second = RANGE + GAP + 1
            lines.append(f"{name}\t\tframes\t1-{RANGE}, {second}-{second + RANGE - 1}")
    lines.append("person13_handclapping_d3\t*missing*")
    (root / "00sequences.txt").write_text("\n".join(lines) + "\n")
    return str(root)


def film(action: str, person: int) -> np.ndarray:
    """[28, 24, 32, 3]: range, gap, range; the wall's grey is 150 + person."""
    frames = np.full((2 * RANGE + GAP, HEIGHT, WIDTH, 3), 150 + person, np.uint8)
    for t in range(RANGE):
        x = 2 * t + 2 if action in TRAVELS else 12 + 3 * (t % 2)
        frames[t, 6:20, x : x + 6] = 40
        x = WIDTH - 8 - 2 * t if action in TRAVELS else x
        frames[RANGE + GAP + t, 6:20, max(x, 0) : x + 6] = 40
    return frames

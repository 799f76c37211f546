import numpy as np
import pytest

from tfvideogan.data.action_captions import LEFT, NOWHERE, RIGHT
from tfvideogan.data.datasets.kth import heading
from tfvideogan.data.procedural.walkers import walkers


def walk(step: float, length: int = 24, noise: int = 3) -> np.ndarray:
    """A dark bar on a light, noisy wall that goes `step` pixels per frame."""
    generator = np.random.default_rng([7])
    frames = generator.integers(200 - noise, 200 + noise + 1, (length, 24, 48, 1))
    start = 4 if step >= 0 else 36
    for t in range(length):
        x = round(start + step * t) + t % 2  # the limbs move, too
        frames[t, 6:20, max(x, 0) : x + 6] = 40
    return frames.astype(np.uint8)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(1.5, RIGHT), (-1.5, LEFT), (0.0, NOWHERE)],
)
def test_direction_is_that_of_what_moves(step, expected):
    frames = walk(step)
    assert heading.direction(frames) == expected
    assert heading.direction(frames[:, :, ::-1]) == -expected
    assert heading.direction(frames[::-1]) == -expected


def test_who_is_seen_for_a_part_of_the_clip_still_has_a_direction():
    frames = np.concatenate([walk(1.5), np.full((20, 24, 48, 1), 200, np.uint8)])
    assert heading.direction(frames) == RIGHT


def test_who_leaves_and_comes_back_from_the_other_side_still_has_a_direction():
    frames = np.concatenate([walk(2.0, 20), walk(2.0, 20)])
    assert heading.direction(frames) == RIGHT


def test_directions_of_drawn_walkers_are_found():
    source = walkers.Walkers(frames=20, height=64, width=64)
    for index in range(12):
        walker = source.walker("train", index)
        if walker.action in ("jogging", "running", "walking"):
            frames = source.render("train", index)["frames"]
            assert heading.direction(frames) == walker.direction


def test_nothing_that_moves_has_no_direction():
    assert heading.direction(np.full((5, 8, 8, 3), 9, np.uint8)) == NOWHERE
    assert heading.direction(walk(0.0, length=1)) == NOWHERE

"""The object before a plain ground is found, with its colour and place."""

import numpy as np
import pytest

from tfvideogan.metrics import objects


def scene(
    *corners: tuple[int, int], colour=(1.0, 0.0, -1.0), side: int = 3
) -> np.ndarray:
    """One clip [1, T, 12, 16, 3]: a square on black, its first pixel at (x, y)."""
    frames = np.full((1, len(corners), 12, 16, 3), -1.0)
    for time, (x, y) in enumerate(corners):
        frames[0, time, y : y + side, x : x + side] = colour
    return frames


def test_place_and_colour_are_those_of_the_square():
    frames = scene((2, 4), (10, 1))
    masks = objects.find(frames)
    assert masks.sum() == 2 * 9
    np.testing.assert_allclose(objects.centres(masks), [[[3, 5], [11, 2]]])
    # 1 is 255, 0 is 127.5 and -1 is 0.
    np.testing.assert_allclose(objects.colours(frames, masks), [[[255, 127.5, 0]] * 2])


@pytest.mark.parametrize("side", [0, 1])
def test_specks_are_no_object(side):
    frames = scene((2, 4), side=side)
    masks = objects.find(frames)
    assert not masks.any()
    assert np.isnan(objects.centres(masks)).all()
    assert np.isnan(objects.colours(frames, masks)).all()


def test_ripples_of_the_ground_are_no_object():
    frames = scene((2, 4)) + 0.2 * np.sin(np.arange(16))[:, np.newaxis]
    assert objects.find(frames).sum() == 9

import numpy as np
import pytest

from tfvideogan.data.procedural import capsules


def painted(start, end, radius, size=(24, 32)):
    frames = np.zeros((len(start), *size), np.float32)
    capsules.paint(
        frames,
        np.asarray(start, complex),
        np.asarray(end, complex),
        radius=np.full(len(start), float(radius)),
        shade=1.0,
    )
    return frames


def test_a_disc_has_the_area_of_a_disc_and_half_cover_at_its_edge():
    (frame,) = painted([12 + 10j], [12 + 10j], 4)
    assert frame.sum() == pytest.approx(np.pi * 16, rel=0.01)
    assert frame[10, 12] == 1.0
    assert frame[10, 16] == pytest.approx(0.5, abs=1e-3)
    assert frame[10, 17] == 0.0


@pytest.mark.parametrize("way", [12.0, 12j, 8 + 8j])
def test_a_stroke_has_the_area_of_a_stroke_in_any_direction(way):
    # A stroke of length L and radius r covers 2 r L + pi r^2.
    (frame,) = painted([7 + 6j], [7 + 6j + way], 2.5)
    area = 5 * abs(way) + np.pi * 2.5**2
    assert frame.sum() == pytest.approx(area, rel=0.01)


def test_what_lies_outside_is_not_painted():
    assert not painted([-9 - 9j], [-9 + 4j], 3).any()
    half = painted([0 + 10j], [0 + 10j], 4)[0]
    assert half.sum() == pytest.approx(np.pi * 8 + 4, rel=0.02)  # and column 0


def test_frames_are_painted_alike_alone_and_together():
    starts, ends = [5 + 5j, 20 + 12j], [9 + 8j, 22 + 3j]
    together = painted(starts, ends, 2)
    for frame, start, end in zip(together, starts, ends, strict=True):
        np.testing.assert_allclose(painted([start], [end], 2)[0], frame, atol=1e-6)

import numpy as np
import pytest

from tfvideogan.data.procedural.icons import outlines

SQUARE = [-1 - 1j, 1 - 1j, 1 + 1j, -1 + 1j]


def test_distance_to_a_square():
    points = np.asarray([0j, 0.75 + 0j, 2 + 0j, 4 + 5j, 1 + 0j])
    # To the nearest edge; (4, 5) is 3 and 4 off the corner (1, 1).
    expected = [-1.0, -0.25, 1.0, 5.0, 0.0]
    for corners in (SQUARE, SQUARE[::-1]):
        distances = outlines.polygon(corners)(points)
        np.testing.assert_allclose(distances, expected, atol=1e-12)


def test_distance_to_a_notched_polygon():
    # An L: the point (0.5, -0.5) lies in its notch, half a unit from both edges.
    corners = [-1 - 1j, 0 - 1j, 0 + 0j, 1 + 0j, 1 + 1j, -1 + 1j]
    distances = outlines.polygon(corners)(np.asarray([0.5 - 0.5j, -0.5 - 0.5j]))
    np.testing.assert_allclose(distances, [0.5, -0.5])


def test_unions_and_holes():
    small, large = outlines.disc(0, 1), outlines.disc(0, 2)
    points = np.asarray([0j, 1.5 + 0j, 3 + 0j])
    ring = outlines.without(large, small)(points)
    np.testing.assert_allclose(ring, [1.0, -0.5, 1.0])
    both = outlines.union(small, large)(points)
    np.testing.assert_allclose(both, [-2.0, -0.5, 1.0])


def test_coverage_of_the_diamond_is_its_area():
    # Half the product of its diagonals, 1.9 and 1.44, of a square of area 4.
    cover = outlines.covers(64)["diamond"]
    assert cover.mean() == pytest.approx(1.9 * 1.44 / 2 / 4, rel=0.01)


def test_there_are_twelve_shapes_that_fit_and_differ():
    covers = outlines.covers(32)
    assert len(covers) == 12
    for name, cover in covers.items():
        assert cover.max() == 1.0 and cover.min() == 0.0, name
        assert 0.2 < cover.mean() < 0.65, name
        others = [other for key, other in covers.items() if key != name]
        assert min(np.abs(cover - other).mean() for other in others) > 0.03, name


def test_shapes_but_the_crescent_are_their_own_mirror_images():
    covers = outlines.covers(32)
    turned = {name for name, one in covers.items() if np.allclose(one, one[:, ::-1])}
    assert turned == set(covers) - {"crescent"}


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_every_shape_shows_that_it_has_turned(quarters):
    for name, cover in outlines.covers(32).items():
        if name != "diamond" or quarters != 2:  # half a turn, never made in one step
            assert np.abs(cover - np.rot90(cover, quarters)).max() > 0.9, name

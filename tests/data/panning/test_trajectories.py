import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.data.panning import trajectories

SIZE = (9, 13)


def generator(number=0):
    return np.random.Generator(np.random.Philox(key=[4, number]))


def limits(**options):
    still = {"rotation": 0.0, "scale": 0.0, "translation": 0.0, "shear": 0.0}
    return trajectories.Limits(**still | options)


def test_without_motion_pixels_are_counted_from_the_middle():
    ways = trajectories.matrices(generator(), np.arange(2), SIZE, limits())
    np.testing.assert_array_equal(ways[0], [[1, 0, -6], [0, 1, -4], [0, 0, 1]])
    assert not trajectories.flow(ways[0], ways[1], SIZE).any()


def test_the_flow_of_a_shift_and_of_a_quarter_turn():
    here = np.eye(3)
    shifted = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]])
    # The other frame shows at (0, 0) what this one shows at (2, -1): all moves by (-2, 1).
    flow = trajectories.flow(here, shifted, SIZE)
    np.testing.assert_allclose(flow - [-2, 1], 0, atol=1e-6)
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    # It shows (x, y) at (y, -x): from (3, 0) to (0, -3).
    flow = trajectories.flow(here, turned, SIZE)
    np.testing.assert_allclose(flow[0, 3], [-3, -3], atol=1e-6)


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"rotation": 10.0}, 10.0),
        ({"scale": 0.1}, 0.1),
        ({"translation": 0.1}, 0.1),
        ({"shear": 5.0}, 5.0),
    ],
)
def test_motion_is_within_its_limits_and_uses_them(options, most):
    found = []
    for number in range(20):
        ways = trajectories.matrices(
            generator(number), np.arange(50), SIZE, limits(**options)
        )
        linear = ways[:, :2, :2]
        middle = ways @ [6, 4, 1]
        measured = {
            "rotation": np.rad2deg(np.arctan2(linear[:, 1, 0], linear[:, 0, 0])),
            "scale": np.log(np.hypot(linear[:, 1, 0], linear[:, 0, 0])),
            "translation": middle[:, 0] / SIZE[1],
            "shear": np.rad2deg(np.arctan(linear[:, 0, 1])),
        }
        found.append(measured[next(iter(options))])
    assert np.abs(found).max() <= most + 1e-9
    assert np.abs(found).max() > 0.7 * most
    # Smooth: the mean of sines of 24 frames or more moves by at most 2 pi / 24 a frame.
    assert np.abs(np.diff(found, axis=1)).max() <= most * 2 * np.pi / 24 + 1e-9


def test_the_same_draws_give_the_same_way_at_other_times():
    long = trajectories.matrices(generator(), np.arange(6), SIZE, trajectories.Limits())
    short = trajectories.matrices(
        generator(), np.arange(2), SIZE, trajectories.Limits()
    )
    np.testing.assert_array_equal(long[:2], short)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rotation": -1.0}, r"`Limits.rotation` \(-1.0\) must be 0 or more"),
        ({"shear": 90.0}, r"`Limits.shear` \(90.0\) must be below 90"),
        ({"periods": (1.0, 8.0)}, r"`Limits.periods` \(1.0, 8.0\) .* at least 2"),
    ],
)
def test_what_is_out_of_range_is_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        trajectories.Limits(**options)

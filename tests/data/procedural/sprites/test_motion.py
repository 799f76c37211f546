import numpy as np
import pytest

from tfvideogan.data.procedural.sprites import motion


def camera(**changes) -> motion.Camera:
    values = {
        "centre": 4 + 3j,
        "start": 10 + 20j,
        "velocity": 0j,
        "angle": 0.0,
        "spin": 0.0,
        "zoom": 0.0,
        "zoom_rate": 0.0,
    }
    return motion.Camera(**{**values, **changes})


def pose(**changes) -> motion.SpritePose:
    values = {
        "low": 0j,
        "high": 10 + 10j,
        "start": 5 + 5j,
        "velocity": 0j,
        "angle": 0.0,
        "spin": 0.0,
        "squash": 0.0,
        "squash_rate": 0.0,
        "wobble": (0.0, 0.0, 0.0),
        "wobble_rates": (0.0, 0.0, 0.0),
        "wobble_phases": (0.0, 0.0, 0.0),
    }
    return motion.SpritePose(**{**values, **changes})


BUSY_CAMERA = camera(velocity=1 - 2j, angle=0.3, spin=0.1, zoom=0.2, zoom_rate=0.5)
BUSY_POSE = pose(
    velocity=3 + 1j,
    angle=1.0,
    spin=-0.2,
    squash=0.15,
    squash_rate=0.7,
    wobble=(0.1, 0.15, 0.1),
    wobble_rates=(0.3, 0.2, 0.5),
    wobble_phases=(0.1, 2.0, 4.0),
)


@pytest.mark.parametrize("body", [BUSY_CAMERA, BUSY_POSE])
@pytest.mark.parametrize("time", [0.0, 3.0, 11.0])
def test_to_screen_undoes_to_surface(body, time):
    y, x = np.mgrid[:5, :6].astype(np.float64)
    points = x + 1j * y
    surface = body.to_surface(points, np.float64(time))
    again = body.to_screen(surface, np.float64(time))
    np.testing.assert_allclose(again, points, atol=1e-9)


def test_the_camera_looks_at_its_start_first():
    assert camera().to_surface(np.complex128(4 + 3j), np.float64(0)) == 10 + 20j


def test_a_panning_camera_moves_the_plane_the_other_way():
    # The camera goes 1 pixel to the right per frame: the plane goes 1 to the left.
    moving = camera(velocity=1 + 0j)
    surface = moving.to_surface(np.complex128(7 + 2j), np.float64(0))
    assert moving.to_screen(surface, np.float64(3)) == pytest.approx(4 + 2j)


def test_a_quarter_turn_maps_right_to_down():
    # y points down, so a positive angle turns clockwise on the screen.
    turned = pose(angle=np.pi / 2)
    point = turned.to_screen(np.complex128(2), np.float64(0))
    assert point == pytest.approx(5 + 7j)


def test_a_body_bounces_like_light_from_a_mirror():
    # x = 5, 8, 11 -> 9, 14 -> 6, 17 -> 3, 20 -> 0, 23 -> 3 in the box 0..10.
    x = pose(velocity=3 + 0j).centres(np.arange(7.0)).real
    np.testing.assert_allclose(x, [5, 8, 9, 6, 3, 0, 3])


def test_the_zeroth_wobble_is_breathing():
    # 1 + 0.5 cos(0) = 1.5: every point goes half as far again from the centre.
    breathing = pose(wobble=(0.5, 0.0, 0.0))
    points = breathing.to_screen(np.asarray([1, 1j, -2]), np.float64(0))
    np.testing.assert_allclose(points, [6.5 + 5j, 5 + 6.5j, 2 + 5j])


def test_the_second_wobble_stretches_one_axis_and_shrinks_the_other():
    # Directions 0 and 90 degrees: cos(2 * angle) is 1 and -1.
    wobbling = pose(wobble=(0.0, 0.25, 0.0))
    points = wobbling.to_screen(np.asarray([4, 4j]), np.float64(0))
    np.testing.assert_allclose(points, [10 + 5j, 5 + 8j])

import numpy as np
import pytest

from tfvideogan.data.blur import camera_shake


def shakes(seed=0, **options):
    options = {"count": 20, "length": 30.0, "iterations": 400, **options}
    return camera_shake.trajectories(np.random.default_rng(seed), **options)


@pytest.fixture(scope="module")
def path():
    return shakes()


def test_a_path_has_its_length_at_constant_speed(path):
    steps = np.abs(np.diff(path, axis=1))
    np.testing.assert_allclose(steps, 30.0 / 399, rtol=1e-9)
    np.testing.assert_allclose(path.mean(axis=1), 0.0, atol=1e-9)


def test_paths_differ_and_the_seed_decides(path):
    np.testing.assert_array_equal(path, shakes())
    assert np.abs(path - shakes(seed=1)).max() > 1.0
    assert np.abs(path[0] - path[1]).max() > 1.0


def test_without_shakiness_a_path_is_straight():
    path = shakes(shakiness=0.0)
    ends = np.abs(path[:, -1] - path[:, 0])
    np.testing.assert_allclose(ends, 30.0, rtol=1e-9)


def test_kernels_sum_to_one_and_take_nothing_away(path):
    kernels = camera_shake.point_spreads(path, np.linspace(0.1, 1.0, 20))
    assert kernels.shape[1] == kernels.shape[2] and kernels.shape[1] % 2 == 1
    assert kernels.min() >= 0.0
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1.0, rtol=1e-5)


def test_a_kernel_does_not_move_the_picture(path):
    kernels = camera_shake.point_spreads(path, np.full(20, 0.5))
    places = np.arange(kernels.shape[1]) - kernels.shape[1] // 2
    for axis in (1, 2):
        means = (kernels.sum(axis=axis) * places).sum(axis=1)
        np.testing.assert_allclose(means, 0.0, atol=1e-4)


def test_a_path_of_no_length_is_the_identity():
    kernels = camera_shake.point_spreads(shakes(length=0.0), np.ones(20))
    np.testing.assert_array_equal(kernels, np.ones([20, 1, 1]))


def test_a_kernel_by_hand():
    # One pixel to the left, in place, one and a half to the right and down: mean 1/6, 1/2.
    path = np.array([[-1.0, 0.0, 1.5 + 1.5j]])
    [kernel] = camera_shake.point_spreads(path, np.ones(1))
    wanted = np.zeros([5, 5])
    # -7/6 and -1/6 of a pixel across, half a pixel up: two columns and rows share.
    for column, share in ((0, 1 / 6), (1, 5 / 6), (1, 1 / 6), (2, 5 / 6)):
        wanted[1, column] += share / 2
        wanted[2, column] += share / 2
    # 4/3 across, 1 down.
    wanted[3, 3] += 2 / 3
    wanted[3, 4] += 1 / 3
    np.testing.assert_allclose(kernel, wanted / 3, atol=1e-6)


def test_a_shorter_exposure_sees_the_middle_of_the_path():
    path = np.arange(-50.0, 51.0)[np.newaxis] * 0.1 + 0j
    [short] = camera_shake.point_spreads(path, np.array([1 / 101]))
    np.testing.assert_array_equal(short, [[1.0]])
    [half] = camera_shake.point_spreads(path, np.array([51 / 101]))
    # From -2.5 to 2.5 in steps of 0.1, each 1/51.
    assert half.shape == (7, 7)
    assert half[3, 3] == pytest.approx(np.sum(1 - 0.1 * np.abs(np.arange(-9, 10))) / 51)

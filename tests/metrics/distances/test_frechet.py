"""The Fréchet distance: closed forms, SciPy's matrix root, and its own uncertainty."""

import warnings

import numpy as np
import pytest
import scipy.linalg

from tfvideogan.core import errors
from tfvideogan.metrics.distances import frechet, moments


def gaussian(number: int, size: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, (number, size))


def mixed(number: int, size: int, seed: int) -> np.ndarray:
    """Features with a covariance that is not diagonal."""
    mixing = np.random.default_rng([seed, 1]).normal(size=(size, size))
    return gaussian(number, size, seed) @ mixing


def test_distance_of_numbers_by_hand():
    # Means 1 and 7, variances 2 and 8: 36 + (root of 2 - root of 8)² = 36 + 2.
    found = frechet.distance(np.array([[0.0], [2.0]]), np.array([[5.0], [9.0]]))
    assert found == pytest.approx(38.0, rel=1e-12)


def test_diagonal_gaussians_have_a_closed_form():
    first = moments.Moments(
        11, np.array([0.0, 1.0, 2.0]), 10 * np.diag([1.0, 4.0, 9.0])
    )
    second = moments.Moments(5, np.array([1.0, 1.0, 0.0]), 4 * np.diag([4.0, 4.0, 1.0]))
    # Squared steps of the means 1 + 0 + 4, and of the deviations 1 + 0 + 4.
    assert frechet.of_moments(first, second) == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize("number", [200, 12])
def test_distance_of_a_set_from_itself_is_nothing(number):
    features = mixed(number, 20, seed=0)
    trace = np.trace(np.cov(features.T))
    assert abs(frechet.distance(features, features)) < 1e-6 * trace


def test_distance_is_symmetric():
    first, second = mixed(40, 12, seed=0), mixed(50, 12, seed=1)
    there, back = frechet.distance(first, second), frechet.distance(second, first)
    assert there == pytest.approx(back, rel=1e-9)


def test_a_shift_counts_by_its_square():
    features, shift = mixed(60, 8, seed=0), np.arange(8.0)
    found = frechet.distance(features, features + shift)
    assert found == pytest.approx(140.0, rel=1e-9)  # 1 + 4 + ... + 49


@pytest.mark.parametrize("number", [100, 12], ids=["full rank", "singular"])
def test_trace_is_that_of_the_matrix_root_of_scipy(number):
    first, second = mixed(number, 20, seed=0), mixed(number, 20, seed=1)
    covariances = [np.cov(one.T) for one in (first, second)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy says that a product is singular
        root = scipy.linalg.sqrtm(covariances[0] @ covariances[1])
    step = first.mean(axis=0) - second.mean(axis=0)
    expected = step @ step + np.trace(sum(covariances)) - 2.0 * np.trace(root).real
    # A root of a singular matrix is good to the root of the rounding.
    tolerance = 1e-10 if number > 20 else 1e-5
    assert frechet.distance(first, second) == pytest.approx(expected, rel=tolerance)


def test_fewer_than_two_clips_are_refused():
    with pytest.raises(errors.UserError, match="of 1 clips is none: .* at least 2"):
        frechet.distance(gaussian(1, 3, seed=0), gaussian(9, 3, seed=1))


# --- How sure it is


@pytest.mark.parametrize("numbers", [(60, 60), (60, 200)])
def test_standard_error_is_the_deviation_over_draws(numbers):
    values, found = [], []
    for seed in range(150):
        first = gaussian(numbers[0], 3, seed=2 * seed)
        second = gaussian(numbers[1], 3, seed=2 * seed + 1, shift=0.5)
        values.append(frechet.distance(first, second))
        if seed % 5 == 0:
            found.append(frechet.standard_error(first, second))
    # 150 draws know a deviation to 6 %; the jackknife errs to the safe side.
    ratio = np.mean(found) / np.std(values)
    assert 0.85 < ratio < 1.3


def test_standard_error_holds_with_more_features_than_clips():
    values, found = [], []
    for seed in range(60):
        first, second = (gaussian(24, 30, seed=2 * seed + one) for one in (0, 1))
        values.append(frechet.distance(first, second))
        if seed % 15 == 0:
            found.append(frechet.standard_error(first, second))
    ratio = np.mean(found) / np.std(values)
    assert 0.8 < ratio < 2.5


def test_frames_of_a_clip_are_left_out_together():
    # Eight frames of a clip that are all alike say no more than one.
    clips = [gaussian(40, 2, seed=seed) for seed in (0, 1)]
    frames = [np.repeat(one, 8, axis=0) for one in clips]
    alone = frechet.standard_error(*clips)
    assert frechet.standard_error(*frames, group=8) == pytest.approx(alone, rel=0.1)
    shuffled = [np.random.default_rng(0).permutation(one) for one in frames]
    assert frechet.standard_error(*shuffled) < 0.6 * alone


def test_too_few_clips_have_no_standard_error():
    assert np.isnan(frechet.standard_error(gaussian(3, 2, 0), gaussian(9, 2, 1)))
    few, many = gaussian(6, 2, 0), gaussian(8, 2, 1)
    assert np.isnan(frechet.standard_error(few, many, group=2))


# --- Endless sets


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_extrapolation_takes_most_of_the_bias_away(shift):
    first, second = gaussian(1000, 16, seed=0), gaussian(1000, 16, seed=1, shift=shift)
    truth = 16 * shift**2
    found = frechet.extrapolated(first, second, seed=0)
    plain = frechet.distance(first, second)
    if shift == 0.0:
        # 2 · 16 / 1000 by the means alone.
        assert plain > 0.03
        assert abs(found.distance) < 0.3 * plain
        assert found.r_squared > 0.9
    assert (
        abs(found.distance - truth) < 4.0 * found.standard_error + 0.05 * truth + 0.02
    )


def test_line_through_exact_points_is_read_at_zero():
    sizes = np.array([100, 200, 400, 800])
    found = frechet._fit(1.0 / sizes, 3.0 + 50.0 / sizes, weights=sizes)
    assert found.distance == pytest.approx(3.0)
    assert found.standard_error == pytest.approx(0.0, abs=1e-6)
    assert found.r_squared == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("number", "size", "least"), [(999, 2, 1000), (1000, 600, 1201)]
)
def test_too_few_clips_are_not_extrapolated(number, size, least):
    features = np.zeros([number, size])
    with pytest.raises(errors.UserError, match=f"of {number} clips .* least {least};"):
        frechet.extrapolated(features, features, seed=0)

"""Errors are sums over pixels, means over steps and clips."""

import numpy as np

from tests import check_metric
from tfvideogan.metrics import pixel_sums


def plain(*shades: float) -> np.ndarray:
    """One clip [1, T, 2, 3, 1] of plain frames; shades in [0, 1]."""
    frames = np.array(shades).reshape(1, -1, 1, 1, 1)
    return np.broadcast_to(2.0 * frames - 1.0, (1, len(shades), 2, 3, 1))


def test_errors_are_summed_over_the_six_pixels_of_a_frame():
    real = plain(0.2, 0.3, 0.4, 0.6)
    clips = [
        ({"frames": real}, {"frames": plain(0.2, 0.3, *future)})
        for future in ([0.5, 0.6], [0.5, 0.6], [0.4, 0.9])
    ]
    expected = {
        # Off by 0.1, 0.1 and 0: six pixels of 0.01, 0.01 and 0.
        "squared error/model/+1": 0.12 / 3,
        "squared error/model/+2": 0.54 / 3,  # off by 0, 0 and 0.3
        "squared error/model/mean": 0.33 / 3,
        "absolute error/model/+1": 1.2 / 3,
        "absolute error/model/mean": 1.5 / 3,
        # The last frame of the context, 0.3, held still.
        "squared error/copied/+1": 0.06,
        "absolute error/copied/+2": 1.8,
    }
    check_metric.check_metric(
        lambda: pixel_sums.PixelSums(context=2, steps=2), clips, expected=expected
    )

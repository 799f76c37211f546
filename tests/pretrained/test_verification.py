import numpy as np
import pytest

from tests.pretrained import test_lpips
from tfvideogan.core import errors
from tfvideogan.pretrained import verification


def test_the_probe_is_a_gradient_that_moves_and_wraps() -> None:
    probe = verification.probe()
    assert probe.shape == (16, 224, 224, 3) and probe.dtype == np.uint8
    # row + 2 column + 8 frame + 64 channel
    assert probe[1, 2, 3, 1] == 2 + 6 + 8 + 64
    assert probe[15, 0, 223, 2] == (446 + 120 + 128) % 256


def test_other_weights_than_the_published_ones_are_noticed() -> None:
    arrays = test_lpips.arrays()
    # Black against white is 1.93 by test_lpips, and should be 0.814.
    with pytest.raises(
        errors.UserError, match="alexnet is 1.1 away from the published"
    ):
        verification.check("alexnet", arrays)


def test_what_is_no_number_is_noticed() -> None:
    arrays = test_lpips.arrays()
    arrays["NetLinLayer_0/Conv_0/kernel"][:] = np.nan
    with pytest.raises(errors.UserError, match="nan away"):
        verification.check("alexnet", arrays)

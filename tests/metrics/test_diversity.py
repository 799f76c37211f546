"""Samples of a caption are compared with each other and with training frames."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests import check_metric
from tests.metrics.test_perceptual import BLACK_WHITE
from tests.pretrained import test_lpips
from tfvideogan.core import errors
from tfvideogan.metrics import diversity
from tfvideogan.pretrained import lpips

SIZE = 4


def stills(*shades: float, size: int = SIZE) -> np.ndarray:
    """Plain samples [1, S, 1, H, W, 3] of one caption; shades in [0, 1]."""
    values = 2.0 * np.array(shades).reshape(1, -1, 1, 1, 1, 1) - 1.0
    return np.broadcast_to(values, (1, len(shades), 1, size, size, 3))


class Training:
    """Clips of two plain frames: of 0 and 51, and of 255 and 204."""

    def num_clips(self, split: str) -> int:
        return 2

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        assert split == "train"
        for levels in ((0, 51), (255, 204)):
            column = np.array(levels, np.uint8).reshape(2, 1, 1, 1)
            yield {"frames": np.broadcast_to(column, (2, SIZE, SIZE, 3))}


@pytest.fixture(autouse=True)
def no_weights(monkeypatch):
    def refuse(network: str) -> None:
        raise errors.UserError("fetch them first")

    monkeypatch.setattr(lpips, "load", refuse)


def test_pairs_and_neighbours_without_weights_are_l1():
    real = stills(0.15)[:, 0]  # no two neighbours are equally near
    shades = [(0.0, 0.2, 1.0), (0.5, 0.5, 0.5), (0.3, 0.301, 0.9)]
    clips = [({"frames": real}, {"samples": stills(*one)}) for one in shades]
    expected = {
        # Mean differences of pairs: 2/3, 0 and (0.001 + 0.6 + 0.599) / 3.
        "L1 between seeds/model/all": (2 / 3 + 0.4) / 3,
        # None, all three, and one of three: 0.001 is less than a level.
        "alike/model/all": (0 + 1 + 1 / 3) / 3,
        # Training shades are 0, 0.2, 0.8 and 1: of 0.5 the nearest is 0.3 away, of 0.3,
        # 0.301 and 0.9 it is 0.1, 0.101 and 0.1.
        "L1 to nearest neighbour/model/all": (0 + 0.3 + 0.301 / 3) / 3,
        "L1 to nearest neighbour/real/all": 0.05,
    }
    check_metric.check_metric(
        lambda: diversity.Diversity(Training()), clips, expected=expected
    )


def test_neighbours_are_of_all_clips_where_few_are_wanted():
    found = diversity.Neighbours(Training(), limit=2)
    # The first frames alone: 0 and 1.
    nearest = found.nearest(np.full((1, 2, SIZE, SIZE, 3), [[[[[0.4]]], [[[0.7]]]]]))
    np.testing.assert_array_equal(nearest[0, :, 0, 0, 0], [0.0, 1.0])


def test_with_weights_it_is_lpips_of_frames_large_enough(monkeypatch):
    by_hand = lpips.LPIPS("alexnet", test_lpips.arrays())
    monkeypatch.setattr(lpips, "load", lambda network: by_hand)
    metric = diversity.Diversity()
    metric.update({}, {"samples": stills(0.0, 1.0, size=32)})
    found = metric.result()
    assert found["LPIPS-Alex between seeds/model/all"] == pytest.approx(BLACK_WHITE)
    assert set(found) == {"LPIPS-Alex between seeds/model/all", "alike/model/all"}
    metric.reset()
    metric.update({}, {"samples": stills(0.0, 1.0)})
    assert metric.result()["L1 between seeds/model/all"] == 1.0


def test_the_log_says_that_weights_are_missing(caplog):
    diversity.Diversity()
    assert "by L1, not by LPIPS: fetch them first" in caplog.text


def test_single_samples_are_refused():
    metric = diversity.Diversity()
    for samples in (stills(0.5), stills(0.5, 0.1)[:, 0]):
        with pytest.raises(errors.UserError, match=r"\[N S T H W C\] with two samples"):
            metric.update({}, {"samples": samples})
    with pytest.raises(errors.UserError, match="several samples of a caption"):
        metric.update({}, {})
    with pytest.raises(errors.UserError, match="`Diversity.num_neighbours`"):
        diversity.Diversity(num_neighbours=0)

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import propagation, propagation_windows

Windows = propagation_windows.Windows


def panned(length, *, speed=2, size=40):
    """Smooth noise that moves right, [T, size, size, 3] uint8."""
    rng = np.random.default_rng(3)
    wide = rng.integers(0, 256, (size // 4, (size + speed * length) // 4 + 2, 3))
    wide = np.kron(wide, np.ones((4, 4, 1))).astype(np.uint8)
    starts = [speed * (length - 1 - t) for t in range(length)]
    return np.stack([wide[:, start : start + size] for start in starts])


def holed(length, *, size=40):
    holes = np.zeros((length, size, size), np.uint8)
    holes[:, 16:24, 16:24] = 1
    return holes


def run(frames, holes, windows):
    pairs = list(propagation_windows.filled(zip(frames, holes, strict=True), windows))
    return tuple(np.stack(one) for one in zip(*pairs, strict=True))


def test_short_video_is_one_window():
    frames, holes = panned(6), holed(6)
    made, left = run(frames, holes, Windows(4, 2))
    whole, left_whole = propagation.fill(frames, holes[..., np.newaxis])
    np.testing.assert_array_equal(made, whole)
    np.testing.assert_array_equal(left, left_whole[..., 0])


def test_windows_hand_on_what_came_into_sight_long_ago(monkeypatch):
    # A hole in all frames but the first, before a still camera: only the chain through the
    # last frame of each block leads there.
    frames = np.full((11, 12, 12, 1), 70, np.uint8)
    still = np.zeros((10, 12, 12, 2), np.float32)
    holes = np.ones((11, 12, 12), np.uint8)
    holes[0] = 0
    holes[:, :, :2] = 0
    sizes = []

    def fill(frames, holes, *, complete):
        steps = len(frames) - 1
        sizes.append(len(frames))
        return propagation.propagate(frames, holes, still[:steps], still[:steps])

    monkeypatch.setattr(propagation, "fill", fill)
    made, left = run(np.where(holes[..., None] > 0, 0, frames), holes, Windows(3, 1))
    np.testing.assert_array_equal(made, frames)
    assert not left.any()
    # 0-3, then the last of a block with 3 and 1 further ones, at last what is left.
    assert sizes == [4, 5, 5, 3]


def test_known_pixels_are_kept_and_what_is_left_is_marked():
    frames, holes = panned(9, speed=0), holed(9)
    made, left = run(frames, holes, Windows(4, 2))
    np.testing.assert_array_equal(left, holes)
    np.testing.assert_array_equal(made, np.where(holes[..., None] > 0, 0, frames))


def test_windows_without_holes_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(propagation, "fill", None)
    frames = panned(7)
    made, left = run(frames, np.zeros((7, 40, 40), np.uint8), Windows(4, 2))
    np.testing.assert_array_equal(made, frames)
    assert not left.any()


def test_no_more_than_a_window_is_held():
    taken = []

    def counted():
        for number in range(60):
            taken.append(number)
            yield np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8)

    given = 0
    for _ in propagation_windows.filled(counted(), Windows(5, 3)):
        given += 1
        # B + C and one more, which tells whether the video goes on.
        assert len(taken) - given < 5 + 3 + 1
    assert given == 60


def test_nothing_of_nothing():
    assert not list(propagation_windows.filled([], Windows()))


@pytest.mark.parametrize(
    ("size", "budget_mb", "wanted"),
    [
        # 240 x 432 x 64 bytes are 6.3 MB, 720 x 1280 x 64 are 56.25 MB.
        ((240, 432), 2048, Windows(24, 12)),
        ((720, 1280), 1024, Windows(12, 6)),
        ((720, 1280), 1, Windows(4, 2)),
    ],
)
def test_longest_windows_that_fit(size, budget_mb, wanted):
    assert propagation_windows.fitting(*size, budget_mb=budget_mb) == wanted


def test_bad_numbers_are_refused():
    with pytest.raises(errors.UserError, match=r"`block` \(0\) must be at least 1"):
        Windows(0, 2)


def test_a_window_is_seen_around_its_holes(monkeypatch):
    sizes = []

    def fill(frames, holes, *, complete):
        sizes.append(frames.shape)
        return np.full_like(frames, 7), np.zeros_like(holes, np.float32)

    monkeypatch.setattr(propagation, "fill", fill)
    frames, holes = np.zeros((5, 200, 300, 1), np.uint8), np.zeros((5, 200, 300))
    holes[0, 100, 150] = holes[1, 120, 150] = holes[4, 0, 299] = 1
    made, left = run(frames, holes, Windows(3, 0))
    # 21 rows and one column with 32 pixels on each side; a corner with 64 beside it.
    assert sizes == [(3, 85, 65, 1), (3, 65, 65, 1)]
    assert not left.any()
    np.testing.assert_array_equal(made[1, 88:153, 118:183], 7)
    assert made[1, :68].max() == made[1, :, :118].max() == made[4, 65:].max() == 0

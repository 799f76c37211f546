"""Features are computed once for a clip and an extractor."""

import numpy as np
import pytest

from tfvideogan.metrics.features import cache


class Counting:
    """Features are the sum and the size; it remembers what it was asked."""

    name = "counting"
    is_reference = False
    min_frames = 1
    size = (None, None, None, None)

    def __init__(self, identity: str = "a" * 64) -> None:
        self.identity = identity
        self.asked = 0

    def features(self, clips):
        self.asked += len(clips)
        sums = clips.reshape(len(clips), -1).sum(axis=1)
        return np.stack([sums, np.full(len(clips), clips[0].size)], 1).astype(
            np.float32
        )


def clips(*shades: int, shape: tuple[int, ...] = (2, 3, 3, 1)) -> np.ndarray:
    return np.stack([np.full(shape, shade, np.uint8) for shade in shades])


def test_known_clips_are_not_computed_again(tmp_path):
    first = Counting()
    found = cache.CachedFeatures(first, cache_dir=str(tmp_path)).features(clips(1, 2))
    np.testing.assert_array_equal(found, [[18, 18], [36, 18]])
    again = Counting()
    cached = cache.CachedFeatures(again, cache_dir=str(tmp_path))
    np.testing.assert_array_equal(
        cached.features(clips(2, 3, 1)), [[36, 18], [54, 18], [18, 18]]
    )
    assert (first.asked, again.asked) == (2, 1)


@pytest.mark.parametrize(
    ("identity", "others"),
    [("b" * 64, clips(1)), ("a" * 64, clips(1, shape=(1, 6, 3, 1)))],
    ids=["other weights", "same bytes, other shape"],
)
def test_other_weights_or_shapes_are_other_features(tmp_path, identity, others):
    cache.CachedFeatures(Counting(), cache_dir=str(tmp_path)).features(clips(1))
    other = Counting(identity)
    cache.CachedFeatures(other, cache_dir=str(tmp_path)).features(others)
    assert other.asked == 1


def test_it_lies_beside_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))
    cached = cache.CachedFeatures(Counting())
    assert cached.folder == tmp_path / "features" / "counting-aaaaaaaaaaaaaaaa"
    assert not cached.folder.exists()
    cached.features(clips(1))
    [file] = [path for path in cached.folder.rglob("*") if path.is_file()]
    assert file.suffix == ".npy" and file.parent.name == file.name[:2]


@pytest.mark.parametrize("content", [b"", b"no array"])
def test_a_damaged_file_is_made_again(tmp_path, content):
    cached = cache.CachedFeatures(Counting(), cache_dir=str(tmp_path))
    expected = cached.features(clips(1))
    [file] = cached.folder.rglob("*.npy")
    file.write_bytes(content)
    np.testing.assert_array_equal(cached.features(clips(1)), expected)
    np.testing.assert_array_equal(np.load(file), expected[0])


def test_a_folder_that_cannot_be_written_costs_no_result(tmp_path):
    (tmp_path / "features").write_text("a file")
    extractor = Counting()
    cached = cache.CachedFeatures(extractor, cache_dir=str(tmp_path))
    for _ in range(2):
        np.testing.assert_array_equal(cached.features(clips(1)), [[18, 18]])
    assert extractor.asked == 2

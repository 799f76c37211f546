import pytest

from tfvideogan.data import splitting

NAMES = [f"video {number}.mp4" for number in range(1000)]


def test_every_name_is_in_one_split_in_its_order():
    splits = splitting.by_hash(NAMES)
    assert sorted(name for split in splits.values() for name in split) == sorted(NAMES)
    for names in splits.values():
        assert names == sorted(names, key=NAMES.index)


def test_the_shares_are_about_those_asked_for():
    splits = splitting.by_hash(NAMES, validation=0.2, test=0.3)
    assert abs(len(splits["validation"]) - 200) < 40
    assert abs(len(splits["test"]) - 300) < 45


def test_a_growing_folder_keeps_its_splits():
    before = splitting.by_hash(NAMES[:500])
    after = splitting.by_hash(NAMES)
    for split, names in before.items():
        assert set(names) <= set(after[split])


@pytest.mark.parametrize("number", [3, 4, 7])
def test_a_few_videos_fill_every_split(number):
    assert all(splitting.by_hash(NAMES[:number]).values())


def test_a_single_video_is_for_training():
    low = min(NAMES, key=splitting.position)  # whose hash would be in the test split
    assert splitting.by_hash([low])["train"] == [low]
    assert splitting.by_hash(["a"]) == {"train": ["a"], "validation": [], "test": []}


def test_no_share_is_no_split():
    splits = splitting.by_hash(NAMES[:5], validation=0)
    assert not splits["validation"] and splits["test"]


def test_a_hash_is_the_same_everywhere():
    # sha256 of "a" begins with ca978112ca1bbdca: 0xca / 256 = 0.789.
    assert splitting.position("a") == pytest.approx(0xCA978112 / 2**32, abs=1e-8)


@pytest.mark.parametrize(("number", "count"), [(6, 1), (12, 1), (20, 2)])
def test_of_few_videos_a_split_gets_its_share_at_most(number, count):
    for start in range(0, 900, number):
        splits = splitting.by_hash(NAMES[start : start + number])
        assert 1 <= len(splits["test"]) <= count
        assert 1 <= len(splits["validation"]) <= count


def test_small_splits_are_a_warning():
    splits = {"train": range(3), "validation": range(1), "test": range(2)}
    assert splitting.warning(splits).startswith("1 validation and 2 test clips")
    assert splitting.warning({"train": range(3), "test": range(5)}) is None

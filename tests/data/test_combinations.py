import collections

import pytest

from tfvideogan.data import combinations


@pytest.mark.parametrize("sizes", [(10, 6), (10, 2), (12, 6), (3, 2), (8, 4)])
def test_splits_share_no_pair_and_leave_none_out(sizes):
    pairs = combinations.split_pairs(*sizes)
    everything = [pair for split in pairs.values() for pair in split]
    assert len(set(everything)) == len(everything) == sizes[0] * sizes[1]
    for motion in range(sizes[1]):
        assert sum(m == motion for _, m in pairs["test"]) == 1
        assert sum(m == motion for _, m in pairs["validation"]) == 1


def test_every_element_and_motion_is_trained():
    pairs = combinations.split_pairs(10, 6)["train"]
    assert {element for element, _ in pairs} == set(range(10))
    assert {motion for _, motion in pairs} == set(range(6))


def test_motions_take_turns():
    pairs = combinations.split_pairs(10, 6)["train"]
    assert [motion for _, motion in pairs[:12]] == [0, 1, 2, 3, 4, 5] * 2


def test_what_is_held_out_of_ten_digits_and_two_axes():
    pairs = combinations.split_pairs(10, 2)
    assert pairs["test"] == ((0, 0), (1, 1))
    assert pairs["validation"] == ((5, 0), (6, 1))


def test_more_elements_can_be_held_out_of_each_motion():
    pairs = combinations.split_pairs(96, 6, held_out=10)
    # 10 of 96 elements for each of 6 motions; the rest is trained.
    assert [len(pairs[split]) for split in ("test", "validation")] == [60, 60]
    assert len(set(pairs["train"] + pairs["validation"] + pairs["test"])) == 96 * 6
    # 96 // 10 = 9 elements apart: none is tested in two of the six motions.
    for split in ("test", "validation"):
        assert len({element for element, _ in pairs[split]}) == 60


@pytest.mark.parametrize("slot", [0, 1])
def test_pairs_are_balanced_exactly(slot):
    pairs = combinations.split_pairs(10, 6)["train"]
    for first in (0, 48, 480):
        chosen = [combinations.pair_of(pairs, first + i, slot) for i in range(48)]
        assert collections.Counter(chosen) == collections.Counter(pairs)


def test_in_time_every_pair_meets_every_other():
    pairs = combinations.split_pairs(3, 2)["train"]
    met = {
        tuple(combinations.pair_of(pairs, i, slot) for slot in (0, 1))
        for i in range(len(pairs) ** 2)
    }
    assert len(met) == len(pairs) ** 2


def test_the_elements_of_a_clip_have_a_pair_each():
    pairs = ((0, 0), (1, 1), (2, 0))
    # Clip 1: slot 0 has pair 1; slot 1 is one on, as it is in the first round.
    assert combinations.pairs_of(pairs, 1, 2) == ((1, 1), (2, 0))
    assert combinations.pairs_of(pairs, 1, 1) == ((1, 1),)


@pytest.mark.parametrize("sizes", [(10, 6), (10, 2), (96, 6), (3, 6), (5, 6)])
def test_the_elements_of_a_clip_can_be_kept_apart_without_loss_of_balance(sizes):
    held_out = max(1, sizes[0] // 10)
    for pairs in combinations.split_pairs(*sizes, held_out=held_out).values():
        count = len(pairs)
        for first in (0, count, 40 * count):
            clips = [
                combinations.pairs_of(pairs, first + i, 2, is_distinct=True)
                for i in range(count)
            ]
            assert all(one != other for (one, _), (other, _) in clips)
            for slot in zip(*clips, strict=True):
                assert collections.Counter(slot) == collections.Counter(pairs)


def test_elements_that_are_kept_apart_meet_in_all_motions():
    pairs = combinations.split_pairs(10, 6)["train"]
    clips = [
        combinations.pairs_of(pairs, index, 2, is_distinct=True)
        for index in range(33 * 48)  # there are 33 distances that keep digits apart
    ]
    assert len({(one[1], other[1]) for one, other in clips}) == 36

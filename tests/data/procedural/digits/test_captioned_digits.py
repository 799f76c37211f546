import collections
import itertools

import numpy as np
import pytest

from tests import check_source
from tests.data import mnist_tree
from tfvideogan.core import errors
from tfvideogan.data import motion_captions
from tfvideogan.data.datasets import mnist
from tfvideogan.data.procedural.digits import captioned_digits, strokes

SMALL = {
    "frames": 3,
    "num_train_clips": 48,
    "num_validation_clips": 6,
    "num_test_clips": 6,
}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return mnist.read_digits(mnist_tree.write(tmp_path_factory.mktemp("mnist")))


@pytest.mark.parametrize("motions, num_digits", [("six", 2), ("axis", 1)])
def test_captioned_digits_keep_the_promises_of_a_source(digits, motions, num_digits):
    source = captioned_digits.CaptionedDigits(
        digits, motions=motions, num_digits=num_digits, **SMALL
    )
    check_source.check_source(source)
    assert source.name == "captioned_mnist" and not source.is_procedural


@pytest.mark.parametrize(("says", "length"), [("motion", 18), ("all", 23)])
def test_every_sentence_fits_and_comes_back(digits, says, length):
    source = captioned_digits.CaptionedDigits(digits, num_digits=2, says=says, **SMALL)
    assert source.spec.caption_length == length
    paces = (-1, 0, 1) if says == "all" else (0,)
    for motion, pace in itertools.product(range(6), paces):
        heading = int(says == "all" and motion < 2)
        clauses = [
            motion_captions.Clause(f"digit {digit}", motion, heading, pace)
            for digit in (9, 8)
        ]
        text = motion_captions.sentence(clauses)
        tokens, count = source.vocabulary.encode(text, length)
        assert source.vocabulary.decode(tokens) == text and not tokens[count:].any()


def test_one_digit_moves_along_an_axis_as_its_caption_says(digits):
    source = captioned_digits.CaptionedDigits(
        digits, motions="axis", says="all", periods=(8, 20), **SMALL
    )
    for index in range(8):
        (clause,) = motion_captions.parsed(source.caption("train", index))
        first, second = source.paths("train", index).positions[:2, 0, clause.motion]
        room = 64 - 28
        if 4 <= first <= room - 4:  # a tenth of 36 pixels per frame: no wall is met
            assert np.sign(second - first) == clause.heading
        # There and back takes 20 frames, whatever the periods of the six motions.
        assert clause.heading and not clause.pace


def test_long_clips_begin_like_short_ones(digits):
    short, long = (
        captioned_digits.CaptionedDigits(digits, num_digits=2, clip_frames=n, frames=10)
        for n in (10, 201)
    )
    for index in range(6):
        whole = long.render("test", index)["frames"]
        assert len(whole) == 201
        np.testing.assert_array_equal(whole[:10], short.render("test", index)["frames"])


def test_a_clip_shows_the_digit_and_the_motion_of_its_caption(digits):
    source = captioned_digits.CaptionedDigits(digits, **SMALL)
    for index in range(12):
        ((digit, motion),) = source.pairs("train", index)
        clip = source.render("train", index)
        text = source.vocabulary.decode(clip["caption_tokens"])
        assert text == f"the digit {digit} is {motion_captions.MOTIONS[motion]}"
        x, y = np.floor(source.paths("train", index).positions[0, 0]).astype(int)
        # mnist_tree draws the label as 128 + label.
        assert clip["frames"][0, y + 10, x + 10, 0] == 128 + digit
        rows, columns = (clip["frames"][..., 0].max(axis).max(0) > 0 for axis in (2, 1))
        if motion == 0:  # the drawing has 20 rows and 12 columns
            assert rows.sum() == 20 and columns.sum() > 40
        elif motion == 1:
            assert columns.sum() == 12 and rows.sum() > 45


@pytest.mark.parametrize("motions, count", [("six", 48), ("axis", 16)])
def test_digits_and_motions_are_balanced(digits, motions, count):
    source = captioned_digits.CaptionedDigits(digits, motions=motions, **SMALL)
    pairs = [source.pairs("train", index)[0] for index in range(count)]
    assert set(collections.Counter(pairs).values()) == {1}


def test_splits_share_no_pair_of_digit_and_motion(digits):
    source = captioned_digits.CaptionedDigits(digits, num_digits=2, **SMALL)
    met = {
        split: {pair for i in range(60) for pair in source.pairs(split, i)}
        for split in source.splits
    }
    assert not met["train"] & met["test"]
    assert not met["train"] & met["validation"]
    assert not met["validation"] & met["test"]


def test_periods_can_be_chosen(digits):
    source = captioned_digits.CaptionedDigits(
        digits, periods=(4, 4), clip_frames=9, **SMALL
    )
    for index in range(8):
        positions = source.paths("train", index).positions
        np.testing.assert_allclose(positions[4:8], positions[:4], atol=1e-9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"motions": "seven"}, ["`motions` ('seven')", "six, axis"]),
        ({"num_digits": 3}, ["`num_digits` (3)", "1 or 2"]),
        ({"periods": (9, 8)}, ["`periods` (9, 8)", "smaller one first"]),
        ({"width": 20}, ["`digit_size` (28)", "(20)"]),
        ({"says": "much"}, ["`says` ('much')", "motion, all"]),
        ({"frames": 11}, ["`frames` (11)", "`clip_frames` (10)"]),
    ],
)
def test_bad_arguments_are_named(digits, options, words):
    with pytest.raises(errors.UserError) as raised:
        captioned_digits.CaptionedDigits(digits, **options)
    assert all(word in str(raised.value) for word in words)


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version.
    assert captioned_digits.CaptionedDigits.version == 1
    source = captioned_digits.CaptionedDigits(strokes.draw_digits(), num_digits=2)
    places = source.paths("test", 7).positions[[0, 9]]
    expected = [
        [[30.2767, 6.6644], [13.1086, 19.0930]],
        [[30.2767, 24.6644], [13.4004, 16.0092]],
    ]
    np.testing.assert_allclose(places, expected, atol=1e-3)
    said = (
        "the digit 1 is moving up and down and the digit 3 is rotating counterclockwise"
    )
    clip = source.render("test", 7)
    assert source.vocabulary.decode(clip["caption_tokens"]) == said
    assert clip["caption_tokens"][:5].tolist() == [15, 16, 6, 18, 19]

import collections

import numpy as np
import pytest

from tests import check_source
from tests.data import mnist_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets import mnist
from tfvideogan.data.procedural.digits import captioned_digits

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


def test_the_sentences_are_those_of_the_source_document():
    assert captioned_digits.sentence([(7, 0)]) == "the digit 7 is moving left and right"
    assert captioned_digits.sentence([(3, 1), (0, 5)]) == (
        "the digit 3 is moving up and down and "
        "the digit 0 is rotating inplace counterclockwise"
    )


def test_every_sentence_fits_into_18_words_and_comes_back(digits):
    source = captioned_digits.CaptionedDigits(digits, num_digits=2, **SMALL)
    assert source.spec.caption_length == 18
    for one in range(6):
        text = captioned_digits.sentence([(9, one), (8, 0)])
        tokens, length = source.vocabulary.encode(text, 18)
        assert source.vocabulary.decode(tokens) == text and not tokens[length:].any()


def test_a_clip_shows_the_digit_and_the_motion_of_its_caption(digits):
    source = captioned_digits.CaptionedDigits(digits, **SMALL)
    for index in range(12):
        ((digit, motion),) = source.pairs("train", index)
        clip = source.render("train", index)
        text = source.vocabulary.decode(clip["caption_tokens"])
        assert text == captioned_digits.sentence([(digit, motion)])
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
    ],
)
def test_bad_arguments_are_named(digits, options, words):
    with pytest.raises(errors.UserError) as raised:
        captioned_digits.CaptionedDigits(digits, **options)
    assert all(word in str(raised.value) for word in words)

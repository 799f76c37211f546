import numpy as np
import pytest
from skimage import measure

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.procedural.digits import (
    captioned_digits,
    moving_digits,
    strokes,
)

FEW = {"num_glyphs": 40, "num_validation_glyphs": 10, "num_test_glyphs": 10}
SMALL = {"height": 16, "width": 16, "digit_size": 12, "num_train_clips": 6}


@pytest.fixture(scope="module")
def bank():
    return strokes.draw_digits(**FEW)


def test_glyphs_are_laid_out_like_mnist(bank):
    train = bank.splits["train"]
    assert train.pictures.shape == (40, 28, 28) and train.pictures.dtype == np.uint8
    assert (np.bincount(train.labels) == 4).all() and len(
        np.bincount(train.labels)
    ) == 10
    assert (train.pictures.max((1, 2)) == 255).all()
    border = np.pad(np.zeros((24, 24), bool), 2, constant_values=True)
    assert np.mean(train.pictures[:, border] > 0) < 0.005


def test_digits_have_their_holes():
    # Topology tells digits apart whatever their pen and slant: 8 has two holes.
    holes = {0: 1, 1: 0, 2: 0, 3: 0, 5: 0, 6: 1, 7: 0, 8: 2, 9: 1}
    train = strokes.draw_digits(num_glyphs=400).splits["train"]
    right = {digit: [] for digit in holes}
    for picture, label in zip(train.pictures, train.labels, strict=True):
        if label in holes:
            euler = measure.euler_number(picture > 100, connectivity=2)
            right[label].append(1 - euler == holes[label])
    assert min(np.mean(found) for found in right.values()) > 0.85, right


def test_glyphs_depend_on_seed_and_split_alone(bank):
    again = strokes.draw_digits(**FEW).splits["train"].pictures
    np.testing.assert_array_equal(bank.splits["train"].pictures, again)
    other = strokes.draw_digits(seed=1, **FEW).splits["train"].pictures
    assert not np.array_equal(bank.splits["train"].pictures, other)


def test_splits_share_no_glyph(bank):
    seen = [glyph.tobytes() for part in bank.splits.values() for glyph in part.pictures]
    assert len(set(seen)) == 60


def test_the_bank_says_that_it_is_drawn_and_not_mnist(bank):
    assert bank.is_procedural and "procedural" in bank.description
    assert "mnist" not in (bank.name + bank.description).lower()


def test_strokes_bounce(bank):
    source = moving_digits.MovingDigits(
        bank, frames=3, clip_frames=6, num_test_clips=4, **SMALL
    )
    check_source.check_source(source)
    assert source.name == "moving_strokes"


def test_strokes_move_as_their_captions_say(bank):
    source = captioned_digits.CaptionedDigits(bank, frames=3, **SMALL)
    check_source.check_source(source)
    assert source.name == "captioned_strokes" and source.is_procedural


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_test_glyphs": 9}, ["test glyphs (9)", "at least 10"]),
        ({"seed": -1}, ["`seed` (-1)"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        strokes.draw_digits(**arguments)
    assert all(word in str(raised.value) for word in words)

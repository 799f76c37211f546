import pytest

from tfvideogan.core import errors
from tfvideogan.data import motion_captions
from tfvideogan.data.motion_captions import Clause


@pytest.mark.parametrize(
    ("clauses", "said"),
    [
        # As published, but for the full stop.
        ([Clause("digit 7", 0)], "the digit 7 is moving left and right"),
        (
            [Clause("digit 3", 1), Clause("digit 0", 5)],
            "the digit 3 is moving up and down and "
            "the digit 0 is rotating inplace counterclockwise",
        ),
        (
            [Clause("red disc", 0, motion_captions.RIGHT, motion_captions.QUICK)],
            "the red disc is moving left and right starting right quickly",
        ),
        (
            [Clause("red disc", 1, motion_captions.UP)],
            "the red disc is moving up and down starting up",
        ),
        (
            [Clause("red disc", 2, pace=motion_captions.SLOW)],
            "the red disc is rotating clockwise slowly",
        ),
    ],
)
def test_clauses_become_sentences_and_back(clauses, said):
    assert motion_captions.sentence(clauses) == said
    assert motion_captions.parsed(said) == tuple(clauses)


def test_an_element_may_be_called_by_any_words():
    clause = Clause("sun that is moving", 4)
    assert motion_captions.parsed(str(clause)) == (clause,)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "the red dog is sleeping",
        "a red disc is moving up and down",
        "the red disc is moving up and down starting left",
        "the red disc is rotating clockwise starting left",
        "the red disc is moving up and down quickly starting up",
        "the red disc is moving up and down and",
    ],
)
def test_what_is_no_such_sentence_is_refused(said):
    with pytest.raises(errors.UserError, match="says of no element how it moves"):
        motion_captions.parsed(said)


def test_another_manner_of_captions_is_refused():
    motion_captions.check_says("all")
    with pytest.raises(errors.UserError, match=r"`says` \('more'\) .* motion, all"):
        motion_captions.check_says("more")

"""Names, sizes and costs of extractors."""

import types

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.metrics.features import extractor


def make(**attributes: object) -> types.SimpleNamespace:
    """An extractor of two features."""
    usual = {
        "name": "mine",
        "is_reference": False,
        "identity": "0" * 64,
        "min_frames": 1,
        "size": (None, None, None, 3),
        "features": lambda clips: np.zeros([len(clips), 2], np.float32),
    }
    return types.SimpleNamespace(**usual | attributes)


def test_published_names_are_for_the_reference():
    assert extractor.title("FVD", make(is_reference=True)) == "FVD"
    assert extractor.title("FVD", make()) == "FVD[mine]"


@pytest.mark.parametrize(
    ("attributes", "shape", "words"),
    [
        (
            {"min_frames": 9},
            (2, 8, 4, 4, 3),
            r"8 frames of 4x4x3 \(.*wants 9 or more fra",
        ),
        ({}, (2, 8, 4, 4, 1), r"frames of 4x4x1 \(.* mine wants 1 or more .*anyxanyx3"),
        ({"size": (4, 8, 8, 3)}, (1, 4, 8, 9, 3), "mine wants 4 frames of 8x8x3"),
        ({"size": (4, 8, 8, 3)}, (1, 5, 8, 8, 3), "the clips have 5 frames"),
    ],
)
def test_clips_that_do_not_fit_are_named(attributes, shape, words):
    with pytest.raises(errors.UserError, match=words):
        extractor.check_clips(make(**attributes), np.zeros(shape, np.uint8))


def test_clips_that_fit_are_taken():
    extractor.check_clips(make(min_frames=9), np.zeros([1, 9, 5, 7, 3], np.uint8))
    fixed = make(size=(4, 8, 8, 1))
    extractor.check_clips(fixed, np.zeros([2, 4, 8, 8, 1], np.uint8))


def test_examples_fit():
    assert extractor.example(make(), frames=None).shape == (1, 16, 64, 64, 3)
    assert extractor.example(make(), frames=5).shape == (1, 5, 64, 64, 3)
    assert extractor.example(make(min_frames=20), frames=None).shape[1] == 20
    fixed = make(size=(4, 8, 9, 1))
    assert extractor.example(fixed, frames=5).shape == (1, 4, 8, 9, 1)


def test_cost_is_of_a_clip_after_the_first_one(monkeypatch):
    clock = iter([10.0, 12.5])
    monkeypatch.setattr(extractor.time, "perf_counter", lambda: next(clock))
    seen = []

    def features(clips):
        seen.append(clips.shape)
        return np.zeros([len(clips), 7])

    found = extractor.cost(make(features=features), frames=3)
    assert found == (2.5, 7)
    assert seen == [(1, 3, 64, 64, 3)] * 2


@pytest.mark.parametrize(
    ("seconds", "words"), [(14.4, "14 s"), (4800, "80 min"), (9000, "2.5 h")]
)
def test_durations_are_rough(seconds, words):
    assert extractor.duration(seconds) == words


def test_digest_is_of_contents_and_words(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"1")
    assert extractor.digest([first], "x") == extractor.digest([second], "x")
    assert extractor.digest([first], "x") != extractor.digest([first], "y")
    second.write_bytes(b"2")
    assert extractor.digest([first], "x") != extractor.digest([second], "x")

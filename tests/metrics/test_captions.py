"""Captions are read off windows of predicted and real clips by a captioner."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests import check_metric
from tfvideogan.core import clip, errors
from tfvideogan.metrics import captions
from tfvideogan.metrics.features import captioner

WORDS = ("", "dark", "bright", "then")
SPEC = clip.ClipSpec(5, 2, 2, 1, caption_length=3, words=WORDS)
DARK, BRIGHT, THEN = 1, 2, 3
WINDOWS = ("+1..+2", "+3..+4")


class Shades:
    """Reads two frames as "dark then bright" and the like: a clause for each."""

    name, identity = "shades", "c" * 64
    min_frames = 2

    def __init__(self, folder: str) -> None:
        assert folder == "shades/1"

    def check_words(self, words: Sequence[str]) -> None:
        if not set(words) <= set(WORDS):
            raise errors.UserError("unknown words")

    def right_words(self, clips: np.ndarray, said: Sequence[str]) -> np.ndarray:
        assert clips.dtype == np.uint8 and clips.shape[1:] == (2, 2, 2, 1)
        is_bright = clips.mean(axis=(2, 3, 4)) > 127.5
        read = np.where(is_bright, "bright", "dark")
        return (read == [one.split()[::2] for one in said])[..., np.newaxis]


@pytest.fixture(autouse=True)
def shades(monkeypatch):
    monkeypatch.setattr(captioner, "Captioner", Shades)


def film(shades: str) -> np.ndarray:
    """A clip [1, T, 2, 2, 1] of dark (d) and bright (b) frames."""
    levels = np.array([{"d": -1.0, "b": 1.0}[one] for one in shades], np.float32)
    return np.broadcast_to(levels.reshape(1, -1, 1, 1, 1), (1, len(shades), 2, 2, 1))


def batch(shades: str, *tokens: int) -> dict[str, np.ndarray]:
    return {"frames": film(shades), "caption_tokens": np.array([tokens])}


def make(kind=captions.CaptionAccuracy, **options) -> captions.CaptionMetric:
    metric = kind("shades/1", **{"context": 1, "windows": WINDOWS} | options)
    metric.prepare(3, SPEC)
    return metric


def test_captions_and_words_are_counted_in_each_window():
    dark_then_bright = batch("ddbdb", DARK, THEN, BRIGHT)
    clips = [
        (dark_then_bright, {"frames": film(made)})
        # Words of two windows right of two: 2 and 2, 1 and 0, 2 and 1.
        for made in ("ddbdb", "dddbd", "ddbbb")
    ]
    expected = {
        "caption accuracy/model/+1..+2": 2 / 3,
        "word accuracy/model/+1..+2": 5 / 6,
        "caption accuracy/model/+3..+4": 1 / 3,
        "word accuracy/model/+3..+4": 3 / 6,
        "caption accuracy/real/+3..+4": 1.0,
    }
    check_metric.check_metric(make, clips, expected=expected)


def test_swapped_captions_are_those_that_count():
    real = batch("dddd", DARK, THEN, DARK)

    def outputs(swapped: str, *tokens: int) -> dict[str, np.ndarray]:
        return {
            "frames": film("dddd"),
            "swapped_frames": film(swapped),
            "swapped_tokens": np.array([tokens]),
        }

    clips = [
        (real, outputs("dddb", DARK, THEN, BRIGHT)),  # follows, half is changed
        (real, outputs("dddd", DARK, THEN, BRIGHT)),  # ignores it
        (real, outputs("dddd", DARK, THEN, DARK)),  # its own caption: does not count
        (real, outputs("dbbb", BRIGHT, THEN, BRIGHT)),
    ]
    expected = {
        "caption accuracy/swapped/+2..+3": 2 / 3,
        "swap difference/model/+2..+3": (0.5 + 0.0 + 1.0) / 3,
    }

    def metric() -> captions.CaptionMetric:
        return make(captions.CaptionSwap, windows=("+2..+3",))

    check_metric.check_metric(metric, [clips[0], clips[1], clips[3]], expected=expected)
    whole = check_metric.score(metric(), [check_metric.join(clips)])
    assert whole["caption accuracy/swapped/+2..+3"] == pytest.approx(2 / 3)
    own = metric()
    own.update(*clips[2])
    assert own.result() == {}


def test_clips_of_captions_alone_are_judged_by_their_own_frames():
    outputs = {"frames": film("dddd"), "alone_frames": film("ddbd")}
    metric = make(captions.CaptionAlone, context=0, windows=("+2..+3", "+3..+4"))
    metric.update(batch("dddd", DARK, THEN, BRIGHT), outputs)
    assert metric.result() == {
        "caption accuracy/alone/+2..+3": 1.0,
        "word accuracy/alone/+2..+3": 1.0,
        "caption accuracy/alone/+3..+4": 0.0,
        "word accuracy/alone/+3..+4": 0.0,
    }


def test_clips_without_a_context_are_judged_from_their_first_frame():
    metric = make(context=0, windows=("+1..+2",))
    real, model = batch("db", DARK, THEN, BRIGHT), {"frames": film("bb")}
    metric.update(real, model)
    assert metric.result()["word accuracy/model/+1..+2"] == 0.5


def test_the_record_names_the_captioner():
    assert make().describe() == f"CaptionAccuracy by shades, sha256 {'c' * 64}"


@pytest.mark.parametrize("window", ["+1..+3", "+0..+1", "1..2", "+2..+1"])
def test_windows_that_it_does_not_see_are_named(window):
    with pytest.raises(errors.UserError, match=r'must be 2 steps, .* "\+1..\+2"'):
        make(windows=(window,))


def test_other_vocabularies_are_refused_before_the_work():
    spec = clip.ClipSpec(5, 2, 2, 1, caption_length=3, words=(*WORDS, "grey"))
    metric = captions.CaptionAccuracy("shades/1", windows=WINDOWS)
    with pytest.raises(errors.UserError, match="unknown words"):
        metric.prepare(3, spec)
    with pytest.raises(errors.UserError, match="judges clips with captions, but these"):
        metric.prepare(3, clip.ClipSpec(5, 2, 2, 1))


def test_clips_that_cannot_be_judged_are_named():
    with pytest.raises(errors.UserError, match="`CaptionAccuracy.context`"):
        make(context=-1)
    with pytest.raises(errors.UserError, match="CaptionAccuracy needs 5"):
        make().update(batch("dddd", DARK), {"frames": film("dddd")})
    with pytest.raises(errors.UserError, match="clips with captions"):
        make().update({"frames": film("ddddd")}, {"frames": film("ddddd")})
    with pytest.raises(errors.UserError, match="no `alone_frames`.*painter"):
        make(captions.CaptionAlone).update(
            batch("ddddd", DARK), {"frames": film("ddddd")}
        )
    with pytest.raises(errors.UserError, match="no `swapped_tokens`"):
        make(captions.CaptionSwap).update(
            batch("ddddd", DARK), {"frames": film("ddddd")}
        )

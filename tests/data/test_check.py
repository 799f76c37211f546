import numpy as np
import pytest

from tests.data import toy_source
from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.data import check
from tfvideogan.data.holes import holed
from tfvideogan.data.procedural.sprites import sprites

WORDS = ("", *"abcdefgh")

SOURCE = sprites.Sprites(
    frames=3, height=24, width=32, clip_frames=8, num_train_clips=3
)


def test_a_sound_source_has_no_problems():
    report = check.check_split(SOURCE, "train", max_clips=2)
    assert report.problems == ()
    assert (report.num_clips, report.num_checked) == (3, 2)
    assert report.lengths == (8, 8)
    text = report.text()
    for words in ("sprites/train: 3 clips, 2 checked", "24x32x3", "J 0.", "(u, v)"):
        assert words in text


def test_a_source_without_flow_or_objects_is_reported_too():
    report = check.check_split(toy_source.ToySource(), "test")
    assert report.longest_motion is None
    assert report.mask_share == 1.0
    assert report.pixel_range == (0, 5)


def test_masks_of_first_frames_alone_are_not_copied():
    source = toy_source.ToySource()
    source.has_all_masks = False
    report = check.check_split(source, "test")
    assert report.copied_j is None and report.mask_share == 1.0
    assert "object covers 100.0 % of a frame\n" in report.text() + "\n"


def test_holes_are_measured_and_looked_at():
    source = holed.Holed(make_whole=lambda: SOURCE, coverage=(0.25, 0.25))
    report = check.check_split(source, "train", max_clips=1)
    assert report.problems == ()
    assert report.hole_share == 0.25
    assert "holes cover 25.0 % of a frame" in report.text()
    clip = dict(next(source.clips("train")))
    clip["holes"] = clip["holes"] * 2
    [problem] = check.clip_problems(clip, source.spec)
    assert problem == "`holes` holds 2, not only 0 and 1"


def test_copied_mask_j_is_that_of_the_hand():
    # A bar of 4 pixels that moves by one per frame: J is 3/5, then 2/6.
    masks = np.zeros((3, 1, 10, 1), np.uint8)
    for t in range(3):
        masks[t, 0, t : t + 4] = 1
    assert check.copied_mask_j(masks) == pytest.approx((3 / 5 + 2 / 6) / 2)


def test_an_object_that_is_never_there_is_copied_perfectly():
    assert check.copied_mask_j(np.zeros((3, 2, 2, 1), np.uint8)) == 1.0


@pytest.mark.parametrize(
    ("key", "spoil", "words"),
    [
        ("frames", lambda v: v.astype(np.float32), "`frames` is float32"),
        ("foreground_masks", lambda v: v * 2, "holds 2, not only 0 and 1"),
        ("foreground_masks", lambda v: v * 0, "first mask is empty"),
        ("forward_flow", lambda v: v[:-1], "`forward_flow` is float32[6, 24"),
        ("backward_flow", lambda v: v * np.float32("nan"), "not finite"),
    ],
)
def test_faults_are_found(key, spoil, words):
    clip = dict(next(SOURCE.clips("train")))
    clip[key] = spoil(clip[key])
    problems = check.clip_problems(clip, SOURCE.spec)
    assert any(words in problem for problem in problems), problems


def test_a_missing_key_is_found():
    clip = dict(next(SOURCE.clips("train")))
    del clip["backgrounds"]
    assert check.clip_problems(clip, SOURCE.spec) == ["has no `backgrounds`"]


def test_misread_flow_is_reported():
    class Negated(sprites.Sprites):
        def clips(self, split):
            for clip in super().clips(split):
                yield {**clip, "forward_flow": -clip["forward_flow"]}

    source = Negated(frames=3, height=32, width=32, clip_frames=6, num_train_clips=2)
    report = check.check_split(source, "train")
    assert "forward flow" in report.problems[0] and "(-u, -v)" in report.problems[0]
    assert "PROBLEM" in report.text()


def test_an_unknown_split_is_named():
    with pytest.raises(errors.UserError, match="'dev'"):
        check.check_split(SOURCE, "dev")


CAPTIONED = clips.ClipSpec(1, 4, 4, num_classes=3, caption_length=3, words=WORDS)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("labels", np.int32(3), "`labels` is 3, not one of 0..2"),
        ("labels", np.int64(1), "`labels` is int64[], not int32[]"),
        ("caption_lengths", np.int32(0), "`caption_lengths` is 0, not 1..3"),
        ("caption_lengths", np.int32(1), "are not 1 words and zeros"),
        ("caption_tokens", np.array([9, 1, 0], np.int32), "holds 9, no word"),
    ],
)
def test_faults_of_labels_and_captions_are_found(key, value, words):
    clip = {
        "frames": np.zeros((1, 4, 4, 3), np.uint8),
        "labels": np.int32(2),
        "caption_tokens": np.array([8, 1, 0], np.int32),
        "caption_lengths": np.int32(2),
    }
    assert check.clip_problems(clip, CAPTIONED) == []
    problems = check.clip_problems(clip | {key: value}, CAPTIONED)
    assert len(problems) == 1 and words in problems[0], problems

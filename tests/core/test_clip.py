"""What a clip is, and the error of a wrong batch."""

import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors

WORDS = ("", *"abcdefgh")

FULL = clip.ClipSpec(
    4, 8, 12, has_masks=True, has_flow=True, has_backgrounds=True, channels=3
)


def test_a_batch_of_zeros_passes_the_check_and_has_every_key():
    batch = clip.zeros_like_spec(FULL, 2)
    clip.check_batch(batch, FULL)
    assert {key: tuple(value.shape) for key, value in batch.items()} == {
        "frames": (2, 4, 8, 12, 3),
        "foreground_masks": (2, 4, 8, 12, 1),
        "forward_flow": (2, 3, 8, 12, 2),
        "backward_flow": (2, 3, 8, 12, 2),
        "backgrounds": (2, 4, 8, 12, 3),
    }


def test_flow_that_is_found_around_holes_has_the_shape_of_flow():
    spec = clip.ClipSpec(4, 8, 12, has_holes=True, has_found_flow=True)
    for key in ("found_forward_flow", "found_backward_flow"):
        assert key in clip.FLOW_KEYS
        assert spec.shapes()[key] == (3, 8, 12, 2)


def test_labels_and_captions_are_integers_of_a_whole_clip():
    spec = clip.ClipSpec(4, 8, 12, num_classes=6, caption_length=5, words=WORDS)
    batch = clip.zeros_like_spec(spec, 2)
    clip.check_batch(batch, spec)
    found = {k: (tuple(v.shape), v.dtype.name) for k, v in batch.items()}
    assert found == {
        "frames": ((2, 4, 8, 12, 3), "float32"),
        "labels": ((2,), "int32"),
        "caption_tokens": ((2, 5), "int32"),
        "caption_lengths": ((2,), "int32"),
    }
    batch["labels"] = tf.zeros([2])
    with pytest.raises(errors.UserError, match="float32, but must be int32"):
        clip.check_batch(batch, spec)


def test_another_length_changes_nothing_else():
    longer = FULL.with_frames(9)
    assert longer.frames == 9 and longer.with_frames(4) == FULL


def test_a_missing_key_is_named():
    batch = clip.zeros_like_spec(FULL, 2)
    del batch["forward_flow"]
    with pytest.raises(errors.UserError, match="no `forward_flow`; it holds backgr"):
        clip.check_batch(batch, FULL)


def test_a_wrong_shape_and_a_wrong_dtype_are_named():
    batch = clip.zeros_like_spec(FULL, 2)
    batch["frames"] = batch["frames"][:, :3]
    with pytest.raises(errors.UserError, match=r"\('N', 3, 8, 12, 3\)"):
        clip.check_batch(batch, FULL)
    batch["frames"] = tf.zeros([2, 4, 8, 12, 3], tf.float16)
    with pytest.raises(errors.UserError, match="float16, but must be float32"):
        clip.check_batch(batch, FULL)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"frames": 0}, "`frames` \\(0\\) must be at least 1"),
        ({"width": -4}, "`width` \\(-4\\)"),
        ({"channels": 4}, "`channels` \\(4\\) must be 1"),
        ({"caption_length": 4}, "`caption_length` \\(4\\) must be positive where"),
    ],
)
def test_impossible_sizes_are_refused(options, words):
    sizes = {"frames": 2, "height": 8, "width": 8} | options
    with pytest.raises(errors.UserError, match=words):
        clip.ClipSpec(**sizes)

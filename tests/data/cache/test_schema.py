import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.data.cache import schema

WORDS = ("", *"abcdefgh")

SMALL = clips.ClipSpec(2, 16, 20, has_masks=True, has_flow=True, has_backgrounds=True)
LARGE = clips.ClipSpec(2, 72, 64, has_masks=True, has_flow=True)


def raw_clip(spec: clips.ClipSpec, length: int = 6) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    result = {}
    for key, shape in spec.with_frames(length).shapes().items():
        if key.endswith("flow"):
            result[key] = generator.normal(size=shape).astype(np.float32)
        elif key == "foreground_masks":
            result[key] = generator.integers(0, 2, shape, np.uint8)
        else:  # smooth, as JPEG expects
            ramp = np.linspace(0, 255, shape[2])[:, None] * np.ones(shape)
            result[key] = (ramp + np.arange(length)[:, None, None, None]).clip(0, 255)
            result[key] = result[key].astype(np.uint8)
    return result


def picture(content: bytes, places: schema.Places, number: int) -> bytes:
    start = places.offsets[number]
    return content[start : start + places.sizes[number]]


def round_trip(clip: dict[str, np.ndarray], spec: clips.ClipSpec):
    """Decodes what the index finds."""
    content, places = schema.encoded(clip, spec, "bear")
    result = {}
    for key, place in places.items():
        found = [picture(content, place, n) for n in range(len(place.offsets))]
        shape = (len(found), *clip[key].shape[1:])
        if schema.raw_size(key, spec):
            pictures = tf.constant(
                np.stack([np.frombuffer(f, np.uint8) for f in found])
            )
        else:
            pictures = tf.constant(found)
        result[key] = schema.decoded(key, pictures, shape)
    return result


@pytest.mark.parametrize("spec", [SMALL, LARGE])
def test_a_clip_survives_the_round_trip(spec):
    clip = raw_clip(spec)
    result = round_trip(clip, spec)
    assert set(result) == set(clip)
    for key, value in clip.items():
        assert result[key].dtype == value.dtype
        # Raw bytes and PNG are exact, float16 keeps 3 digits, JPEG 95 a few steps.
        is_jpeg = key == "frames" and spec is LARGE
        tolerance = 4 if is_jpeg else 2e-3 * key.endswith("flow")
        error = np.abs(result[key].numpy().astype(float) - value)
        assert error.max() <= tolerance + 2e-3 * np.abs(value).max() * (tolerance > 0)


def test_labels_and_captions_are_written():
    spec = clips.ClipSpec(2, 4, 4, num_classes=6, caption_length=3, words=WORDS)
    clip = raw_clip(clips.ClipSpec(2, 4, 4))
    clip |= {
        "labels": np.int32(5),
        "caption_tokens": np.array([8, 1, 0], np.int32),
        "caption_lengths": np.int32(2),
    }
    content, places = schema.encoded(clip, spec, "walker")
    context = tf.train.SequenceExample.FromString(content).context.feature
    assert list(places) == schema.moving_keys(spec) == ["frames"]
    assert context["labels"].int64_list.value == [5]
    assert context["caption_tokens"].int64_list.value == [8, 1, 0]
    assert context["caption_lengths"].int64_list.value == [2]


def test_small_pictures_are_raw_in_one_entry_and_large_ones_are_jpeg():
    entries = {}
    for spec in (SMALL, LARGE):
        content, _ = schema.encoded(raw_clip(spec), spec, "bear")
        example = tf.train.SequenceExample.FromString(content)
        features = example.feature_lists.feature_list["frames"].feature
        entries[spec] = [feature.bytes_list.value[0] for feature in features]
    assert [len(entry) for entry in entries[SMALL]] == [6 * 16 * 20 * 3]
    assert [entry[:2] for entry in entries[LARGE]] == [b"\xff\xd8"] * 6


def test_masks_are_raw_up_to_the_same_size_and_flow_always():
    assert schema.raw_size("foreground_masks", SMALL) == 16 * 20
    assert schema.raw_size("forward_flow", LARGE) == 72 * 64 * 2 * 2
    large = clips.ClipSpec(2, 128, 97, channels=1, has_masks=True)
    assert schema.raw_size("foreground_masks", large) == 0


def test_name_and_place_of_a_piece_are_written():
    content, _ = schema.encoded(raw_clip(SMALL), SMALL, "bear", first_frame=7)
    context = tf.train.SequenceExample.FromString(content).context.feature
    assert context["id"].bytes_list.value[0] == b"bear"
    assert context["first_frame"].int64_list.value == [7]
    assert context["num_frames"].int64_list.value == [6]


def test_places_are_right_where_pictures_repeat():
    clip = raw_clip(SMALL)
    clip["frames"][:] = 0
    clip["backgrounds"][:] = 0
    result = round_trip(clip, SMALL)
    np.testing.assert_array_equal(result["frames"], clip["frames"])


def test_a_single_frame_has_empty_flow():
    none = tf.zeros([0, 16 * 20 * 4], tf.uint8)
    flow = schema.decoded("forward_flow", none, (0, 16, 20, 2))
    assert flow.shape == (0, 16, 20, 2)

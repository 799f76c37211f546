import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.data import record_format

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


@pytest.mark.parametrize("spec", [SMALL, LARGE])
def test_a_clip_survives_the_round_trip(spec):
    clip = raw_clip(spec)
    content = tf.constant(record_format.encoded(clip, spec, "bear"))
    result = record_format.decoded(content, spec, frames=6)
    assert set(result) == set(clip)
    for key, value in clip.items():
        assert result[key].dtype == value.dtype
        # Raw bytes and PNG are exact, float16 keeps 3 digits, JPEG 95 a few steps.
        is_jpeg = key == "frames" and spec is LARGE
        tolerance = 4 if is_jpeg else 2e-3 * key.endswith("flow")
        error = np.abs(result[key].numpy().astype(float) - value)
        assert error.max() <= tolerance + 2e-3 * np.abs(value).max() * (tolerance > 0)


def test_labels_and_captions_survive_the_round_trip():
    spec = clips.ClipSpec(2, 4, 4, num_classes=6, caption_length=3, vocabulary_size=9)
    clip = raw_clip(clips.ClipSpec(2, 4, 4))
    clip |= {
        "labels": np.int32(5),
        "caption_tokens": np.array([8, 1, 0], np.int32),
        "caption_lengths": np.int32(2),
    }
    content = tf.constant(record_format.encoded(clip, spec, "walker"))
    result = record_format.decoded(content, spec, frames=2)
    for key in clips.WHOLE_CLIP_KEYS:
        assert result[key].dtype == tf.int32
        np.testing.assert_array_equal(result[key], clip[key])


def test_small_pictures_are_raw_and_large_ones_are_jpeg():
    lengths = {}
    for spec in (SMALL, LARGE):
        example = tf.train.SequenceExample.FromString(
            record_format.encoded(raw_clip(spec), spec, "bear")
        )
        entry = example.feature_lists.feature_list["frames"].feature[0]
        lengths[spec] = entry.bytes_list.value[0]
    assert len(lengths[SMALL]) == 16 * 20 * 3
    assert lengths[LARGE][:2] == b"\xff\xd8"


def test_the_name_is_written():
    content = record_format.encoded(raw_clip(SMALL), SMALL, "bear")
    example = tf.train.SequenceExample.FromString(content)
    assert example.context.feature["id"].bytes_list.value[0] == b"bear"


@pytest.mark.parametrize("spec", [SMALL, LARGE])
def test_a_window_is_a_piece_of_the_whole(spec):
    content = tf.constant(record_format.encoded(raw_clip(spec), spec, "bear"))
    whole = record_format.decoded(content, spec, frames=6)
    found = set()
    for number in range(8):
        seed = tf.constant([3, number])
        window = record_format.decoded(content, spec, frames=3, seed=seed)
        starts = [
            start
            for start in range(4)
            if all(
                np.array_equal(window[key], whole[key][start:][: len(window[key])])
                for key in whole
            )
        ]
        assert len(starts) == 1
        found.add(starts[0])
    assert len(found) > 1


def test_only_the_window_is_decoded():
    # Frames outside of the window may even be damaged.
    clip = raw_clip(LARGE)
    example = tf.train.SequenceExample.FromString(
        record_format.encoded(clip, LARGE, "bear")
    )
    for feature in example.feature_lists.feature_list["frames"].feature[3:]:
        feature.bytes_list.value[0] = b"damaged"
    content = tf.constant(example.SerializeToString())
    window = record_format.decoded(content, LARGE, frames=3)
    assert window["frames"].shape == (3, 72, 64, 3)


def test_a_single_frame_has_empty_flow():
    content = tf.constant(record_format.encoded(raw_clip(SMALL), SMALL, "bear"))
    window = record_format.decoded(content, SMALL, frames=1)
    assert window["forward_flow"].shape == (0, 16, 20, 2)


def test_shapes_are_static_in_a_graph():
    content = tf.constant(record_format.encoded(raw_clip(SMALL), SMALL, "bear"))
    dataset = tf.data.Dataset.from_tensors(content).map(
        lambda c: record_format.decoded(c, SMALL, frames=4)
    )
    shapes = {key: tuple(spec.shape) for key, spec in dataset.element_spec.items()}
    assert shapes == SMALL.with_frames(4).shapes()

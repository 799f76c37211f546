import weakref

import numpy as np
import pytest
import tensorflow as tf

from tests.data.cache import test_schema, test_writer
from tfvideogan.core import clip as clips
from tfvideogan.data.cache import reader
from tfvideogan.data.cache import writer as record_writer

WORDS = ("", *"abcdefgh")

SMALL, LARGE = test_schema.SMALL, test_schema.LARGE


def number(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int64)


def write(folder, spec, lengths=(6, 9), parts: int = 1) -> list[dict]:
    """Writes clips, each in some equal pieces; returns them whole."""
    writer = record_writer.Writer(folder, "toy", spec)
    wholes = []
    for index, length in enumerate(lengths):
        clip = test_schema.raw_clip(spec, length)
        clip["frames"] = np.roll(clip["frames"], 3 * index, axis=2)
        wholes.append(clip)
        size = length // parts
        cuts = range(0, length, size)
        pieces = [{k: v[c : c + size] for k, v in clip.items()} for c in cuts]
        name = f"clip {index}"
        writer.write(name, record_writer.encoded(pieces, spec, name))
    writer.finish({})
    return wholes


def test_clips_are_read_in_any_order(tmp_path):
    opened = test_writer.write(tmp_path)
    for index in (3, 0, 4):
        window = opened.read(number(index), number(0), frames=2)
        assert set(np.unique(window["frames"])) == {index}


def test_whole_clips_names_and_lengths_are_known(tmp_path):
    opened = test_writer.write(tmp_path)
    assert opened.ids == tuple(f"clip {number}" for number in range(5))
    assert opened.lengths.tolist() == [2, 3, 4, 5, 6]
    assert [len(clip["frames"]) for clip in opened.clips()] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("start", "stride"), [(0, 1), (2, 1), (1, 2)])
def test_a_window_is_a_piece_of_its_clip(tmp_path, parts, start, stride):
    wholes = write(tmp_path, SMALL, parts=parts)
    opened = reader.Records(tmp_path, SMALL)
    for index, whole in enumerate(wholes):
        window = opened.read(number(index), number(start), frames=3, stride=stride)
        chosen = slice(start, start + 3 * stride, stride)
        for key in ("frames", "foreground_masks", "backgrounds"):
            np.testing.assert_array_equal(window[key], whole[key][chosen])
        if stride == 1:
            flow = whole["forward_flow"][start : start + 2]
            np.testing.assert_allclose(window["forward_flow"], flow, atol=2e-3)


def test_compressed_pictures_are_the_same_in_a_window_and_in_the_whole(tmp_path):
    write(tmp_path, LARGE, parts=3)
    opened = reader.Records(tmp_path, LARGE)
    whole = list(opened.clips())[1]
    window = opened.read(number(1), number(4), frames=2, stride=3)
    np.testing.assert_array_equal(window["frames"], whole["frames"][4:8:3])


@pytest.mark.parametrize("spec", [SMALL, LARGE])
def test_clips_of_several_shards_are_read_alike(tmp_path, monkeypatch, spec):
    monkeypatch.setattr(record_writer, "MAX_SHARD_SIZE", 1)
    wholes = write(tmp_path, spec, lengths=(6, 4, 5))
    opened = reader.Records(tmp_path, spec)
    assert len(list(tmp_path.glob("clips-*.tfrecord"))) == 3
    read = tf.function(lambda index: opened.read(index, number(1), frames=2))
    for index in (2, 0, 1):
        masks = wholes[index]["foreground_masks"][1:3]
        np.testing.assert_array_equal(read(number(index))["foreground_masks"], masks)


def test_no_python_runs_while_clips_are_read(tmp_path):
    write(tmp_path, LARGE)
    opened = reader.Records(tmp_path, LARGE)
    graph = tf.function(lambda index: opened.read(index, number(0), frames=2))
    kinds = {
        operation.type
        for operation in graph.get_concrete_function(
            tf.TensorSpec([], tf.int64)
        ).graph.get_operations()
    }
    assert "ImmutableConst" in kinds and not {"PyFunc", "EagerPyFunc"} & kinds


def test_words_come_with_a_window(tmp_path):
    spec = clips.ClipSpec(2, 4, 4, num_classes=6, caption_length=3, words=WORDS)
    writer = record_writer.Writer(tmp_path, "toy", spec)
    for label in range(3):
        clip = test_schema.raw_clip(clips.ClipSpec(2, 4, 4))
        clip |= {
            "labels": np.int32(label),
            "caption_tokens": np.array([8, label, 0], np.int32),
            "caption_lengths": np.int32(2),
        }
        writer.write(str(label), record_writer.encoded(clip, spec, str(label)))
    writer.finish({})
    window = reader.Records(tmp_path, spec).read(number(2), number(0), frames=2)
    assert window["labels"].dtype == tf.int32 and int(window["labels"]) == 2
    assert window["caption_tokens"].numpy().tolist() == [8, 2, 0]
    assert int(window["caption_lengths"]) == 2


@pytest.mark.parametrize("spec", [SMALL, LARGE])
def test_shapes_are_static_in_a_graph(tmp_path, spec):
    write(tmp_path, spec)
    opened = reader.Records(tmp_path, spec)
    dataset = tf.data.Dataset.range(2).map(
        lambda index: opened.read(index, number(0), frames=4)
    )
    shapes = {key: tuple(one.shape) for key, one in dataset.element_spec.items()}
    assert shapes == spec.with_frames(4).shapes()


def test_a_single_frame_has_empty_flow(tmp_path):
    write(tmp_path, SMALL)
    opened = reader.Records(tmp_path, SMALL)
    window = opened.read(number(1), number(0), frames=1)
    assert window["forward_flow"].shape == (0, 16, 20, 2)


def test_a_shard_that_is_cut_while_it_is_read_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_OPENED", weakref.WeakSet())
    opened = test_writer.write(tmp_path)
    assert not reader.are_changed()
    (shard,) = tmp_path.rglob("clips-*.tfrecord")
    content = shard.read_bytes()
    shard.write_bytes(content[:-1])
    assert reader.are_changed()
    shard.unlink()  # What is mapped stays.
    assert not reader.are_changed()
    assert opened.ids

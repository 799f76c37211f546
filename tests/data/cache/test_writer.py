import json

import numpy as np
import pytest
import tensorflow as tf

from tests.data.cache import test_schema
from tfvideogan.core import errors
from tfvideogan.data.cache import reader
from tfvideogan.data.cache import writer as record_writer

SPEC = test_schema.SMALL


def write(folder, number: int = 5, *, pieces: int = 1) -> reader.Records:
    """Clip i has i + 2 frames of colour i in each of its pieces."""
    writer = record_writer.Writer(folder, "toy", SPEC)
    for index in range(number):
        clip = test_schema.raw_clip(SPEC, index + 2)
        clip["frames"][:] = index
        name = f"clip {index}"
        parts = clip if pieces == 1 else [clip] * pieces
        writer.write(name, record_writer.encoded(parts, SPEC, name))
    writer.finish({"origin": "test"})
    return reader.Records(folder, SPEC)


def examples(folder) -> list[tf.train.SequenceExample]:
    paths = [str(path) for path in sorted(folder.glob("clips-*.tfrecord"))]
    return [
        tf.train.SequenceExample.FromString(content.numpy())
        for content in tf.data.TFRecordDataset(paths)
    ]


def test_the_shards_are_plain_tfrecord_files(tmp_path):
    write(tmp_path)
    names = [
        example.context.feature["id"].bytes_list.value[0].decode()
        for example in examples(tmp_path)
    ]
    assert names == [f"clip {number}" for number in range(5)]


def test_many_clips_spread_over_shards(tmp_path, monkeypatch):
    # Pictures of 16x20 and flow: the first two clips have 2 + 3 frames.
    monkeypatch.setattr(record_writer, "MAX_SHARD_SIZE", 3 * 16 * 20 * 15)
    opened = write(tmp_path)
    assert len(list(tmp_path.glob("clips-*.tfrecord"))) == 4
    assert [clip["frames"].max() for clip in opened.clips()] == list(range(5))


def test_a_long_clip_may_come_in_pieces_that_stay_together(tmp_path, monkeypatch):
    monkeypatch.setattr(record_writer, "MAX_SHARD_SIZE", 1)
    opened = write(tmp_path, 2, pieces=3)
    assert len(list(tmp_path.glob("clips-*.tfrecord"))) == 2
    assert opened.lengths.tolist() == [6, 9]
    firsts = [
        example.context.feature["first_frame"].int64_list.value[0]
        for example in examples(tmp_path)
    ]
    assert firsts == [0, 2, 4, 0, 3, 6]


def test_the_manifest_tells_counts_and_where_they_are_from(tmp_path):
    write(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["origin"] == "test"
    assert (manifest["num_clips"], manifest["num_frames"]) == (5, 2 + 3 + 4 + 5 + 6)
    assert manifest["clips"][1] == {"id": "clip 1", "num_frames": 3}


def test_words_of_a_clip_are_those_of_its_first_piece():
    piece = test_schema.raw_clip(SPEC, 2)
    clip = record_writer.encoded([piece | {"labels": np.int32(4)}, piece], SPEC, "a")
    assert clip.words == {"labels": 4} and clip.num_frames == 4


def test_a_cache_without_clips_is_refused(tmp_path):
    writer = record_writer.Writer(tmp_path, "toy", SPEC)
    with pytest.raises(errors.UserError, match="No clip of toy"):
        writer.finish({})

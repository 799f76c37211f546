import dataclasses
import hashlib
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.data import test_record_format
from tfvideogan.core import errors
from tfvideogan.data import records

SPEC = test_record_format.SMALL
RECIPE = records.Recipe("toy", "train", SPEC, {"flow": "dis"}, "digest")
IDS = [f"clip {number}" for number in range(5)]


class Loader:
    """Counts how many clips are converted; clip i has i + 2 frames of colour i."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, number: int) -> dict[str, np.ndarray]:
        self.calls.append(number)
        clip = test_record_format.raw_clip(SPEC, number + 2)
        clip["frames"][:] = number
        return clip


def open_(cache: pathlib.Path, recipe=RECIPE, load=None, ids=IDS):
    return records.open_or_convert(recipe, ids, load or Loader(), cache_dir=str(cache))


def test_clips_are_read_in_any_order(tmp_path):
    opened = open_(tmp_path)
    for index in (3, 0, 4):
        window = opened.read(tf.constant(index, tf.int64), frames=2)
        assert set(np.unique(window["frames"])) == {index}


def test_whole_clips_names_and_lengths_are_known(tmp_path):
    opened = open_(tmp_path)
    assert opened.ids == tuple(IDS)
    assert opened.lengths == (2, 3, 4, 5, 6)
    assert [len(clip["frames"]) for clip in opened.clips()] == [2, 3, 4, 5, 6]


def test_many_clips_spread_over_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "CLIPS_PER_SHARD", 2)
    opened = open_(tmp_path)
    assert len(list(tmp_path.glob("*/clips-*.tfrecord"))) == 3
    assert [clip["frames"].max() for clip in opened.clips()] == list(range(5))


def test_the_shards_are_plain_tfrecord_files(tmp_path):
    open_(tmp_path)
    paths = [str(path) for path in sorted(tmp_path.glob("*/clips-*.tfrecord"))]
    names = []
    for content in tf.data.TFRecordDataset(paths):
        example = tf.train.SequenceExample.FromString(content.numpy())
        names.append(example.context.feature["id"].bytes_list.value[0].decode())
    assert names == IDS


def test_the_manifest_tells_counts_and_checksums(tmp_path):
    open_(tmp_path)
    (path,) = tmp_path.glob("*/manifest.json")
    manifest = json.loads(path.read_text())
    assert manifest["num_clips"] == 5
    assert manifest["num_frames"] == 2 + 3 + 4 + 5 + 6
    shard = manifest["shards"][0]
    content = (path.parent / shard["name"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == shard["sha256"]
    assert manifest["recipe"]["parameters"] == {"flow": "dis"}


def test_a_cache_is_made_once(tmp_path):
    load = Loader()
    open_(tmp_path, load=load)
    open_(tmp_path, load=load)
    assert sorted(load.calls) == list(range(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"source_digest": "other files"},
        {"parameters": {"flow": "files"}},
        {"spec": dataclasses.replace(SPEC, has_backgrounds=False)},
        {"split": "test"},
    ],
)
def test_a_changed_recipe_is_converted_again(tmp_path, changes):
    open_(tmp_path)
    load = Loader()
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, **changes), load=load)
    assert sorted(load.calls) == list(range(5))


def test_another_schema_is_converted_again(tmp_path, monkeypatch):
    open_(tmp_path)
    monkeypatch.setattr(records.record_format, "SCHEMA_VERSION", 99)
    load = Loader()
    open_(tmp_path, load=load)
    assert load.calls


def test_changed_files_replace_the_cache_rather_than_pile_up(tmp_path):
    open_(tmp_path)
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, source_digest="new"))
    assert len(list(tmp_path.iterdir())) == 1


def test_the_length_of_a_window_does_not_need_another_cache(tmp_path):
    open_(tmp_path)
    load = Loader()
    recipe = dataclasses.replace(RECIPE, spec=SPEC.with_frames(4))
    open_(tmp_path, recipe=recipe, load=load)
    assert load.calls == []


@pytest.mark.parametrize("damage", ["shorten", "remove", "garble"])
def test_a_damaged_cache_is_made_again(tmp_path, damage):
    open_(tmp_path)
    (shard,) = tmp_path.glob("*/clips-*.tfrecord")
    if damage == "shorten":
        shard.write_bytes(shard.read_bytes()[:-1])
    elif damage == "remove":
        shard.unlink()
    else:
        (shard.parent / "manifest.json").write_text("{")
    load = Loader()
    opened = open_(tmp_path, load=load)
    assert load.calls
    assert len(list(opened.clips())) == 5


def test_a_conversion_that_fails_leaves_nothing_and_the_next_one_works(tmp_path):
    def fail(number):
        if number == 3:
            raise errors.UserError("clip 3 is damaged")
        return Loader()(number)

    with pytest.raises(errors.UserError, match="clip 3 is damaged"):
        open_(tmp_path, load=fail)
    assert list(tmp_path.iterdir()) == []
    assert len(open_(tmp_path).ids) == 5


def test_a_killed_conversion_is_not_taken_for_a_cache(tmp_path):
    draft = tmp_path / f".{RECIPE.folder_name()}-abc123"
    draft.mkdir()
    (draft / "clips-00000.tfrecord").write_bytes(b"half")
    assert len(open_(tmp_path).ids) == 5


def test_another_process_may_finish_first(tmp_path):
    # While this one converts, another puts the same cache in place.
    load = Loader()

    def slow(number):
        if not load.calls:
            load.calls.append(number)
            open_(tmp_path)
        return Loader()(number)

    assert len(list(open_(tmp_path, load=slow).clips())) == 5
    assert len(list(tmp_path.iterdir())) == 1


def test_an_opened_cache_outlives_its_replacement(tmp_path):
    opened = open_(tmp_path)
    opened.read(tf.constant(0, tf.int64), frames=2)
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, source_digest="new"))
    assert len(list(opened.clips())) == 5


def test_the_cache_folder_comes_from_argument_variable_or_home(monkeypatch):
    monkeypatch.setenv("TFVIDEOGAN_CACHE", "/from/variable")
    assert records.cache_root("/given") == pathlib.Path("/given")
    assert records.cache_root(None) == pathlib.Path("/from/variable")
    monkeypatch.delenv("TFVIDEOGAN_CACHE")
    expected = pathlib.Path.home() / ".cache" / "tfvideogan"
    assert records.cache_root(None) == expected


def test_a_cache_that_cannot_be_written_says_where(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.UserError, match=r"file.*cannot be written.*CACHE"):
        open_(tmp_path / "file")


def test_the_digest_sees_names_sizes_and_times(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    before = records.files_digest(tmp_path, [path])
    assert records.files_digest(tmp_path, [path]) == before
    path.write_text("four")
    assert records.files_digest(tmp_path, [path]) != before

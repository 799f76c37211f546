import dataclasses
import hashlib
import json
import os
import pathlib
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.data.cache import test_schema
from tfvideogan.core import errors, locks
from tfvideogan.data.cache import records, writer
from tfvideogan.media import damage

SPEC = test_schema.SMALL
RECIPE = records.Recipe("toy", SPEC, {"flow": "dis"}, "digest")
ZERO = tf.constant(0, tf.int64)
IDS = [f"clip {number}" for number in range(5)]


class Loader:
    """Counts how many clips are converted; clip i has i + 2 frames of colour i."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, number: int) -> dict[str, np.ndarray]:
        self.calls.append(number)
        clip = test_schema.raw_clip(SPEC, number + 2)
        clip["frames"][:] = number
        return clip


def open_(cache: pathlib.Path, recipe=RECIPE, load=None, ids=IDS, **options):
    return records.open_or_convert(
        recipe, ids, load or Loader(), cache_dir=str(cache), **options
    )


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
        {"name": "other"},
    ],
)
def test_a_changed_recipe_is_converted_again(tmp_path, changes):
    open_(tmp_path)
    load = Loader()
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, **changes), load=load)
    assert sorted(load.calls) == list(range(5))


def test_another_schema_is_converted_again(tmp_path, monkeypatch):
    open_(tmp_path)
    monkeypatch.setattr(records.schema, "SCHEMA_VERSION", 99)
    load = Loader()
    open_(tmp_path, load=load)
    assert load.calls


def test_caches_of_files_as_they_were_stay_for_a_month(tmp_path):
    open_(tmp_path)
    (old,) = tmp_path.iterdir()
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, source_digest="new"))
    assert len(list(tmp_path.iterdir())) == 2
    month_ago = time.time() - 31 * 24 * 3600
    os.utime(old / "manifest.json", (month_ago, month_ago))
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, source_digest="newer"))
    assert not old.exists() and len(list(tmp_path.iterdir())) == 2


def test_opening_a_cache_keeps_it(tmp_path):
    open_(tmp_path)
    (path,) = tmp_path.glob("*/manifest.json")
    os.utime(path, (0, 0))
    open_(tmp_path)
    assert time.time() - path.stat().st_mtime < 60


def test_the_length_of_a_window_does_not_need_another_cache(tmp_path):
    open_(tmp_path)
    load = Loader()
    recipe = dataclasses.replace(RECIPE, spec=SPEC.with_frames(4))
    open_(tmp_path, recipe=recipe, load=load)
    assert load.calls == []


@pytest.mark.parametrize(
    "fault",
    ["shorten", "remove", "garble", "lose the index", "zeros", "zeros in the index"]
    + ["cut the index", "another manifest", "no clips", "fewer clips"],
)
def test_a_damaged_cache_is_made_again(tmp_path, fault):
    open_(tmp_path)
    (shard,) = tmp_path.glob("*/clips-*.tfrecord")
    index, manifest = (shard.parent / one for one in ("index.npz", "manifest.json"))
    about = json.loads(manifest.read_text())
    if fault.startswith("zeros"):
        path = index if "index" in fault else shard
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(64)
        path.write_bytes(content)
    elif fault == "cut the index":
        # As an earlier version wrote it, which did not sum it up.
        index.write_bytes(index.read_bytes()[:-30])
        manifest.write_text(json.dumps({k: about[k] for k in about if k != "index"}))
    elif fault == "another manifest":
        manifest.write_text("[1]")
    elif fault == "no clips":
        manifest.write_text(json.dumps({k: about[k] for k in about if k != "clips"}))
    elif fault == "fewer clips":
        manifest.write_text(json.dumps({**about, "clips": about["clips"][1:]}))
    elif fault == "shorten":
        shard.write_bytes(shard.read_bytes()[:-1])
    elif fault == "remove":
        shard.unlink()
    elif fault == "lose the index":
        (shard.parent / "index.npz").unlink()
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


def test_few_damaged_clips_are_left_out_and_listed(tmp_path, caplog):
    def load(number):
        if number in (1, 3):
            raise damage.DamagedClip(f"{number}.avi is empty.")
        return Loader()(number)

    opened = open_(tmp_path, load=load, max_damaged=0.4)
    assert opened.ids == ("clip 0", "clip 2", "clip 4")
    assert [clip["frames"].max() for clip in opened.clips()] == [0, 2, 4]
    assert opened.damaged == {"clip 1": "1.avi is empty.", "clip 3": "3.avi is empty."}
    (path,) = tmp_path.glob("*/manifest.json")
    assert json.loads(path.read_text())["damaged"] == opened.damaged
    assert "clip 1 is left out: 1.avi is empty." in caplog.text


def test_more_damage_than_allowed_is_an_error_now_and_later(tmp_path):
    def load(number):
        if number in (1, 3):
            raise damage.DamagedClip(f"{number}.avi is empty.")
        return Loader()(number)

    with pytest.raises(errors.UserError, match="1 of 5 clips.*1.avi is empty"):
        open_(tmp_path, load=load)
    assert list(tmp_path.iterdir()) == []
    open_(tmp_path, load=load, max_damaged=0.4)
    with pytest.raises(errors.UserError, match=r"2 of 5 clips.*`max_damaged` \(0.2\)"):
        open_(tmp_path, load=load, max_damaged=0.2)


def test_nothing_is_left_of_a_collection_that_is_all_damaged(tmp_path):
    def load(number):
        raise damage.DamagedClip(f"{number}.avi is empty.")

    with pytest.raises(errors.UserError, match="No clip of toy can be read"):
        open_(tmp_path, load=load, max_damaged=1.0)
    assert list(tmp_path.iterdir()) == []


def test_clips_are_loaded_side_by_side_but_not_far_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr(records.os, "cpu_count", lambda: 2)
    ids = [f"clip {number}" for number in range(40)]
    started, most = [], []

    def load(number):
        started.append(number)
        return test_schema.raw_clip(SPEC, 2)

    write = writer.Writer.write

    def slow(self, clip_id, clip):
        most.append(max(started) - int(clip_id.split()[1]))
        write(self, clip_id, clip)

    monkeypatch.setattr(writer.Writer, "write", slow)
    assert len(open_(tmp_path, load=load, ids=ids).ids) == 40
    assert max(most) <= 2 * 2 + 1


def test_what_is_published_was_forced_to_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(writer.durable, "sync", lambda path: synced.append(path.name))
    open_(tmp_path)
    assert {"clips-00000.tfrecord", "index.npz", "manifest.json"} < set(synced)
    assert synced[-1] == tmp_path.name  # the rename


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def fail(*args):
        raise tf.errors.ResourceExhaustedError(None, None, "x; No space left on device")

    monkeypatch.setattr(writer.Writer, "write", fail)
    with pytest.raises(errors.UserError, match="cannot be written: the disk is full"):
        open_(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_conversion_left_is_removed_at_once(tmp_path):
    dead, alive = (tmp_path / f".toy-1-2-{name}" for name in ("dead", "alive"))
    for draft in (dead, alive):
        draft.mkdir()
        draft.with_name(f"{draft.name}.lock").write_text("process 1 on a")
    with locks.held(tmp_path / ".toy-1-2-alive.lock"):
        open_(tmp_path)
        left = sorted(one.name for one in tmp_path.glob(".*"))
    assert left == [".toy-1-2-alive", ".toy-1-2-alive.lock"]


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
    opened.read(ZERO, ZERO, frames=2)
    open_(tmp_path, recipe=dataclasses.replace(RECIPE, source_digest="new"))
    assert len(list(opened.clips())) == 5


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

"""What lies in the folder of all caches."""

import pathlib

import pytest

from tests.data.cache import test_records
from tfvideogan.core import errors, locks
from tfvideogan.data.cache import inventory


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    """A cache, a conversion that runs and one that was killed."""
    test_records.open_(tmp_path)
    for name in ("runs", "killed"):
        draft = tmp_path / f".toy-1-2-{name}"
        draft.mkdir()
        (draft / "clips-00000.tfrecord").write_bytes(bytes(10))
        draft.with_name(f"{draft.name}.lock").write_text("process 1 on a")
    return tmp_path


def test_caches_are_listed_with_size_and_state(root: pathlib.Path) -> None:
    with locks.held(root / ".toy-1-2-runs.lock"):
        whole, *drafts = inventory.found(root)
        text = inventory.table([whole, *drafts])
    size = sum(one.stat().st_size for one in whole.path.iterdir())
    assert (whole.size, whole.state) == (size, "5 clips")
    assert {one.name: one.state for one in drafts} == {
        ".toy-1-2-runs": inventory.IN_USE,
        ".toy-1-2-killed": inventory.ABANDONED,
    }
    assert text.splitlines()[-1] == f"3 caches, {(size + 20) / 1e6:,.1f} MB"
    assert whole.used in text


def test_damage_is_told(root: pathlib.Path) -> None:
    (shard,) = root.glob("toy-*/clips-*.tfrecord")
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    for is_thorough in (False, True):
        damaged = inventory.found(root, is_thorough=is_thorough)[0]
        assert damaged.state.startswith("damaged (clips-00000.tfrecord has changed")
    (shard.parent / "manifest.json").write_text("[")
    assert inventory.found(root)[0].state.startswith("damaged (")


def test_what_is_not_being_made_is_removed(root: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="No cache .* begins with 'nothing'"):
        inventory.clear(root, "nothing")
    with locks.held(root / ".toy-1-2-runs.lock"):
        gone = inventory.clear(root, "toy")
    assert len(gone) == 2
    left = sorted(one.name for one in root.iterdir())
    assert left == [".toy-1-2-runs", ".toy-1-2-runs.lock"]
    assert [one.name for one in inventory.clear(root, "all")] == [".toy-1-2-runs"]
    assert inventory.found(root) == []

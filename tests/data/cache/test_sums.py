"""Damage that leaves a file its size."""

import hashlib
import pathlib
import zlib

import pytest

from tfvideogan.data.cache import sums


@pytest.fixture
def path(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A file of ten blocks and a half."""
    monkeypatch.setattr(sums, "BLOCK", 4)
    path = tmp_path / "a"
    path.write_bytes(bytes(range(42)))
    return path


def test_a_record_has_all_sums(path: pathlib.Path) -> None:
    record = sums.of(path)
    content = path.read_bytes()
    assert (record["name"], record["size"], len(record["blocks"])) == ("a", 42, 11)
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert record["blocks"][10] == zlib.crc32(content[40:])
    assert sums.fault(path.parent, record) is None


@pytest.mark.parametrize("place", range(0, 42, 5))
def test_a_changed_byte_is_found_anywhere(place: int, path: pathlib.Path) -> None:
    record = sums.of(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    expected = f"a has changed near byte {place // 4 * 4}"
    assert sums.fault(path.parent, record) == expected
    assert sums.fault(path.parent, record, blocks=None) == expected
    del record["blocks"]  # as an earlier version wrote it
    assert sums.fault(path.parent, record) == "a has changed"


def test_of_a_large_file_some_blocks_are_compared(path: pathlib.Path) -> None:
    record = sums.of(path)
    content = bytearray(path.read_bytes())
    content[4] ^= 1  # in block 1; of 11 blocks 0, 5 and 10 are compared
    path.write_bytes(content)
    assert sums.fault(path.parent, record, blocks=3) is None
    assert sums.fault(path.parent, record, blocks=None)
    content[41] ^= 1
    path.write_bytes(content)
    assert sums.fault(path.parent, record, blocks=3) == "a has changed near byte 40"


def test_another_size_is_told(path: pathlib.Path) -> None:
    record = sums.of(path)
    path.write_bytes(b"12")
    assert sums.fault(path.parent, record) == "a has 2 of 42 bytes"

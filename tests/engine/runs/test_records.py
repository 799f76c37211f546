"""Damaged records are left out, set aside, and stop nothing."""

import pathlib

import pytest

from tfvideogan.engine.runs import records

BAD = [b"", b"{", b"[1]", b"null", b"\xff\xfe{}", b"\0" * 20]


@pytest.mark.parametrize("content", BAD)
def test_a_damaged_object_is_empty_and_said(
    content: bytes, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run.json"
    assert records.load(path) == {} and not caplog.text
    path.write_bytes(content)
    assert records.load(path) == {}
    assert f"{path} is damaged" in caplog.text


def test_whole_objects_are_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "run.json"
    records.write(path, '{"a": "é"}')
    assert records.load(path) == {"a": "é"}


def test_damaged_lines_are_left_out_and_set_aside(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "metrics.jsonl"
    keys = ("step", "time")
    assert records.lines(path, keys) == []
    good = [b'{"step": %d, "time": 0}' % step for step in range(4)]
    odd = [*BAD[1:], b'{"time": 1}', b'{"step": "1", "time": 1}', b'{"step": 4, "ti']
    mixed = [line for pair in zip(good, odd[:4], strict=True) for line in pair]
    path.write_bytes(b"\n".join([*mixed, *odd[4:]]))
    assert [one["step"] for one in records.lines(path, keys)] == [0, 1, 2, 3]
    assert f"{len(odd)} damaged line(s)" in caplog.text
    records.keep(path, keys, "step", 2)
    assert path.read_bytes() == b"\n".join(good[:3]) + b"\n"
    aside = tmp_path / "metrics.jsonl.damaged"
    assert aside.read_bytes() == b"\n".join(odd) + b"\n"


def test_dropping_from_no_file_makes_none(tmp_path: pathlib.Path) -> None:
    records.keep(tmp_path / "metrics.jsonl", ("step",), "step", 1)
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_the_way_gets_another_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("{")
    records.set_aside(path)
    assert [one.name for one in tmp_path.iterdir()] == ["run.json.damaged"]

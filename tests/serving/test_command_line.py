"""Flags by the row."""

import pytest

from tfvideogan.core import command_line as doors
from tfvideogan.serving import command_line


def test_flags_have_kind_default_and_meaning() -> None:
    made = doors.parser("What it is for.\n\n    door --port=1")
    rows = [("port", 8500, "of gRPC"), ("threads", None, "at once")]
    command_line.add_flags(made, int, "N", rows)
    options = made.parse_args([])
    assert (options.port, options.threads) == (8500, None)
    assert made.parse_args(["--port=1"]).port == 1
    text = made.format_help()
    assert "What it is for.\n\n    door --port=1\n" in text  # lines stay as they are
    assert "--port N" in text and "of gRPC" in text


@pytest.mark.parametrize("flag", ["--port=x", "--po=1"])
def test_wrong_kinds_and_abbreviations_are_refused(flag: str) -> None:
    made = doors.parser("")
    command_line.add_flags(made, int, "N", [("port", 8500, "of gRPC")])
    with pytest.raises(SystemExit, match="2"):
        made.parse_args([flag])

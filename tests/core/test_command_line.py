"""What every door does first."""

import argparse
import sys

import pytest

from tfvideogan.core import command_line, errors


def test_help_shows_the_purpose_as_it_stands_and_the_defaults_that_say_something(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = command_line.parser("What it is for.\n\n    door --port=1", "  door\n")
    made.add_argument("--port", type=int, default=8500, help="of gRPC")
    made.add_argument("--seed", type=int, default=0, help="a number")
    made.add_argument("--name", default="", help="a word")
    made.add_argument("--size", help="a size")
    made.add_argument("--all", action="store_true", help="every one")
    with pytest.raises(SystemExit, match="0"):
        command_line.start(made, ["--help"])
    text = capsys.readouterr().out
    assert "What it is for.\n\n    door --port=1\n" in text
    assert "examples:\n  door\n" in text
    assert "of gRPC (default: 8500)" in text and "a number (default: 0)" in text
    assert text.count("(default") == 2


def test_abbreviations_are_refused() -> None:
    made = command_line.parser("")
    made.add_argument("--port")
    with pytest.raises(SystemExit, match="2"):
        command_line.start(made, ["--po=1"])


def test_a_fault_is_one_line_and_its_traceback_on_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = command_line.parser("")
    for flags, has_traceback in ([], False), (["--traceback"], True):
        options = command_line.start(made, flags)
        try:
            raise ValueError("two\nlines")
        except ValueError as error:
            assert command_line.refused(options, error, 4) == 4
        said = capsys.readouterr().err
        assert said.endswith("error: two lines\n")
        assert ("Traceback" in said) is has_traceback


def test_a_door_says_which_flag_helps(capsys: pytest.CaptureFixture[str]) -> None:
    def work(options: argparse.Namespace) -> int:
        raise errors.UserError("`x` must be given.", flags="--x=... does that.")

    assert command_line.run(command_line.parser(""), work, []) == 2
    assert capsys.readouterr().err == "error: `x` must be given. --x=... does that.\n"


@pytest.mark.parametrize(
    "program, door",
    [
        ("/x/tfvideogan/train.py", "train"),
        ("/x/tools/train.py", None),
        ("/bin/tfvideogan", None),
    ],
)
def test_a_door_is_known_by_its_path(
    program: str, door: str | None, monkeypatch
) -> None:
    assert command_line.door(program) == door
    monkeypatch.setattr(sys, "argv", [program])
    used = command_line.parser("").prog
    assert (used == "tfvideogan train") is (door == "train")

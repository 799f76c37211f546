"""Errors become lines and exit codes."""

import argparse
import errno
import io
import logging
import subprocess
import sys

import pytest
from absl import logging as absl_logging

from tfvideogan.core import errors
from tfvideogan.engine import command_line
from tfvideogan.engine.training import divergence


def run(work: int | BaseException, *flags: str) -> int:
    """Runs a door that ends with an exit code or an error."""

    def end(options: argparse.Namespace) -> int:
        if isinstance(work, BaseException):
            raise work
        return work

    return command_line.run(command_line.parser("x", "y"), end, flags)


def test_result_is_passed_on() -> None:
    assert run(command_line.STOPPED) == 75


@pytest.mark.parametrize(
    "error, code",
    [
        (errors.UserError("`x` (1) must\nbe 2."), 2),
        (divergence.TrainingDiverged("`x` (1) must\nbe 2."), 1),
    ],
)
def test_users_error_is_one_line(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(error) == code
    assert capsys.readouterr().err == "error: `x` (1) must be 2.\n"


def test_a_door_says_which_flag_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(errors.UserError("`x` must be given.", flags="--x=... does that.")) == 2
    assert capsys.readouterr().err == "error: `x` must be given. --x=... does that.\n"


def test_traceback_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.UserError("no")
    assert run(error, "--traceback") == 2
    assert "Traceback" in capsys.readouterr().err


def test_faults_of_the_program_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError())


def test_abort_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(KeyboardInterrupt()) == 130
    assert "aborted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", ["--gin_param", "--gin_params", "--gin_bindings", "--gin_binding"]
)
def test_every_spelling_of_bindings_works(option: str) -> None:
    made = command_line.parser("x", "y")
    command_line.add_bindings(made)
    options = made.parse_args([option, "A=1", f"{option}=B = 2"])
    assert options.gin_param == ["A=1", "B = 2"]


@pytest.mark.parametrize("option", ["--workdir", "--model_dir"])
def test_every_spelling_of_the_run_folder_works(option: str) -> None:
    made = command_line.parser("x", "y")
    command_line.add_workdir(made, required=True, about="z")
    assert made.parse_args([f"{option}=runs/a"]).workdir == "runs/a"


def test_abbreviations_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    made = command_line.parser("x", "y")
    command_line.add_workdir(made, required=False, about="z")
    with pytest.raises(SystemExit) as caught:
        made.parse_args(["--work=runs/a"])
    assert caught.value.code == 2 and "--work" in capsys.readouterr().err


def test_lines_of_tensorflow_about_itself_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command_line.start_logging()
    for path, text in (("/x/tensorflow/a.py", "noise"), ("/x/y/a.py", "sense")):
        record = logging.LogRecord("absl", logging.INFO, path, 1, text, (), None)
        logging.getLogger("absl").handle(record)
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 1 and shown[0].endswith(" sense")


def test_every_line_comes_once(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.start_logging()
    command_line.start_logging()
    logging.info("a library speaks to the root logger")  # a level that is not shown
    absl_logging.info("hello")
    assert capsys.readouterr().err.count("hello") == 1


def test_a_door_is_given_its_options_and_a_gin_file_is_asked_for() -> None:
    made = command_line.parser("x", "y")
    command_line.add_gin_files(made)
    command_line.add_checkpoint(made)
    seen = []

    def work(options: argparse.Namespace) -> int:
        seen.append((options.gin_file, options.gin_param, options.checkpoint))
        command_line.check_gin_files(options, "gin/a.gin")
        return options.weights == "raw"

    assert command_line.run(made, work, []) == 2
    flags = ["--gin_file=b.gin", "--gin_param=A = 1", "--checkpoint=5", "--weights=raw"]
    assert command_line.run(made, work, flags) == 1
    assert seen == [([], [], "latest"), (["b.gin"], ["A = 1"], "5")]


HEAD = """
import argparse, sys
from tfvideogan.engine import command_line
def work(options):
    print("x" * 10**6)
    return 0
sys.exit(command_line.run(command_line.parser("x", "y"), work, []))
"""


@pytest.mark.long
def test_output_that_nobody_reads_on_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HEAD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait() == 141


def test_a_log_that_cannot_be_written_is_dropped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    command_line.start_logging()
    absl_logging.info("hello")
    monkeypatch.undo()
    command_line.start_logging()
    assert capsys.readouterr().err == ""

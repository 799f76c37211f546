"""The program that lists the doors and opens them."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

import tfvideogan
from tests import source_tree
from tfvideogan import __main__ as program

PACKAGE = pathlib.Path(tfvideogan.__file__).parent
IMPORTED = """
import atexit, sys
atexit.register(lambda: print("tensorflow" in sys.modules, file=sys.stderr))
sys.argv = ["tfvideogan", {door!r}, "--help"]
from tfvideogan import __main__
__main__.main()
"""


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, cwd=source_tree.ROOT, **options
    )


def test_every_door_is_listed_with_its_line() -> None:
    doors = {
        path.stem
        for path in PACKAGE.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "main"
    }
    assert set(program.DOORS) == doors - {"__main__"}
    listed = program.listing()
    assert "  train           Trains a model, or goes on training it.\n" in listed
    for name in program.DOORS:
        assert f"  {name} " in listed and program.about(name).endswith(".")


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_without_a_door_they_are_listed(argv: list[str], capsys) -> None:
    assert program.main(argv) == 0
    assert capsys.readouterr().out.strip() == program.listing()


def test_the_version_is_said(capsys) -> None:
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out == f"tfvideogan {tfvideogan.__version__}\n"


def test_a_door_that_is_not_there_is_one_line(capsys) -> None:
    assert program.main(["trian"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "has no trian; it has train, evaluate" in line


@pytest.mark.parametrize("door", program.DOORS)
def test_help_needs_no_tensorflow(door: str) -> None:
    seen = run(sys.executable, "-c", IMPORTED.format(door=door))
    assert seen.returncode == 0
    assert seen.stdout.startswith(f"usage: tfvideogan {door} ")
    assert seen.stderr == "False\n"


def test_flags_have_one_name_in_all_doors() -> None:
    seen = {
        door: run(sys.executable, "-m", "tfvideogan", door, "--help").stdout
        for door in program.DOORS
    }
    assert all("--traceback" in text for text in seen.values())
    assert {door for door, text in seen.items() if "--max_clips" in text} == {
        "evaluate",
        "check_data",
    }
    assert not any("--out " in text for text in seen.values())


def test_a_misspelt_flag_ends_with_a_line_before_tensorflow() -> None:
    seen = run(sys.executable, "-m", "tfvideogan", "evaluate", "--workdri=a")
    assert seen.returncode == 2
    last = seen.stderr.splitlines()[-1]
    assert last == "tfvideogan evaluate: error: unrecognized arguments: --workdri=a"


@pytest.mark.slow
def test_the_first_line_of_stderr_is_ours_and_errors_keep_their_code() -> None:
    seen = run(sys.executable, "-m", "tfvideogan", "generate", "--model=no_such_model")
    first, *_, last = seen.stderr.splitlines()
    assert first == f"tfvideogan {tfvideogan.__version__}: starting TensorFlow"
    assert last.startswith("error: no_such_model is no export")
    assert "oneDNN" not in seen.stderr
    assert seen.returncode == 2


@pytest.mark.skipif(not pathlib.Path("/bin/bash").exists(), reason="there is no bash")
@pytest.mark.parametrize(
    "typed, found",
    [
        (["tr"], {"train"}),
        (["--v"], {"--version"}),
        (["train", "--dry"], {"--dry_run"}),
        (["evaluate", "--max"], {"--max_clips"}),
        (["train", "runs"], set()),
    ],
)
def test_bash_completes_doors_and_flags(
    typed: list[str], found: set[str], tmp_path: pathlib.Path
) -> None:
    # The program under its own name, as an installation has it.
    script = tmp_path / "tfvideogan"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m tfvideogan "$@"\n')
    script.chmod(0o755)
    words = " ".join(["tfvideogan", *typed])
    code = (
        'eval "$(tfvideogan --completion=bash)"\n'
        f"COMP_WORDS=({words})\nCOMP_CWORD={len(typed)}\n_tfvideogan\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    seen = run("/bin/bash", "-c", code, env={**os.environ, "PATH": path})
    assert set(seen.stdout.split()) == found, seen.stderr

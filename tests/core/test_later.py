"""Modules that wait for their use."""

import pathlib
import subprocess
import sys

WAITING = """
import sys
from tfvideogan.core import later
with later.imported():
    from tfvideogan.core import errors, seeds
print("tensorflow" in sys.modules, sys.meta_path[0].__class__.__name__)
{use}
print("tensorflow" in sys.modules, errors.UserError.__name__)
"""


def run(use: str) -> list[str]:
    code = WAITING.format(use=use)
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return seen.stdout.splitlines()


def test_a_module_waits_until_it_is_used() -> None:
    # `errors` is used and imports nothing; `seeds`, which needs TensorFlow, waits on.
    before, after = run("")
    assert before.split()[0] == "False" and before.split()[1] != "_Finder"
    assert after == "False UserError"


def test_what_waits_can_be_imported_at_once() -> None:
    assert run("later.load()")[1] == "True UserError"


def test_a_name_that_is_no_module_is_an_import_error(tmp_path: pathlib.Path) -> None:
    code = (
        "from tfvideogan.core import later\n"
        "with later.imported():\n"
        "    from tfvideogan.core import nothing\n"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: cannot import name 'nothing'" in seen.stderr

import importlib.metadata
import re
import subprocess
import sys

import pytest

from tests import source_tree


@pytest.mark.long
def test_doctor_names_every_package_that_setup_asks_for():
    done = subprocess.run(
        [sys.executable, "tools/doctor.py"],
        cwd=source_tree.ROOT,
        env={"PYTHONPATH": str(source_tree.ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"^TF_ENABLE_ONEDNN_OPTS +1$", done.stdout, re.MULTILINE)
    try:
        needed = importlib.metadata.requires("tfvideogan")
    except importlib.metadata.PackageNotFoundError:
        assert "pip install" in done.stdout and done.returncode == 1
        return
    for line in needed:
        if "extra ==" not in line:
            assert re.match(r"[\w-]+", line).group() in done.stdout
    assert done.returncode == 0, done.stdout

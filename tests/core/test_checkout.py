"""Which commit the code is."""

import pathlib
import shutil
import subprocess

import pytest

from tfvideogan.core import checkout

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b")

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="there is no git")


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """A package with one file, committed in a checkout of its own."""
    folder = tmp_path / "project" / "package"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("1")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
        subprocess.run([*GIT, *words], cwd=folder.parent, check=True)
    return folder


@needs_git
def test_commit_is_that_of_the_checkout(package: pathlib.Path) -> None:
    shown = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=package, capture_output=True, text=True
    )
    assert checkout.commit(package) == shown.stdout[:12]
    (package / "a.py").write_text("2")
    assert checkout.commit(package) == f"{shown.stdout[:12]}-dirty"


@needs_git
def test_a_checkout_around_an_installation_is_not_meant(package: pathlib.Path) -> None:
    installed = package / "site-packages" / "installed"
    installed.mkdir(parents=True)
    assert checkout.commit(installed) == "unknown"


def test_without_git_the_commit_is_unknown(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout.commit() == "unknown"

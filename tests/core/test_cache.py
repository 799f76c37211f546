import pathlib

import pytest

from tfvideogan.core import cache, errors


def test_the_cache_folder_comes_from_argument_variable_or_home(monkeypatch) -> None:
    monkeypatch.setenv("TFVIDEOGAN_CACHE", "/from/variable")
    assert cache.root("/given") == pathlib.Path("/given")
    assert cache.root() == pathlib.Path("/from/variable")
    monkeypatch.delenv("TFVIDEOGAN_CACHE")
    assert cache.root() == pathlib.Path.home() / ".cache" / "tfvideogan"


def test_an_address_is_no_cache_folder(monkeypatch) -> None:
    monkeypatch.setenv("TFVIDEOGAN_CACHE", "gs://bucket/cache")
    with pytest.raises(errors.UserError, match=r"\$TFVIDEOGAN_CACHE gs://bucket/cache"):
        cache.root()


def test_without_a_home_the_cache_is_asked_for(monkeypatch) -> None:
    def no_home(self) -> pathlib.Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("TFVIDEOGAN_CACHE", raising=False)
    monkeypatch.setattr(pathlib.Path, "expanduser", no_home)
    with pytest.raises(errors.UserError, match="there is no home folder"):
        cache.root()

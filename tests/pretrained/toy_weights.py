"""A package of weights in the format of the published ones, small."""

import hashlib
import io
import pathlib
import pickle
import tarfile
import zipfile
from collections.abc import Mapping

import numpy as np

from tfvideogan.pretrained import published

PACKAGE = published.Package("toy-weights", "1.0", "0" * 64, 1, "none")
MEMBER = "toy_weights/weights/toy.ckpt"


def published_as(content: bytes, *, name: str = "toy") -> published.Weights:
    """The row of the table that would announce this content."""
    digest = hashlib.sha256(content).hexdigest()
    return published.Weights(name, "toy weights", PACKAGE, MEMBER, digest, len(content))


def pickled(tree: object) -> bytes:
    """As NumPy 1 wrote it; with NumPy 2 the module has another name."""
    return pickle.dumps(tree, protocol=3).replace(b"numpy._core", b"numpy.core")


def nested(arrays: Mapping[str, np.ndarray]) -> dict:
    """Dictionaries in dictionaries of "a/b" -> array."""
    tree: dict = {}
    for name, array in arrays.items():
        *folders, leaf = name.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = array
    return tree


def sdist(path: pathlib.Path, files: Mapping[str, bytes]) -> pathlib.Path:
    """An archive of source, with its top folder."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"toy_weights-1.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def wheel(folder: pathlib.Path, files: Mapping[str, bytes]) -> pathlib.Path:
    """A wheel that pip accepts."""
    path = folder / "toy_weights-1.0-py3-none-any.whl"
    about = {
        "METADATA": "Metadata-Version: 2.1\nName: toy-weights\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, text in about.items():
            archive.writestr(f"toy_weights-1.0.dist-info/{name}", text)
    return path

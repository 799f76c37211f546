"""Features of real clips, computed once and kept beside the data cache.

    cached = cache.CachedFeatures(extractor)
    cached.features(clips)               # as extractor.features(clips)

A vector is found by the bytes of its clip and the identity of the extractor, so nothing
that changes a pixel, a weight or the preprocessing can bring an old one back: other data,
frames, sizes or damage are other bytes.

    <cache_dir>/features/<extractor>-<identity>/<2 digits>/<sha256 of the clip>.npy

A file appears whole or not at all. Clips that a model has made are not worth keeping.
"""

import hashlib
import pathlib

import numpy as np
from absl import logging

from tfvideogan.core import cache, durable
from tfvideogan.metrics.features import extractor as extractors

FOLDER = "features"
IDENTITY_LENGTH = 16


class CachedFeatures:
    """Looks features up before it asks an extractor for them."""

    def __init__(
        self, extractor: extractors.Extractor, *, cache_dir: str | None = None
    ) -> None:
        """Finds the folder; makes nothing.

        Args:
          extractor: whose features.
          cache_dir: see `core/cache.py`.
        """
        self._extractor = extractor
        identity = extractor.identity[:IDENTITY_LENGTH]
        self.folder = cache.root(cache_dir) / FOLDER / f"{extractor.name}-{identity}"
        self._is_writable = True

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, D] of clips uint8 [N, T, H, W, C]; see `Extractor`."""
        paths = [self._path(clip) for clip in clips]
        found = [_read(path) for path in paths]
        missing = [index for index, one in enumerate(found) if one is None]
        if missing:
            made = self._extractor.features(clips[missing])
            for index, one in zip(missing, made, strict=True):
                found[index] = one
                self._write(paths[index], one)
        return np.stack(found)

    def _path(self, clip: np.ndarray) -> pathlib.Path:
        digest = hashlib.sha256(repr(clip.shape).encode())
        digest.update(np.ascontiguousarray(clip))
        name = digest.hexdigest()
        return self.folder / name[:2] / f"{name}.npy"

    def _write(self, path: pathlib.Path, features: np.ndarray) -> None:
        """Keeps a vector; a folder that cannot be written costs time, not the result."""
        if not self._is_writable:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with durable.replacing(path) as file:
                np.save(file, features)
        except OSError as error:
            self._is_writable = False
            logging.warning(
                "Features cannot be kept in %s: %s; each evaluation computes them anew. "
                "Free some space, or name another folder by $%s.",
                self.folder,
                error.strerror,
                cache.VARIABLE,
            )


def _read(path: pathlib.Path) -> np.ndarray | None:
    """A vector, or None where there is none or its file is damaged."""
    try:
        return np.load(path, allow_pickle=False)
    except OSError:
        return None
    except (ValueError, EOFError):
        logging.warning("%s is damaged; its features are computed again.", path)
        return None

"""A cache of converted clips on disk: TFRecord shards beside a manifest.

A folder of raw files is converted once, at its first use, with a progress bar; every
later run reads the records. A cache is used only if it was made from the same files with
the same parameters by the same code (`Recipe`); otherwise it is made again. A new cache
appears by one rename, so that a conversion that is cut short leaves nothing that could
be taken for a cache.

    <cache_dir>/<name>-<split>-<hash of the parameters>/
        manifest.json                schema, recipe, counts, for each clip its place
        clips-00000.tfrecord ...     record_format.py

`cache_dir` is $TFVIDEOGAN_CACHE, or ~/.cache/tfvideogan, unless given.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.data import numpy_calls, progress, record_format

CACHE_VARIABLE = "TFVIDEOGAN_CACHE"
DEFAULT_CACHE = "~/.cache/tfvideogan"
MANIFEST = "manifest.json"
CLIPS_PER_SHARD = 32
# TFRecord framing: length and its checksum before the content, a checksum behind.
RECORD_HEAD = 12
RECORD_TAIL = 4
HASH_LENGTH = 16
# A conversion that wrote nothing for this long has died.
STALE_AFTER = 24 * 3600.0  # seconds


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything on which the records depend.

    Attributes:
      name: of the dataset.
      split: of the dataset.
      spec: of the clips; its number of frames is not part of the recipe.
      parameters: anything else that changes a pixel; of simple types.
      source_digest: of the files read (`files_digest`).
    """

    name: str
    split: str
    spec: clips.ClipSpec
    parameters: Mapping[str, object]
    source_digest: str

    def identity(self) -> dict[str, object]:
        """Returns what must agree with a manifest, in simple types."""
        sizes = dataclasses.asdict(self.spec)
        del sizes["frames"], sizes["fps"]
        return {
            "schema_version": record_format.SCHEMA_VERSION,
            "name": self.name,
            "split": self.split,
            "spec": sizes,
            "parameters": dict(self.parameters),
        }

    def folder_name(self) -> str:
        """Returns the name of the cache's folder: the files are not part of it."""
        content = json.dumps(self.identity(), sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:HASH_LENGTH]
        return f"{self.name}-{self.split}-{digest}"


class Records:
    """The clips of a cache, read in any order.

    Attributes:
      ids: names of the clips, in order.
      lengths: their numbers of frames.
    """

    def __init__(self, folder: pathlib.Path, spec: clips.ClipSpec) -> None:
        """Opens the cache in `folder`."""
        manifest = json.loads((folder / MANIFEST).read_text())
        self.ids = tuple(clip["id"] for clip in manifest["clips"])
        self.lengths = tuple(clip["num_frames"] for clip in manifest["clips"])
        self._spec = spec
        self._places = [
            (folder / clip["shard"], clip["offset"], clip["size"])
            for clip in manifest["clips"]
        ]
        self._files: dict[pathlib.Path, int] = {}
        self._lock = threading.Lock()

    def read(
        self, index: tf.Tensor, *, frames: int, seed: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """Reads a window of clip `index` (scalar int64); see `ClipSource.read`."""
        (content,) = numpy_calls.call(self._content, [index], [tf.string])
        content = tf.ensure_shape(content, [])
        return record_format.decoded(content, self._spec, frames=frames, seed=seed)

    def clips(self) -> Iterator[dict[str, np.ndarray]]:
        """Yields all clips, whole and raw."""
        for index, length in enumerate(self.lengths):
            window = self.read(tf.constant(index, tf.int64), frames=length)
            yield {key: value.numpy() for key, value in window.items()}

    def _content(self, index: np.ndarray) -> tuple[np.ndarray]:
        path, offset, size = self._places[int(index)]
        with self._lock:  # files stay open: the cache may be replaced meanwhile
            if path not in self._files:
                self._files[path] = os.open(path, os.O_RDONLY)
        content = os.pread(self._files[path], size, offset)
        return (np.array(content, dtype=object),)


def open_or_convert(
    recipe: Recipe,
    ids: Sequence[str],
    load: Callable[[int], Mapping[str, np.ndarray]],
    *,
    cache_dir: str | None = None,
) -> Records:
    """Opens the cache of a recipe; converts the clips first where there is none.

    Args:
      recipe: what the records depend on.
      ids: names of the clips, in order.
      load: reads the raw clip of a number; called from several threads.
      cache_dir: the folder of all caches.

    Raises:
      UserError: raised by `load`, or the cache cannot be written.
    """
    root = cache_root(cache_dir)
    folder = root / recipe.folder_name()
    if not _is_current(folder, recipe):
        try:
            root.mkdir(parents=True, exist_ok=True)
            _remove_stale(folder)
            _convert(recipe, ids, load, folder)
        except OSError as error:
            raise errors.UserError(
                f"The cache {folder} cannot be written: {error.strerror}; free some "
                f"space, or name another folder by ${CACHE_VARIABLE} or `cache_dir`."
            ) from error
    return Records(folder, recipe.spec)


def cache_root(cache_dir: str | None) -> pathlib.Path:
    """Returns the folder of all caches."""
    chosen = cache_dir or os.environ.get(CACHE_VARIABLE) or DEFAULT_CACHE
    return pathlib.Path(chosen).expanduser()


def files_digest(root: pathlib.Path, paths: Sequence[pathlib.Path]) -> str:
    """Returns a digest of files: their names below `root`, sizes and times."""
    digest = hashlib.sha256()
    for path in paths:
        status = path.stat()
        name = os.path.relpath(path, root)
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_current(folder: pathlib.Path, recipe: Recipe) -> bool:
    """Tells whether a folder holds a whole cache made by this recipe."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        shards = manifest["shards"]
        is_whole = all((folder / s["name"]).stat().st_size == s["size"] for s in shards)
        is_same = manifest["recipe"] == json.loads(json.dumps(recipe.identity()))
        digest = manifest["source_digest"]
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (ValueError, KeyError, TypeError) as error:
        logging.warning("%s is damaged (%s); converting again.", folder, error)
        return False
    if digest != recipe.source_digest:
        logging.info("The files of %s have changed; converting again.", folder.name)
        return False
    return is_whole and is_same


def _convert(
    recipe: Recipe,
    ids: Sequence[str],
    load: Callable[[int], Mapping[str, np.ndarray]],
    folder: pathlib.Path,
) -> None:
    """Writes a cache beside its place, then puts it there by one rename."""

    def work(number: int) -> tuple[bytes, int]:
        clip = load(number)
        content = record_format.encoded(clip, recipe.spec, ids[number])
        return content, len(clip["frames"])

    draft = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    title = f"Converting {recipe.name}/{recipe.split}"
    try:
        with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            contents = pool.map(work, range(len(ids)))
            try:
                _write(recipe, ids, progress.shown(contents, len(ids), title), draft)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(
    recipe: Recipe,
    ids: Sequence[str],
    contents: Iterator[tuple[bytes, int]],
    draft: pathlib.Path,
) -> None:
    """Writes shards and manifest of converted clips."""
    entries, shards = [], []
    numbered = zip(ids, contents, strict=True)
    while len(entries) < len(ids):
        name = f"clips-{len(shards):05d}.tfrecord"
        offset = 0
        with tf.io.TFRecordWriter(str(draft / name)) as writer:
            for _ in range(min(CLIPS_PER_SHARD, len(ids) - len(entries))):
                clip_id, (content, num_frames) = next(numbered)
                writer.write(content)
                entries.append(
                    {
                        "id": clip_id,
                        "num_frames": num_frames,
                        "shard": name,
                        "offset": offset + RECORD_HEAD,
                        "size": len(content),
                    }
                )
                offset += RECORD_HEAD + len(content) + RECORD_TAIL
        sha = hashlib.sha256((draft / name).read_bytes()).hexdigest()
        shards.append({"name": name, "size": offset, "sha256": sha})
    manifest = {
        "recipe": recipe.identity(),
        "source_digest": recipe.source_digest,
        "num_clips": len(entries),
        "num_frames": sum(entry["num_frames"] for entry in entries),
        "shards": shards,
        "clips": entries,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=1))


def _replace(draft: pathlib.Path, folder: pathlib.Path) -> None:
    """Puts a finished cache in its place; what was there is moved away first."""
    draft.chmod(0o755)  # mkdtemp makes private folders
    if folder.exists():
        old = draft.with_name(f"{draft.name}-old")
        folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        draft.rename(folder)
    except OSError:
        # Another process finished the same cache in between; its records are ours.
        if not (folder / MANIFEST).exists():
            raise


def _remove_stale(folder: pathlib.Path) -> None:
    """Removes what conversions of this very cache have left that were killed."""
    for path in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - path.stat().st_mtime > STALE_AFTER:
            shutil.rmtree(path, ignore_errors=True)

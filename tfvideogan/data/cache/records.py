"""A cache of converted clips on disk: TFRecord shards beside a manifest and an index.

A folder of raw files is converted once, at its first use, with a progress bar; every
later run reads the records. A cache is used only if it was made from the same files with
the same parameters by the same code (`Recipe`) and the sums of its files agree (`sums.py`);
otherwise it is made again. A new cache
appears by one rename, so that a conversion that is cut short leaves nothing that could
be taken for a cache. One that was made of other files stays for a month after it was last
opened: a training may be reading it.

    <cache_dir>/<name>-<hash of the parameters>-<hash of the files>/
        manifest.json                schema, recipe, counts, clips, damaged clips
        index.npz                    where every picture lies, labels, captions
        clips-00000.tfrecord ...     schema.py

`cache_dir` is $TFVIDEOGAN_CACHE, or ~/.cache/tfvideogan, unless given. Reading is done by
`reader.py`.
"""

import collections
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from typing import TypeVar

import tensorflow as tf
from absl import logging

from tfvideogan.core import cache, durable, errors, locks
from tfvideogan.core import clip as clips
from tfvideogan.data.cache import progress, reader, schema, sums
from tfvideogan.data.cache import writer as record_writer
from tfvideogan.media import damage

MANIFEST = reader.MANIFEST
HASH_LENGTH = 16
# What the files of a damaged cache can raise when they are opened.
FAULTS = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
# Clips that each thread may be ahead of the one that is written.
AHEAD = 2

Result = TypeVar("Result")
# What reads a raw clip: all of it, or its pieces in order.
Load = Callable[[int], record_writer.Piece | Iterable[record_writer.Piece]]
LOCK = ".lock"
# A conversion without a lock that wrote nothing for this long has died.
STALE_AFTER = 24 * 3600.0  # seconds
# A cache of files that have changed is of no use when it was not opened for so long.
FORGOTTEN_AFTER = 30 * 24 * 3600.0


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything on which the records depend.

    Attributes:
      name: of the dataset.
      spec: of the clips; its number of frames is not part of the recipe.
      parameters: anything else that changes a pixel; of simple types.
      source_digest: of the files read (`files_digest`) and what was made of them.
    """

    name: str
    spec: clips.ClipSpec
    parameters: Mapping[str, object]
    source_digest: str

    def identity(self) -> dict[str, object]:
        """Returns what must agree with a manifest, in simple types."""
        sizes = dataclasses.asdict(self.spec)
        del sizes["frames"], sizes["fps"]
        words = list(sizes.pop("words"))
        # Records of clips without captions keep the name that they had without words.
        sizes |= {"vocabulary_size": len(words)} | ({"words": words} if words else {})
        return {
            "schema_version": schema.SCHEMA_VERSION,
            "name": self.name,
            "spec": sizes,
            "parameters": dict(self.parameters),
        }

    def family_name(self) -> str:
        """Returns what the names of its caches begin with, whatever the files."""
        content = json.dumps(self.identity(), sort_keys=True)
        return f"{self.name}-{_short_hash(content)}"

    def folder_name(self) -> str:
        """Returns the name of the cache's folder."""
        return f"{self.family_name()}-{_short_hash(self.source_digest)}"


def open_or_convert(
    recipe: Recipe,
    ids: Sequence[str],
    load: Load,
    *,
    cache_dir: str | None = None,
    max_damaged: float = damage.MAX_SHARE,
) -> reader.Records:
    """Opens the cache of a recipe; converts the clips first where there is none.

    Args:
      recipe: what the records depend on.
      ids: names of the clips, in order.
      load: reads the raw clip of a number, or yields its pieces; called from several
        threads.
      cache_dir: the folder of all caches.
      max_damaged: share of the clips that may be damaged (`load` raises `DamagedClip`);
        they are left out.

    Raises:
      UserError: raised by `load`, too many clips are damaged, or the cache cannot be
        written.
    """
    root = cache.root(cache_dir)
    folder = root / recipe.folder_name()
    opened = _opened(folder, recipe)
    if opened is None:
        try:
            root.mkdir(parents=True, exist_ok=True)
            _remove_stale(root, recipe)
            _convert(recipe, ids, load, folder, max_damaged)
        except (OSError, tf.errors.OpError) as error:
            raise errors.UserError(
                f"The cache {folder} cannot be written: {durable.reason(error)}; or name "
                f"another folder by ${cache.VARIABLE} or `cache_dir`."
            ) from error
        opened = reader.Records(folder, recipe.spec)
    _touch(folder / MANIFEST)
    # Also of a cache that was made when more was allowed.
    reasons = list(opened.damaged.values())
    damage.check_share(reasons, len(opened.ids) + len(reasons), max_damaged)
    return opened


def files_digest(root: pathlib.Path, paths: Sequence[pathlib.Path]) -> str:
    """Returns a digest of files: their names below `root`, sizes and times."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(os.path.relpath(path, root)))
        try:
            status = path.stat()
        except OSError:  # a link to nothing, which is complained of when it is read
            digest.update(b"\0missing\n")
            continue
        digest.update(f"\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _opened(folder: pathlib.Path, recipe: Recipe) -> reader.Records | None:
    """Opens a whole cache that this recipe has made; None where there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        if manifest["recipe"] != json.loads(json.dumps(recipe.identity())):
            return None
        if manifest["source_digest"] != recipe.source_digest:
            logging.info("The files of %s have changed; converting again.", folder.name)
            return None
        found = fault(folder, manifest)
        if found is None:
            return reader.Records(folder, recipe.spec)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except FAULTS as error:
        found = " ".join(str(error).split()) or type(error).__name__
    logging.warning("%s is damaged (%s); converting again.", folder, found)
    return None


def fault(
    folder: pathlib.Path,
    manifest: Mapping[str, object],
    *,
    is_thorough: bool = False,
) -> str | None:
    """Says what is wrong with the files of a cache, or None.

    Args:
      folder: of the cache.
      manifest: its content.
      is_thorough: whether to compare every byte, not samples of large files.

    Raises:
      OSError: a file cannot be read. Of a damaged manifest any of `FAULTS`.
    """
    index = [manifest["index"]] if "index" in manifest else []
    files = [*manifest["shards"], *index]
    blocks = None if is_thorough else max(2, sums.QUICK // max(1, len(files)))
    found = (sums.fault(folder, one, blocks=blocks) for one in files)
    return next(filter(None, found), None)


def _convert(
    recipe: Recipe,
    ids: Sequence[str],
    load: Load,
    folder: pathlib.Path,
    max_damaged: float,
) -> None:
    """Writes a cache beside its place, then puts it there by one rename."""

    def work(number: int) -> record_writer.Clip | damage.DamagedClip:
        try:
            return record_writer.encoded(load(number), recipe.spec, ids[number])
        except damage.DamagedClip as error:
            return error

    draft = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with locks.held(draft.with_name(f"{draft.name}{LOCK}")):
            writer = record_writer.Writer(draft, recipe.name, recipe.spec)
            done = progress.shown(
                _in_order(work, len(ids)), len(ids), f"Converting {recipe.name}"
            )
            with contextlib.closing(done):
                for clip_id, clip in zip(ids, done, strict=True):
                    if isinstance(clip, damage.DamagedClip):
                        writer.leave_out(clip_id, str(clip))
                        reasons = list(writer.damaged.values())
                        damage.check_share(reasons, len(ids), max_damaged)
                    else:
                        writer.write(clip_id, clip)
            writer.finish(
                {"recipe": recipe.identity(), "source_digest": recipe.source_digest}
            )
            _replace(draft, folder)
    finally:
        discard(draft)


def _in_order(work: Callable[[int], Result], count: int) -> Iterator[Result]:
    """Works in parallel and yields in order, without getting far ahead."""
    workers = os.cpu_count() or 1
    pending: collections.deque[futures.Future] = collections.deque()
    with futures.ThreadPoolExecutor(workers) as pool:
        try:
            for number in range(count):
                pending.append(pool.submit(work, number))
                if len(pending) > AHEAD * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _replace(draft: pathlib.Path, folder: pathlib.Path) -> None:
    """Puts a finished cache in its place; what was there is moved away first."""
    draft.chmod(0o755)  # mkdtemp makes private folders
    if folder.exists():
        old = draft.with_name(f"{draft.name}-old")
        folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        draft.rename(folder)
        durable.sync(folder.parent)
    except OSError:
        # Another process finished the same cache in between; its records are ours.
        if not (folder / MANIFEST).exists():
            raise


def _remove_stale(root: pathlib.Path, recipe: Recipe) -> None:
    """Removes what killed conversions have left, and caches of files as they were."""
    for draft in drafts(root):
        if is_abandoned(draft):
            discard(draft)
    for path in root.glob(f"{recipe.family_name()}-*"):
        with contextlib.suppress(OSError):
            age = time.time() - (path / MANIFEST).stat().st_mtime
            if age > FORGOTTEN_AFTER:
                shutil.rmtree(path, ignore_errors=True)


def drafts(root: pathlib.Path) -> list[pathlib.Path]:
    """Returns the folders of conversions that run, or that were killed."""
    return [one for one in root.glob(".*-*-*") if one.is_dir()]


def is_abandoned(draft: pathlib.Path) -> bool:
    """Says whether the process that converts to a folder has ended.

    Where locks are unknown, as to drafts of earlier versions, its age tells.
    """
    lock = draft.with_name(f"{draft.name}{LOCK}")
    if lock.exists():
        return locks.holder(lock) is None
    try:
        return time.time() - draft.stat().st_mtime > STALE_AFTER
    except OSError:
        return False


def discard(draft: pathlib.Path) -> None:
    """Removes the folder of a conversion, and its lock."""
    shutil.rmtree(draft, ignore_errors=True)
    draft.with_name(f"{draft.name}{LOCK}").unlink(missing_ok=True)


def _touch(path: pathlib.Path) -> None:
    """Notes that a cache is used; one that others own may refuse."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]

"""Reads windows of clips from a cache that `records.py` has made.

    opened = records.open_or_convert(recipe, ids, load)
    window = opened.read(index, start, frames=8)  # inside Dataset.map

Of a window's shard exactly the bytes of its pictures are read. A call reads the windows
of a whole batch where it can: the way to Python and back takes longer than a read.
"""

import json
import os
import pathlib
import threading
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.data import numpy_calls, record_format

MANIFEST = "manifest.json"
INDEX = "index.npz"


def shard_name(number: int) -> str:
    """Returns the name of a shard's file."""
    return f"clips-{number:05d}.tfrecord"


class IndexBuilder:
    """Collects where pictures lie, and what is said of whole clips."""

    def __init__(self, spec: clips.ClipSpec) -> None:
        """Creates an empty index."""
        keys = record_format.moving_keys(spec)
        self._places = {key: {"shard": [], "offset": [], "size": []} for key in keys}
        self._words = {key: [] for key in spec.shapes() if key not in keys}
        self._lengths: list[int] = []

    def add_piece(
        self, shard: int, start: int, places: Mapping[str, record_format.Places]
    ) -> None:
        """Adds an example whose bytes begin at `start` of a shard."""
        for key, place in places.items():
            held = self._places[key]
            held["shard"].append(np.full(len(place.offsets), shard, np.int32))
            held["offset"].append(start + place.offsets)
            held["size"].append(place.sizes)

    def add_clip(self, num_frames: int, words: Mapping[str, np.ndarray]) -> None:
        """Ends a clip, all of whose pieces have been added."""
        self._lengths.append(num_frames)
        for key, held in self._words.items():
            held.append(np.asarray(words[key], np.int32))

    def save(self, folder: pathlib.Path) -> None:
        """Writes the index into the folder of a cache."""
        arrays = {"num_frames": np.asarray(self._lengths, np.int64)}
        arrays |= {key: np.stack(held) for key, held in self._words.items()}
        for key, columns in self._places.items():
            for name, parts in columns.items():
                arrays[f"{key}/{name}"] = np.concatenate(parts)
        np.savez(folder / INDEX, **arrays)


class Records:
    """The clips of a cache, read in any order.

    Attributes:
      ids: names of the clips, in order.
      lengths: [n] int64, their numbers of frames.
      damaged: reasons by name of the clips that were left out.
      words: labels and captions by key, a row for each clip.
      is_raw: whether all pictures are raw: whole batches are then read at once.
    """

    def __init__(self, folder: pathlib.Path, spec: clips.ClipSpec) -> None:
        """Opens the cache in `folder`."""
        manifest = json.loads((folder / MANIFEST).read_text())
        self.ids = tuple(clip["id"] for clip in manifest["clips"])
        self.damaged = dict(manifest["damaged"])
        self._spec = spec
        self._keys = record_format.moving_keys(spec)
        with (folder / INDEX).open("rb") as file, np.load(file) as index:
            arrays = {name: index[name] for name in index.files}
        self.lengths = arrays["num_frames"]
        self.words = {
            key: arrays[key] for key in spec.shapes() if key not in self._keys
        }
        self._files = _Files([folder / shard["name"] for shard in manifest["shards"]])
        self._pictures = {
            key: _Pictures(
                self._files,
                *(arrays[f"{key}/{name}"] for name in ("shard", "offset", "size")),
                firsts=_firsts(self.lengths - (key in record_format.FLOW_KEYS)),
                raw_size=record_format.raw_size(key, spec),
            )
            for key in self._keys
        }
        self.is_raw = all(one.raw_size for one in self._pictures.values())

    def read(
        self, index: tf.Tensor, start: tf.Tensor, *, frames: int, stride: int = 1
    ) -> dict[str, tf.Tensor]:
        """Reads a window of one clip; see `read_batch`, without its axis N."""
        batch = self.read_batch(index[None], start[None], frames=frames, stride=stride)
        return {key: value[0] for key, value in batch.items()}

    def clips(self) -> Iterator[dict[str, np.ndarray]]:
        """Yields all clips, whole and raw."""
        zero = tf.constant(0, tf.int64)
        for index, length in enumerate(self.lengths):
            window = self.read(zero + index, zero, frames=int(length))
            yield {key: value.numpy() for key, value in window.items()}

    def read_batch(
        self, indices: tf.Tensor, starts: tf.Tensor, *, frames: int, stride: int = 1
    ) -> dict[str, tf.Tensor]:
        """Reads a window of each of some clips; a graph function.

        Args:
          indices: [N] int64, the clips, N known unless `is_raw`.
          starts: [N] int64, first frames.
          frames: of each window.
          stride: between the frames of a window.

        Returns:
          Raw windows, as in `data/source.py`, with an axis N in front.
        """
        shapes = self._spec.with_frames(frames).shapes()
        kinds = [
            tf.uint8 if self._pictures[key].raw_size else tf.string
            for key in self._keys
        ]

        def fetch(indices: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
            """Reads bytes and words."""
            found = [
                self._pictures[key].read(indices, starts, shapes[key][0], stride)
                for key in self._keys
            ]
            return [*found, *(words[indices] for words in self.words.values())]

        names = [*self._keys, *self.words]
        dtypes = kinds + [tf.int32] * len(self.words)
        arrays = numpy_calls.call(fetch, [indices, starts], dtypes)
        result = {}
        for key, array in zip(names, arrays, strict=True):
            if key in self._pictures:
                is_text = array.dtype == tf.string
                known = [shapes[key][0]] if is_text else [shapes[key][0], None]
                array = tf.ensure_shape(array, [indices.shape[0], *known])
                array = record_format.decoded(key, array, shapes[key])
            result[key] = tf.ensure_shape(array, [indices.shape[0], *shapes[key]])
        return result


class _Pictures:
    """Where the pictures of one key lie, over all clips.

    Attributes:
      raw_size: bytes of a picture, 0 when it is compressed.
    """

    def __init__(
        self,
        files: "_Files",
        shards: np.ndarray,
        offsets: np.ndarray,
        sizes: np.ndarray,
        *,
        firsts: np.ndarray,
        raw_size: int,
    ) -> None:
        self.raw_size = raw_size
        self._files = files
        self._shards, self._offsets, self._sizes = shards, offsets, sizes
        self._firsts = firsts

    def read(
        self, indices: np.ndarray, starts: np.ndarray, count: int, stride: int
    ) -> np.ndarray:
        """Returns [N, count, bytes] uint8, or [N, count] objects of compressed ones."""
        if not self.raw_size:
            found = np.empty((len(indices), count), object)
            for row, (clip, start) in enumerate(zip(indices, starts, strict=True)):
                for column in range(count):
                    place = int(self._firsts[clip] + start + column * stride)
                    found[row, column] = self._content(place)
            return found
        found = np.empty((len(indices), count, self.raw_size), np.uint8)
        for row, (clip, start) in enumerate(zip(indices, starts, strict=True)):
            if count:
                self._fill(found[row], int(self._firsts[clip] + start), stride)
        return found

    def _content(self, place: int) -> bytes:
        return self._files.content(
            self._shards[place], int(self._offsets[place]), int(self._sizes[place])
        )

    def _fill(self, window: np.ndarray, first: int, stride: int) -> None:
        """Reads raw pictures: in one go where they lie side by side."""
        last = first + (len(window) - 1) * stride
        span = (last - first) * self.raw_size
        is_whole = (
            self._shards[first] == self._shards[last]
            and self._offsets[last] - self._offsets[first] == span
        )
        if is_whole and stride == 1:
            self._files.fill(self._shards[first], int(self._offsets[first]), window)
            return
        for row, place in zip(window, range(first, last + 1, stride), strict=True):
            self._files.fill(self._shards[place], int(self._offsets[place]), row)


class _Files:
    """Shards, opened when they are first read.

    They stay open: a cache may be replaced while it is read.
    """

    def __init__(self, paths: list[pathlib.Path]) -> None:
        self._paths = paths
        self._opened: dict[int, int] = {}
        self._lock = threading.Lock()

    def content(self, number: int, offset: int, size: int) -> bytes:
        """Returns bytes of a shard."""
        content = os.pread(self._descriptor(number), size, offset)
        self._check(number, len(content), size)
        return content

    def fill(self, number: int, offset: int, target: np.ndarray) -> None:
        """Reads bytes of a shard into a contiguous array."""
        size = os.preadv(self._descriptor(number), [target], offset)
        self._check(number, size, target.nbytes)

    def _check(self, number: int, found: int, wanted: int) -> None:
        if found != wanted:
            raise errors.UserError(
                f"{self._paths[number]} is shorter than it was when it was opened; remove "
                "its folder, and the clips are converted again."
            )

    def _descriptor(self, number: int) -> int:
        number = int(number)
        with self._lock:
            if number not in self._opened:
                self._opened[number] = os.open(self._paths[number], os.O_RDONLY)
            return self._opened[number]


def _firsts(counts: np.ndarray) -> np.ndarray:
    """Returns the place of each clip's first picture among those of all clips."""
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)

"""Reads windows of clips from a cache that `records.py` has made.

    opened = records.open_or_convert(recipe, ids, load)
    window = opened.read(index, start, frames=8)  # inside Dataset.map

Shards are mapped into memory and cut by TensorFlow's own operations: of a shard exactly
the bytes of a window are read, no Python runs, and the workers of a tf.data service can
read what they see under the same path.
"""

import json
import os
import pathlib
import re
import weakref
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.data.cache import schema

MANIFEST = "manifest.json"
INDEX = "index.npz"
HOST = "CPU:0"
# What TensorFlow says when a shard was changed or removed after it had been opened.
CHANGED = re.compile(
    r"Readonly memory region|clips-\d+\.tfrecord|Invalid (?:JPEG|PNG) data"
)


def shard_name(number: int) -> str:
    """Returns the name of a shard's file."""
    return f"clips-{number:05d}.tfrecord"


class IndexBuilder:
    """Collects where pictures lie, and what is said of whole clips."""

    def __init__(self, spec: clips.ClipSpec) -> None:
        """Creates an empty index."""
        keys = schema.moving_keys(spec)
        self._places = {key: {"offset": [], "size": []} for key in keys}
        self._words = {key: [] for key in spec.shapes() if key not in keys}
        self._lengths: list[int] = []
        self._shards: list[int] = []

    def add_piece(self, start: int, places: Mapping[str, schema.Places]) -> None:
        """Adds an example whose bytes begin at `start` of its shard."""
        for key, place in places.items():
            self._places[key]["offset"].append(start + place.offsets)
            self._places[key]["size"].append(place.sizes)

    def add_clip(
        self, shard: int, num_frames: int, words: Mapping[str, np.ndarray]
    ) -> None:
        """Ends a clip, all of whose pieces have been added; they are in one shard."""
        self._lengths.append(num_frames)
        self._shards.append(shard)
        for key, held in self._words.items():
            held.append(np.asarray(words[key], np.int32))

    def save(self, folder: pathlib.Path) -> None:
        """Writes the index into the folder of a cache."""
        arrays = {
            "num_frames": np.asarray(self._lengths, np.int64),
            "shard": np.asarray(self._shards, np.int32),
        }
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
    """

    def __init__(self, folder: pathlib.Path, spec: clips.ClipSpec) -> None:
        """Opens the cache in `folder`.

        Raises:
          ValueError: manifest and index do not fit each other.
        """
        manifest = json.loads((folder / MANIFEST).read_text())
        self.ids = tuple(clip["id"] for clip in manifest["clips"])
        self.damaged = dict(manifest["damaged"])
        self._spec = spec
        keys = schema.moving_keys(spec)
        with (folder / INDEX).open("rb") as file, np.load(file) as index:
            arrays = {name: index[name] for name in index.files}
        self.lengths = arrays["num_frames"]
        if len(self.lengths) != len(self.ids):
            raise ValueError(f"{len(self.lengths)} clips, {len(self.ids)} names")
        self.words = {key: arrays[key] for key in spec.shapes() if key not in keys}
        self._shards = [
            (str(folder.absolute() / one["name"]), one["size"])
            for one in manifest["shards"]
        ]
        self._times = [os.stat(path).st_mtime_ns for path, _ in self._shards]
        _OPENED.add(self)
        self._shard_of = _held(arrays["shard"])
        self._words = {key: _held(words) for key, words in self.words.items()}
        self._pictures = {
            key: _Pictures(
                arrays[f"{key}/offset"],
                arrays[f"{key}/size"],
                counts=self.lengths - (key in schema.FLOW_KEYS),
                raw_size=schema.raw_size(key, spec),
            )
            for key in keys
        }

    def read(
        self, index: tf.Tensor, start: tf.Tensor, *, frames: int, stride: int = 1
    ) -> dict[str, tf.Tensor]:
        """Reads a window of one clip; a graph function.

        Args:
          index: scalar int64, the clip.
          start: scalar int64, first frame.
          frames: of the window.
          stride: between the frames of the window.

        Returns:
          A raw window with static shapes, as in `data/source.py`.
        """
        shard = self._shard(index)
        result = {}
        for key, shape in self._spec.with_frames(frames).shapes().items():
            if key in self._words:
                value = tf.gather(self._words[key], index)
            else:
                pictures = self._pictures[key].cut(
                    shard, index, start, shape[0], stride
                )
                value = schema.decoded(key, pictures, shape)
            result[key] = tf.ensure_shape(value, shape)
        return result

    def clips(self) -> Iterator[dict[str, np.ndarray]]:
        """Yields all clips, whole and raw."""
        zero = tf.constant(0, tf.int64)
        for index, length in enumerate(self.lengths):
            with tf.device(HOST):
                window = self.read(zero + index, zero, frames=int(length))
            yield {key: value.numpy() for key, value in window.items()}

    def is_changed(self) -> bool:
        """Whether a shard was written or cut since it was opened."""
        for (path, size), time in zip(self._shards, self._times, strict=True):
            try:
                now = os.stat(path)
            except OSError:  # removed: what is mapped stays, the rest cannot be read
                continue
            if (now.st_size, now.st_mtime_ns) != (size, time):
                return True
        return False

    def _shard(self, index: tf.Tensor) -> tf.Tensor:
        """Maps the shard of a clip: [bytes] uint8, of which nothing is read yet."""
        shards = [lambda one=one: _mapped(*one) for one in self._shards]
        if len(shards) == 1:
            return shards[0]()
        return tf.switch_case(tf.gather(self._shard_of, index), shards)


# What this process reads.
_OPENED: weakref.WeakSet[Records] = weakref.WeakSet()


def are_changed() -> bool:
    """Whether a shard of any cache that this process reads was written or cut.

    What is cut off a file while it is mapped may read as zeros, and nothing says so.
    """
    return any(records.is_changed() for records in list(_OPENED))


class _Pictures:
    """Where the pictures of one key lie in the shards, over all clips."""

    def __init__(
        self,
        offsets: np.ndarray,
        sizes: np.ndarray,
        *,
        counts: np.ndarray,
        raw_size: int,
    ) -> None:
        firsts = np.concatenate([[0], np.cumsum(counts)])
        self._firsts = _held(firsts[:-1].astype(np.int64))
        self._offsets, self._sizes = _held(offsets), _held(sizes)
        self._raw_size = raw_size
        # The pieces of a long clip lie apart.
        gaps = np.flatnonzero(np.diff(offsets) != raw_size) + 1
        self._is_whole = bool(raw_size) and np.isin(gaps, firsts).all()

    def cut(
        self,
        shard: tf.Tensor,
        index: tf.Tensor,
        start: tf.Tensor,
        count: int,
        stride: int,
    ) -> tf.Tensor:
        """Returns `count` pictures: [count, bytes] uint8, or [count] strings."""
        if not count:
            kind = tf.uint8 if self._raw_size else tf.string
            return tf.zeros([0, self._raw_size] if self._raw_size else [0], kind)
        first = tf.gather(self._firsts, index) + start
        span = (count - 1) * stride + 1
        if self._is_whole:
            offset = tf.gather(self._offsets, first)
            pictures = shard[offset : offset + span * self._raw_size]
            return tf.reshape(pictures, [span, self._raw_size])[::stride]
        places = first + stride * tf.range(count, dtype=tf.int64)
        offsets = tf.unstack(tf.gather(self._offsets, places), count)
        ends = tf.unstack(
            tf.gather(self._offsets, places) + tf.gather(self._sizes, places), count
        )
        cuts = [shard[o:e] for o, e in zip(offsets, ends, strict=True)]
        if self._raw_size:
            return tf.ensure_shape(tf.stack(cuts), [count, self._raw_size])
        return tf.stack([_as_string(one) for one in cuts])


def _held(array: np.ndarray) -> tf.Tensor:
    """Returns a tensor that graphs refer to, rather than each having a copy."""
    with tf.device(HOST):
        return tf.constant(array)


def _mapped(path: str, size: int) -> tf.Tensor:
    """Maps a file into memory: [size] uint8."""
    return tf.raw_ops.ImmutableConst(
        dtype=tf.uint8, shape=[size], memory_region_name=path
    )


def _as_string(content: tf.Tensor) -> tf.Tensor:
    """Returns bytes [n] uint8 as a scalar string."""
    size = tf.size(content)
    # A serialized tensor ends with its bytes.
    return tf.strings.substr(tf.io.serialize_tensor(content), -size, size)

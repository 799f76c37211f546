"""Writes the files of a cache: shards of records, the index and the manifest.

    writer = Writer(folder, "strips", spec)
    writer.write("0/00000002", encoded(clip, spec, "0/00000002"))
    writer.finish({"recipe": ...})

`records.py` says when and where; `schema.py` what a record is.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
from absl import logging

from tfvideogan.core import clip as clips
from tfvideogan.core import durable, errors
from tfvideogan.data.cache import reader, schema, sums
from tfvideogan.media import damage

# A shard is closed when it is larger: between clips, which are never torn apart. A reader
# has a branch for each shard, so they are large.
MAX_SHARD_SIZE = 2**32
# TFRecord framing: length and its checksum before the content, a checksum behind.
RECORD_HEAD = 12
RECORD_TAIL = 4

Piece = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Clip:
    """An encoded clip.

    Attributes:
      pieces: their bytes, and the places of the pictures in these.
      num_frames: of all pieces.
      words: what is said of the clip as a whole, by key.
    """

    pieces: list[tuple[bytes, dict[str, schema.Places]]]
    num_frames: int
    words: dict[str, np.ndarray]


def encoded(
    loaded: Piece | Iterable[Piece], spec: clips.ClipSpec, clip_id: str
) -> Clip:
    """Encodes a raw clip, given whole or in pieces, for `Writer.write`."""
    pieces, num_frames, words = [], 0, {}
    for piece in [loaded] if isinstance(loaded, Mapping) else loaded:
        encoded = schema.encoded(piece, spec, clip_id, first_frame=num_frames)
        pieces.append(encoded)
        num_frames += len(piece["frames"])
        words = words or {
            key: piece[key] for key in clips.WHOLE_CLIP_KEYS if key in piece
        }
    return Clip(pieces, num_frames, words)


class Writer:
    """Writes the files of a cache.

    Attributes:
      damaged: reasons by clip.
    """

    def __init__(self, folder: pathlib.Path, name: str, spec: clips.ClipSpec) -> None:
        """Begins a cache in an empty folder.

        Args:
          folder: where to write.
          name: of the dataset, for messages.
          spec: of the clips.
        """
        self.damaged: dict[str, str] = {}
        self._folder = folder
        self._name = name
        self._clips: list[dict[str, object]] = []
        self._shards: list[dict[str, object]] = []
        self._index = reader.IndexBuilder(spec)
        self._writer: tf.io.TFRecordWriter | None = None
        self._offset = 0

    def leave_out(self, clip_id: str, reason: str) -> None:
        """Notes a damaged clip."""
        if len(self.damaged) < damage.NUM_SHOWN:
            logging.warning("%s is left out: %s", clip_id, reason)
        self.damaged[clip_id] = reason

    def write(self, clip_id: str, clip: Clip) -> None:
        """Writes a clip behind the last one."""
        for content, places in clip.pieces:
            if self._writer is None:
                path = self._folder / reader.shard_name(len(self._shards))
                self._writer = tf.io.TFRecordWriter(str(path))
            self._writer.write(content)
            start = self._offset + RECORD_HEAD
            self._index.add_piece(start, places)
            self._offset = start + len(content) + RECORD_TAIL
        self._index.add_clip(len(self._shards), clip.num_frames, clip.words)
        self._clips.append({"id": clip_id, "num_frames": clip.num_frames})
        if self._offset > MAX_SHARD_SIZE:
            self._close()

    def finish(self, origin: Mapping[str, object]) -> None:
        """Writes index and manifest, and forces all files to the disk.

        Args:
          origin: what the clips were made of, for the manifest.

        Raises:
          UserError: no clip is left.
        """
        self._close()
        if not self._clips:
            raise errors.UserError(f"No clip of {self._name} can be read.")
        self._index.save(self._folder)
        manifest = {
            **origin,
            "index": sums.of(self._folder / reader.INDEX),
            "num_clips": len(self._clips),
            "num_frames": sum(clip["num_frames"] for clip in self._clips),
            "damaged": self.damaged,
            "shards": self._shards,
            "clips": self._clips,
        }
        (self._folder / reader.MANIFEST).write_text(json.dumps(manifest, indent=1))
        # Before the cache gets its name: a power cut leaves files of the right size with
        # zeros in them.
        for path in self._folder.iterdir():
            durable.sync(path)
        durable.sync(self._folder)

    def _close(self) -> None:
        """Ends the current shard."""
        if self._writer is None:
            return
        self._writer.close()
        path = self._folder / reader.shard_name(len(self._shards))
        self._shards.append(sums.of(path))
        self._writer, self._offset = None, 0

"""Finds the examples of a TFRecord file without reading them.

A TFRecord file is a row of records: the length of the content (8 bytes, little-endian)
and its checksum (4), the content, and its checksum (4). Reading only the lengths, the
places of all examples of a file of 200 MB are known in a millisecond.

    places = find_examples(path)
    content = read_example(path, *places[3])
"""

import pathlib
import struct

import tensorflow as tf

from tfvideogan.media import damage

HEAD = 12
TAIL = 4
LENGTH = struct.Struct("<Q")


def find_examples(path: pathlib.Path) -> list[tuple[int, int]]:
    """Returns offset and size in bytes of each example.

    Of a file that is cut off, or whose lengths make no sense, the last place reaches
    beyond its end: `read_example` then says so.
    """
    places = []
    end = path.stat().st_size
    with path.open("rb") as file:
        offset = 0
        while offset < end:
            file.seek(offset)
            head = file.read(HEAD)
            size = LENGTH.unpack_from(head)[0] if len(head) == HEAD else end
            places.append((offset + HEAD, size))
            offset += HEAD + size + TAIL
    return places


def read_example(path: pathlib.Path, offset: int, size: int) -> tf.train.Example:
    """Reads one example.

    Raises:
      DamagedClip: the file is cut off, or its content is no example.
    """
    if offset + size + TAIL > path.stat().st_size:
        raise damage.DamagedClip(
            f"{path} is cut off or no TFRecord file: the example at byte {offset} would "
            "end behind it; copy it again."
        )
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read(size)
    try:
        return tf.train.Example.FromString(content)
    except Exception as error:  # protobuf's own, whose class depends on its version
        raise damage.DamagedClip(
            f"The content of {path} at byte {offset} is no example ({error})."
        ) from error

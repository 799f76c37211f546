"""How clips are written: `SequenceExample`s, one feature list per key of the clip.

A clip is one example, a long one several, a piece each.

| context          | meaning                                                             |
|------------------|---------------------------------------------------------------------|
| `id`             | bytes, the clip's name in its dataset                               |
| `first_frame`    | int64, the frame of the clip with which the piece begins            |
| `num_frames`     | int64, frames of the piece                                          |
| `labels`, `caption_tokens`, `caption_lengths` | int64, one or L                        |

| feature list       | entries                                                           |
|--------------------|-------------------------------------------------------------------|
| `frames`           | RGB or grey: JPEG (quality 95, full chroma), one entry per frame  |
| `backgrounds`      | like `frames`                                                     |
| `blurred_frames`   | like `frames`                                                     |
| `foreground_masks` | PNG, grey, 0 or 1, one entry per frame                            |
| `forward_flow`     | float16 (dx, dy), little-endian, one entry                        |
| `backward_flow`    | float16 (dx, dy), little-endian, one entry                        |

Pictures of at most 64x64x3 bytes are written raw, all frames of a piece in one entry.

An `Index` knows where in the file each picture lies, so that a reader reads no byte
besides those of its window: of a film of an hour it reads the 8 frames it needs.

    content, places = encoded(clip, spec, "bear")
    picture = content[places["frames"].offsets[3]:][: places["frames"].sizes[3]]
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips

# Raises with any change of the tables above.
SCHEMA_VERSION = 4
JPEG_QUALITY = 95
# At 64x64 raw bytes are read several times faster than JPEG; above, they cost more disk
# than they save time.
MAX_RAW_SIZE = 64 * 64 * 3
FLOW_KEYS = ("forward_flow", "backward_flow")
FLOW_BYTES = np.dtype("<f2").itemsize


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the pictures of one key lie in some bytes, in order.

    Attributes:
      offsets: [n] int64.
      sizes: [n] int64.
    """

    offsets: np.ndarray
    sizes: np.ndarray


def moving_keys(spec: clips.ClipSpec) -> list[str]:
    """Returns the keys of a clip that have a picture per frame."""
    return [key for key in spec.shapes() if key not in clips.WHOLE_CLIP_KEYS]


def raw_size(key: str, spec: clips.ClipSpec) -> int:
    """Returns the bytes of a picture that is written raw, 0 of a compressed one."""
    size = math.prod(spec.with_frames(2).shapes()[key][1:])
    if key in FLOW_KEYS:
        return size * FLOW_BYTES
    return size if size <= MAX_RAW_SIZE else 0


def encoded(
    clip: Mapping[str, np.ndarray],
    spec: clips.ClipSpec,
    clip_id: str,
    *,
    first_frame: int = 0,
) -> tuple[bytes, dict[str, Places]]:
    """Serializes a raw clip or a piece of it; the layouts are in `data/source.py`.

    Args:
      clip: of any length.
      spec: of the clip; its number of frames does not matter.
      clip_id: its name.
      first_frame: with which the piece begins.

    Returns:
      A `SequenceExample`, and the places of its pictures by key.
    """
    example = tf.train.SequenceExample()
    context = example.context.feature
    context["id"].bytes_list.value.append(clip_id.encode())
    context["first_frame"].int64_list.value.append(first_frame)
    context["num_frames"].int64_list.value.append(len(clip["frames"]))
    entries = {}
    for key in spec.shapes():
        if key in clips.WHOLE_CLIP_KEYS:
            context[key].int64_list.value.extend(np.ravel(clip[key]).tolist())
        else:
            entries[key] = _entries(key, clip[key], spec)
            for entry in entries[key]:
                feature = example.feature_lists.feature_list[key].feature.add()
                feature.bytes_list.value.append(entry)
    content = example.SerializeToString()
    places = {
        key: _places(content, entries[key], raw_size(key, spec)) for key in entries
    }
    return content, places


def decoded(key: str, pictures: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Decodes the pictures of one key; a graph function.

    Args:
      key: of the clip.
      pictures: [T, bytes] uint8 of raw pictures, or [T] strings.
      shape: (T, H, W, C).

    Returns:
      [T, H, W, C], uint8 or float32 (flow).
    """
    if key in FLOW_KEYS:
        halves = tf.bitcast(tf.reshape(pictures, [*shape, FLOW_BYTES]), tf.float16)
        return tf.cast(halves, tf.float32)
    if pictures.dtype == tf.uint8:
        return tf.reshape(pictures, shape)
    decode = tf.io.decode_jpeg if key in clips.PIXEL_KEYS else tf.io.decode_png
    # One operation per picture: TensorFlow decodes them side by side.
    frames = [
        decode(picture, channels=shape[-1])
        for picture in tf.unstack(pictures, shape[0])
    ]
    return tf.ensure_shape(tf.stack(frames), shape)


def _entries(key: str, pictures: np.ndarray, spec: clips.ClipSpec) -> list[bytes]:
    if key in FLOW_KEYS:
        return [pictures.astype("<f2").tobytes()]
    if raw_size(key, spec):
        return [pictures.tobytes()]
    if key in clips.PIXEL_KEYS:
        return [
            tf.io.encode_jpeg(
                picture, quality=JPEG_QUALITY, chroma_downsampling=False
            ).numpy()
            for picture in pictures
        ]
    return [tf.io.encode_png(picture).numpy() for picture in pictures]


def _places(content: bytes, entries: list[bytes], picture_size: int) -> Places:
    """Finds pictures in the example: where the same bytes stand, the picture stands."""
    offsets, sizes, position = [], [], 0
    for entry in entries:
        position = content.index(entry, position)
        step = picture_size or len(entry)
        count = len(entry) // step
        offsets += [position + number * step for number in range(count)]
        sizes += [step] * count
        position += len(entry)
    return Places(np.array(offsets, np.int64), np.array(sizes, np.int64))

"""How a clip is written: one `SequenceExample`, one feature list per key of the clip.

| context          | meaning                                                             |
|------------------|---------------------------------------------------------------------|
| `id`             | bytes, the clip's name in its dataset                               |
| `num_frames`     | int64, T                                                            |
| `labels`, `caption_tokens`, `caption_lengths` | int64, one or L                        |

| feature list       | entries, bytes each                                               |
|--------------------|-------------------------------------------------------------------|
| `frames`           | T: raw RGB up to 64x64x3, else JPEG (quality 95, full chroma)     |
| `backgrounds`      | T: like `frames`                                                  |
| `foreground_masks` | T: PNG, grey, 0 or 1                                              |
| `forward_flow`     | T-1: raw float16 (dx, dy), little-endian                          |
| `backward_flow`    | T-1: raw float16 (dx, dy), little-endian                          |

Which lists there are, and their sizes, follow from the clip's `ClipSpec`. A reader takes
its window from the lists before it decodes anything: of a clip of 90 frames it decodes
the 8 it needs.

    content = encoded(clip, spec, "bear")
    window = decoded(content, spec, frames=8, seed=seed)
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.data import source

# Raises with any change of the tables above.
SCHEMA_VERSION = 2
JPEG_QUALITY = 95
# At 64x64 raw bytes are read several times faster than JPEG; above, they cost more disk
# than they save time.
MAX_RAW_SIZE = 64 * 64 * 3
PIXEL_KEYS = ("frames", "backgrounds")
FLOW_KEYS = ("forward_flow", "backward_flow")


def encoded(
    clip: Mapping[str, np.ndarray], spec: clips.ClipSpec, clip_id: str
) -> bytes:
    """Serializes a raw clip of any length; the layouts are in `data/source.py`."""
    example = tf.train.SequenceExample()
    example.context.feature["id"].bytes_list.value.append(clip_id.encode())
    num_frames = len(clip["frames"])
    example.context.feature["num_frames"].int64_list.value.append(num_frames)
    for key in spec.shapes():
        if key in clips.WHOLE_CLIP_KEYS:
            values = np.ravel(clip[key]).tolist()
            example.context.feature[key].int64_list.value.extend(values)
            continue
        entries = example.feature_lists.feature_list[key].feature
        for picture in clip[key]:
            content = _encoded_picture(key, picture, spec)
            entries.add().bytes_list.value.append(content)
    return example.SerializeToString()


def decoded(
    content: tf.Tensor,
    spec: clips.ClipSpec,
    *,
    frames: int,
    seed: tf.Tensor | None = None,
) -> dict[str, tf.Tensor]:
    """Reads a window of a serialized clip; a graph function.

    Args:
      content: scalar string.
      spec: of the clip; its number of frames does not matter.
      frames: length of the window.
      seed: [2] int32 draws the first frame; without it the window starts at 0.

    Returns:
      A raw window with static shapes, as in `data/source.py`.
    """
    shapes = spec.with_frames(frames).shapes()
    whole = [key for key in shapes if key in clips.WHOLE_CLIP_KEYS]
    moving = [key for key in shapes if key not in whole]
    context, lists = tf.io.parse_single_sequence_example(
        content,
        context_features={
            "num_frames": tf.io.FixedLenFeature([], tf.int64),
            **{key: tf.io.FixedLenFeature(shapes[key], tf.int64) for key in whole},
        },
        sequence_features={
            key: tf.io.FixedLenSequenceFeature([], tf.string) for key in moving
        },
    )[:2]
    start = source.window_start(context["num_frames"], frames, seed)
    return {
        key: _decoded_pictures(key, lists[key][start : start + shape[0]], shape, spec)
        for key, shape in shapes.items()
        if key in moving
    } | {key: tf.cast(context[key], tf.int32) for key in whole}


def _encoded_picture(key: str, picture: np.ndarray, spec: clips.ClipSpec) -> bytes:
    if key in FLOW_KEYS:
        return picture.astype("<f2").tobytes()
    if key in PIXEL_KEYS and _is_raw(spec):
        return picture.tobytes()
    if key in PIXEL_KEYS:
        return tf.io.encode_jpeg(
            picture, quality=JPEG_QUALITY, chroma_downsampling=False
        ).numpy()
    return tf.io.encode_png(picture).numpy()


def _decoded_pictures(
    key: str, entries: tf.Tensor, shape: tuple[int, ...], spec: clips.ClipSpec
) -> tf.Tensor:
    """Decodes the entries [n] of one list to a tensor of `shape`, n pictures."""
    if shape[0] == 0:  # the flow of a single frame
        return tf.zeros(shape, tf.float32)
    if key in FLOW_KEYS:
        flow = tf.io.decode_raw(entries, tf.float16)
        return tf.reshape(tf.cast(flow, tf.float32), shape)
    if key in PIXEL_KEYS and _is_raw(spec):
        return tf.reshape(tf.io.decode_raw(entries, tf.uint8), shape)
    decode = tf.io.decode_jpeg if key in PIXEL_KEYS else tf.io.decode_png
    # One operation per picture: TensorFlow decodes them side by side.
    pictures = [decode(entries[i], channels=shape[-1]) for i in range(shape[0])]
    return tf.ensure_shape(tf.stack(pictures), shape)


def _is_raw(spec: clips.ClipSpec) -> bool:
    return spec.height * spec.width * spec.channels <= MAX_RAW_SIZE

"""Writes small BAIR folders for tests: true names, keys and raw pictures."""

import pathlib

import numpy as np
import tensorflow as tf

SIZE = 64
FRAMES = 30


def write(root: pathlib.Path, *, validation: bool = True) -> str:
    """Writes 3 training clips, 2 for validation and 2 for testing."""
    files = {"train/traj_0_to_255": (0, 3), "test/traj_0_to_255": (200, 2)}
    if validation:
        files["train/traj_256_to_511"] = (100, 2)
    for name, (first, count) in files.items():
        path = root / "softmotion30_44k" / f"{name}.tfrecords"
        path.parent.mkdir(parents=True, exist_ok=True)
        with tf.io.TFRecordWriter(str(path)) as writer:
            for number in range(first, first + count):
                writer.write(example(number).SerializeToString())
    return str(root)


def pictures(number: int) -> np.ndarray:
    """[30, 64, 64, 3]: red is the clip, green the moment, blue the column."""
    frames = np.zeros((FRAMES, SIZE, SIZE, 3), np.uint8)
    frames[..., 0] = number
    frames[..., 1] = np.arange(FRAMES)[:, None, None]
    frames[..., 2] = np.arange(SIZE)
    return frames


def example(number: int) -> tf.train.Example:
    """One trajectory, with the keys of the authors."""
    features = {}
    for t, picture in enumerate(pictures(number)):
        features[f"{t}/image_main/encoded"] = _bytes(picture.tobytes())
        features[f"{t}/image_aux1/encoded"] = _bytes((255 - picture).tobytes())
        features[f"{t}/action"] = _floats([0.0] * 4)
        features[f"{t}/endeffector_pos"] = _floats([0.0] * 3)
    return tf.train.Example(features=tf.train.Features(feature=features))


def _bytes(content: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))


def _floats(values: list[float]) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))

"""Tiny data sets with the names and features of those of tensorflow-datasets.

    prepare("davis", folder)

writes TFRecord files as `tfds build` does, from pixels that tell what they are.
"""

import pathlib

import numpy as np
import tensorflow_datasets as tfds

VERSION = tfds.core.Version("1.0.0")
COUNTS = {"train": 3, "validation": 2, "test": 2}
HEIGHT, WIDTH = 8, 10


def frames(number: int, count: int, height=HEIGHT, width=WIDTH, channels=3):
    """[T, H, W, C]: the grey is 20 x the example + the moment, with a ramp."""
    ramp = np.arange(width, dtype=np.uint8)[:, None]
    result = np.zeros((count, height, width, channels), np.uint8) + ramp
    result += (20 * number + np.arange(count, dtype=np.uint8))[:, None, None, None]
    return result


def _davis(number):
    masks = np.zeros((4, HEIGHT, WIDTH, 1), np.uint8)
    masks[:, 2:4, 2:6], masks[:, 5, 5], masks[:, 7] = 1, 2, 255
    pairs = zip(frames(number, 4), masks, strict=True)
    return {
        "video": [{"frames": f, "segmentations": m} for f, m in pairs],
        "metadata": {"num_frames": 4, "video_name": f"video {number}"},
    }


def _bair(number):
    return [
        {
            "image_main": frame,
            "image_aux1": 255 - frame,
            "action": np.zeros(4, np.float32),
            "endeffector_pos": np.zeros(3, np.float32),
        }
        for frame in frames(number, 30, 64, 64)
    ]


# Name: features, splits, and what makes an example of a number.
DATASETS = {
    "davis": (
        {
            "video": tfds.features.Sequence(
                {
                    "frames": tfds.features.Image(shape=(None, None, 3)),
                    "segmentations": tfds.features.Image(
                        shape=(None, None, 1), use_colormap=True
                    ),
                }
            ),
            "metadata": {"num_frames": np.int64, "video_name": np.str_},
        },
        ("train", "validation"),
        _davis,
    ),
    "moving_mnist": (
        {"image_sequence": tfds.features.Video(shape=(20, 64, 64, 1))},
        ("test",),
        lambda number: {"image_sequence": frames(number, 20, 64, 64, 1)},
    ),
    "ucf101": (
        {
            "video": tfds.features.Video((None, None, None, 3), encoding_format="png"),
            "label": tfds.features.ClassLabel(names=["ApplyEyeMakeup", "YoYo"]),
        },
        ("train", "test"),
        lambda number: {"video": frames(number, 5), "label": number % 2},
    ),
    "bair_robot_pushing_small": (
        tfds.features.Sequence(
            {
                "image_main": tfds.features.Image(shape=(64, 64, 3)),
                "image_aux1": tfds.features.Image(shape=(64, 64, 3)),
                "action": tfds.features.Tensor(shape=(4,), dtype=np.float32),
                "endeffector_pos": tfds.features.Tensor(shape=(3,), dtype=np.float32),
            },
            length=30,
        ),
        ("train", "test"),
        _bair,
    ),
    "mnist": (
        {
            "image": tfds.features.Image(shape=(28, 28, 1)),
            "label": tfds.features.ClassLabel(num_classes=10),
        },
        ("train", "test"),
        lambda number: {"image": frames(number, 1, 28, 28, 1)[0], "label": number % 10},
    ),
}


def prepare(dataset: str, folder: pathlib.Path, config: str | None = None) -> str:
    """Prepares a data set in a folder, the data sets' common one."""
    features, splits, example = DATASETS[dataset]

    class Tiny(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        name = dataset
        VERSION = VERSION
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] if config else []

        def _info(self):
            named = features
            if isinstance(features, dict):
                named = tfds.features.FeaturesDict(features)
            return tfds.core.DatasetInfo(builder=self, features=named)

        def _split_generators(self, _):
            return {split: self._generate_examples(split) for split in splits}

        def _generate_examples(self, split):
            first = 5 * list(COUNTS).index(split)
            for number in range(first, first + COUNTS[split]):
                yield number, example(number)

    Tiny(data_dir=folder).download_and_prepare()
    return str(folder)

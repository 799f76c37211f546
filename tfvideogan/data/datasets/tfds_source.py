"""Video data sets of tensorflow-datasets, prepared on this machine.

| builder                    | clips                                  | splits             |
|----------------------------|----------------------------------------|--------------------|
| `davis`                    | colour, masks of all objects, flow     | train, validation  |
| `moving_mnist`             | grey, 20 frames of 64x64               | test               |
| `ucf101`                   | colour, labels                         | train, test        |
| `bair_robot_pushing_small` | colour, 30 frames of 64x64, main camera| train, test        |
| `mnist`                    | grey stills of 28x28, labels           | train, test        |

A name may have a configuration and a version behind it: "davis/480p", "ucf101/ucf101_1".

    source = TfdsSource("davis/480p", data_dir="~/tensorflow_datasets", frames=8)

Nothing is downloaded but with `allow_download`: prepare a data set beforehand by
`tfds build davis/480p`, which takes the time, the disk and the licence that it says. Its
TFRecord files are then read where they are, in any order, without its builder's code.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvideogan.core import clip, errors
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import tfrecord_index
from tfvideogan.media import damage, image_sequences, mask_values, resizing
from tfvideogan.media import flow as optical_flow

SPLITS = ("train", "validation", "test")
INFO = "dataset_info.json"


@dataclasses.dataclass(frozen=True)
class Reading:
    """Where the features of a data set are that make a clip.

    Attributes:
      frames: path to the pictures [T, H, W, C], or [H, W, C] of a still.
      masks: path to the numbers of objects [T, H, W, 1], or none.
      label: path to the class, or none.
      channels: 1 (grey) or 3 (RGB).
      fps: frames per second.
    """

    frames: tuple[str, ...]
    masks: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    channels: int = 3
    fps: float = 8.0


READINGS = {
    "davis": Reading(("video", "frames"), masks=("video", "segmentations"), fps=24.0),
    "moving_mnist": Reading(("image_sequence",), channels=1, fps=10.0),
    "ucf101": Reading(("video",), label=("label",), fps=25.0),
    "bair_robot_pushing_small": Reading(("image_main",)),
    "mnist": Reading(("image",), label=("label",), channels=1),
}


@dataclasses.dataclass(kw_only=True, eq=False)
class TfdsSource(converted.ConvertedSource):
    """Clips of a data set of tensorflow-datasets; a `source.ClipSource`.

    Settings are those of `converted.ConvertedSource` (`builder` and `data_dir` stand for
    `root`, and `frames` is 1 for stills) and these:

    Attributes:
      name: such as "tfds_davis".
      builder: name[/configuration][/version]; the newest version by default.
      data_dir: the folder of all data sets, as in `tfds.load`.
      channels: 1 (grey) or 3 (RGB); what the data set has by default.
      fit: "stretch" changes the proportions, "crop" cuts the middle.
      flow: whether clips have flow, estimated by DIS.
      allow_download: whether a data set that is not there may be downloaded.

    Raises:
      UserError: the data set is unknown, not prepared, or damaged.
    """

    root: str = dataclasses.field(init=False)
    builder: str = dataclasses.field(kw_only=False)
    data_dir: str = "~/tensorflow_datasets"
    frames: int = 8
    channels: int | None = None
    fit: str = "stretch"
    flow: bool = False
    allow_download: bool = False

    def __post_init__(self) -> None:
        self.root = self.data_dir
        super().__post_init__()
        short = self.builder.split("/")[0]
        if short not in READINGS:
            raise errors.UserError(
                f"`builder` ({self.builder!r}) must be one of {', '.join(READINGS)}, "
                "perhaps with a configuration."
            )
        reading = READINGS[short]
        prepared = _opened(self.builder, self.folder, self.allow_download)
        self.name = f"tfds_{short}"
        self.title = f"{prepared.info.full_name} of tensorflow-datasets"
        features = prepared.info.features
        label = _at(features, reading.label) if reading.label else None
        spec = self.make_spec(
            channels=self.channels or reading.channels,
            has_masks=bool(reading.masks),
            has_flow=self.flow,
            num_classes=label.num_classes if label else 0,
            fps=reading.fps,
        )
        # One graph decodes all examples: without it, each takes many times as long.
        decode = tf.function(
            features.deserialize_example,
            input_signature=[tf.TensorSpec([], tf.string)],
        )
        clips = {
            split: [
                converted.RawClip(
                    f"{split}/{path.name}/{number}",
                    (path,),
                    functools.partial(
                        _load, path, *place, decode, reading, spec, self.fit
                    ),
                )
                for path in _files(prepared, split)
                for number, place in enumerate(tfrecord_index.find_examples(path))
            ]
            for split in SPLITS
            if split in prepared.info.splits
        }
        self.convert(
            spec,
            clips,
            parameters={
                "builder": prepared.info.full_name,
                "fit": self.fit,
                "flow": optical_flow.PRODUCER if self.flow else None,
            },
        )


def _opened(
    builder: str, root: pathlib.Path, allow_download: bool
) -> tfds.core.DatasetBuilder:
    """Opens a prepared data set, or prepares it if that is allowed."""
    folders = [path.parent for path in (root / builder).glob(INFO)]
    folders += [path.parent for path in (root / builder).glob(f"*/{INFO}")]
    folders += [path.parent for path in (root / builder).glob(f"*/*/{INFO}")]
    if not folders and allow_download:
        fresh = tfds.builder(builder, data_dir=root)
        fresh.download_and_prepare()
        return fresh
    if not folders:
        raise errors.UserError(
            f"{root} has no prepared {builder}; prepare it by `tfds build {builder} "
            f"--data_dir={root}`, name another folder by `data_dir`, or let "
            "`allow_download` be True."
        )
    if len({folder.parent for folder in folders}) > 1:
        names = sorted(
            {folder.parent.relative_to(root).as_posix() for folder in folders}
        )
        raise errors.UserError(
            f"{root} has several configurations of {builder}; choose `builder` among "
            f"{', '.join(names)}."
        )
    return tfds.builder_from_directory(max(folders, key=_version))


def _version(folder: pathlib.Path) -> list[int]:
    return [int(part) for part in folder.name.split(".") if part.isdecimal()]


def _files(prepared: tfds.core.DatasetBuilder, split: str) -> list[pathlib.Path]:
    """Returns the TFRecord files of a split."""
    if prepared.info.file_format is not tfds.core.FileFormat.TFRECORD:
        raise errors.UserError(
            f"{prepared.info.full_name} was prepared as "
            f"{prepared.info.file_format.value}; prepare it with "
            "--file_format=tfrecord, which is the default."
        )
    paths = [pathlib.Path(str(path)) for path in prepared.info.splits[split].filepaths]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise errors.UserError(
            f"{missing[0]} does not exist, though {INFO} beside it tells of it; prepare "
            f"{prepared.info.full_name} again."
        )
    return paths


def _load(
    path: pathlib.Path,
    offset: int,
    size: int,
    decode: Callable[[tf.Tensor], dict],
    reading: Reading,
    spec: clip.ClipSpec,
    fit: str,
) -> dict[str, np.ndarray]:
    """Reads one example at the size of the spec."""
    cv2.setNumThreads(0)  # examples are converted side by side
    content = tfrecord_index.read_example(path, offset, size).SerializeToString()
    try:
        example = decode(tf.constant(content))
    except tf.errors.OpError as error:
        reason = str(error.message).splitlines()[0]
        raise damage.DamagedClip(
            f"The example at byte {offset} of {path} cannot be decoded ({reason})."
        ) from error
    whole = _at(example, reading.frames).numpy()
    whole = whole if whole.ndim == len(("T", "H", "W", "C")) else whole[np.newaxis]
    size_ = (spec.height, spec.width)
    frames = image_sequences.adapted(whole, size=size_, channels=spec.channels, fit=fit)
    loaded = {"frames": np.stack(list(frames))}
    if reading.masks:
        objects = _at(example, reading.masks).numpy()[..., 0]
        masks = ((objects > 0) & (objects != mask_values.VOID)).astype(np.uint8)
        fitted = [resizing.fitted_mask(mask, *size_, fit=fit) for mask in masks]
        loaded["foreground_masks"] = np.stack(fitted)[..., None]
    if reading.label:
        loaded["labels"] = np.int32(_at(example, reading.label))
    if spec.has_flow:
        forward, backward = optical_flow.estimate_clip(loaded["frames"])
        loaded |= {"forward_flow": forward, "backward_flow": backward}
    return loaded


def _at(tree: dict, path: tuple[str, ...]) -> object:
    """Returns what lies at a path of nested dictionaries."""
    return functools.reduce(lambda part, key: part[key], path, tree)

"""YouTube-VOS: thousands of videos of 94 kinds of objects, with masks in every 5th frame.

The folder as downloaded (one archive each):

    <root>/train/JPEGImages/0a2f2bd294/00000.jpg, 00005.jpg ...   6 frames/s
    <root>/train/Annotations/0a2f2bd294/00000.png ...             palette masks
    <root>/valid/, <root>/test/                                   frames; no whole masks
    <root>/train_all_frames/JPEGImages/0a2f2bd294/00000.jpg ...   30 frames/s, no masks

Only the training videos have masks in all annotated frames. With `masks` they are split
into train, validation and test by a hash of each video's name. Without, the folders
train, valid and test are the splits, as the literature on inpainting has it.

    source = YoutubeVos(root="/data/YouTubeVOS", frames=8, height=240, width=432)

Objects may come and go: of each video the longest run of annotated frames is a clip.

The annotations are CC BY 4.0; the footage belongs to its authors.

Reference: Xu et al., YouTube-VOS: a large-scale video object segmentation benchmark, 2018.
"""

import dataclasses
import functools
import itertools
import pathlib

import cv2
import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import splitting
from tfvideogan.data.cache import converted
from tfvideogan.media import damage, image_sequences, mask_values, resizing, stills
from tfvideogan.media import flow as optical_flow

FPS = 30.0
# Every so many frames are in the archives that are not called all_frames.
STEP = 5
FOLDERS = {"train": "train", "validation": "valid", "test": "test"}
ALL_FRAMES = "_all_frames"
TREE = (
    "expected <root>/train/JPEGImages/<video>/00000.jpg and "
    "<root>/train/Annotations/<video>/00000.png"
)


@dataclasses.dataclass(kw_only=True, eq=False)
class YoutubeVos(converted.ConvertedSource):
    """Videos of YouTube-VOS; a `source.ClipSource`.

    The folder has the folder `train`. Settings are those of `converted.ConvertedSource`
    and these:

    Attributes:
      masks: whether the clips have `foreground_masks`.
      flow: whether they have flow, estimated by DIS.
      all_frames: whether to read the folders `train_all_frames` and so on; these have no
        masks.
      object_id: which object of a video; 0 takes the union of all.
    """

    name = "youtube_vos"

    frames: int = 8
    height: int = 240
    width: int = 432
    masks: bool = True
    flow: bool = False
    all_frames: bool = False
    object_id: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.masks and self.all_frames:
            raise errors.UserError(
                "`all_frames` has no masks: let `masks` be False, or read the annotated "
                "frames only."
            )
        spec = self.make_spec(
            fps=FPS if self.all_frames else FPS / STEP,
            has_masks=self.masks,
            has_flow=self.flow,
        )
        self.title = "YouTube-VOS"
        if self.masks:
            self.title += ", train/ split by video,"
        clips = self._clips(spec)
        self.convert(
            spec,
            clips,
            parameters={
                "object_id": self.object_id,
                "masks": self.notes,
                "flow": optical_flow.PRODUCER if self.flow else None,
            },
        )

    def _clips(self, spec: clip.ClipSpec) -> dict[str, list[converted.RawClip]]:
        """Returns the videos of each split."""
        ending = ALL_FRAMES if self.all_frames else ""
        folders = {
            split: self.folder / (name + ending) for split, name in FOLDERS.items()
        }
        if not (folders["train"] / "JPEGImages").is_dir():
            raise errors.UserError(
                f"{folders['train'] / 'JPEGImages'} does not exist; {TREE}."
            )
        if not self.masks:
            return {
                split: [
                    _raw_clip(f"{split}/{video}", _frames(folder, video), {}, spec, 0)
                    for video in _videos(folder)
                ]
                for split, folder in folders.items()
            }
        folder = folders["train"]
        annotated = {video: _annotated(folder, video) for video in _videos(folder)}
        values = stills.mask_meaning(
            [path for _, masks in annotated.values() for path in masks.values()],
            void=mask_values.VOID,
        )
        self.notes = (f"masks: {values.describe()}",)
        splits = splitting.by_hash(list(annotated))
        return {
            split: [
                _raw_clip(
                    f"train/{video}", *annotated[video], spec, self.object_id, values
                )
                for video in videos
            ]
            for split, videos in splits.items()
        }


def _videos(folder: pathlib.Path) -> list[str]:
    root = folder / "JPEGImages"
    return sorted(one.name for one in root.glob("*") if one.is_dir())


def _frames(folder: pathlib.Path, video: str) -> dict[int, pathlib.Path]:
    """Returns the pictures of a video by their numbers, in order."""
    return _numbered(folder / "JPEGImages" / video)


def _annotated(
    folder: pathlib.Path, video: str
) -> tuple[dict[int, pathlib.Path], dict[int, pathlib.Path]]:
    """Returns the longest run of frames with masks, and these."""
    frames = _frames(folder, video)
    masks = _numbered(folder / "Annotations" / video)
    runs = [
        list(run)
        for has_mask, run in itertools.groupby(frames, key=lambda n: n in masks)
        if has_mask
    ]
    longest = max(runs, key=len, default=[])
    return {n: frames[n] for n in longest}, {n: masks[n] for n in longest}


def _numbered(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    if not folder.is_dir():
        return {}
    return {image_sequences.number(p): p for p in image_sequences.numbered(folder)}


def _raw_clip(
    name: str,
    frames: dict[int, pathlib.Path],
    masks: dict[int, pathlib.Path],
    spec: clip.ClipSpec,
    object_id: int,
    values: mask_values.Values | None = None,
) -> converted.RawClip:
    paths = (tuple(frames.values()), tuple(masks.values()))
    load = functools.partial(_load, name, *paths, spec, object_id, values)
    return converted.RawClip(name, paths[0] + paths[1], load)


def _load(
    name: str,
    frame_paths: tuple[pathlib.Path, ...],
    mask_paths: tuple[pathlib.Path, ...],
    spec: clip.ClipSpec,
    object_id: int,
    values: mask_values.Values | None,
) -> dict[str, np.ndarray]:
    """Reads a video at the size of the spec."""
    cv2.setNumThreads(0)  # videos are converted side by side
    if not frame_paths:
        raise damage.DamagedClip(
            f"The video {name} has no masks, or none of its frames; copy them, or let "
            "`masks` be False."
            if spec.has_masks
            else f"The video {name} has no frames; copy them."
        )
    size = (spec.height, spec.width)
    frames = np.stack(
        [resizing.fitted(stills.read_frame(path), *size) for path in frame_paths]
    )
    loaded = {"frames": frames}
    if spec.has_masks:
        masks = [
            resizing.fitted_mask(stills.read_mask(path, object_id, values), *size)
            for path in mask_paths
        ]
        loaded["foreground_masks"] = np.stack(masks)[..., None]
    if spec.has_flow:
        forward, backward = optical_flow.estimate_clip(frames)
        loaded |= {"forward_flow": forward, "backward_flow": backward}
    return loaded

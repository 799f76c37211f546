"""A user's own videos, as they are: films and folders of frames, without preparation.

    <root>/clip.mp4                            mp4, avi, mov, webm, mkv, gif, npz ...
    <root>/clip/00000.png ...                  or a folder of pictures
    <root>/<class>/clip.mp4                    folders of classes give labels
    <root>/train/<class>/clip.mp4              folders of splits are obeyed
    <root>/masks/<class>/clip/00000.png ...    masks, or beside the clip: clip_mask/
    <root>/captions.csv                        captions, or captions.json

All but the first are optional. Without folders of splits a hash of the name decides, so
that a video is never in two splits. A long video is one clip, from which windows are cut.
Damaged files are left out up to a share (`media/damage.py`).

    source = Folder(root="~/videos", frames=16, height=64, width=64)
"""

import dataclasses
import functools
import pathlib
from collections.abc import Iterator

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import captions, splitting
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import class_folders
from tfvideogan.data.datasets.folder import captions as caption_files
from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import damage, image_sequences, reader, resizing

ENDINGS = (
    *(".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".mpg", ".mpeg", ".wmv", ".ogv"),
    *(".gif", ".apng", ".npz"),
)
TREE = (
    "expected videos (mp4, avi, mov, webm, gif ...) or folders of pictures, in it or in "
    "folders of classes"
)
# Sources of captions besides the name of a file.
NO_CAPTIONS, FROM_NAMES = "none", "names"


@dataclasses.dataclass(kw_only=True, eq=False)
class Folder(converted.ConvertedSource):
    """Videos of a folder, with labels, masks and captions where there are any.

    A `source.ClipSource`; instead of a folder a single video will do. Settings are those
    of `converted.ConvertedSource` and these:

    Attributes:
      class_names: of the labels; empty where there are no folders of classes.
      channels: 3 (RGB) or 1 (grey).
      fit: "crop" takes the middle of frames of other proportions, "stretch" all.
      fps: resamples every film to so many frames per second; None leaves each at its own.
      masks: whether clips have masks; None looks whether any has.
      captions_from: a csv or json file, "names" (of the clips), "none", or None for the
        file captions.csv or captions.json in the folder, if there is one.
      validation: share of that split, where there are no folders of splits.
      test: share of that split, likewise.
    """

    name = "folder"
    title = "videos"

    channels: int = 3
    fit: str = "crop"
    fps: float | None = None
    masks: bool | None = None
    captions_from: str | None = None
    validation: float = splitting.VALIDATION_SHARE
    test: float = splitting.TEST_SHARE

    def __post_init__(self) -> None:
        super().__post_init__()
        resizing.check_fit(self.fit)
        listing = _listing(self.folder, self.validation, self.test)
        self.class_names = listing.class_names
        found = [one for split in listing.splits.values() for one in split]
        mask_paths = {one.id: mask_folders.find(one.path, self.folder) for one in found}
        has_masks = any(mask_paths.values()) if self.masks is None else self.masks
        if has_masks and self.fps is not None:
            raise errors.UserError(
                f"`fps` ({self.fps:g}) would part frames from their masks; use one or the "
                "other."
            )
        texts = _captions(self.folder, self.captions_from, [one.id for one in found])
        words = sorted({word for text in texts.values() for word in text.split()})
        vocabulary = captions.Vocabulary(words) if texts else None
        spec = self.make_spec(
            channels=self.channels,
            has_masks=has_masks,
            num_classes=len(listing.class_names),
            caption_length=max((len(one.split()) for one in texts.values()), default=0),
            words=vocabulary.words if vocabulary else (),
            fps=self.fps or _fps(found[0].path),
        )
        clips = {}
        for split, listed in listing.splits.items():
            clips[split] = []
            for one in listed:
                masks = mask_paths[one.id] if has_masks else None
                clips[split].append(
                    converted.RawClip(
                        one.id,
                        (*_files(one.path), *(_files(masks) if masks else ())),
                        functools.partial(
                            _load, one.path, masks, spec, self.fit, self.fps
                        ),
                        label=listing.label(one),
                        caption=texts.get(one.id),
                    )
                )
        self.convert(
            spec,
            clips,
            parameters={"fit": self.fit, "fps": self.fps},
            vocabulary=vocabulary,
        )


def _listing(
    root: pathlib.Path, validation: float, test: float
) -> class_folders.Listing:
    if root.exists() and _is_video(root):
        only = class_folders.Found(root, root.name, "")
        return class_folders.Listing({splitting.TRAIN: (only,)}, ())
    return class_folders.find(
        root,
        _is_video,
        tree=TREE,
        validation=validation,
        test=test,
        is_ignored=lambda path: mask_folders.is_for_masks(path, root),
    )


def _is_video(path: pathlib.Path) -> bool:
    if path.is_dir():
        return bool(image_sequences.numbered(path))
    return path.suffix.lower() in ENDINGS


def _captions(
    root: pathlib.Path, captions_from: str | None, ids: list[str]
) -> dict[str, str]:
    if captions_from == NO_CAPTIONS:
        return {}
    if captions_from == FROM_NAMES:
        return caption_files.from_names(ids)
    if captions_from is not None:
        return caption_files.read(pathlib.Path(captions_from).expanduser(), ids)
    path = caption_files.find(root)
    return caption_files.read(path, ids) if path else {}


def _fps(path: pathlib.Path) -> float:
    """Returns the rate of a video; a damaged one is complained of later."""
    try:
        return reader.probe(path).fps
    except damage.DamagedClip:
        return image_sequences.DEFAULT_FPS


def _files(path: pathlib.Path) -> tuple[pathlib.Path, ...]:
    return tuple(image_sequences.numbered(path)) if path.is_dir() else (path,)


def _load(
    path: pathlib.Path,
    mask_folder: pathlib.Path | None,
    spec: clip.ClipSpec,
    fit: str,
    fps: float | None,
) -> Iterator[dict[str, np.ndarray]]:
    """Yields a video in pieces, with its masks."""
    if spec.has_masks and mask_folder is None:
        raise damage.DamagedClip(
            f"{path} has no masks although other clips have; add them, or read the clips "
            "with `masks` = False."
        )
    masks = mask_folders.Masks(path, mask_folder) if mask_folder else None
    pieces, _ = reader.read_pieces(
        path,
        height=spec.height,
        width=spec.width,
        channels=spec.channels,
        fit=fit,
        fps=fps,
    )
    start = 0
    for frames in pieces:
        piece = {"frames": frames}
        if masks:
            piece["foreground_masks"] = masks.read(
                start, len(frames), spec.height, spec.width, fit
            )
        start += len(frames)
        yield piece

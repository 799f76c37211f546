"""A user's own videos, as they are: films and folders of frames, without preparation.

    <root>/clip.mp4                            mp4, avi, mov, webm, mkv, gif, npz ...
    <root>/clip/00000.png ...                  or a folder of pictures
    <root>/<class>/clip.mp4                    folders of classes give labels
    <root>/train/<class>/clip.mp4              folders of splits are obeyed
    <root>/masks/<class>/clip/00000.png ...    masks, or beside the clip: clip_mask/
    <root>/masks/<class>/clip.png              of the first frame alone: clip_mask.png
    <root>/captions.csv                        captions, or captions.json

All but the first are optional. Without folders of splits a hash of the name decides, so
that a video is never in two splits. A long video is one clip, from which windows are cut.
Damaged files are left out up to a share (`media/damage.py`); what is not read at all is
named in the log, a line for each kind, and so is what the values of masks mean.

    source = Folder(root="~/videos", frames=16, height=64, width=64)
"""

import dataclasses
import functools
import pathlib
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import captions, splitting
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import class_folders
from tfvideogan.data.datasets.folder import captions as caption_files
from tfvideogan.data.datasets.folder import listing as folder_listing
from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import (
    damage,
    image_sequences,
    reader,
    resizing,
    stills,
)
from tfvideogan.media import flow as optical_flow
from tfvideogan.media import mask_values as meanings

FLOWS = (None, "dis", "none")
# Of the masks: that of the first frame alone.
FIRST = "first"
FIRST_NOTE = (
    "masks of first frames alone: windows begin there; J and F are not measured"
)
# So many films are asked for their rates before they are read.
SAMPLE = 16
# Rates that differ by a smaller share are the same to the eye.
SAME_RATE = 0.02
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
      masks: whether clips have masks; "first" reads those of the first frames alone, for
        models that need no other; None looks whether any clip has masks, and whether all
        that have any have a single one.
      mask_values: what their values mean, "white", "ids" or "alpha"; None decides it for
        the whole set by what is in it (`media/mask_values.py`).
      mask_void: number of no object, where values are numbers.
      flow: "dis" estimates it in both directions, "none" does not; None does for clips
        with masks at a `stride` of 1.
      split_folders: whether folders called train, test ... are splits (True) or classes
        (False); None as in `class_folders.find`.
      captions_from: a csv or json file, "names" (of the clips), "none", or None for the
        file captions.csv or captions.json in the folder, if there is one.
      validation: share of that split, where there are no folders of splits.
      test: share of that split, likewise.
    """

    has_plain_ground = False
    name = "folder"
    title = "videos"

    channels: int = 3
    fit: str = "crop"
    fps: float | None = None
    masks: bool | str | None = None
    mask_values: str | None = None
    mask_void: int | None = None
    flow: str | None = None
    split_folders: bool | None = None
    captions_from: str | None = None
    validation: float = splitting.VALIDATION_SHARE
    test: float = splitting.TEST_SHARE

    def __post_init__(self) -> None:
        super().__post_init__()
        resizing.check_fit(self.fit)
        if self.flow not in FLOWS:
            raise errors.UserError(
                f'`flow` ({self.flow!r}) must be "dis", "none" or None.'
            )
        if self.masks not in (None, False, True, FIRST):
            raise errors.UserError(
                f'`masks` ({self.masks!r}) must be True, False, "{FIRST}" or None.'
            )
        listing = self._listing()
        self.class_names = listing.class_names
        found = [one for split in listing.splits.values() for one in split]
        mask_paths = {one.id: mask_folders.find(one.path, self.folder) for one in found}
        masked = {one.path: mask_paths[one.id] for one in found if mask_paths[one.id]}
        has_masks = bool(masked if self.masks is None else self.masks)
        self.has_all_masks = not has_masks or not self._has_first_only(masked)
        values = self._mask_values(mask_paths.values()) if has_masks else None
        has_flow = self.flow == "dis"
        if self.flow is None:
            has_flow = has_masks and self.stride == 1
        rate, *mixed = self._rates([one.path for one in found])
        paths = [one.path for one in found]
        folder_listing.note_unused(listing, self.folder, paths, mask_paths.values())
        self.notes = (
            *listing.lines(),
            *mixed,
            *filter(None, [splitting.warning(listing.splits)]),
        )
        texts = _captions(self.folder, self.captions_from, [one.id for one in found])
        words = sorted({word for text in texts.values() for word in text.split()})
        vocabulary = captions.Vocabulary(words) if texts else None
        spec = self.make_spec(
            channels=self.channels,
            has_masks=has_masks,
            has_flow=has_flow,
            num_classes=len(listing.class_names),
            caption_length=max((len(one.split()) for one in texts.values()), default=0),
            words=vocabulary.words if vocabulary else (),
            fps=self.fps or rate,
        )
        clips = {}
        for split, listed in listing.splits.items():
            clips[split] = []
            for one in listed:
                masks = mask_paths[one.id] if has_masks else None
                load = functools.partial(
                    _load,
                    one.path,
                    masks,
                    values,
                    spec,
                    self.fit,
                    self.fps,
                    not self.has_all_masks,
                )
                files = (*_files(one.path), *(_files(masks) if masks else ()))
                clips[split].append(
                    converted.RawClip(
                        one.id,
                        files,
                        load,
                        label=listing.label(one),
                        caption=texts.get(one.id),
                    )
                )
        parameters = {"fit": self.fit, "fps": self.fps}
        if values:
            parameters["masks"] = values.describe()
            self.notes += (f"masks: {values.describe()}",)
            if not self.has_all_masks:
                parameters["masks"] += ", first"
                self.notes += (FIRST_NOTE,)
        if has_flow:
            parameters["flow"] = optical_flow.PRODUCER
        self.convert(
            spec,
            clips,
            parameters=parameters,
            vocabulary=vocabulary,
        )

    def _listing(self) -> class_folders.Listing:
        root = self.folder
        if root.exists() and folder_listing.is_video(root):
            only = class_folders.Found(root, class_folders.printable(root.name), "")
            return class_folders.Listing({splitting.TRAIN: (only,)}, ())
        return class_folders.find(
            root,
            folder_listing.is_video,
            tree=TREE,
            validation=self.validation,
            test=self.test,
            split_folders=self.split_folders,
            is_ignored=lambda path: mask_folders.is_for_masks(path, root),
            reason=folder_listing.reason,
        )

    def _rates(self, paths: Sequence[pathlib.Path]) -> tuple[float | str, ...]:
        """Returns the usual rate of the films, and a line if they differ."""
        films = [path for path in paths if not path.is_dir()]
        sample = films[:: max(1, len(films) // SAMPLE)]
        rates = [rate for rate in map(_fps, sample) if rate is not None]
        if not rates:
            return (image_sequences.DEFAULT_FPS,)
        usual = statistics.median_low(rates)
        least, most = min(rates), max(rates)
        if self.fps is not None or most - least <= SAME_RATE * usual:
            return (usual,)
        return usual, (
            f"films have {least:.4g} to {most:.4g} frames/s, and seconds are counted as if "
            f"all had {usual:.4g}; `fps` = {usual:.4g} resamples them"
        )

    def _has_first_only(self, masked: Mapping[pathlib.Path, pathlib.Path]) -> bool:
        """Whether of clips and their masks no masks but the first ones are read."""
        if self.masks is not None:
            return self.masks == FIRST
        has_films = any(not one.is_dir() or len(_files(one)) > 1 for one in masked)
        return has_films and all(len(_files(one)) == 1 for one in masked.values())

    def _mask_values(self, folders: Iterable[pathlib.Path | None]) -> meanings.Values:
        masks = [path for one in folders if one for path in _files(one)]
        return stills.mask_meaning(masks, meaning=self.mask_values, void=self.mask_void)


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


def _fps(path: pathlib.Path) -> float | None:
    """Returns the rate of a video; a damaged one is complained of later."""
    try:
        return reader.probe(path).fps
    except damage.DamagedClip:
        return None


def _files(path: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """Returns the files that a clip or its masks consist of, in any order."""
    return tuple(image_sequences.listed(path)[0]) if path.is_dir() else (path,)


def _load(
    path: pathlib.Path,
    mask_folder: pathlib.Path | None,
    values: meanings.Values | None,
    spec: clip.ClipSpec,
    fit: str,
    fps: float | None,
    first_mask_only: bool,
) -> Iterator[dict[str, np.ndarray]]:
    """Yields a video in pieces, with its masks."""
    if spec.has_masks and mask_folder is None:
        raise damage.DamagedClip(
            f"{path} has no masks although other clips have; add them, or read the clips "
            "with `masks` = False."
        )
    masks = None
    if mask_folder:
        masks = mask_folders.Masks(
            path, mask_folder, values, first_only=first_mask_only
        )
    pieces, _ = reader.read_numbered(
        path,
        height=spec.height,
        width=spec.width,
        channels=spec.channels,
        fit=fit,
        fps=fps,
    )
    before = None
    for frames, numbers in pieces:
        piece = {"frames": frames}
        if spec.has_flow:
            # That of a piece begins with the last frame of the one before.
            moving = frames if before is None else np.concatenate([before, frames])
            forward, backward = optical_flow.estimate_clip(moving)
            piece |= {"forward_flow": forward, "backward_flow": backward}
            before = frames[-1:]
        if masks:
            piece["foreground_masks"] = masks.read(
                numbers, spec.height, spec.width, fit
            )
        yield piece
    if masks:
        masks.check_rest()

"""A user's own videos, as they are: films and folders of frames, without preparation.

    <root>/clip.mp4                            mp4, avi, mov, webm, mkv, gif, npz ...
    <root>/clip/00000.png ...                  or a folder of pictures
    <root>/<class>/clip.mp4                    folders of classes give labels
    <root>/train/<class>/clip.mp4              folders of splits are obeyed
    <root>/masks/<class>/clip/00000.png ...    masks, or beside the clip: clip_mask/
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
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import captions, splitting
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets import class_folders
from tfvideogan.data.datasets.folder import captions as caption_files
from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import (
    damage,
    image_sequences,
    naming,
    reader,
    resizing,
    stills,
)
from tfvideogan.media import flow as optical_flow
from tfvideogan.media import mask_values as meanings

ENDINGS = (
    *(".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".webm", ".mkv", ".wmv", ".asf"),
    *(".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".mxf", ".dv"),
    *(".3gp", ".3g2", ".flv", ".f4v", ".ogv", ".y4m", ".gif", ".apng", ".npz"),
)
# Of these, files with more than one frame are videos.
MAYBE_ANIMATED = (".png", ".webp")
FLOWS = (None, "dis", "none")
# So many films are asked for their rates before they are read.
SAMPLE = 32
# So many times as many numbered pictures as folders beside them are a video, not previews.
MANY = 4
# Rates that differ by a smaller share are the same to the eye.
SAME_RATE = 0.02
# What may lie beside videos.
KNOWN_NAMES = caption_files.NAMES
INSIDE = "folders within videos of pictures"
BESIDE = "pictures beside videos or folders"
DOUBLE = "pictures that are no frames: of one name in two formats, or without a number"
MASK_FILMS = "films of masks, which are not read (write them as pictures)"
NO_CLIP = "folders of masks without a video"
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

    name = "folder"
    title = "videos"

    channels: int = 3
    fit: str = "crop"
    fps: float | None = None
    masks: bool | None = None
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
        listing = self._listing()
        self.class_names = listing.class_names
        found = [one for split in listing.splits.values() for one in split]
        mask_paths = {one.id: mask_folders.find(one.path, self.folder) for one in found}
        has_masks = any(mask_paths.values()) if self.masks is None else self.masks
        values = self._mask_values(mask_paths.values()) if has_masks else None
        has_flow = self.flow == "dis"
        if self.flow is None:
            has_flow = has_masks and self.stride == 1
        rate, *mixed = self._rates([one.path for one in found])
        self._note_unused(listing, [one.path for one in found], mask_paths.values())
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
            vocabulary_size=vocabulary.size if vocabulary else 0,
            fps=self.fps or rate,
        )
        clips = {}
        for split, listed in listing.splits.items():
            clips[split] = []
            for one in listed:
                masks = mask_paths[one.id] if has_masks else None
                load = functools.partial(
                    _load, one.path, masks, values, spec, self.fit, self.fps
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
        if root.exists() and _is_video(root):
            only = class_folders.Found(root, class_folders.printable(root.name), "")
            return class_folders.Listing({splitting.TRAIN: (only,)}, ())
        return class_folders.find(
            root,
            _is_video,
            tree=TREE,
            validation=self.validation,
            test=self.test,
            split_folders=self.split_folders,
            is_ignored=lambda path: mask_folders.is_for_masks(path, root),
            reason=_reason,
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
            f"films have {least:.4g} to {most:.4g} frames/s, and seconds are told as if "
            f"all had {usual:.4g}; `fps` = {usual:.4g} resamples them"
        )

    def _mask_values(self, folders: Iterable[pathlib.Path | None]) -> meanings.Values:
        masks = [path for one in folders if one for path in _files(one)]
        return stills.mask_meaning(masks, meaning=self.mask_values, void=self.mask_void)

    def _note_unused(
        self,
        listing: class_folders.Listing,
        clips: Sequence[pathlib.Path],
        masks: Iterable[pathlib.Path | None],
    ) -> None:
        """Notes what is not read within and beside clips."""
        root = self.folder if self.folder.is_dir() else self.folder.parent

        def note(reason: str, path: pathlib.Path) -> None:
            name = class_folders.printable(path.relative_to(root).as_posix())
            listing.left_out.setdefault(reason, []).append(name)

        for clip_path in filter(pathlib.Path.is_dir, clips):
            for path in image_sequences.listed(clip_path)[1]:
                note(DOUBLE, path)
            for path in _visible(clip_path):
                if path.is_dir() and not mask_folders.is_for_masks(path, clip_path):
                    note(INSIDE, path)
                elif path.is_file() and not image_sequences.is_picture(path):
                    reason = _reason(path)
                    if reason:
                        note(reason, path)
        if self.folder not in clips:
            for path in mask_folders.unused(clips, root, set(masks)):
                note(NO_CLIP if path.is_dir() else MASK_FILMS, path)


def _is_video(path: pathlib.Path) -> bool:
    """Tells whether a path is a video: a film, or a folder of its frames.

    A folder with films in it, or with folders of videos, is not one itself, unless it has
    no films and far more numbered pictures than folders.
    """
    if not path.is_dir():
        is_file = path.is_file() or path.is_symlink()  # a broken link is a broken film
        return is_file and _is_film(path)
    frames, _ = image_sequences.listed(path)
    if not frames or any(map(_is_video_file, path.iterdir())):
        return False
    if _is_film(min(frames)):  # a folder of animated pictures
        return False
    folders = [
        one
        for one in _visible(path)
        if one.is_dir()
        and not mask_folders.is_for_masks(one, path)
        and _has_videos(one)
    ]
    is_numbered = all(naming.numbers(one.stem) for one in frames)
    return not folders or (is_numbered and len(frames) > MANY * len(folders))


def _visible(folder: pathlib.Path) -> list[pathlib.Path]:
    return [
        one
        for one in sorted(folder.iterdir())
        if not one.name.startswith(".")
        and one.name.lower() not in class_folders.SYSTEM_NAMES
    ]


def _has_videos(folder: pathlib.Path) -> bool:
    return any(
        _is_video_file(path) or image_sequences.is_picture(path) or path.is_dir()
        for path in folder.iterdir()
        if not path.name.startswith(".")
    )


def _is_video_file(path: pathlib.Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def _is_film(path: pathlib.Path) -> bool:
    is_maybe = path.suffix.lower() in MAYBE_ANIMATED
    return _is_video_file(path) or (is_maybe and image_sequences.is_animated(path))


def _reason(path: pathlib.Path) -> str | None:
    """Returns why a file is left out; captions are not."""
    if path.name.lower() in KNOWN_NAMES:
        return None
    return BESIDE if image_sequences.is_picture(path) else class_folders.UNREAD


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
) -> Iterator[dict[str, np.ndarray]]:
    """Yields a video in pieces, with its masks."""
    if spec.has_masks and mask_folder is None:
        raise damage.DamagedClip(
            f"{path} has no masks although other clips have; add them, or read the clips "
            "with `masks` = False."
        )
    masks = mask_folders.Masks(path, mask_folder, values) if mask_folder else None
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
        if (
            spec.has_flow
        ):  # that of a piece begins with the last frame of the one before
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

"""Finds the sequences of a DAVIS folder as downloaded, and checks them.

    DAVIS/
      JPEGImages/480p/<sequence>/00000.jpg ...     also Full-Resolution, 1080p
      Annotations/480p/<sequence>/00000.png ...
      ImageSets/2016/train.txt, val.txt            one sequence per line
      ImageSets/2017/train.txt, val.txt
      ImageSets/480p/train.txt ...                 as in the DAVIS-2016 archive: a pair of
                                                   paths per line

Only names, numbers and headers of files are read here.

References:
  [1] Perazzi et al., A benchmark dataset and evaluation methodology for video object
      segmentation, 2016.
  [2] Pont-Tuset et al., The 2017 DAVIS challenge on video object segmentation, 2017.
"""

import dataclasses
import pathlib

from tfvideogan.core import errors
from tfvideogan.media import stills

RESOLUTIONS = ("480p", "Full-Resolution", "1080p")
YEARS = ("2016", "2017")
# The lists that may hold a split, the first that exists. No test masks are public: as in
# the literature, the list `val` is what one tests on.
LISTS = {
    "train": ("train",),
    "validation": ("val",),
    "test": ("test", "val"),
}
TREE = (
    "expected <root>/JPEGImages/480p/<sequence>/00000.jpg, "
    "<root>/Annotations/480p/<sequence>/00000.png and <root>/ImageSets/2016/train.txt, "
    "as in the archives of davischallenge.org"
)


@dataclasses.dataclass(frozen=True)
class Sequence:
    """One video.

    Attributes:
      name: of its folder.
      frames: its pictures in order.
      masks: one for each picture.
    """

    name: str
    frames: tuple[pathlib.Path, ...]
    masks: tuple[pathlib.Path, ...]


def find_sequences(
    root: pathlib.Path, *, year: str, resolution: str | None
) -> dict[str, tuple[Sequence, ...]]:
    """Finds the sequences of each split that the folder has.

    Args:
      root: the folder DAVIS.
      year: "2016" or "2017", whose lists are read.
      resolution: one of `RESOLUTIONS`; None takes the first that exists.

    Raises:
      UserError: the folder is not as shown above, or a sequence is incomplete.
    """
    if year not in YEARS:
        raise errors.UserError(
            f"`year` ({year!r}) must be one of {', '.join(YEARS)}, as a string."
        )
    frames_root, masks_root = _picture_roots(root, resolution)
    resolution = frames_root.name
    names = {}
    for split, lists in LISTS.items():
        found = [_list_path(root, year, resolution, name) for name in lists]
        found = [path for path in found if path is not None]
        if found:
            names[split] = _names(found[0])
    if "train" not in names:
        raise errors.UserError(
            f"{root} has no list ImageSets/{year}/train.txt; {TREE}."
        )
    sequences = {
        name: _sequence(name, frames_root, masks_root)
        for name in sorted({name for split in names.values() for name in split})
    }
    return {
        split: tuple(sequences[name] for name in split_names)
        for split, split_names in names.items()
    }


def _picture_roots(
    root: pathlib.Path, resolution: str | None
) -> tuple[pathlib.Path, pathlib.Path]:
    """Returns the folders of frames and masks."""
    if not root.is_dir():
        raise errors.UserError(f"The DAVIS folder {root} does not exist; {TREE}.")
    candidates = [resolution] if resolution else RESOLUTIONS
    found = [name for name in candidates if (root / "JPEGImages" / name).is_dir()]
    if not found:
        wanted = " or ".join(f"JPEGImages/{name}" for name in candidates)
        raise errors.UserError(f"{root} has no folder {wanted}; {TREE}.")
    frames, masks = root / "JPEGImages" / found[0], root / "Annotations" / found[0]
    if not masks.is_dir():
        raise errors.UserError(
            f"{root} has frames but no masks: Annotations/{found[0]} is missing; {TREE}."
        )
    return frames, masks


def _list_path(
    root: pathlib.Path, year: str, resolution: str, name: str
) -> pathlib.Path | None:
    """Returns the list of a split in either layout, or None."""
    folders = [year]
    if year == YEARS[0]:  # the archive of 2016 sorts its lists by resolution
        folders += [resolution, *RESOLUTIONS]
    for folder in folders:
        path = root / "ImageSets" / folder / f"{name}.txt"
        if path.is_file():
            return path
    return None


def _names(path: pathlib.Path) -> list[str]:
    """Reads the sequences of a list: a name, or a pair of paths, per line."""
    names = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words:
            is_path = "/" in words[0]
            name = pathlib.PurePosixPath(words[0]).parent.name if is_path else words[0]
            names.append(name)
    if not names:
        raise errors.UserError(f"The list {path} names no sequence.")
    return list(dict.fromkeys(names))


def _sequence(
    name: str, frames_root: pathlib.Path, masks_root: pathlib.Path
) -> Sequence:
    """Finds the files of a sequence and checks that each frame has its mask."""
    frames = _numbered(frames_root / name, (".jpg", ".jpeg", ".png"))
    masks = _numbered(masks_root / name, (".png",))
    if not frames:
        raise errors.UserError(
            f"The sequence {name} is in a list but has no frames in "
            f"{frames_root / name}; copy it, or take it off the list."
        )
    if list(frames) != list(masks):
        lonely = sorted(set(frames) ^ set(masks))[0]
        raise errors.UserError(
            f"The sequence {name} has {len(frames)} frames but {len(masks)} masks in "
            f"{masks_root / name} (see number {lonely}); every frame needs one mask."
        )
    for frame, mask in zip(frames.values(), masks.values(), strict=True):
        _check_size(frame, mask)
    return Sequence(name, tuple(frames.values()), tuple(masks.values()))


def _numbered(
    folder: pathlib.Path, endings: tuple[str, ...]
) -> dict[int, pathlib.Path]:
    """Returns the pictures of a folder by their numbers, in order."""
    if not folder.is_dir():
        return {}
    paths = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in endings and path.stem.isdecimal()
    ]
    return {int(path.stem): path for path in sorted(paths, key=lambda p: int(p.stem))}


def _check_size(frame: pathlib.Path, mask: pathlib.Path) -> None:
    height, width = stills.size(frame)
    mask_height, mask_width = stills.size(mask)
    if (height, width) != (mask_height, mask_width):
        raise errors.UserError(
            f"The mask {mask} is {mask_width}x{mask_height} pixels, but its frame "
            f"{frame} is {width}x{height}; they must have the same size."
        )

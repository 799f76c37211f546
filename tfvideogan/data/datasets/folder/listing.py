"""What in a user's folder is a video, and what is left out, a reason for each.

listing.is_video(root / "clip.mp4")
listing.reason(root / "notes.zip")  # "files of kinds that are not read"
"""

import pathlib
from collections.abc import Iterable, Sequence

from tfvideogan.data.datasets import class_folders
from tfvideogan.data.datasets.folder import captions as caption_files
from tfvideogan.data.datasets.folder import masks as mask_folders
from tfvideogan.media import image_sequences, naming

ENDINGS = (
    *(".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".webm", ".mkv", ".wmv", ".asf"),
    *(".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".mxf", ".dv"),
    *(".3gp", ".3g2", ".flv", ".f4v", ".ogv", ".y4m", ".gif", ".apng", ".npz"),
)
# Of these, files with more than one frame are videos.
MAYBE_ANIMATED = (".png", ".webp")
# So many times as many numbered pictures as folders beside them are a video, not previews.
MANY = 4
# Reasons to leave something out.
INSIDE = "folders within videos of pictures"
BESIDE = "pictures beside videos or folders"
DOUBLE = "pictures that are no frames: of one name in two formats, or without a number"
MASK_FILMS = "films of masks, which are not read (write them as pictures)"
NO_CLIP = "folders of masks without a video"


def is_video(path: pathlib.Path) -> bool:
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


def reason(path: pathlib.Path) -> str | None:
    """Returns why a file is left out; captions are not."""
    if path.name.lower() in caption_files.NAMES:
        return None
    return BESIDE if image_sequences.is_picture(path) else class_folders.UNREAD


def note_unused(
    listing: class_folders.Listing,
    root: pathlib.Path,
    clips: Sequence[pathlib.Path],
    masks: Iterable[pathlib.Path | None],
) -> None:
    """Notes in a listing what is not read within and beside clips.

    Args:
      listing: whose `left_out` grows.
      root: of the collection; the clip itself, if it is the only one.
      clips: all of them.
      masks: folders of masks that are read.
    """
    base = root if root.is_dir() else root.parent

    def note(reason: str, path: pathlib.Path) -> None:
        name = class_folders.printable(path.relative_to(base).as_posix())
        listing.left_out.setdefault(reason, []).append(name)

    for clip in filter(pathlib.Path.is_dir, clips):
        for path in image_sequences.listed(clip)[1]:
            note(DOUBLE, path)
        for path in _visible(clip):
            if path.is_dir() and not mask_folders.is_for_masks(path, clip):
                note(INSIDE, path)
            elif (
                path.is_file() and not image_sequences.is_picture(path) and reason(path)
            ):
                note(reason(path), path)
    if root not in clips:
        for path in mask_folders.unused(clips, root, set(masks)):
            note(NO_CLIP if path.is_dir() else MASK_FILMS, path)


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

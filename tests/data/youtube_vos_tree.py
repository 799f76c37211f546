"""Writes small YouTube-VOS folders for tests: true names, numbers and palettes."""

import pathlib

import numpy as np
from PIL import Image

from tests.data import davis_tree

HEIGHT, WIDTH = 18, 32
NUM_VIDEOS = 12
STEP = 5


def write(root: pathlib.Path, *, num_frames: int = 5) -> str:
    """Writes train with masks, valid and test with frames; and all frames of train."""
    for split, first in {"train": 0, "valid": 100, "test": 200}.items():
        for number in range(first, first + (NUM_VIDEOS if split == "train" else 2)):
            video = f"{number:010x}"
            for place in range(num_frames):
                write_frame(root / split, video, number, STEP * place)
                if split == "train" or place == 0:
                    write_mask(root / split, video, STEP * place)
    for number in range(2):
        for place in range(num_frames * STEP):
            write_frame(root / "train_all_frames", f"{number:010x}", number, place)
    return str(root)


def write_frame(folder: pathlib.Path, video: str, number: int, place: int) -> None:
    """A light square on a grey ground moves to the right; the ground tells the video."""
    frame = np.full((HEIGHT, WIDTH, 3), number, np.uint8)
    x = 2 + 2 * place // STEP
    frame[4:12, x : x + 8] = 250 - 20 * np.eye(8, dtype=np.uint8)[..., None]
    path = folder / "JPEGImages" / video / f"{place:05d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(frame).save(path, quality=98)


def write_mask(folder: pathlib.Path, video: str, place: int) -> None:
    """Object 1 is the square's left half, object 2 the right one."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    x = 2 + 2 * place // STEP
    mask[4:12, x : x + 4], mask[4:12, x + 4 : x + 8] = 1, 2
    path = folder / "Annotations" / video / f"{place:05d}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    davis_tree.palette(mask).save(path)

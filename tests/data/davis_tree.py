"""Writes small DAVIS folders for tests, in the layouts of the two archives."""

import pathlib

import cv2
import numpy as np
from PIL import Image

# The first colours of the PASCAL palette, and that of void.
PASCAL = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0)}
VOID = 255, (224, 224, 192)


def write(
    root: pathlib.Path,
    *,
    year: str = "2016",
    sequences: dict[str, int] | None = None,
    resolution: str = "480p",
    height: int = 36,
    width: int = 48,
) -> pathlib.Path:
    """Writes a tree; `sequences` maps names to lengths, the last one is validation."""
    sequences = sequences or {"bear": 6, "dog": 4, "camel": 5}
    for number, (name, length) in enumerate(sequences.items()):
        write_sequence(root, name, length, year, resolution, height, width, number)
    names = list(sequences)
    write_list(root, year, resolution, "train", names[:-1], sequences)
    write_list(root, year, resolution, "val", names[-1:], sequences)
    return root


def write_sequence(root, name, length, year, resolution, height, width, seed):
    """A square moves to the right by two pixels per frame over soft noise."""
    generator = np.random.default_rng(seed)
    noise = generator.random((height, width, 3), np.float32)
    plane = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, 32)
    for t in range(length):
        frame = plane.astype(np.uint8)
        mask = np.zeros((height, width), np.uint8)
        square = np.s_[8:24, 4 + 2 * t : 20 + 2 * t]
        frame[square] = 255 - plane[8:24, 4:20].astype(np.uint8)
        mask[square] = 1
        frames = root / "JPEGImages" / resolution / name
        masks = root / "Annotations" / resolution / name
        frames.mkdir(parents=True, exist_ok=True)
        masks.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(frames / f"{t:05d}.jpg", quality=95)
        if year == "2017":
            palette(mask).save(masks / f"{t:05d}.png")
        else:
            Image.fromarray(mask * np.uint8(255)).save(masks / f"{t:05d}.png")


def palette(indices: np.ndarray) -> Image.Image:
    """A palette picture as in the 2017 archive: the index is the object."""
    picture = Image.fromarray(indices)
    picture.putpalette(palette_bytes())
    return picture


def palette_bytes() -> list[int]:
    colours = [0] * 768
    for index, colour in [*PASCAL.items(), VOID]:
        colours[3 * index : 3 * index + 3] = colour
    return colours


def write_list(root, year, resolution, split, names, sequences):
    if year == "2017":
        folder, lines = "2017", names
    else:  # the archive of 2016 lists pairs of paths, sorted by resolution
        folder = resolution
        lines = [
            f"/JPEGImages/{resolution}/{name}/{t:05d}.jpg "
            f"/Annotations/{resolution}/{name}/{t:05d}.png"
            for name in names
            for t in range(sequences[name])
        ]
    path = root / "ImageSets" / folder / f"{split}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")

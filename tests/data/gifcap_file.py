"""Writes small files of captioned clips for tests, in the format of "Videogeneration".

Numbers of words are stored as float64 and words as bytes, as its notebook does.
"""

import pathlib

import h5py
import numpy as np

# The notebook's own numbers: "0" came late, and words of elements and motions are appended.
NUMBERS = {" ": 0, **{str(digit): digit for digit in range(1, 10)}} | {
    "the": 10,
    "digit": 11,
    "and": 12,
    "is": 13,
    "are": 14,
    "moving": 15,
    "up": 16,
    "down": 17,
    "left": 18,
    "right": 19,
    ".": 20,
    "0": 21,
    "rotating": 22,
    "clockwise": 23,
    "counterclockwise": 24,
    "inplace": 25,
}
LENGTH = 18


def captions(texts: list[str]) -> np.ndarray:
    rows = np.zeros((len(texts), LENGTH))
    for row, text in zip(rows, texts, strict=True):
        numbers = [NUMBERS[word] for word in text.split()]
        row[: len(numbers)] = numbers
    return rows


def gifs(count: int, size: int = 16) -> np.ndarray:
    """Frame t of clip i has the level 4 t + 1 at its top, and i at its bottom."""
    frames = np.zeros((count, 10, size, size), np.uint8)
    frames[:, :, 0] = 4 * np.arange(10)[:, None] + 1
    frames[:, :, -1] = np.arange(count)[:, None, None]
    return frames


def write(path: pathlib.Path, texts: list[str], **others) -> str:
    """Writes a file; `others` replace what it would hold, None leaves it out."""
    contents = {
        "gifs": gifs(len(texts)),
        "captions": captions(texts),
        "dict_keys": np.array(list(NUMBERS), dtype="S"),
        "dict_values": np.array(list(NUMBERS.values())),
    }
    with h5py.File(path, "w") as file:
        for name, content in (contents | others).items():
            if content is not None:
                file.create_dataset(name, data=content)
    return str(path)

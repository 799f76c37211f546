"""Writes small MNIST folders for tests, in the layouts of the download and of Keras."""

import gzip
import pathlib
import struct

import numpy as np

# One drawing, of which each digit is a part: rows of 4 pixels, one per label.
SIZE = 28


def pictures(count: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are all different, and their labels 0, 1, ... 9, 0, ..."""
    numbers = np.arange(first, first + count)
    labels = (numbers % 10).astype(np.uint8)
    drawn = np.zeros((count, SIZE, SIZE), np.uint8)
    drawn[:, 4:24, 8:20] = 128 + labels[:, None, None]  # the label can be read off
    drawn[:, 6, 10], drawn[:, 6, 11] = numbers % 256, numbers // 256
    drawn[:, 14:24, 14:20] = 200  # not symmetric, so that a turn is seen
    return drawn, labels


def write(root: pathlib.Path, *, packing: str = ".gz", stems=("train", "t10k")) -> str:
    """Writes IDX files: 240 training digits and 40 test digits."""
    root.mkdir(parents=True, exist_ok=True)
    for stem, (count, first) in {"train": (240, 0), "t10k": (40, 240)}.items():
        if stem in stems:
            drawn, labels = pictures(count, first)
            write_idx(root / f"{stem}-images-idx3-ubyte{packing}", drawn)
            write_idx(root / f"{stem}-labels-idx1-ubyte{packing}", labels)
    return str(root)


def write_npz(root: pathlib.Path) -> str:
    root.mkdir(parents=True, exist_ok=True)
    train, test = pictures(240), pictures(40, 240)
    arrays = dict(zip(("x_train", "y_train"), train, strict=True))
    arrays |= dict(zip(("x_test", "y_test"), test, strict=True))
    np.savez(root / "mnist.npz", **arrays)
    return str(root)


def write_idx(path: pathlib.Path, array: np.ndarray) -> None:
    """Magic number 0x000008.. and the axes, big-endian, then the bytes."""
    head = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    content = head + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)

"""Reads the handwritten digits of MNIST as downloaded: IDX files or `mnist.npz`.

    <root>/train-images-idx3-ubyte.gz      also without .gz, and with .idx3-ubyte
    <root>/train-labels-idx1-ubyte.gz
    <root>/t10k-images-idx3-ubyte.gz
    <root>/t10k-labels-idx1-ubyte.gz

or the same files in `<root>/MNIST/raw` or `<root>/raw`, or `<root>/mnist.npz` with the
arrays x_train, y_train, x_test and y_test, as Keras keeps it in ~/.keras/datasets.

The splits share no picture. Of the 60,000 training digits the last twelfth (5,000) is
for validation, and the 10,000 test digits are for testing alone. Training and test digits
have different writers; the files do not say who wrote which training digit.

    digits = read_digits("/data/mnist")
    digits.splits["train"].pictures  # [55000, 28, 28] uint8, white on black

Reference: LeCun et al., Gradient-based learning applied to document recognition, 1998.
"""

import gzip
import pathlib
import zipfile
import zlib

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data import glyphs

DIGITS_FROM = ("official", "test-halves")
SIZE = 28
NUM_CLASSES = 10
# The first number of an IDX file: 0x08 says bytes, the last digit how many axes.
IDX_MAGIC = 0x0800
# One in so many training digits is for validation.
VALIDATION_SHARE = 12
IMAGES, LABELS = 3, 1  # axes of the two kinds of files
ENDINGS = ("-idx{axes}-ubyte", ".idx{axes}-ubyte")
FOLDERS = (".", "MNIST/raw", "raw")
ARCHIVE = "mnist.npz"
TREE = (
    "expected <root>/train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
    "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, or <root>/mnist.npz"
)


def read_digits(root: str, *, digits_from: str = "official") -> glyphs.GlyphBank:
    """Reads the digits of train, validation and test.

    Args:
      root: the folder with the files.
      digits_from: "official", or, for those who have only the files t10k, "test-halves":
        of the test digits the first half takes the place of the training digits and the
        second half is for testing. The halves come from different groups of writers.

    Raises:
      UserError: a file is missing, damaged, or of a wrong size.
    """
    if digits_from not in DIGITS_FROM:
        raise errors.UserError(
            f"`digits_from` ({digits_from!r}) must be one of {', '.join(DIGITS_FROM)}."
        )
    folder = pathlib.Path(root).expanduser()
    if not folder.is_dir():
        raise errors.UserError(f"The MNIST folder {folder} does not exist; {TREE}.")
    test = _read(folder, "t10k")
    if digits_from == "official":
        train = _read(folder, "train")
    else:
        middle = len(test.labels) // 2
        train, test = test.part(0, middle), test.part(middle, None)
    last = len(train.labels) - len(train.labels) // VALIDATION_SHARE
    splits = {
        "train": train.part(0, last),
        "validation": train.part(last, None),
        "test": test,
    }
    kind = (
        "the test digits of MNIST in halves" if digits_from != "official" else "MNIST"
    )
    return glyphs.GlyphBank("mnist", f"{kind} read from {folder}", False, splits)


def read_idx(path: pathlib.Path, axes: int) -> np.ndarray:
    """Reads an IDX file of bytes, compressed by gzip or not.

    Args:
      path: of the file.
      axes: how many it must have.

    Raises:
      UserError: the file is damaged, of another kind, or of a wrong size.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise errors.UserError(
            f"{path} is damaged ({error}); copy it again."
        ) from error
    head = np.frombuffer(content[: 4 * (1 + axes)], ">u4")  # big-endian, 4 bytes each
    if len(head) != 1 + axes or head[0] != IDX_MAGIC + axes:
        raise errors.UserError(f"{path} is not an IDX file of bytes with {axes} axes.")
    shape = tuple(int(length) for length in head[1:])
    values = np.frombuffer(content, np.uint8, offset=head.nbytes)
    if values.size != np.prod(shape):
        raise errors.UserError(
            f"{path} holds {values.size} bytes, but its head promises "
            f"{'x'.join(map(str, shape))}; copy it again."
        )
    return values.reshape(shape)


def _read(folder: pathlib.Path, stem: str) -> glyphs.Glyphs:
    """Reads the digits of one of the two sets, "train" or "t10k"."""
    images = _found(folder, f"{stem}-images", IMAGES)
    labels = _found(folder, f"{stem}-labels", LABELS)
    if images and labels:
        read = read_idx(images, IMAGES), read_idx(labels, LABELS)
        return _checked(images, *read)
    archive = folder / ARCHIVE
    if not archive.is_file():
        kind = "labels" if images else "images"
        way_out = " or let `digits_from` be 'test-halves'" if stem == "train" else ""
        raise errors.UserError(
            f"{folder} has no {stem}-{kind} file; {TREE}; copy the file{way_out}."
        )
    suffix = "train" if stem == "train" else "test"
    try:
        with archive.open("rb") as file, np.load(file) as arrays:
            return _checked(archive, arrays[f"x_{suffix}"], arrays[f"y_{suffix}"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise errors.UserError(
            f"{archive} is damaged or is not the mnist.npz of Keras ({error})."
        ) from error


def _found(folder: pathlib.Path, stem: str, axes: int) -> pathlib.Path | None:
    """Returns the first file of a name in any of its spellings."""
    for place in FOLDERS:
        for ending in ENDINGS:
            for packing in ("", ".gz"):
                name = stem + ending.format(axes=axes) + packing
                if (folder / place / name).is_file():
                    return folder / place / name
    return None


def _checked(
    path: pathlib.Path, pictures: np.ndarray, labels: np.ndarray
) -> glyphs.Glyphs:
    is_pictures = pictures.ndim == IMAGES and pictures.shape[1:] == (SIZE, SIZE)
    if not is_pictures or pictures.dtype != np.uint8 or not len(pictures):
        raise errors.UserError(
            f"{path} holds {pictures.dtype} {pictures.shape}, not uint8 pictures of "
            f"{SIZE}x{SIZE}."
        )
    if labels.shape != pictures.shape[:1]:
        raise errors.UserError(
            f"{path} has {len(pictures)} pictures, but there are {labels.size} labels."
        )
    if labels.max() >= NUM_CLASSES:
        raise errors.UserError(
            f"The labels of {path} go up to {labels.max()}, but must be 0..9."
        )
    return glyphs.Glyphs(pictures, labels.astype(np.int64))

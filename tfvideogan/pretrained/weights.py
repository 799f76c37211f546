"""The weights that have been fetched: one npz for each name, beside the caches of data.

    python -m tfvideogan.get_weights i3d

    arrays = weights.load("i3d")  # {"params/Logits/.../kernel": [1, 1, 1, 1024, 400], ...}

A file is there only if it came from the published one (by sha256) and if a network made of
it gave the published numbers (`verification.py`); its name carries the digest. So whatever
`load` returns is the reference.
"""

import pathlib
import zipfile
from collections.abc import Callable, Mapping

import keras
import numpy as np

from tfvideogan.core import cache, durable, errors
from tfvideogan.pretrained import published

FOLDER = "pretrained"
_DIGITS = 8
# An array beside the weights: how far the network was from the published numbers.
_DEVIATION = "verified deviation"


def path(name: str) -> pathlib.Path:
    """Returns where the weights of a name in `published.WEIGHTS` are or would be."""
    digest = published.WEIGHTS[name].sha256[:_DIGITS]
    return cache.root() / FOLDER / f"{name}-{digest}.npz"


def is_there(name: str) -> bool:
    """Tells whether weights have been fetched."""
    return path(name).is_file()


def load(name: str) -> dict[str, np.ndarray]:
    """Loads weights.

    Args:
      name: of `published.WEIGHTS`: "i3d", "alexnet" or "vgg16".

    Returns:
      The arrays under the names that they were published with.

    Raises:
      UserError: they have not been fetched, or the file is damaged.
    """
    return _read(name, lambda key: key != _DEVIATION)


def deviation(name: str) -> float:
    """Returns how far the network was from the published numbers when it was verified.

    Raises:
      UserError: as `load`.
    """
    return float(_read(name, lambda key: key == _DEVIATION)[_DEVIATION])


def store(
    name: str, arrays: Mapping[str, np.ndarray], *, deviation: float
) -> pathlib.Path:
    """Stores weights that have been verified; they appear whole or not at all.

    Args:
      name: of `published.WEIGHTS`.
      arrays: under the names that they were published with.
      deviation: what `verification.check` found.

    Returns:
      Where they are.

    Raises:
      UserError: the folder cannot be written.
    """
    target = path(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with durable.replacing(target) as file:
            np.savez(file, **arrays, **{_DEVIATION: np.float64(deviation)})
    except OSError as error:
        raise errors.UserError(
            f"the weights {target} cannot be written: {error.strerror}; free some space, "
            f"or name another folder by ${cache.VARIABLE}."
        ) from error
    return target


def add_variable(
    layer: keras.layers.Layer, name: str, shape: tuple[int, ...]
) -> keras.Variable:
    """Gives a layer a variable that is never trained, zero until it is assigned."""
    return layer.add_weight(
        name=name, shape=shape, initializer="zeros", trainable=False
    )


def assign(
    variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]
) -> None:
    """Gives variables the values of arrays of the same names; other arrays are left.

    Raises:
      ValueError: an array is missing or has another shape.
    """
    for name, variable in variables.items():
        if name not in arrays:
            raise ValueError(f"`arrays` have no {name}, only {', '.join(arrays)}.")
        if arrays[name].shape != tuple(variable.shape):
            raise ValueError(
                f"`arrays`[{name}] has shape {arrays[name].shape}, but must have "
                f"{tuple(variable.shape)}."
            )
        variable.assign(arrays[name])


def _read(name: str, is_wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    file = path(name)
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files if is_wanted(key)}
    except FileNotFoundError as error:
        raise errors.UserError(
            f"the weights of {published.WEIGHTS[name].contents} are not in {file}; run "
            f"`python -m tfvideogan.get_weights {name}`."
        ) from error
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise errors.UserError(
            f"the weights {file} are damaged ({error}); delete the file and run "
            f"`python -m tfvideogan.get_weights {name}`."
        ) from error

"""Weights under the names that a paper's own code saves them by.

A model whose paper has code says which arrays of a PyTorch state_dict make which of its
variables:

    def published_weights(self) -> weight_names.Table:
        first = weight_names.of_layer(self.generator.first, "G.main.0")
        return weight_names.Table({"generator": first})

`import_weights` reads released files by this table. The parity tests give both
implementations the same weights through it, which proves the names as well as the
networks:

    for weight, value in weight_names.values(table, {"G.main.0.weight": array, ...}):
        weight.variable.assign(value)

PyTorch keeps the kernel of a convolution as [out, in, ...space] and that of a transposed
one as [in, out, ...space]; Keras as [...space, in, out] and [...space, out, in]. In both
cases the axes of space go first and the other two change places. Nothing is turned in
space: both libraries correlate.
"""

import dataclasses
import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from tfvideogan.core import errors


class Weight(NamedTuple):
    """A variable and the arrays that make it.

    Attributes:
      variable: of a network.
      names: of the arrays.
      convert: takes the arrays in this order, returns the value of the variable.
    """

    variable: keras.Variable
    names: tuple[str, ...]
    convert: Callable[..., np.ndarray]


@dataclasses.dataclass(frozen=True)
class Table:
    """All variables of a model by the original's names.

    Attributes:
      networks: the weights of each network; its variables are all there.
      unused: patterns, as of a shell, of names that the original saves and does not use,
        or that we have no use for.
    """

    networks: Mapping[str, Sequence[Weight]]
    unused: tuple[str, ...] = ()


def kernel(*arrays: np.ndarray) -> np.ndarray:
    """Returns the kernel [...space, in, out] of [out, in, ...space].

    Also of a matrix [out, in], and [...space, out, in] of the kernel of a transposed
    convolution [in, out, ...space]. Of several arrays the outputs stand side by side.
    """
    whole = np.concatenate(arrays, axis=0)
    return np.transpose(whole, (*range(2, whole.ndim), 1, 0))


def unchanged(array: np.ndarray) -> np.ndarray:
    """Returns the array."""
    return array


# What Keras and this package call a variable: PyTorch's word, and how it is converted.
_WORDS = {
    "kernel": ("weight", kernel),
    "bias": ("bias", unchanged),
    "gamma": ("weight", unchanged),
    "beta": ("bias", unchanged),
    "moving_mean": ("running_mean", unchanged),
    "moving_variance": ("running_var", unchanged),
}


def of_layer(layer: keras.layers.Layer, name: str) -> list[Weight]:
    """Returns the weights of a dense layer, a convolution or a normalisation.

    Args:
      layer: built; without layers inside it.
      name: of the original's layer, such as "main.0".
    """
    weights = []
    for variable in layer.variables:
        word, convert = _WORDS[variable.name]
        weights.append(Weight(variable, (f"{name}.{word}",), convert))
    return weights


def values(
    table: Table, arrays: Mapping[str, np.ndarray], *, is_partial: bool = False
) -> list[tuple[Weight, np.ndarray]]:
    """Converts arrays to the values of variables; changes nothing.

    Args:
      table: of the model.
      arrays: by the original's names.
      is_partial: whether networks may be left out of which `arrays` has no name at all.

    Raises:
      UserError: a name is missing or unknown, or an array has the wrong shape.
    """
    names = {
        network: [name for weight in weights for name in weight.names]
        for network, weights in table.networks.items()
    }
    absent = [one for one, wanted in names.items() if arrays.keys().isdisjoint(wanted)]
    if len(absent) == len(names):
        raise errors.UserError(
            f"The weights have no name of the model's: they begin with {_some(arrays)}, "
            f"it with {_some(sum(names.values(), []))}."
        )
    missing = {
        network: [name for name in wanted if name not in arrays]
        for network, wanted in names.items()
        if not (is_partial and network in absent)
    }
    _check_complete(missing, absent)
    _check_known(arrays, {*sum(names.values(), [])}, table.unused)
    return [
        (weight, _converted(weight, arrays))
        for network in missing
        for weight in table.networks[network]
    ]


def _check_complete(
    missing: Mapping[str, Sequence[str]], absent: Sequence[str]
) -> None:
    lacking = [network for network, names in missing.items() if names]
    if not lacking:
        return
    names = [name for network in lacking for name in missing[network]]
    hint = ""
    if set(lacking) <= set(absent):
        hint = f"; --partial leaves {_some(lacking)} as initialised"
    raise errors.UserError(f"The weights lack {_some(names)}{hint}.")


def _check_known(
    arrays: Mapping[str, np.ndarray], names: set[str], unused: Sequence[str]
) -> None:
    unknown = [
        name
        for name in arrays
        if name not in names
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in unused)
    ]
    if unknown:
        raise errors.UserError(
            f"The weights hold {_some(unknown)}, for which the model has no place; is "
            "it configured as the weights were trained?"
        )


def _converted(weight: Weight, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    given = [arrays[name] for name in weight.names]
    try:
        value = weight.convert(*given)
    except ValueError:  # Arrays that do not go together, or have too few axes.
        value = None
    if value is None or value.shape != tuple(weight.variable.shape):
        shapes = " and ".join(
            f"`{name}` {list(array.shape)}"
            for name, array in zip(weight.names, given, strict=True)
        )
        raise errors.UserError(
            f"{shapes} cannot make `{weight.variable.path}` "
            f"{list(weight.variable.shape)}; is the model configured as the weights "
            "were trained?"
        )
    return value


def _some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    shown, most = list(names), 3
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(f"`{name}`" for name in shown[:most]) + more

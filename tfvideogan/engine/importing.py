"""From released weights to a run folder that every other door takes.

    released = importing.read(["Gf=net_Gf.pth", "Gb=net_Gb.pth"])
    matched = importing.match(built.model, released)
    importing.write(folder, built, released, matched, precision="float32")

The names are the original's, see `models/weight_names.py`. The run stands at step 0 with
optimizers that have learnt nothing; the averages are the weights themselves.
"""

import dataclasses
import hashlib
import pathlib
import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from tfvideogan.core import errors
from tfvideogan.engine import build
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import (
    checkpoint_files,
    checkpoints,
    layout,
    run_folder,
    vocabulary,
)
from tfvideogan.models import base, weight_names

Matched = Sequence[tuple[weight_names.Weight, np.ndarray]]

# NAME=FILE: `NAME.` stands before the names in the file.
_PREFIXED = re.compile(r"^(\w+)=(.+)$")
# What `torch.nn.DataParallel` puts before every name.
_PARALLEL = "module."
# Files of Keras 2: of a whole model, its weights are in a group.
_KERAS = (".h5", ".hdf5")
_KERAS_WEIGHTS = "model_weights"
# Counters of PyTorch's batch normalisation: nothing depends on them.
_COUNTER = "num_batches_tracked"
_CHUNK = 1 << 22


@dataclasses.dataclass(frozen=True)
class Released:
    """Weights as read.

    Attributes:
      arrays: by the original's names.
      files: of each file "name", "bytes" and "sha256".
    """

    arrays: Mapping[str, np.ndarray]
    files: Sequence[Mapping[str, Any]]


def read(given: Sequence[str]) -> Released:
    """Reads weight files.

    Args:
      given: paths of .npz files; of .h5 and .hdf5 files of Keras 2, where a layer's kernel
        is "conv2d_1.kernel"; or of what `torch.save` made of a state_dict or of a
        dictionary of state_dicts, whose keys then stand before the names. "NAME=PATH"
        sets "NAME." before the names of one file.

    Raises:
      UserError: a file is absent, damaged or no weights, torch is needed and not
        installed, or two files have a name in common.
    """
    arrays: dict[str, np.ndarray] = {}
    files = []
    for one in given:
        named = _PREFIXED.match(one)
        prefix, path = (f"{named[1]}.", named[2]) if named else ("", one)
        path = pathlib.Path(path)
        if not path.is_file():
            raise errors.UserError(f"--weights {path} is no file.")
        for name, array in _flat(_read_file(path), path, prefix):
            if name in arrays:
                raise errors.UserError(
                    f"--weights {path} holds `{name}`, which an earlier file holds, too; "
                    f"set a name before those of each file: --weights=NAME={path}."
                )
            arrays[name] = array
        files.append(
            {
                "name": path.name,
                "bytes": path.stat().st_size,
                "sha256": _sha256(path),
            }
        )
    return Released(arrays, files)


def match(
    model: base.VideoModel, released: Released, *, is_partial: bool = False
) -> Matched:
    """Returns each variable of a built model with its new value; changes nothing.

    Args:
      model: built.
      released: see `read`.
      is_partial: whether networks may be left out of which nothing is released.

    Raises:
      UserError: the model's paper has no code, or names or shapes do not fit.
    """
    try:
        table = model.published_weights()
    except NotImplementedError as error:
        raise errors.UserError(
            f"{type(model).__name__} knows no other names of its weights; import into a "
            "published configuration, such as gin/foregan/dmask_prop.gin."
        ) from error
    return weight_names.values(table, released.arrays, is_partial=is_partial)


def listing(model: base.VideoModel, matched: Matched) -> str:
    """Returns which arrays make which variables, a line for each array."""
    rows = [
        (name, _variable_name(model, weight), str(list(value.shape)))
        for weight, value in matched
        for name in weight.names
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(
        f"{name:{widths[0]}}  {variable:{widths[1]}}  {shape}"
        for name, variable, shape in rows
    )


def check_free(folder: run_folder.RunFolder) -> None:
    """Checks that a folder holds no run.

    Raises:
      UserError: it does, or it is a file.
    """
    folder.check({}, overwrite=False)
    if folder.card() or checkpoint_files.found(folder.checkpoints):
        raise errors.UserError(
            f"{folder.path} holds a run already; choose another --workdir."
        )


def write(
    folder: run_folder.RunFolder,
    built: build.Built,
    released: Released,
    matched: Matched,
    *,
    precision: str,
) -> None:
    """Gives the model its weights and makes the run folder, with a checkpoint of step 0.

    Args:
      folder: see `check_free`.
      built: the model, its source and its strategy, from the present configuration.
      released: see `read`.
      matched: see `match`.
      precision: of the run.
    """
    for weight, value in matched:
        weight.variable.assign(value)
    built.model.ema.restart()
    card = run_folder.make_card(built, config.values(), step=0, precision=precision)
    card["imported"] = {
        "files": list(released.files),
        "networks": _networks(built.model, matched),
    }
    files = vocabulary.files(built.source)
    # `loop.run` was not called, so gin's operative configuration would lack it.
    folder.write_start(card, config.text(), config.text(), files)
    saver = checkpoints.Checkpoints(
        folder.checkpoints,
        built.model.checkpoint_items(),
        model=built.model_name,
        fixed=files,
    )
    saver.save(0, {layout.OPERATIVE: config.text()})


def _read_file(path: pathlib.Path) -> Any:
    if path.suffix == ".npz":
        return _read_npz(path)
    return _read_keras(path) if path.suffix in _KERAS else _read_torch(path)


def _read_keras(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the weights of layers, those of models inside a model included."""
    try:
        with h5py.File(path) as file:
            layers = file.get(_KERAS_WEIGHTS, file).values()
            return {
                _keras_name(name): group[name][()]
                for group in layers
                for name in group.attrs["weight_names"]
            }
    except (OSError, KeyError) as error:
        raise errors.UserError(
            f"--weights {path} is damaged, or not of Keras 2's `save` or `save_weights`: "
            f"{error}."
        ) from error


def _keras_name(name: str | bytes) -> str:
    """Returns "conv2d_1.kernel" of "conv2d_1/kernel:0"."""
    text = name.decode() if isinstance(name, bytes) else name
    return ".".join(text.partition(":")[0].split("/")[-2:])


def _read_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise errors.UserError(f"--weights {path} is damaged: {error}.") from error


def _read_torch(path: pathlib.Path) -> Any:
    try:
        import torch  # noqa: PLC0415
    except ImportError as error:
        raise errors.UserError(
            f"--weights {path} needs PyTorch: pip install 'tfvideogan[torch]'. A .npz file "
            "needs nothing."
        ) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise errors.UserError(
            f"--weights {path} holds more than weights, and unpickling could run any code. "
            "Where you trust it, save its `state_dict()` with the original's code."
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise errors.UserError(
            f"--weights {path} is damaged, or no file of torch.save: {error}"
        ) from error


def _flat(
    found: Any, path: pathlib.Path, prefix: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Walks through a state_dict, or a dictionary of them, in float32."""
    if not isinstance(found, Mapping):
        raise errors.UserError(
            f"--weights {path} holds `{prefix.rstrip('.')}` {type(found).__name__}, not "
            "only tensors by their names; save its state_dict alone."
        )
    for name, value in found.items():
        name = prefix + str(name).removeprefix(_PARALLEL)
        if name.endswith(_COUNTER):
            continue
        if isinstance(value, np.ndarray):
            yield name, value
        elif hasattr(value, "detach"):
            yield name, value.detach().float().numpy()
        else:
            yield from _flat(value, path, f"{name}.")


def _variable_name(model: base.VideoModel, weight: weight_names.Weight) -> str:
    """A variable by its network and its path there."""
    network = _network_of(model, weight)
    _, _, below = weight.variable.path.partition("/")
    return f"{network}/{below}"


def _network_of(model: base.VideoModel, weight: weight_names.Weight) -> str:
    return next(
        name
        for name, network in model.networks.items()
        if any(one is weight.variable for one in network.variables)
    )


def _networks(model: base.VideoModel, matched: Matched) -> list[str]:
    given = {id(weight.variable) for weight, _ in matched}
    return [
        name
        for name, network in model.networks.items()
        if any(id(one) in given for one in network.variables)
    ]


def _sha256(path: pathlib.Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()

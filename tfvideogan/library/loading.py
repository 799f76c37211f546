"""Models by name or folder: exports, and what a training has left.

model = loading.load("runs/mocogan")  # or tfvideogan.load
client = loading.trained("runs/mocogan", checkpoint="2000")
"""

import os
import pathlib
from collections.abc import Mapping, Sequence

from tfvideogan.core import errors, signatures
from tfvideogan.engine import choices, rebuild
from tfvideogan.engine.runs import layout
from tfvideogan.library import catalogue, model
from tfvideogan.serving.client import in_process, rest_client
from tfvideogan.serving.export import checked


def load(
    name: str | os.PathLike | signatures.Exportable,
    *,
    version: int | None = None,
    checkpoint: str | int = choices.LATEST,
    weights: str = choices.AVERAGED,
    bindings: Sequence[str] = (),
) -> model.Model:
    """Loads a model, which then answers NumPy arrays.

    Args:
      name: a run folder, the folder of an export, or the name of one in saved_models/;
        the address of a served model, http://localhost:8501/v1/models/foregan; or a
        model that is built, which answers by the weights that it has now.
      version: of an export, by its number; the newest if None.
      checkpoint: of a run folder: "latest", a step, or the folder of a checkpoint.
      weights: of a run folder: "ema", the slow copy, or "raw", as trained.
      bindings: of a run folder: gin bindings for paths and the like.

    Raises:
      UserError: there is no such model, or it cannot be loaded.
    """
    if not isinstance(name, str | os.PathLike):
        return model.Model(name.name, _client(name.serving_functions()))
    if rest_client.is_url(str(name)):
        return model.Model(str(name), rest_client.RestClient(str(name)))
    folder = pathlib.Path(name).expanduser()
    if weights not in choices.WEIGHTS:
        raise errors.UserError(
            f"`weights` ({weights!r}) must be one of {', '.join(choices.WEIGHTS)}."
        )
    if is_run(folder):
        client = trained(
            str(folder), checkpoint=str(checkpoint), weights=weights, bindings=bindings
        )
        return model.Model(str(folder), client)
    return model.Model(str(name), exported(folder, version))


def is_run(folder: pathlib.Path) -> bool:
    """Whether a folder is that of a training."""
    return any((folder / one).is_file() for one in (layout.CARD, layout.CONFIG))


def exported(
    name: str | pathlib.Path, version: int | None = None
) -> in_process.InProcessClient:
    """Loads an export; see `catalogue.version_folder`."""
    return in_process.InProcessClient.load(catalogue.version_folder(name, version))


def trained(
    workdir: str,
    *,
    checkpoint: str = choices.LATEST,
    weights: str = choices.AVERAGED,
    bindings: Sequence[str] = (),
) -> in_process.InProcessClient:
    """Makes the model of a run folder again; see `rebuild.rebuild`.

    Raises:
      UserError: the folder, its configuration or its checkpoint is at fault.
    """
    rebuilt = rebuild.rebuild(workdir, checkpoint=checkpoint, bindings=bindings)
    if weights == choices.AVERAGED:
        rebuilt.built.model.ema.take_over()
    return _client(rebuilt.serving_functions())


def _client(
    functions: Mapping[str, signatures.ServingFunction],
) -> in_process.InProcessClient:
    module = checked.SignatureModule(functions)
    return in_process.InProcessClient(module.concrete, owner=module)

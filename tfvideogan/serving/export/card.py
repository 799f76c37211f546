"""The card of an export: what it is, where it comes from, how to call it.

    <version>/assets.extra/tfvideogan.json

    {"name": "foregan", "version": 1, "created": "...", "versions": {"tfvideogan": ...},
     "model": ..., "step": ..., "weights": "ema", "data": {...}, "clip": {..., "fps": 8},
     "config": "<operative gin>", "metrics": [...],
     "signatures": {"predict": {"inputs": {"frames": {"dtype": "uint8", ...}}}},
     "warm_up": {"batch_sizes": [1, 4]}, "checked": {...}}

Servers ignore it; `python -m tfvideogan.export --show` and people read it.
"""

import datetime
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

import tfvideogan
from tfvideogan.core import errors, signatures
from tfvideogan.serving.export import checked

PATH = "assets.extra/tfvideogan.json"


def make(
    module: checked.SignatureModule,
    about: Mapping[str, Any],
    *,
    name: str,
    version: int,
) -> dict[str, Any]:
    """Returns the card of an export.

    Args:
      module: its signatures.
      about: what only the training side knows: model, step, weights, data, clip, config,
        metrics. Everything in it can be JSON.
      name: of the model as served.
      version: of the export.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "name": name,
        "version": version,
        "created": now.isoformat(timespec="seconds"),
        "versions": {
            "tfvideogan": tfvideogan.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
        **about,
        "signatures": {
            signature: describe(module, signature) for signature in module.served
        },
    }


def describe(module: checked.SignatureModule, name: str) -> dict[str, Any]:
    """Returns what a signature takes and gives, for people and clients."""
    served = module.served[name]
    traced = module.concrete[name].structured_outputs
    return {
        "about": served.about,
        "inputs": {
            key: {
                "dtype": spec.dtype.name,
                "shape": _shape(spec.shape),
                "layout": checked.layout(served, key, spec),
                "range": _range(spec.dtype, served.rules.get(key)),
                "about": served.rules.get(key, signatures.InputRule()).about,
            }
            for key, spec in module.specs[name].items()
        },
        "outputs": {
            key: {
                "dtype": traced[key].dtype.name,
                "shape": _shape(traced[key].shape),
                "about": text,
            }
            for key, text in served.outputs.items()
        },
    }


def write(folder: pathlib.Path, card: Mapping[str, Any]) -> None:
    """Writes the card into a version's folder."""
    path = folder / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    # A line for a fact: short, and still to be read and compared by lines.
    facts = [f"{json.dumps(name)}: {json.dumps(fact)}" for name, fact in card.items()]
    path.write_text("{" + ",\n ".join(facts) + "}\n", encoding="utf-8")


def read(folder: pathlib.Path) -> dict[str, Any]:
    """Returns the card of a version's folder.

    Raises:
      UserError: there is none, or it is damaged.
    """
    try:
        return json.loads((folder / PATH).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise errors.UserError(
            f"{folder} has no {PATH}: it is no export of this package. What it offers: "
            f"saved_model_cli show --all --dir {folder}"
        ) from error
    except ValueError as error:
        raise errors.UserError(f"{folder / PATH} is damaged: {error}.") from error


def _shape(shape: tf.TensorShape) -> list[int]:
    """Returns sizes with -1 for what is open, as signatures have it on the wire."""
    return [-1 if size is None else size for size in shape]


def _range(
    dtype: tf.DType, rule: signatures.InputRule | None
) -> list[float | int | None] | None:
    """Returns [smallest, greatest], None for an open end and for strings."""
    rule = rule or signatures.InputRule()
    low, high = rule.minimum, rule.maximum
    if dtype == tf.uint8:
        return [low or 0, 255 if high is None else high]
    return None if dtype in (tf.string, tf.bool) else [low, high]

"""Adversarial video in TensorFlow: train, evaluate, export and serve.

The map, from the ground up; an import points only to a lower line:
    core             the words everybody shares: clips, shapes, seeds, pixels
    ops              pure tensor functions: warp, correlate, mask, patch
    layers, losses   Keras layers with weights; scalar losses without
    models           one folder per paper on one shared base class
    data, metrics    what a clip is; how a result is judged
    engine, serving  gin, training loop, evaluation; SavedModel and client
    library          models as Python objects: load, list_models
    pages            models on a page of a browser
    train evaluate generate export serve client demo check_data ...
                     the doors: tfvideogan <door>, or python -m tfvideogan.<door>

    model = tfvideogan.load("foregan")  # a run folder, an export, or a name of one
"""

import importlib
import os
import sys
import warnings

__version__ = "0.2.0"

# Without oneDNN a training step takes about twice as long on CPUs on which TensorFlow
# leaves it off, and TensorFlow reads the variable once, when it is imported. A value
# that the user has set stays.
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
if "tensorflow" in sys.modules and _ONEDNN not in os.environ:
    warnings.warn(
        f"tensorflow was imported before tfvideogan, so {_ONEDNN}=1 comes too late and "
        "training on a CPU may take twice as long; import tfvideogan first or set the "
        f"variable ({_ONEDNN}=0 silences this warning)",
        stacklevel=2,
    )
os.environ.setdefault(_ONEDNN, "1")

# Imported when they are first asked for: a door reads its flags before TensorFlow.
_HOMES = {
    "list_models": "tfvideogan.library.catalogue",
    "load": "tfvideogan.library.loading",
}


def __getattr__(name: str) -> object:
    """Returns a function of the library; see `_HOMES`."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

"""Adversarial video in TensorFlow: train, evaluate, export and serve.

The map, from the ground up; an import points only to a lower line:
    core             the words everybody shares: clips, shapes, seeds, pixels
    ops              pure tensor functions: warp, correlate, mask, patch
    layers, losses   Keras layers with weights; scalar losses without
    models           one folder per paper on one shared base class
    data, metrics    what a clip is; how a result is judged
    engine, serving  gin, training loop, evaluation; SavedModel and client
    check_data data_service train evaluate export serve client
                     the doors: python -m tfvideogan.<door>
"""

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

"""Whether a configuration still describes the run that a folder holds.

A run that goes on with another learning rate is another run, and its folder would tell
a lie. What does not change the weights may change: how far to train, how often to write,
how to judge, where files lie.
"""

import importlib.util
import re
from collections.abc import Mapping

from tfvideogan.core import errors

# Arguments of `loop.run` that leave the course of training as it is.
FREE_ARGUMENTS = frozenset(
    {
        "steps",
        "log_every",
        "sample_every",
        "num_samples",
        "eval_every",
        "save_every",
        "keep_checkpoints",
        "eval_split",
        "eval_batch_size",
        "eval_clips",
        "eval_multiples",
        "metrics",
        "max_skipped_in_a_row",
        "max_skipped_share",
        "steps_per_call",
        "jit_phases",
        "deterministic",
        "log",
        "wandb",
    }
)
_LOOP = "tfvideogan.engine.loop.run."
_METRIC = re.compile(r"^(?:.*/)?tfvideogan\.metrics\.")
# `scope/tfvideogan.data.shapes.Shapes.height`: module, class or function, parameter.
_OWN_MODULE = re.compile(r"^(?:.*/)?(tfvideogan(?:\.\w+)*)\.\w+\.\w+$")
_PATH = re.compile(r"(?:^|_)(?:root|path|dir|folder|cache)s?$")
MAX_SHOWN = 12
ABSENT = "(not set)"


def between(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Returns one line for each value that makes two configurations different runs.

    Args:
      old: `config.Parsed.values` of the run in the folder.
      new: those of the run that is asked for.
    """
    names = sorted(set(old) | set(new))
    return [
        f"{name}: {old.get(name, ABSENT)} -> {new.get(name, ABSENT)}"
        for name in names
        if old.get(name) != new.get(name) and not may_change(name)
    ]


def may_change(name: str) -> bool:
    """Says whether a value may differ when a run goes on."""
    if name.startswith(_LOOP):
        return name.removeprefix(_LOOP) in FREE_ARGUMENTS
    return bool(_METRIC.match(name) or is_place(name))


def is_place(name: str) -> bool:
    """Says whether a value tells where files lie, which may differ between machines."""
    return bool(_PATH.search(name.rpartition(".")[2]))


def missing_modules(values: Mapping[str, str]) -> list[str]:
    """Returns the modules of the package that values name and this version lacks.

    Args:
      values: `config.Parsed.values` of a run.
    """
    named = {match[1] for name in values if (match := _OWN_MODULE.match(name))}
    return sorted(one for one in named if not _exists(one))


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # Nor is its package.
        return False


def check_same_run(
    old: Mapping[str, str], new: Mapping[str, str], workdir: str
) -> None:
    """Raises UserError with the difference when `new` is another run than `old`."""
    found = between(old, new)
    if not found:
        return
    shown = "; ".join(found[:MAX_SHOWN])
    more = f"; and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
    raise errors.UserError(
        f"{workdir} holds a run with another configuration ({shown}{more}). Choose "
        "another folder, or go on with the new values.",
        flags="--overwrite_config does that.",
    )

"""Imports that happen when a module is first used: flags are read before TensorFlow.

    with later.imported():
        from tfvideogan.engine import loop

    later.load()  # all of them, now

TensorFlow takes seconds to import; `--help` and a misspelt flag need none of it. Only
modules of this package wait. Python 3.15 has a statement for this, `lazy from`.
"""

import contextlib
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Iterator, Sequence

PACKAGE = "tfvideogan."
_WAITING: list[types.ModuleType] = []


@contextlib.contextmanager
def imported() -> Iterator[None]:
    """Lets the modules of this package that are imported inside wait for their use."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def load() -> None:
    """Imports what waits, in the order in which it was asked for.

    Without this, threads could meet in a module whose first use this is.
    """
    while _WAITING:
        vars(_WAITING.pop(0))


class _Finder:
    """Finds modules as Python does, and lets them wait; packages are empty files."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith(PACKAGE):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.submodule_search_locations is None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.util.LazyLoader):
    """Keeps the modules that wait."""

    def exec_module(self, module: types.ModuleType) -> None:
        super().exec_module(module)
        _WAITING.append(module)

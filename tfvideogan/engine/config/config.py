"""gin files and bindings: parsed, checked, called and written down.

The only file that imports gin. Classes stay plain: gin finds them by dynamic
registration, that is by the import lines of the gin file. A fault in a configuration
ends here, as a `UserError` of one line, before anything is built.

    parsed = config.parse(["gin/foregan.gin"], ["STEPS = 100"])
    outcome = config.call(loop.run, workdir="runs/foregan")
    config.unused()             # bindings that nothing looked at
    config.operative_text()     # what was in force, defaults included

gin keeps its state in globals; `parse` starts from a clean slate, so a process can parse
as many configurations as it likes, one after another.
"""

import contextlib
import dataclasses
import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gin
from gin import config as gin_state
from tfvideogan.core import errors
from tfvideogan.engine.config import (
    idle,
    messages,
    reach,
    references,
    search_path,
    type_checks,
)

# gin's resource reader uses importlib.util without importing it.
_ = importlib.util
CALL_NOTE = "\n  In call to configurable"
MACRO = references.MACRO
REQUIRED = "%gin.REQUIRED"
# Macros that a file uses and a binding of the command line has put out of work. They are
# no mistake, so `unused` is silent about them.
_REPLACED: set[str] = set()
# What a file leads to and a later one has put out of work, such as other data: likewise.
_SWAPPED: set[str] = set()


@dataclasses.dataclass(frozen=True)
class Parsed:
    """A configuration as read, before anything was called.

    Attributes:
      files: the gin files, as found.
      bindings: the bindings from the command line.
      text: the whole in gin's canonical form; `parse_text` reads it.
      values: "scope/module.function.parameter" -> value as text, with macros replaced
        by what they stand for and defaults filled in.
      required: the macros that the files leave to the user, such as KTH_ROOT.
    """

    files: tuple[str, ...]
    bindings: tuple[str, ...]
    text: str
    values: Mapping[str, str]
    required: tuple[str, ...]


def parse(gin_files: Sequence[str], bindings: Sequence[str] = ()) -> Parsed:
    """Reads gin files, then bindings, in this order; later ones win.

    Args:
      gin_files: paths; looked for in the current folder, beside the package and where it
        was installed, each with and without its `gin` folder.
      bindings: such as "loop.run.steps = 10" or "STEPS = 10"; they can name anything in
        the modules that the files import.

    Raises:
      UserError: something is misspelt, missing, undefined or of the wrong type.
    """
    reset()
    paths = tuple(search_path.find(path) for path in gin_files)
    _parse_files(paths)
    return _finish(paths, bindings)


def parse_text(
    text: str,
    bindings: Sequence[str] = (),
    *,
    gin_files: Sequence[str] = (),
    replaced: Sequence[str] = (),
) -> Parsed:
    """Reads a stored configuration, then gin files on top of it, then bindings.

    Args:
      text: `Parsed.text` or `operative_text`.
      bindings: see `parse`.
      gin_files: see `parse`. What one of them leaves to the user (`%gin.REQUIRED`) keeps
        the value that the text gives it.
      replaced: packages, such as "tfvideogan.metrics": what the text binds in them is
        forgotten before the files are read.

    Raises:
      UserError: see `parse`.
    """
    reset()
    with _explained(header=text):
        gin.parse_config(text)
    # What it does not lead to was out of work when it was stored.
    _SWAPPED.update(reach.node(*key) for key in gin_state._CONFIG)
    _forget(replaced)
    macros = _macro_values()
    paths = tuple(search_path.find(path) for path in gin_files)
    _parse_files(paths)
    return _finish(paths, bindings, macros)


def _parse_files(paths: Sequence[str]) -> None:
    for path in paths:
        search_path.check_readable(path)
        with _explained():
            gin.parse_config_file(path)
        _SWAPPED.update(reach.reached())


def read_bindings(gin_file: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Returns what a gin file, read alone and unchecked, binds for a function.

    Literals as they are; references as objects whose text is gin's.
    """
    reset()
    path = search_path.find(gin_file)
    search_path.check_readable(path)
    with _explained():
        gin.parse_config_file(path)
    return gin.get_bindings(function, resolve_references=False)


def reset() -> None:
    """Forgets every binding."""
    gin.clear_config(clear_constants=True)
    _REPLACED.clear()
    _SWAPPED.clear()
    for folder in search_path.search_folders():
        if folder not in gin_state._LOCATION_PREFIXES:
            gin.add_config_file_search_path(folder)


def call(function: Callable[..., Any], **arguments: Any) -> Any:
    """Calls a function with the bindings that the configuration has for it.

    Raises:
      UserError: an argument has neither a binding, nor a default, nor a given value.
    """
    check_complete(function, arguments)
    return gin.get_configurable(function)(**arguments)


def check_complete(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raises UserError when a function lacks an argument."""
    bound = gin.get_bindings(function, resolve_references=False)
    missing = [
        name
        for name, one in messages.parameters(function).items()
        if one.default is one.empty and name not in bound and name not in given
    ]
    if missing:
        room = function.__module__.rpartition(".")[2]
        name = f"{room}.{function.__name__}.{missing[0]}"
        raise errors.UserError(
            f"`{name}` has no value; bind it in a gin file or behind the files.",
            flags=f"--gin_param='{name}=...' does that.",
        )


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """Returns what `call` would pass to a function: bindings over defaults.

    References in brackets are evaluated: each call makes new instances.
    """
    defaults = {
        name: one.default
        for name, one in messages.parameters(function).items()
        if one.default is not one.empty
    }
    return defaults | gin.get_bindings(function)


def text() -> str:
    """Returns everything bound, in gin's canonical form; empty when nothing is."""
    return gin.config_str() if gin_state._CONFIG else ""


def values() -> dict[str, str]:
    """Returns everything bound as `Parsed.values` describes."""
    found = {}
    for scope, selector in sorted(_configured()):
        address = references.address(selector)
        prefix = f"{scope}/{address}" if scope else address
        known = messages.parameters(references.function(selector)).items()
        bound = {
            name: one.default for name, one in known if one.default is not one.empty
        }
        parts = scope.split("/") if scope else []
        for depth in range(len(parts) + 1):
            outer = "/".join(parts[:depth])
            bound |= gin_state._CONFIG.get((outer, selector), {})
        for name, value in sorted(bound.items()):
            found[f"{prefix}.{name}"] = references.as_text(value)
    return found


def operative_text() -> str:
    """Returns the bindings and defaults of everything called so far, as gin text."""
    return gin.operative_config_str() if gin_state._CONFIG else ""


def unused() -> list[str]:
    """Returns the bindings that no call so far has looked at, as they would be written.

    gin is silent about them: a binding under a scope that is never entered, or of a macro
    that is never used, has no effect.
    """
    bound = gin_state._CONFIG
    effective = set()
    for (used_scope, selector), used in gin_state._OPERATIVE_CONFIG.items():
        for name in used:
            # Of several scopes around a call, gin takes the innermost binding.
            scopes = [
                scope
                for scope, other in bound
                if other == selector
                and name in bound[scope, selector]
                and _is_within(used_scope, scope)
            ]
            if scopes:
                effective.add((max(scopes, key=len), selector, name))
    return sorted(
        f"{_written(scope, selector, name)} = {value!r}"
        for (scope, selector), given in bound.items()
        for name, value in given.items()
        if (scope, selector, name) not in effective
        and not (selector == MACRO and scope in _REPLACED)
        and reach.node(scope, selector) not in _SWAPPED
    )


def is_bound_macro(name: str) -> bool:
    """Says whether a macro has a value."""
    return (name, MACRO) in gin_state._CONFIG


def message(error: BaseException) -> str:
    """Returns the text of an error without the notes that gin hangs on to it."""
    return str(error).split(CALL_NOTE)[0].strip()


def markdown(config_text: str) -> str:
    """Formats a configuration for TensorBoard's text tab."""
    return gin.markdown(config_text)


def _finish(
    paths: tuple[str, ...],
    bindings: Sequence[str],
    known_macros: Mapping[str, Any] | None = None,
) -> Parsed:
    required = [name for name, one in _macro_values().items() if repr(one) == REQUIRED]
    for name in set(required) & set(known_macros or {}):
        gin_state._CONFIG[name, MACRO]["value"] = known_macros[name]
    named_by_files = _named_macros()
    for binding in bindings:
        # With the imports of the files, a binding can name all that they could.
        header = _header()
        with _explained(binding, header):
            gin.parse_config(f"{header}\n{binding}")
    _REPLACED.update(named_by_files - _named_macros())
    _SWAPPED.difference_update(reach.reached())
    _check_macros()
    _check_types()
    idle.check(bindings, _REPLACED)
    gin.finalize()
    return Parsed(paths, tuple(bindings), text(), values(), tuple(required))


def _forget(packages: Sequence[str]) -> None:
    inside = tuple(f"{package}." for package in packages)
    for key in [key for key in gin_state._CONFIG if key[1].startswith(inside)]:
        del gin_state._CONFIG[key]


def _macro_values() -> dict[str, Any]:
    return {
        scope: bound["value"]
        for (scope, selector), bound in gin_state._CONFIG.items()
        if selector == MACRO
    }


def _header() -> str:
    is_import = ("from ", "import ")
    return "\n".join(
        line for line in gin.config_str().splitlines() if line.startswith(is_import)
    )


@contextlib.contextmanager
def _explained(binding: str | None = None, header: str = "") -> Iterator[None]:
    root = logging.getLogger()
    root.addFilter(_is_not_about_search)
    try:
        yield
    except Exception as error:
        raise messages.explain(error, binding, header) from error
    finally:
        root.removeFilter(_is_not_about_search)


def _is_not_about_search(record: logging.LogRecord) -> bool:
    # gin logs an error for each folder that does not hold an included file.
    return not str(record.msg).startswith(("Path not found", "system_path_file_exists"))


def _check_macros() -> None:
    macros = list(_macro_values())
    for (scope, selector), bound in gin_state._CONFIG.items():
        for name, value in bound.items():
            where = _written(scope, selector, name)
            for macro in references.macros_in(value):
                if f"%{macro}" == REQUIRED:
                    raise errors.UserError(
                        f"`{where}` must be given: bind it in a later gin file or behind "
                        "the files.",
                        flags=f"--gin_param='{where}=...' does that.",
                    )
                if macro not in macros:
                    hint = messages.did_you_mean(macro, macros) or ";"
                    raise errors.UserError(
                        f"`{where}` refers to %{macro}, which is not defined{hint} "
                        f"defined are {', '.join(sorted(macros)) or 'none'}."
                    )

    for macro in macros:
        _check_circle(macro, ())


def _check_circle(macro: str, within: tuple[str, ...]) -> None:
    if macro in within:
        circle = " -> ".join([*within[within.index(macro) :], macro])
        raise errors.UserError(
            f"The macro `{macro}` refers to itself ({circle}); give it a value."
        )
    for other in references.macros_in(_macro_values()[macro]):
        _check_circle(other, (*within, macro))


def _check_types() -> None:
    for (scope, selector), bound in gin_state._CONFIG.items():
        if selector == MACRO:
            continue
        hints = type_checks.annotations(references.function(selector))
        for name, value in bound.items():
            value = references.resolved(value)
            is_reference = isinstance(value, gin_state.ConfigurableReference)
            found = type_checks.complaint(
                name,
                repr(value) if is_reference else value,
                hints,
                is_reference,
                is_reference and value.evaluate,
            )
            if found:
                raise errors.UserError(f"`{_written(scope, selector, name)}` {found}")


def _written(scope: str, selector: str, name: str) -> str:
    if selector == MACRO:
        return scope
    short = ".".join([*selector.split(".")[-2:], name])
    return f"{scope}/{short}" if scope else short


def _named_macros() -> set[str]:
    bound = gin_state._CONFIG.values()
    return {
        name
        for values in bound
        for one in values.values()
        for name in references.macros_in(one)
    }


def _configured() -> set[tuple[str, str]]:
    """Returns (scope, selector) of all that is bound or referred to."""
    found = {key for key in gin_state._CONFIG if key[1] != MACRO}
    for reference in gin_state.iterate_references(gin_state._CONFIG):
        if not references.is_macro(reference):
            found.add(reference.config_key)
    return found


def _is_within(scope: str, outer: str) -> bool:
    return scope == outer or not outer or scope.startswith(f"{outer}/")

"""Turns gin's errors into one line that names the place, the fault and the way out.

gin's own messages are exact for misspelt parameters and obscure for nearly everything
else (an unquoted string is a "malformed node or string on line 1"). This file knows
their wording, but not gin: `engine/config/config.py` catches, this file explains.
"""

import difflib
import inspect
import pathlib
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import tfvideogan
from tfvideogan.core import errors

MAX_LENGTH = 500  # of a fault in gin's own words
_IN_FILE = re.compile(r'In file "([^"]*)", line (\d+)\n *([^\n]*)')
_NO_PARAMETER = re.compile(r"'(.+)' doesn't have a parameter named '(\w+)'")
_NO_CONFIGURABLE = re.compile(r"No configurable matching(?: reference)? '@?([^'()]+)")
_NO_ATTRIBUTE = re.compile(r"Couldn't resolve selector ([\w./]+);")
_NO_IMPORT = re.compile(r"'(\w+)' was not provided by an import")
_OWN_MODULE = re.compile(r"'?tfvideogan[.\w]*'?")
_BAD_TOKEN = re.compile(r"Failed to parse token '(.*)'")
_IMPORT = re.compile(
    r"^(?:from +(?P<package>[\w.]+) +)?import +(?P<module>[\w.]+)"
    r"(?: +as +(?P<alias>\w+))?\s*$",
    re.MULTILINE,
)


def explain(error: BaseException, binding: str | None, header: str) -> errors.UserError:
    """Makes the line that a user should read instead of an error of gin.

    Args:
      error: what gin raised while it parsed.
      binding: the command-line binding that was parsed, or None for a file.
      header: the import lines in force where the error arose; those of the file that
        the error names are added.
    """
    place, statement = _place(error, binding)
    if not binding and pathlib.Path(place.split(" line ")[0]).is_file():
        header += "\n" + pathlib.Path(place.split(" line ")[0]).read_text()
    fault = _fault(error, statement, imported_modules(header))
    quoted = "" if binding or not statement else f" (in `{statement}`)"
    return errors.UserError(f"{place}: {fault}{quoted}")


def imported_modules(header: str) -> dict[str, ModuleType]:
    """Returns the modules named by import lines, by the names they are bound to."""
    modules = {}
    for match in _IMPORT.finditer(header):
        path = ".".join(filter(None, (match["package"], match["module"])))
        name = match["alias"] or match["module"]
        if path in sys.modules:
            modules[name] = sys.modules[path]
    return modules


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Returns "; did you mean `x`?" for the nearest choice, or nothing."""
    near = difflib.get_close_matches(name, list(choices), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else ""


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Returns the named parameters of a function or of a class' constructor."""
    if inspect.isclass(function):
        function = function.__init__
    found = inspect.signature(function).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {one.name: one for one in found if one.kind in named and one.name != "self"}


def _place(error: BaseException, binding: str | None) -> tuple[str, str]:
    if binding is not None:
        return f"the binding '{binding}'", binding
    match = _IN_FILE.search(str(error))
    if match:
        return f"{match[1]} line {match[2]}", match[3].strip()
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename} line {error.lineno}", (error.text or "").strip()
    return "gin", ""


def _fault(
    error: BaseException, statement: str, modules: Mapping[str, ModuleType]
) -> str:
    text = str(error)
    if match := _NO_PARAMETER.search(text):
        return _unknown_parameter(match[1], match[2], modules)
    if match := _NO_CONFIGURABLE.search(text) or _NO_ATTRIBUTE.search(text):
        return _unknown_name(match[1].split("/")[-1], modules)
    if match := _NO_IMPORT.search(text):
        hint = did_you_mean(match[1], modules)
        return (
            f"`{match[1]}` is not imported{hint or ';'} import its module at the top "
            f"of the gin file (imported are {', '.join(sorted(modules)) or 'none'})."
        )
    if match := _BAD_TOKEN.search(text):
        return (
            f"`{match[1]}` is no value; a string needs quotes ('\"{match[1]}\"'), a "
            f"class or function is written @{match[1]}, a macro %{match[1]}."
        )
    if isinstance(error, ImportError) and _OWN_MODULE.search(text):
        return (
            f"{text.splitlines()[0]}: no such module in tfvideogan "
            f"{tfvideogan.__version__}; CHANGELOG.md says where modules have gone. A run "
            "that an earlier version trained is read by that version (its run.json says "
            "which); to train it with this one, give its gin file and another run folder."
        )
    if isinstance(error, ImportError):
        return f"{text.splitlines()[0]}; check the import line."
    if isinstance(error, OSError):
        return text.splitlines()[0]
    if isinstance(error, SyntaxError | tokenize.TokenError) or "unpack" in text:
        return (
            "cannot be read; a binding is written `name.parameter = value` or "
            "`MACRO = value`, and a string needs quotes."
        )
    return " ".join(text.split())[:MAX_LENGTH]


def _unknown_parameter(
    selector: str, name: str, modules: Mapping[str, ModuleType]
) -> str:
    function = _resolve(selector, modules)
    known = list(parameters(function)) if function else []
    listed = f". It takes {', '.join(known)}." if known else "."
    return (
        f"`{selector}` has no parameter `{name}`{did_you_mean(name, known) or listed}"
    )


def _unknown_name(selector: str, modules: Mapping[str, ModuleType]) -> str:
    known = [
        f"{alias}.{name}"
        for alias, module in modules.items()
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_")
    ]
    hint = did_you_mean(selector, known)
    return (
        f"nothing is called `{selector}`{hint or '.'} The gin file imports "
        f"{', '.join(sorted(modules)) or 'nothing'}."
    )


def _resolve(
    selector: str, modules: Mapping[str, ModuleType]
) -> Callable[..., Any] | None:
    module, _, path = selector.partition(".")
    found = modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return found if callable(found) else None

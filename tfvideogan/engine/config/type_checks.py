"""Checks values of a configuration against the annotations of what they configure.

gin hands over whatever a file says, so `steps = "ten"` would fail far away, after minutes
of building. Here every plain annotation (numbers, strings, None, sequences, choices) is
compared before anything is built; annotations of other kinds are left alone.
"""

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

FACTORY_PREFIX = "make_"
# Whose classes no literal of a gin file can be.
OWN = ("tfvideogan", "keras")
_LITERALS = (bool, int, float, str, tuple, list, dict)
_LISTS = (tuple, list, collections.abc.Sequence)


def annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Returns the type hints of a function's or constructor's parameters."""
    if inspect.isclass(function):
        function = function.__init__
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):  # Hints of a library that do not resolve.
        return {}


def complaint(
    name: str, value: Any, hints: Mapping[str, Any], is_reference: bool, is_made: bool
) -> str | None:
    """Says what is wrong with a value, or None.

    Args:
      name: of the parameter.
      value: a literal with macros resolved; its text for a reference.
      hints: of the function, from `annotations`.
      is_reference: whether the value is `@something` or `@something()`.
      is_made: whether it ends in brackets, so that the parameter gets an instance.
    """
    if name.startswith(FACTORY_PREFIX):
        if not is_reference:
            return f"must be a class or function, written @name, not {value!r}."
        if is_made:
            return f"must be a factory: write {value.rstrip('()')} without brackets."
        return None
    hint = hints.get(name, Any)
    if is_reference:
        is_plain = hint in (int, float, bool, str)
        is_list = typing.get_origin(hint) in _LISTS
        wants_other = is_plain or is_list
        return f"must be {_words(hint)}, not {value}." if wants_other else None
    return None if _matches(value, hint) else f"must be {_words(hint)}, not {value!r}."


def _matches(value: Any, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_matches(value, one) for one in inner)
    if origin is typing.Literal:
        return value in inner
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (str, bool):
        return isinstance(value, hint)
    if origin in _LISTS:
        if not isinstance(value, tuple | list):
            return False
        return _elements_match(value, origin, inner)
    if _is_ours(hint, origin):
        # No literal is an object or a function.
        return not isinstance(value, _LITERALS)
    return True


def _is_ours(hint: Any, origin: Any) -> bool:
    module = getattr(hint, "__module__", "") if inspect.isclass(hint) else ""
    is_function = collections.abc.Callable in (hint, origin)
    return is_function or module.partition(".")[0] in OWN


def _elements_match(value: Any, origin: Any, inner: tuple[Any, ...]) -> bool:
    if origin is not tuple or inner[-1:] == (Ellipsis,):
        return all(_matches(one, inner[0]) for one in value) if inner else True
    same_length = len(value) == len(inner)
    return same_length and all(map(_matches, value, inner))


def _words(hint: Any) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_words(one) for one in inner)
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(one) for one in inner)
    if collections.abc.Callable in (hint, origin):
        return "a class or function, written @name"
    if origin in _LISTS:
        kind = _words(inner[0]) if inner else "values"
        return f"a list in brackets of {kind.removeprefix('a ').removeprefix('an ')}"
    names = {
        int: "an integer",
        float: "a number",
        bool: "True or False",
        str: "a string in quotes",
        type(None): "None",
    }
    return names.get(hint, getattr(hint, "__name__", str(hint)))

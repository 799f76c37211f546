"""What stands on the right of a binding: literals, references and macros.

references.resolved(value)  # macros replaced by what they stand for
references.as_text(value)   # as a gin file would say it, the same in every process
references.address(name)    # of "foregan.foregan.ForeGAN", an alias, where it stands
"""

from collections.abc import Callable, Iterator
from typing import Any

from gin import config as gin_state

MACRO = "gin.macro"
_PACKAGE = "tfvideogan."


def function(selector: str) -> Callable[..., Any]:
    """Returns what gin knows by a name, as it was written: a class, not gin's wrapper."""
    return gin_state._REGISTRY[selector].wrapped


def address(selector: str) -> str:
    """Returns where a function of the package stands.

    gin puts the name that an import line gives in place of the module's: of `from
    tfvideogan.models.foregan import model as foregan` it makes `...foregan.foregan`.
    """
    found = function(selector)
    name = f"{found.__module__}.{found.__qualname__}"
    return name if name.startswith(_PACKAGE) else selector


def is_macro(value: Any) -> bool:
    """Says whether a value is a macro, such as %FRAMES."""
    is_reference = isinstance(value, gin_state.ConfigurableReference)
    return is_reference and repr(value).startswith("%")


def macros_in(value: Any) -> Iterator[str]:
    """Yields the names of the macros in a value, in whatever lists they stand."""
    if is_macro(value):
        yield repr(value)[1:]
    elif isinstance(value, list | tuple):
        for one in value:
            yield from macros_in(one)
    elif isinstance(value, dict):
        yield from macros_in([*value.keys(), *value.values()])


def resolved(value: Any) -> Any:
    """Returns a value with its macros replaced by what they stand for."""
    if is_macro(value):
        return resolved(gin_state._CONFIG[repr(value)[1:], MACRO]["value"])
    if isinstance(value, list | tuple):
        return type(value)(resolved(one) for one in value)
    if isinstance(value, dict):
        return {resolved(key): resolved(one) for key, one in value.items()}
    return value


def as_text(value: Any) -> str:
    """Returns a value as gin text, references with their full names."""
    value = resolved(value)
    if isinstance(value, gin_state.ConfigurableReference):
        scopes = "".join(f"{scope}/" for scope in value.scopes)
        brackets = "()" if value.evaluate else ""
        return f"@{scopes}{address(value.configurable.selector)}{brackets}"
    if isinstance(value, list | tuple):
        inner = ", ".join(as_text(one) for one in value)
        return f"({inner})"
    if isinstance(value, dict):
        inner = (f"{as_text(key)}: {as_text(one)}" for key, one in value.items())
        return "{" + ", ".join(inner) + "}"
    if value is None or isinstance(value, str | int | float | bool):
        return repr(value)
    # The address in the text of an arbitrary object would differ in every process.
    return f"<{type(value).__qualname__}>"

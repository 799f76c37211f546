"""Bindings of the command line that nothing could look at.

gin is silent about them: `STEPZ = 3` is a macro that no value names. In a file such a
binding may serve another experiment that includes it; on a command line it is a mistake.
"""

import re
from collections.abc import Sequence

from gin import config as gin_state
from tfvideogan.core import errors
from tfvideogan.engine.config import messages, reach, references

_BINDING = re.compile(r"^\s*([\w./]+)\s*=(?!=)", re.MULTILINE)


def check(bindings: Sequence[str], replaced: set[str]) -> None:
    """Checks that each binding of the command line can have an effect.

    Args:
      bindings: as given, parsed into gin's state.
      replaced: macros that a file uses and that another binding has put out of work.

    Raises:
      UserError: nothing uses one.
    """
    state = gin_state._CONFIG
    macros = {scope for scope, selector in state if selector == references.MACRO}
    named = replaced | {
        name
        for values in state.values()
        for one in values.values()
        for name in references.macros_in(one)
    }
    for binding in bindings:
        for name in _BINDING.findall(binding):
            if "." not in name:
                is_idle = name in macros - named
            else:
                is_idle = _is_idle(*name.rpartition("/")[::2])
            if is_idle:
                hint = messages.did_you_mean(name, named - {name})
                raise errors.UserError(
                    f"the binding '{binding}': nothing uses `{name}`{hint or '.'}"
                )


def _is_idle(scope: str, path: str) -> bool:
    """Says whether nothing refers to what is bound, or enters the scope."""
    target = path.rpartition(".")[0]
    bound = [
        selector
        for other, selector in gin_state._CONFIG
        if other == scope and f".{selector}".endswith(f".{target}")
    ]
    used, entered = set(), {""}
    for one in gin_state.iterate_references(gin_state._CONFIG):
        if not references.is_macro(one):
            used.add(references.address(one.configurable.selector))
            parts = one.config_key[0].split("/")
            entered |= {"/".join(parts[:depth]) for depth in range(len(parts) + 1)}
            entered |= set(parts)
    addresses = [references.address(selector) for selector in bound]
    return bool(bound) and not any(
        scope in entered and (one in used or one.startswith(reach.ROOTS))
        for one in addresses
    )

"""What the functions of the engine lead to, by references and macros.

reach.reached()  # {"tfvideogan.data.procedural.shapes.shapes.Shapes", "%FRAMES", ...}
"""

from gin import config as gin_state
from tfvideogan.engine.config import references

# Functions that the package calls itself, with the bindings that there are.
ROOTS = "tfvideogan.engine."


def node(scope: str, selector: str) -> str:
    """Returns what a binding belongs to: %NAME of a macro, the address of all else."""
    is_macro = selector == references.MACRO
    return f"%{scope}" if is_macro else references.address(selector)


def reached() -> set[str]:
    """Returns the nodes that a call of the engine's functions can look at."""
    bound: dict[str, list] = {}
    for key, values in gin_state._CONFIG.items():
        bound.setdefault(node(*key), []).append(values)
    found, waiting = set(), [one for one in bound if one.startswith(ROOTS)]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for reference in gin_state.iterate_references(bound.get(one, [])):
            if references.is_macro(reference):
                waiting.append(repr(reference))
            else:
                waiting.append(references.address(reference.configurable.selector))
    return found

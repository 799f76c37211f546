"""The numbers of a configuration that distinguish runs in a table.

settings.tunable({"model": "ForeGAN"})
# {"model": "ForeGAN", "BATCH_SIZE": 8, "critic/Adam.learning_rate": 2e-4, ...}
"""

import ast
import re
from collections.abc import Mapping

from gin import config as gin_state
from tfvideogan.engine.config import config, references
from tfvideogan.engine.runs import differences

Setting = bool | int | float | str

_LOOP = "tfvideogan.engine.loop.run."
# Of `loop.run`, where no macro has them.
_OF_LOOP = ("batch_size", "steps", "seed", "precision")
_RATE = re.compile(
    r"(?:(?:^|_)(?:rate|lr|decay|weight|gain)s?|^momentum|^beta_[12]|clip_norm)$"
)
_WIDTH = re.compile(
    r"(?:^|_)(?:width|channel|filter|unit|feature|latent|dim|depth|level|block|layer)s?$"
)
# Where these words say nothing of a network or of its training.
_ELSEWHERE = re.compile(r"(?:^|/)tfvideogan\.(?:data|metrics|engine)\.")


def tunable(others: Mapping[str, Setting]) -> dict[str, Setting]:
    """Returns macros, rates and widths of what is configured, with short names.

    Args:
      others: further settings, which come first.
    """
    found = dict(others) | _macros()
    values = config.values()
    for name in _OF_LOOP:
        if f"{_LOOP}{name}" in values and name.upper() not in found:
            found[name] = _literal(values[f"{_LOOP}{name}"])
    numbers = {name: _literal(text) for name, text in values.items() if _tells(name)}
    numbers = {name: one for name, one in numbers.items() if one is not None}
    shorts = [_short(name) for name in numbers]
    for short, (name, value) in zip(shorts, numbers.items(), strict=True):
        found[short if shorts.count(short) == 1 else name] = value
    return {name: value for name, value in found.items() if value is not None}


def _macros() -> dict[str, Setting | None]:
    """The values of all macros, but for places of files."""
    return {
        name: _plain(references.resolved(bound["value"]))
        for (name, selector), bound in gin_state._CONFIG.items()
        if selector == references.MACRO and not differences.is_place(name.lower())
    }


def _tells(name: str) -> bool:
    """Whether a value is a rate, or a width of a network."""
    last = name.rpartition(".")[2]
    is_number = _RATE.search(last) or _WIDTH.search(last)
    return bool(is_number and not _ELSEWHERE.search(name))


def _short(name: str) -> str:
    """Returns `critic/Adam.learning_rate` of a name with all its modules."""
    scope, slash, address = name.rpartition("/")
    return scope + slash + ".".join(address.split(".")[-2:])


def _literal(text: str) -> Setting | None:
    try:
        return _plain(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return None


def _plain(value: object) -> Setting | None:
    """A value as the table takes it; lists as text, objects not at all."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        parts = [_plain(one) for one in value]
        return None if None in parts else ", ".join(map(str, parts))
    return None

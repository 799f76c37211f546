"""From the fields of a page, as gradio hands them over, to what is asked.

asked, written = filling.request(page, {"input": path, "painting": drawn, ...}, folder)
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfvideogan.pages import fields, painting, requests

# Fields that are no flags: a drawing becomes the file of a flag.
PAINTING, MEANING, OUTPUTS = "painting", "meaning", "outputs"
MASK = "mask.png"


def request(
    page: fields.Fields, filled: Mapping[str, Any], folder: pathlib.Path
) -> tuple[requests.Request, list[pathlib.Path]]:
    """Returns what is asked.

    Args:
      page: what the signature takes.
      filled: values by the names of fields; those that are absent or None are not asked.
      folder: where the mask goes that was painted; a mask that was dropped wins.

    Returns:
      The request, and the files that were written for it.

    Raises:
      UserError: the video cannot be read, or GrabCut finds nothing.
    """
    values = {name: filled.get(name) for name in page.flags}
    values[OUTPUTS] = ",".join(filled.get(OUTPUTS) or [])
    painted = strokes(filled.get(PAINTING))
    if values.get("mask") or not values.get("input") or not painted.any():
        return requests.Request(page.verb, values), []
    first = painting.frame(values["input"])
    path = folder / MASK
    painting.write(path, painting.mask(first, painted, filled[MEANING]))
    values["mask"] = str(path)
    return requests.Request(page.verb, values), [path]


def strokes(painted: Mapping[str, Any] | None) -> np.ndarray:
    """Returns what was painted, [H, W], not 0 where it was.

    Args:
      painted: what an image editor hands over: `layers`, each [H, W, 4] uint8.
    """
    layers = [one[..., -1] for one in (painted or {}).get("layers") or []]
    return np.max(layers, axis=0) if layers else np.zeros([1, 1], np.uint8)

"""Contents crossed with motions: a grid of videos whose rows share what is seen.

answer = code_grid.run(source, page, grid, folder)
answer.command   # a program of Python that writes the same file

Rows have one content each, columns one motion. No flag of a command line brings codes, so
that it is a program that is shown to be copied.
"""

import dataclasses
import pathlib

import numpy as np

from tfvideogan.library import model
from tfvideogan.pages import answering, fields, sources

OUTPUT = "grid.mp4"
PROGRAM = """\
import numpy as np

import tfvideogan


def drawn(shape, *seed):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


model = tfvideogan.load({place!r})
steps = range({side})
pairs = [({content} + row, {motion} + column) for row in steps for column in steps]
answer = model.{verb}(
    content_noise=np.stack([drawn({content_shape}, content) for content, _ in pairs]),
    start_noise=np.stack([drawn({start_shape}, motion, 0) for _, motion in pairs]),
    motion_noise=np.stack([drawn({motion_shape}, motion, 1) for _, motion in pairs]),{label}
)
answer.save({output!r}, fps={fps:g})
"""


@dataclasses.dataclass(frozen=True)
class Grid:
    """What is drawn.

    Attributes:
      content: seed of the first row; the others follow.
      motion: seed of the first column; the others follow.
      side: rows, and columns.
      category: of all, where the model has some.
      fps: frames per second.
    """

    content: int = 0
    motion: int = 0
    side: int = 3
    category: int = 0
    fps: float = 8.0


def run(
    source: sources.Source, page: fields.Fields, grid: Grid, folder: pathlib.Path
) -> answering.Answer:
    """Asks a model for all pairs and writes the grid.

    Raises:
      UserError: the model has no such category.
    """
    shapes = _shapes(source, page)
    steps = range(grid.side)
    pairs = [
        (grid.content + row, grid.motion + column) for row in steps for column in steps
    ]
    noises = {
        "content_noise": [_drawn(shapes["content_noise"], one) for one, _ in pairs],
        "start_noise": [_drawn(shapes["start_noise"], one, 0) for _, one in pairs],
        "motion_noise": [_drawn(shapes["motion_noise"], one, 1) for _, one in pairs],
    }
    given = {name: np.stack(rows) for name, rows in noises.items()}
    if "label" in page.inputs:
        given["label"] = np.int32(grid.category)
    loaded = model.Model(source.name, source.client)
    path = folder / OUTPUT
    video = page.pictures[0]
    answer = loaded.run(page.verb, outputs=[video], **given)
    lines = answer.save(path, fps=grid.fps)
    said = [line.replace(f"{folder}/", "") for line in lines]
    return answering.Answer({video: path}, [path], said, program(source, page, grid))


def program(source: sources.Source, page: fields.Fields, grid: Grid) -> str:
    """Returns the program that writes the same grid."""
    shapes = _shapes(source, page)
    return PROGRAM.format(
        place=source.place,
        verb=page.verb,
        content=grid.content,
        motion=grid.motion,
        side=grid.side,
        content_shape=shapes["content_noise"],
        start_shape=shapes["start_noise"],
        motion_shape=shapes["motion_noise"],
        label=f"\n    label={grid.category}," if "label" in page.inputs else "",
        output=OUTPUT,
        fps=grid.fps,
    )


def _shapes(source: sources.Source, page: fields.Fields) -> dict[str, list[int]]:
    """Returns the sizes of each code, without the batch axis."""
    inputs = source.known[page.verb].inputs
    return {name: list(inputs[name].shape[1:]) for name in fields.CODES}


def _drawn(shape: list[int], *seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)

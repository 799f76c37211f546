"""Asks a model what a page was filled in with, and makes films of it to be looked at.

answer = answering.run(source, page, asked, folder)
answer.films     # {"input": .../input.mp4, "video": .../out.mp4}
answer.command   # tfvideogan generate --model=foregan ... --output=out.mp4

What runs is what the command runs (serving/client/session.py): the file is the same.
"""

import argparse
import dataclasses
import pathlib
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfvideogan.core import signatures
from tfvideogan.media import film_writer, galleries, reader, writer
from tfvideogan.pages import fields, requests, sources
from tfvideogan.serving.client import answers, session

INPUT = "input"
# Answers whose files are kept.
KEPT = 20
VIDEO_RANK = 5  # of [N, T, H, W, C]
# Frames of the input that are read at a time.
PIECE = 64
# Numbers of a code that are shown, and their digits; the file has all.
SHOWN, DIGITS = 64, 4


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
      films: files that a browser shows, by what they are; the input first.
      files: what the command writes.
      said: lines for a user.
      command: the command that does the same.
    """

    films: Mapping[str, pathlib.Path]
    files: Sequence[pathlib.Path]
    said: Sequence[str]
    command: str


def run(
    source: sources.Source,
    page: fields.Fields,
    asked: requests.Request,
    folder: pathlib.Path,
) -> Answer:
    """Asks a model and writes its answer.

    Args:
      source: the model.
      page: what its signature takes and answers.
      asked: what was filled in.
      folder: for the files; a new one.

    Raises:
      UserError: what was filled in does not fit.
    """
    output = output_name(page)
    options = asked.options(str(folder / output))
    call = _Call(source, page)
    lines = session.run(options, source.known, call)
    wanted = [one for one in options.outputs.split(",") if one] or page.pictures[:1]
    seen = [one for one in wanted if one in page.pictures]
    paths = answers.files(options.output, seen, [] if seen else page.codes)
    films = {name: paths[name] for name in seen}
    if films and options.input:
        films = _with_input(films, source, page, options, call)
    said = [*call.said, *_numbers(paths, page), *lines]
    return Answer(
        films,
        sorted(set(paths.values())),
        [line.replace(f"{folder}/", "") for line in said],
        asked.command(source.command, output),
    )


def fresh(room: pathlib.Path) -> pathlib.Path:
    """Returns a new folder for an answer, and deletes those of answers long ago."""
    old = sorted(room.iterdir())  # names begin with the time
    for folder in old[: max(0, len(old) - KEPT + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
    return pathlib.Path(tempfile.mkdtemp(prefix=f"{time.time_ns():020d}-", dir=room))


def output_name(page: fields.Fields) -> str:
    """Returns the name of the file that can hold what a signature answers."""
    if not page.pictures:
        return f"codes{writer.ARCHIVE}"
    return "out.png" if page.is_still else "out.mp4"


class _Call:
    """Calls a model, and remembers what no file holds.

    Attributes:
      said: the words that were answered, a line for each output.
      context_frames: how many frames the model went on from.
    """

    def __init__(self, source: sources.Source, page: fields.Fields) -> None:
        self.said: list[str] = []
        self.context_frames = 0
        self._source, self._texts = source, page.texts

    def __call__(
        self, *, signature: str, outputs: Sequence[str], **inputs: Any
    ) -> dict[str, np.ndarray]:
        if signatures.CONTEXT in inputs:
            self.context_frames = inputs[signatures.CONTEXT].shape[-4]
        known = self._source.known[signature].outputs
        texts = [name for name in self._texts if name in known]
        found = self._source.client.predict(
            signature=signature, outputs=[*outputs, *texts], **inputs
        )
        for name in texts:
            words = [one.decode(errors="replace") for one in np.ravel(found.pop(name))]
            self.said.append(f"{name}: {' / '.join(words)}")
        return found


def _with_input(
    films: Mapping[str, pathlib.Path],
    source: sources.Source,
    page: fields.Fields,
    options: argparse.Namespace,
    call: _Call,
) -> dict[str, pathlib.Path]:
    """Returns films behind that of the input, of the same times and size; or alone.

    Of a model that goes on from a context it is what really followed, as often as there
    are samples.
    """
    if signatures.CONTENT in page.inputs:
        return dict(films)
    start, stop = 0, options.max_frames or None
    if signatures.CONTEXT in page.inputs:
        if stop is None:
            return dict(films)  # Nothing follows on the end.
        length = reader.probe(films[page.pictures[0]]).num_frames
        start = stop - 1 - (call.context_frames - 1) * options.stride
        stop = start + length * options.stride
    path = next(iter(films.values())).with_name(f"{INPUT}.mp4")
    height, width = _size(source, page)
    pieces, fps = reader.read_pieces(
        options.input,
        height=height,
        width=width,
        start=start,
        stop=stop,
        stride=options.stride,
        piece=PIECE,
    )
    with film_writer.opened(path, fps=options.fps or fps) as film:
        for frames in pieces:
            film.write(galleries.film(np.stack([frames] * options.samples)))
    return {INPUT: path, **films}


def _size(source: sources.Source, page: fields.Fields) -> tuple[int | None, int | None]:
    """Returns height and width of the videos that a signature takes; None if it is free."""
    inputs = source.known[page.verb].inputs
    shapes = [inputs[one].shape for one in signatures.VIDEOS if one in inputs]
    shape = next((one for one in shapes if one and len(one) == VIDEO_RANK), None)
    return (None, None) if shape is None else (shape[2], shape[3])


def _numbers(paths: Mapping[str, pathlib.Path], page: fields.Fields) -> list[str]:
    """Returns a line for each code that was written."""
    codes = [name for name in page.codes if name in paths]
    if not codes:
        return []
    with np.load(paths[codes[0]]) as archive:
        found = {name: archive[name] for name in codes}
    return [
        f"{name} {list(one.shape)}: "
        + np.array2string(one, precision=DIGITS, threshold=SHOWN, separator=", ")
        for name, one in found.items()
    ]

"""From a video file and its masks to the completed file, for a command line.

lines = completion_files.run(options, known, "complete", call)

The video is read three times, as neither its frames nor its masks are kept: for its cuts,
for its holes, and to be completed.
"""

import argparse
import dataclasses
import itertools
import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.media import (
    film_writer,
    hole_masks,
    image_sequences,
    reader,
    shots,
)
from tfvideogan.serving.client import (
    answers,
    completion,
    flows,
    long_video,
    metadata,
)

# Frames that are read at a time.
PIECE = 16
RGB = 3


@dataclasses.dataclass(frozen=True)
class _Input:
    """The video, as the flags say how to read it.

    Attributes:
      path: of the video.
      size: height and width to which it is brought, or None.
      channels: 1 or 3.
      stride: every so many frames.
      stop: frame at which to end, or None.
    """

    path: str
    size: tuple[int, int] | None
    channels: int
    stride: int
    stop: int | None

    def frames(self) -> tuple[Iterator[tuple[np.ndarray, int]], float]:
        """Returns frames [H, W, C] uint8 with their numbers, and frames per second."""
        height, width = self.size or (None, None)
        pieces, rate = reader.read_numbered(
            self.path,
            height=height,
            width=width,
            channels=self.channels,
            stop=self.stop,
            stride=self.stride,
            piece=PIECE,
        )
        return (pair for piece in pieces for pair in zip(*piece, strict=True)), rate


def run(
    options: argparse.Namespace,
    known: Mapping[str, metadata.Signature],
    verb: str,
    call: Callable[..., dict[str, np.ndarray]],
    *,
    outputs: Sequence[str],
    plan: long_video.Plan,
) -> list[str]:
    """Completes a video and writes it.

    Args:
      options: see `flags.add_request`; checked.
      known: the signatures of the model.
      verb: that takes `frames` and `holes`.
      call: runs one, see `session.run`.
      outputs: the wanted ones.
      plan: how many frames travel in a request.

    Returns:
      Lines that say what was written.

    Raises:
      UserError: the flags or files do not fit the model.
    """
    if signatures.VIDEO not in known[verb].outputs:
        return _flow(options, known[verb], call, outputs)
    if list(outputs) != [signatures.VIDEO]:
        raise errors.UserError(
            f"--outputs={','.join(outputs)}: of {verb} only `{signatures.VIDEO}` can be "
            "written; leave --outputs out."
        )
    given = _given(options, known[verb])
    numbers, starts, size = _watched(given)
    masks = _masks(options, given, numbers, size)
    found = completion.surveyed(starts, masks.of(numbers), len(numbers))
    for line in (*masks.lines, *completion.described(found)):
        sys.stderr.write(f"{line}\n")

    def ask(
        name: str, arrays: long_video.Arrays, wanted: Sequence[str]
    ) -> dict[str, np.ndarray]:
        return call(signature=name, outputs=wanted, **arrays)

    completer = completion.Completer(
        ask,
        known,
        verb,
        plan,
        is_cropped=options.crop != "off",
        method=_method(options),
    )
    frames, rate = given.frames()
    pairs = zip((frame for frame, _ in frames), masks.of(numbers), strict=True)
    is_paced = options.fps is None or np.isclose(options.fps, rate)
    sound = given.path if is_paced else None
    with film_writer.opened(
        options.output, fps=options.fps or rate, sound=sound
    ) as film:
        for frame in completer.frames(pairs, found):
            film.write(frame[np.newaxis])
    lines = [
        f"{options.output}: {signatures.VIDEO}, {answers.counted(1, len(numbers))}"
    ]
    if not is_paced and film_writer.has_sound(given.path):
        lines.append(
            f"{options.output} has no sound: --fps={options.fps:g} is not its pace."
        )
    return [*lines, *film.lines]


def _flow(
    options: argparse.Namespace,
    signature: metadata.Signature,
    call: Callable[..., dict[str, np.ndarray]],
    outputs: Sequence[str],
) -> list[str]:
    """Asks for the flow of a video with holes, all of it at once, and writes it."""
    given = _given(options, signature)
    numbers, _, size = _watched(given)
    if len(numbers) == 1:
        raise errors.UserError("--input has 1 frame; flow needs 2 or more.")
    masks = _masks(options, given, numbers, size)
    for line in masks.lines:
        sys.stderr.write(f"{line}\n")
    frames, rate = given.frames()
    asked = {
        signatures.FRAMES: np.stack([frame for frame, _ in frames]),
        signatures.HOLES: np.stack([*masks.of(numbers)])[..., np.newaxis],
    }
    asked = dict(flows.filled(signature, asked))
    answer = call(signature=signature.name, outputs=outputs, **asked)
    made = {name: answer[name][np.newaxis] for name in outputs}
    return answers.write(options.output, made, asked, rate)


def _method(options: argparse.Namespace) -> completion.Method:
    """Returns how holes are filled; flags that are left out have the defaults."""
    asked = {"name": options.method, "budget_mb": options.budget_mb}
    return completion.Method(**{k: v for k, v in asked.items() if v is not None})


def _given(options: argparse.Namespace, signature: metadata.Signature) -> _Input:
    """Returns how the model wants the video to be read."""
    if not options.input:
        raise errors.UserError(
            f"--input is missing; the model wants `{signatures.FRAMES}`."
        )
    if not options.mask:
        raise errors.UserError(
            "--mask is missing; the model wants what is to be filled: a picture that is "
            "white there, a folder or a film of them, or a box --mask=x,y,w,h."
        )
    shape = signature.inputs[signatures.FRAMES].shape or [None] * 5
    *_, height, width, channels = shape
    size = None if height is None or width is None else (height, width)
    return _Input(
        options.input, size, channels or RGB, options.stride, options.max_frames or None
    )


def _watched(given: _Input) -> tuple[list[int], list[int], tuple[int, int]]:
    """Returns the numbers of the frames, the starts of shots, and the frames' size."""
    numbers: list[int] = []
    frames, _ = given.frames()
    first, number = next(frames)

    def seen() -> Iterator[np.ndarray]:
        for frame, number_ in itertools.chain([(first, number)], frames):
            numbers.append(int(number_))
            yield frame

    starts = list(shots.cuts(seen()))
    return numbers, starts, first.shape[:2]


def _masks(
    options: argparse.Namespace,
    given: _Input,
    numbers: Sequence[int],
    size: tuple[int, int],
) -> hole_masks.Masks:
    """Opens the masks for the frames that are read."""
    about = reader.probe(given.path)
    path, named = pathlib.Path(given.path), {}
    if path.is_dir():
        files = image_sequences.numbered(path)
        named = {image_sequences.number(one): place for place, one in enumerate(files)}
        named = named if len(named) == len(files) and -1 not in named else {}
    film = hole_masks.Film(
        about.height if given.size else size[0],
        about.width if given.size else size[1],
        numbers[-1] + 1,
        numbers=named,
        size=given.size,
        is_part=given.stop is not None or given.stride > 1,
    )
    return hole_masks.opened(options.mask, film, dilate=options.dilate)

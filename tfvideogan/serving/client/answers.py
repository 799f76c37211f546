"""From answers to files: films that play, grids of several, and codes.

for line in answers.write("out.mp4", found, inputs, fps):
    print(line)
"""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfvideogan.core import pixels, signatures
from tfvideogan.media import galleries, sheets, writer
from tfvideogan.serving.client import choice

VIDEO_RANK = 5  # of [N, T, H, W, C]


def files(
    output: str, pictures: Sequence[str], codes: Sequence[str]
) -> dict[str, pathlib.Path]:
    """Returns the file of each answer by its name.

    Args:
      output: the file of the first one.
      pictures: answers with a file each.
      codes: answers that share an npz.
    """
    main = pathlib.Path(output)
    found = {
        name: main.with_name(f"{main.stem}_{name}{main.suffix}") if place else main
        for place, name in enumerate(pictures)
    }
    shared = main.with_name(f"{main.stem}_codes.npz") if pictures else main
    return found | dict.fromkeys(codes, shared)


def write(
    output: str,
    found: Mapping[str, np.ndarray],
    inputs: Mapping[str, np.ndarray],
    fps: float,
    *,
    seed: int = 0,
) -> list[str]:
    """Writes the answers and returns a line for each file.

    Args:
      output: the file of the first answer.
      found: pictures [N, T, H, W, C] or [N, H, W, C], each for a file of its own, and
        codes of lower rank and flow, all for one npz.
      inputs: what was asked: without batch axis, but `motion` [N, T, H, W, C].
      fps: of films.
      seed: of the first sample.
    """
    lines = []
    has_motion = signatures.MOTION in inputs
    kind, first = ("motion", 0) if has_motion else ("seed", seed)
    codes = {name: one for name, one in found.items() if not is_picture(one)}
    pictures = [name for name in found if name not in codes]
    paths = files(output, pictures, list(codes))
    for name in pictures:
        clips = _clips(found[name], inputs)
        names = [f"{kind}_{first + row}" for row in range(len(clips))]
        rows = _rows(clips, inputs)
        galleries.write_clips(paths[name], clips, fps, names=names, rows=rows)
        lines.append(f"{paths[name]}: {name}, {counted(*clips.shape[:2])}")
    if codes:
        codes = {name: _without_batch(one) for name, one in codes.items()}
        path = paths[next(iter(codes))]
        writer.write_arrays(path, codes)
        lines.append(f"{path}: {', '.join(codes)}")
    return lines


def counted(clips: int, frames: int) -> str:
    """Says how many clips of how many frames, or how many pictures, there are."""
    if frames == 1:
        return f"{clips} picture{'s' * (clips > 1)}"
    return f"{f'{clips} clips of ' * (clips > 1)}{frames} frames"


def is_picture(array: np.ndarray) -> bool:
    """Whether an answer, with its batch axis, is pictures or videos, and no code."""
    return choice.is_shape_of_pictures(array.shape)


def film(array: np.ndarray, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns the clip [T, H, W, C] uint8 that shows all of an answer at once.

    Args:
      array: pictures, as in `write`.
      inputs: as in `write`.
    """
    clips = _clips(array, inputs)
    return galleries.film(clips, _rows(clips, inputs))


def _clips(answers: np.ndarray, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns clips [N, T, H, W, C] uint8, behind the context where there is one."""
    if answers.dtype != np.uint8:
        answers = pixels.to_uint8(answers).numpy()
    clips = answers if answers.ndim == VIDEO_RANK else answers[:, np.newaxis]
    context = inputs.get(signatures.CONTEXT)
    if not _is_alike(clips, context):
        return clips
    before = np.broadcast_to(context, (len(clips), *context.shape[-4:]))
    return np.concatenate([before, clips], axis=1)


def _without_batch(array: np.ndarray) -> np.ndarray:
    """Takes away a batch axis of one."""
    return array[0] if len(array) == 1 else array


def _rows(clips: np.ndarray, inputs: Mapping[str, np.ndarray]) -> sheets.Rows | None:
    """Returns motions above their answers with the content at the left, or None."""
    content, motions = inputs.get(signatures.CONTENT), inputs.get(signatures.MOTION)
    if not _is_alike(clips, content) or not _is_alike(clips, motions):
        return None
    return [[None, *motions], [content, *clips]]


def _is_alike(clips: np.ndarray, other: np.ndarray | None) -> bool:
    """Whether there is another, and its frames have the size and channels of these."""
    return other is not None and other.shape[-3:] == clips.shape[-3:]

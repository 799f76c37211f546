"""From files and flags to the inputs of a signature, by their names in core/signatures.py.

arrays, fps = inputs.read(options, signature)
batch = inputs.batched(arrays, options.samples)
"""

import argparse
import pathlib
from collections.abc import Sequence

import cv2
import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.media import excerpts, reader, stills
from tfvideogan.serving.client import flows, metadata

DEFAULT_FPS = 8.0
# Of a context, where neither the model nor a flag says how many; fewer will do.
CONTEXT_FRAMES = 3
MIN_FLOW_FRAMES = 2
WHITE = 255
RGB = 3
VIDEO_RANK = 5  # of [N, T, H, W, C]

Arrays = dict[str, np.ndarray]


def read(
    options: argparse.Namespace, signature: metadata.Signature
) -> tuple[Arrays, float]:
    """Returns what a signature wants, and frames per second.

    All are without batch axis but `motion`, which is [N, T, H, W, C].

    Raises:
      UserError: a flag is missing, or a file is not as the signature wants it.
    """
    wanted, found, fps = set(signature.inputs), {}, DEFAULT_FPS
    for name in signatures.VIDEOS:  # the motion last: an answer moves at its rate
        shape = signature.inputs[name].shape if name in wanted else ()
        if shape is None or len(shape) == VIDEO_RANK:
            found[name], fps = _read(options, name, shape or [None] * VIDEO_RANK)
    if signatures.FRAMES in found:
        frames = found[signatures.FRAMES]
        if signatures.MASK in wanted:
            found[signatures.MASK] = _read_mask(options, frames.shape[1:3])
        if wanted & set(signatures.FLOWS) and len(frames) < MIN_FLOW_FRAMES:
            raise errors.UserError(
                f"--input={options.input} gives {len(frames)} frame, but {signature.name} "
                "wants the motion between frames; take at least two."
            )
        found = dict(flows.filled(signature, found))
    if signatures.OTHER_SEED in wanted and options.other_seed is None:
        raise errors.UserError(
            f"--other_seed is missing; {signature.name} goes from --seed to it."
        )
    category = options.category or 0
    other = category if options.other_category is None else options.other_category
    numbers = {
        signatures.SEED: np.int64(options.seed),
        signatures.LABEL: np.int32(category),
        signatures.OTHER_SEED: np.int64(options.other_seed or 0),
        signatures.OTHER_LABEL: np.int32(other),
        # Of one sample; of several, see `batched`.
        signatures.SHARE: np.float32(0.5),
        signatures.TRUNCATION: np.float32(
            1.0 if options.truncation is None else options.truncation
        ),
    }
    found |= {name: number for name, number in numbers.items() if name in wanted}
    if signatures.TEXT in wanted:
        if options.text is None:
            raise errors.UserError(
                f"--text is missing; {signature.name} wants a caption, such as "
                '--text="the star is moving left and right".'
            )
        found[signatures.TEXT] = np.array(options.text.encode(), object)
    if missing := sorted(wanted - set(found)):
        raise errors.UserError(
            f"This client has nothing to give as {', '.join(missing)}"
            f" of {signature.describe()}."
        )
    return found, fps


def batched(arrays: Arrays, samples: int) -> Arrays:
    """Gives every input its batch axis: a row for each motion, or for each sample.

    Samples have a seed each, or lie evenly between two.
    """
    motion, seed, share = signatures.MOTION, signatures.SEED, signatures.SHARE
    number = len(arrays[motion]) if motion in arrays else samples
    batch = {
        name: array if name == motion else np.repeat(array[np.newaxis], number, axis=0)
        for name, array in arrays.items()
    }
    if share in batch and number > 1:
        batch[share] = np.linspace(0.0, 1.0, number, dtype=np.float32)
    elif share not in batch and seed in batch:
        batch[seed] += np.arange(number)
    return batch


def _read(
    options: argparse.Namespace, name: str, shape: Sequence[int | None]
) -> tuple[np.ndarray, float]:
    """Reads an input of shape [N, T, H, W, C] as uint8, and its frames per second."""
    is_motion = name == signatures.MOTION
    given = options.motion if is_motion else options.input
    if not given:
        flag = "motion" if is_motion else "input"
        raise errors.UserError(f"--{flag} is missing; the model wants `{name}`.")
    _, length, height, width, channels = shape
    is_context = name == signatures.CONTEXT
    lengths = {
        signatures.CONTEXT: options.context_frames or length or CONTEXT_FRAMES,
        signatures.CLIP: length,
        signatures.MOTION: length,
    }
    is_free = is_context and not (options.context_frames or length)
    wanted = excerpts.Excerpt(
        length=lengths.get(name),
        at_least=1 if is_free else None,
        height=height,
        width=width,
        channels=channels or RGB,
        stride=options.stride,
        stop=options.max_frames or None,
    )
    if is_motion:
        return _read_motions(given, wanted)
    read_part = excerpts.read_last if is_context else excerpts.read_first
    return read_part(given, wanted)


def _read_motions(
    paths: Sequence[str], wanted: excerpts.Excerpt
) -> tuple[np.ndarray, float]:
    """Reads [N, T, H, W, C], and the frames per second of the first."""
    clips, rates = zip(
        *(excerpts.read_first(path, wanted) for path in paths), strict=True
    )
    if len({clip.shape for clip in clips}) > 1:
        raise errors.UserError(
            f"The files of --motion must be equally long and large; as [T, H, W, C] they "
            f"are {', '.join(str(list(clip.shape)) for clip in clips)}."
        )
    return np.stack(clips), rates[0]


def _read_mask(options: argparse.Namespace, size: tuple[int, int]) -> np.ndarray:
    """Reads the first frame's mask as [H, W, 1] uint8, 255 = object.

    It is a picture of the input's first frame, or already of the model's size.
    """
    path = options.mask
    if not path:
        raise errors.UserError(
            "--mask is missing; the model wants the object's mask in the first frame, a "
            "picture that is white where the object is."
        )
    mask = stills.read_mask(pathlib.Path(path)) * np.uint8(WHITE)
    if not mask.any():
        raise errors.UserError(f"--mask={path} marks no object: it is black.")
    height, width = size
    resized = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    shape = f"{mask.shape[1]}x{mask.shape[0]}"
    if not resized.any():
        raise errors.UserError(
            f"--mask={path} is empty after resizing from {shape} to the model's "
            f"{width}x{height}: its object has {np.count_nonzero(mask)} pixels; crop "
            "input and mask around it."
        )
    about = reader.probe(options.input)
    if mask.shape != size and not _is_alike(mask.shape, (about.height, about.width)):
        raise errors.UserError(
            f"--mask={path} is {shape}, but --input={options.input} is "
            f"{about.width}x{about.height}; a mask of other proportions marks another "
            "place."
        )
    return resized[..., np.newaxis]


def _is_alike(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same proportions, but for the rounding of a side."""
    scale = other[1] / size[1]
    return abs(size[0] * scale - other[0]) <= max(scale, 1.0)

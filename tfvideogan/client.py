r"""Sends a video to a served model and writes the answer as a file that plays.

    python -m tfvideogan.client --model=foregan --input=clip.mp4 --mask=mask.png \
        --output=out.mp4
    python -m tfvideogan.client --model=foregan --describe
    python -m tfvideogan.client --model=mocogan --samples=9 --output=grid.mp4
    python -m tfvideogan.client --model=mocogan_prediction --input=clip.mp4 \
        --output=out.mp4
    python -m tfvideogan.client --model=mocogan_prediction --signature=swap \
        --input=content.mp4 --motion=a.mp4 --motion=b.mp4 --output=grid.mp4
    python -m tfvideogan.client --model=mocogan_prediction --signature=encode \
        --input=clip.mp4 --output=codes.npz

In a checkout, `python tools/sample_clip.py` writes a clip.mp4 and a mask.png to try, and
`python -m tfvideogan.serve` serves what is in saved_models/.

What the model wants is asked of the server; frames are resized to its size, optical flow
is estimated here (DIS) where it wants some, and a long video goes in several requests.
Which part of the input is sent depends on the name under which a model wants it:

    frames       all of it
    context      its last --context_frames; each answer is written behind them, so that
                 the file plays on
    content      all of it
    clip         as many frames as the model wants, from the start
    motion       likewise, of each --motion

Several --samples, and several motions, are one request. A film shows all the answers at
once: samples in a square; motions in a row above their answers, the content at the left.
With an npz or a folder (no ending), each answer is there by itself. Codes, which are no
pictures, go into one npz under their names.

Exit codes: 0 done, 2 bad input, 3 no server, 4 the server refused or failed.
"""

import os

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from tfvideogan.core import errors, exportable, pixels
from tfvideogan.media import excerpts, flow, galleries, sheets, stills, writer
from tfvideogan.serving.client import choice, flags, grpc_client, long_video

OK, BAD_INPUT, UNREACHABLE, REFUSED = 0, 2, 3, 4
DEFAULT_FPS = 8.0
WHITE = 255
RGB = 3
BATCHED_RANK = 5  # of [N, T, H, W, C]
# Clips by the names that signatures give them.
CONTEXT, CONTENT, CLIP = "context", "content", "clip"
MOTION = choice.MOTION


class PredictionClient(grpc_client.PredictionClient):
    """The client as a library, which estimates flow (DIS) where a model wants some.

    with client.PredictionClient("localhost:8500") as served:
        answer = served.predict("foregan", frames=frames, mask=mask)
    """

    def predict(
        self,
        model: str,
        *,
        signature: str = "",
        version: int | None = None,
        version_label: str = "",
        outputs: Sequence[str] = (),
        timeout: float | None = None,
        **inputs: Any,
    ) -> dict[str, np.ndarray]:
        """Runs a signature as its base does; flow may be left out.

        Args:
          model: its name on the server.
          signature: `serving_default` if empty.
          version: the newest available one if None.
          version_label: names a version instead of its number.
          outputs: the wanted ones; all if empty.
          timeout: seconds; the client's if None.
          **inputs: arrays, with or without the batch axis. `frames` is uint8 if flow is
            to be estimated.

        Raises:
          UserError: the inputs do not fit the signature.
          PredictionError: the server refused or failed, or did not answer in time.
        """
        which = {"version": version, "version_label": version_label}
        known = self.signatures(model, **which)
        called = known.get(signature or grpc_client.DEFAULT_SIGNATURE)
        if called and long_video.FRAMES in inputs:
            absent = set(long_video.BETWEEN) & set(called.inputs) - set(inputs)
            found = _flows(np.asarray(inputs[long_video.FRAMES])) if absent else {}
            inputs |= {name: found[name] for name in absent}
        return super().predict(
            model,
            signature=signature,
            outputs=outputs,
            timeout=timeout,
            **which,
            **inputs,
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    options = flags.parser(__doc__ or "").parse_args(argv)
    try:
        flags.check(options)
        connection = flags.connection(options)
        with PredictionClient(options.server, **connection) as client:
            if options.wait_seconds:
                client.wait(options.model, options.wait_seconds)
            return _work(options, client)
    except errors.UserError as error:
        code, text = BAD_INPUT, error
    except grpc_client.ServerUnreachable as error:
        code, text = UNREACHABLE, error
    except grpc_client.PredictionError as error:
        code, text = REFUSED, error
    sys.stderr.write(f"error: {text}\n")
    return code


def _work(options: argparse.Namespace, client: grpc_client.PredictionClient) -> int:
    which = {"version": options.version, "version_label": options.label}
    signatures = client.signatures(options.model, **which)
    if options.describe:
        print("\n".join(one.describe() for one in signatures.values()))
        return OK
    verb = choice.verb(options, signatures)
    signature = signatures[verb]
    wanted = choice.outputs(options, signature)
    inputs, fps = _inputs(options, signature)

    def ask(name: str, arrays: long_video.Arrays) -> long_video.Arrays:
        states = [
            one
            for one in signatures[name].outputs
            if one.startswith(exportable.NEXT_STATE)
        ]
        # The first mask of an overlapping chunk comes from the mask of the one before.
        masks = {"mask"} & set(arrays) & set(signatures[name].outputs)
        asked = [*wanted, *states, *sorted(masks - set(wanted))]
        return client.predict(
            options.model, signature=name, outputs=asked, **which, **arrays
        )

    if long_video.FRAMES in inputs:
        overlap = min(options.overlap, options.chunk_frames - 1)
        plan = long_video.Plan(options.chunk_frames, overlap, _show)
        single = long_video.predict(ask, verb, signatures, inputs, plan)
        found = {name: array[np.newaxis] for name, array in single.items()}
    else:
        found = ask(verb, _batched(inputs, options.samples))
    answers = {name: found[name] for name in wanted}
    _write(options, answers, inputs, options.fps or fps)
    return OK


def _inputs(
    options: argparse.Namespace, signature: grpc_client.Signature
) -> tuple[long_video.Arrays, float]:
    """Returns what the signature wants, and frames per second.

    All are without batch axis but `motion`, which is [N, T, H, W, C].
    """
    wanted, inputs, fps = set(signature.inputs), {}, DEFAULT_FPS
    # The motion comes last: an answer moves at its rate.
    for name in (long_video.FRAMES, CONTEXT, CONTENT, CLIP, MOTION):
        shape = signature.inputs[name].shape if name in wanted else ()
        if shape is None or len(shape) == BATCHED_RANK:
            inputs[name], fps = _read(options, name, shape or [None] * BATCHED_RANK)
    if long_video.FRAMES in wanted:
        frames = inputs[long_video.FRAMES]
        if long_video.MASK in wanted:
            inputs[long_video.MASK] = _read_mask(options.mask, frames.shape[1:3])
        if wanted & set(long_video.BETWEEN):
            found = _flows(frames)
            inputs |= {name: array for name, array in found.items() if name in wanted}
    numbers = {
        "seed": np.int64(options.seed),
        "label": np.int32(options.category),
        "truncation": np.float32(options.truncation),
    }
    inputs |= {name: number for name, number in numbers.items() if name in wanted}
    if "text" in wanted and options.text:
        inputs["text"] = np.array(options.text.encode(), object)
    if wanted - set(inputs):
        raise errors.UserError(
            f"This client has nothing to give as {', '.join(sorted(wanted - set(inputs)))}"
            f" of {signature.describe()}; see --input, --mask, --seed and --text."
        )
    return inputs, fps


def _batched(inputs: long_video.Arrays, samples: int) -> long_video.Arrays:
    """Gives every input its batch axis: a row for each motion, or for each sample."""
    number = len(inputs[MOTION]) if MOTION in inputs else samples
    batch = {
        name: array if name == MOTION else np.repeat(array[np.newaxis], number, axis=0)
        for name, array in inputs.items()
    }
    if "seed" in batch:
        batch["seed"] += np.arange(number)
    return batch


def _flows(frames: np.ndarray) -> long_video.Arrays:
    """Estimates the flows of frames [T, H, W, 3] or [N, T, H, W, 3], by their names."""
    clips = frames[np.newaxis] if frames.ndim < BATCHED_RANK else frames
    both = zip(*(flow.estimate_clip(clip) for clip in clips), strict=True)
    named = zip(long_video.BETWEEN, map(np.stack, both), strict=True)
    is_single = frames.ndim < BATCHED_RANK
    return {name: one[0] if is_single else one for name, one in named}


def _read(
    options: argparse.Namespace, name: str, shape: Sequence[int | None]
) -> tuple[np.ndarray, float]:
    """Reads an input of shape [N, T, H, W, C] as uint8, and its frames per second."""
    given = options.motion if name == MOTION else options.input
    if not given:
        flag = MOTION if name == MOTION else "input"
        raise errors.UserError(f"--{flag} is missing; the model wants `{name}`.")
    _, length, height, width, channels = shape
    lengths = {CONTEXT: options.context_frames, CLIP: length, MOTION: length}
    wanted = excerpts.Excerpt(
        length=lengths.get(name),
        height=height,
        width=width,
        channels=channels or RGB,
        stride=options.stride,
        stop=options.max_frames or None,
    )
    if name == MOTION:
        return _read_motions(given, wanted)
    read = excerpts.read_last if name == CONTEXT else excerpts.read_first
    return read(given, wanted)


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


def _read_mask(text: str, size: tuple[int, int]) -> np.ndarray:
    """Reads the first frame's mask as [H, W, 1] uint8, 255 = object."""
    if not text:
        raise errors.UserError(
            "--mask is missing; the model wants the object's mask in the first frame, a "
            "picture that is white where the object is."
        )
    mask = stills.read_mask(pathlib.Path(text)) * np.uint8(WHITE)
    if not mask.any():
        raise errors.UserError(f"--mask={text} marks no object: it is black.")
    height, width = size
    method = cv2.INTER_NEAREST
    return cv2.resize(mask, (width, height), interpolation=method)[..., np.newaxis]


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total} frames\n")


def _write(
    options: argparse.Namespace,
    found: long_video.Arrays,
    inputs: long_video.Arrays,
    fps: float,
) -> None:
    """Writes pictures [N, T, H, W, C] or [N, H, W, C], each to its file, and all codes."""
    main = pathlib.Path(options.output)
    kind, first = (MOTION, 0) if MOTION in inputs else ("seed", options.seed)
    codes = {n: one for n, one in found.items() if one.ndim < choice.PICTURE_RANK}
    for place, name in enumerate(name for name in found if name not in codes):
        path = main.with_name(f"{main.stem}_{name}{main.suffix}") if place else main
        clips = _clips(found[name], inputs)
        names = [f"{kind}_{first + row}" for row in range(len(clips))]
        rows = _rows(clips, inputs)
        galleries.write_clips(path, clips, fps, names=names, rows=rows)
        number = f"{len(clips)} clips of " if len(clips) > 1 else ""
        print(f"{path}: {name}, {number}{clips.shape[1]} frames")
    if codes:
        has_pictures = len(codes) < len(found)
        path = main.with_name(f"{main.stem}_codes.npz") if has_pictures else main
        codes = {name: _without_batch(one) for name, one in codes.items()}
        writer.write_arrays(path, codes)
        print(f"{path}: {', '.join(codes)}")


def _clips(answers: np.ndarray, inputs: long_video.Arrays) -> np.ndarray:
    """Returns clips [N, T, H, W, C] uint8, behind the context where there is one."""
    if answers.dtype != np.uint8:
        answers = pixels.to_uint8(answers).numpy()
    clips = answers if answers.ndim == BATCHED_RANK else answers[:, np.newaxis]
    if not _is_alike(clips, inputs.get(CONTEXT)):
        return clips
    context = np.repeat(inputs[CONTEXT][np.newaxis], len(clips), axis=0)
    return np.concatenate([context, clips], axis=1)


def _without_batch(array: np.ndarray) -> np.ndarray:
    """Takes away a batch axis of one."""
    return array[0] if len(array) == 1 else array


def _rows(clips: np.ndarray, inputs: long_video.Arrays) -> sheets.Rows | None:
    """Returns motions above their answers with the content at the left, or None."""
    content, motions = inputs.get(CONTENT), inputs.get(MOTION)
    if not _is_alike(clips, content) or not _is_alike(clips, motions):
        return None
    return [[None, *motions], [content, *clips]]


def _is_alike(clips: np.ndarray, other: np.ndarray | None) -> bool:
    """Whether there is another, and its frames have the size and channels of these."""
    return other is not None and other.shape[-3:] == clips.shape[-3:]


if __name__ == "__main__":
    sys.exit(main())

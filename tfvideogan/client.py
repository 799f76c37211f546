r"""Sends a video to a served model and writes the answer as a file that plays.

    python -m tfvideogan.client --model=foregan --input=clip.mp4 --mask=mask.png \
        --output=out.mp4
    python -m tfvideogan.client --model=foregan --describe

In a checkout, `python tools/sample_clip.py` writes a clip.mp4 and a mask.png to try, and
`python -m tfvideogan.serve` serves what is in saved_models/.

What the model wants is asked of the server; frames are resized to its size, optical flow
is estimated here (DIS) where it wants some, and a long video goes in several requests.
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
import grpc
import numpy as np

from tfvideogan.core import errors, exportable, pixels
from tfvideogan.data import flow, pictures, video, video_reader
from tfvideogan.serving import long_video, prediction_client

OK, BAD_INPUT, UNREACHABLE, REFUSED = 0, 2, 3, 4
DEFAULT_FPS = 8.0
WHITE = 255
MEGABYTE = 2**20
BATCHED_RANK = 5  # of [N, T, H, W, C]
# What is asked for and written where nobody says, in this order: bytes before floats.
MAIN_OUTPUTS = ("video_uint8", "video", "frames", "image_uint8", "image")
VERBS = ("predict", "complete", "generate", prediction_client.DEFAULT_SIGNATURE)


class PredictionClient(prediction_client.PredictionClient):
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
        called = known.get(signature or prediction_client.DEFAULT_SIGNATURE)
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
    options = _parser().parse_args(argv)
    try:
        with _client(options) as client:
            if options.wait_seconds:
                client.wait(options.model, options.wait_seconds)
            return _work(options, client)
    except errors.UserError as error:
        code, text = BAD_INPUT, error
    except prediction_client.ServerUnreachable as error:
        code, text = UNREACHABLE, error
    except prediction_client.PredictionError as error:
        code, text = REFUSED, error
    sys.stderr.write(f"error: {text}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    texts = (
        ("server", "localhost:8500", "host:port of gRPC, or unix:path"),
        ("label", "", "a version by its label"),
        ("signature", "", "what to call; the model's verb by default"),
        ("input", "", "a video file (mp4, gif, ...) or a folder of pictures"),
        ("mask", "", "a picture: white, or any colour, where the object is"),
        ("text", "", "a caption, for models that want `text`"),
        ("output", "", "mp4, gif, png, npz, or a folder"),
        ("outputs", "", "by comma; each but the first is written beside --output"),
        ("tls_ca", "", "PEM file of the authority; switches TLS on"),
        ("tls_cert", "", "PEM file of the client's certificate"),
        ("tls_key", "", "PEM file of the client's key"),
        ("tls_server_name", "", "the name in the server's certificate"),
    )
    made.add_argument("--model", "--model_name", required=True, help="its served name")
    for name, default, about in texts:
        made.add_argument(f"--{name}", default=default, metavar="TEXT", help=about)
    numbers = (
        ("version", int, None, "a version by its number; the newest by default"),
        ("seed", int, 0, "for models that want `seed`"),
        ("category", int, 0, "for models that want `label`: the number of a class"),
        ("truncation", float, 1.0, "for models that want it: 0 typical, 1 varied"),
        ("fps", float, None, "of the output; as the input by default"),
        ("max_frames", int, 0, "read so many frames of the input; 0 for all"),
        ("chunk_frames", int, 32, "frames in a request"),
        ("overlap", int, 4, "frames two chunks share, if the model has no memory"),
        ("timeout", float, 600.0, "of a request, seconds"),
        ("wait_seconds", float, 0.0, "wait so long for the model to be available"),
        ("max_message_mb", int, 0, "of a message; 0 for no limit"),
    )
    for name, kind, default, about in numbers:
        made.add_argument(
            f"--{name}", type=kind, default=default, metavar="N", help=about
        )
    made.add_argument(
        "--describe", action="store_true", help="print the model's signatures and stop"
    )
    return made


def _client(options: argparse.Namespace) -> PredictionClient:
    credentials = None
    if options.tls_ca:
        credentials = grpc.ssl_channel_credentials(
            _pem(options.tls_ca), _pem(options.tls_key), _pem(options.tls_cert)
        )
    limit = options.max_message_mb * MEGABYTE
    return PredictionClient(
        options.server,
        timeout=options.timeout,
        max_message_bytes=limit or -1,
        credentials=credentials,
        server_name=options.tls_server_name,
    )


def _pem(path: str) -> bytes | None:
    try:
        return pathlib.Path(path).read_bytes() if path else None
    except OSError as error:
        raise errors.UserError(f"{path} cannot be read: {error.strerror}.") from error


def _work(
    options: argparse.Namespace, client: prediction_client.PredictionClient
) -> int:
    which = {"version": options.version, "version_label": options.label}
    signatures = client.signatures(options.model, **which)
    if options.describe:
        print("\n".join(one.describe() for one in signatures.values()))
        return OK
    verb = _verb(options.signature, signatures)
    signature = signatures[verb]
    if not options.output:
        raise errors.UserError("--output is missing; try --output=out.mp4.")
    wanted = _wanted(options.outputs, signature)
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
        found = long_video.predict(ask, verb, signatures, inputs, plan)
    else:
        found = ask(verb, inputs)
    _write(options, {name: found[name] for name in wanted}, options.fps or fps)
    return OK


def _verb(name: str, signatures: dict[str, prediction_client.Signature]) -> str:
    """Returns the signature that is meant."""
    names = [name] if name else [verb for verb in VERBS if verb in signatures]
    if not names or names[0] not in signatures:
        raise errors.UserError(
            f"The model has no signature {name!r}; it has {', '.join(signatures)}."
        )
    return names[0]


def _wanted(text: str, signature: prediction_client.Signature) -> list[str]:
    """Returns the outputs to write, the main one first."""
    names = [name for name in text.split(",") if name]
    names = names or [one for one in MAIN_OUTPUTS if one in signature.outputs][:1]
    unknown = [name for name in names if name not in signature.outputs]
    if unknown or not names:
        raise errors.UserError(
            f"--outputs={text} cannot be written; {signature.name} has "
            f"{', '.join(sorted(signature.outputs))}."
        )
    return names


def _inputs(
    options: argparse.Namespace, signature: prediction_client.Signature
) -> tuple[long_video.Arrays, float]:
    """Returns what the signature wants, without batch axis, and frames per second."""
    wanted, inputs, fps = set(signature.inputs), {}, DEFAULT_FPS
    if long_video.FRAMES in wanted:
        size = _size(signature.inputs[long_video.FRAMES])
        frames, fps = _read_frames(options, size)
        inputs[long_video.FRAMES] = frames
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


def _flows(frames: np.ndarray) -> long_video.Arrays:
    """Estimates the flows of frames [T, H, W, 3] or [N, T, H, W, 3], by their names."""
    clips = frames[np.newaxis] if frames.ndim < BATCHED_RANK else frames
    both = zip(*(flow.estimate_clip(clip) for clip in clips), strict=True)
    named = zip(long_video.BETWEEN, map(np.stack, both), strict=True)
    is_single = frames.ndim < BATCHED_RANK
    return {name: one[0] if is_single else one for name, one in named}


def _size(tensor: prediction_client.Tensor) -> tuple[int, int] | None:
    """Returns the height and width of frames [N, T, H, W, C]; None if they are open."""
    if tensor.shape is None or None in tensor.shape[2:4]:
        return None
    return tensor.shape[2:4]


def _read_frames(
    options: argparse.Namespace, size: tuple[int, int] | None
) -> tuple[np.ndarray, float]:
    """Reads the input as [T, H, W, 3] uint8 of a size, and its frames per second."""
    if not options.input:
        raise errors.UserError("--input is missing; the model wants `frames`.")
    height, width = size or (None, None)
    stop = options.max_frames or None
    return video_reader.read_video(options.input, height=height, width=width, stop=stop)


def _read_mask(text: str, size: tuple[int, int]) -> np.ndarray:
    """Reads the first frame's mask as [H, W, 1] uint8, 255 = object."""
    if not text:
        raise errors.UserError(
            "--mask is missing; the model wants the object's mask in the first frame, a "
            "picture that is white where the object is."
        )
    mask = pictures.read_mask(pathlib.Path(text)) * np.uint8(WHITE)
    if not mask.any():
        raise errors.UserError(f"--mask={text} marks no object: it is black.")
    height, width = size
    method = cv2.INTER_NEAREST
    return cv2.resize(mask, (width, height), interpolation=method)[..., np.newaxis]


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"{done} of {total} frames\n")


def _write(options: argparse.Namespace, found: long_video.Arrays, fps: float) -> None:
    main = pathlib.Path(options.output)
    for place, (name, array) in enumerate(found.items()):
        path = main.with_name(f"{main.stem}_{name}{main.suffix}") if place else main
        if array.dtype != np.uint8:
            array = pixels.to_uint8(array).numpy()
        video.write_video(path, array if array.ndim > 3 else array[np.newaxis], fps)
        print(f"{path}: {name}, {len(array)} frames")


if __name__ == "__main__":
    sys.exit(main())

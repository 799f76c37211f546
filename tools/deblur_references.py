"""Judges a deblurring run clip by clip beside references that are given the true blur.

    python tools/deblur_references.py --workdir=runs/deblurgan --clips=16

For a run on clips under a shaking camera (`data/blur/blurred.py`), whose kernels are known.
A row for each sequence and one for all, PSNR in dB and SSIM:

    blurred       what the model is given
    unsharp       the same after unsharp masking
    restored      the model's
    Wiener        upper reference: Wiener's filter with the TRUE kernel
    R-L           upper reference: Richardson-Lucy, likewise

The last two are scikit-image's (extra "test"), applied to light, with mirrored borders.
Of a real picture the true kernel is unknown.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan  # noqa: F401

# isort: split
import numpy as np
import tensorflow as tf
from skimage import restoration as references

from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data.blur import blurred
from tfvideogan.engine import command_line, evaluator, rebuild
from tfvideogan.metrics import image, restoration

# What the noise is taken to be: bytes are rounded.
BALANCE = 1e-3
ITERATIONS = 20
SUBJECTS = ("blurred", "unsharp", "restored", "Wiener", "R-L")
MEASURES = ("PSNR", "SSIM")
ALL = "all"
EXAMPLES = "  python tools/deblur_references.py --workdir=runs/deblurgan --clips=16\n"

# Measure and subject -> values of frames.
Row = dict[tuple[str, str], list[float]]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tool with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def deconvolved(
    frame: np.ndarray, kernel: np.ndarray, *, gamma: float
) -> dict[str, np.ndarray]:
    """Undoes a known blur in two ways.

    Args:
      frame: [H, W, C] in [0, 1].
      kernel: [K, K] that sums to 1, K odd.
      gamma: exponent from stored values to light.

    Returns:
      "Wiener" and "R-L" -> [H, W, C] in [0, 1].
    """
    margin = 2 * kernel.shape[0]
    rim = [(margin, margin), (margin, margin)]
    ways = {
        "Wiener": lambda light: references.wiener(light, kernel, BALANCE),
        "R-L": lambda light: references.richardson_lucy(
            light, kernel, num_iter=ITERATIONS
        ),
    }
    found = {name: [] for name in ways}
    for channel in np.moveaxis(frame, -1, 0):
        light = np.pad(channel**gamma, rim, mode="reflect")
        for name, undo in ways.items():
            made = undo(light)[margin:-margin, margin:-margin]
            found[name].append(np.clip(made, 0.0, 1.0) ** (1.0 / gamma))
    return {name: np.stack(one, axis=-1) for name, one in found.items()}


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("Judge a run beside known blur undone.", EXAMPLES)
    command_line.add_workdir(made, required=True, about="the run folder")
    made.add_argument("--split", help="test by default")
    made.add_argument("--clips", type=int, default=16, help="judged, evenly spread")
    made.add_argument("--frames", type=int, default=1, help="of each clip")
    command_line.add_checkpoint(made)
    command_line.add_bindings(made)
    return made


def _work(options: argparse.Namespace) -> int:
    rebuilt = rebuild.rebuild(
        options.workdir, checkpoint=options.checkpoint, bindings=options.gin_param
    )
    source, model = rebuilt.built.source, rebuilt.built.model
    if not isinstance(source, blurred.Blurred) or source.kind != blurred.SHAKE:
        raise errors.UserError(
            f"{source.describe()} has no kernels that are known; bind "
            "`loop.run.make_source` to data/blur/blurred.py, of the kind shake."
        )
    split = options.split or evaluator.default_split(source, "test")
    sequences = _sequences(source, split)
    rows: dict[str, Row] = {}
    with evaluator.at_work(model, options.weights):
        restore = tf.function(model.evaluation_outputs)
        for place in _places(source.num_clips(split), options.clips):
            values = _judged(source, restore, split, place, options.frames)
            for name in (sequences[place], ALL):
                row = rows.setdefault(name, {})
                for key, found in values.items():
                    row.setdefault(key, []).extend(found)
    print(f"{source.describe()}, {split}, {options.frames} frames of a clip")
    print("\n".join(_lines(rows)))
    return command_line.OK


def _places(number: int, wanted: int) -> list[int]:
    count = min(number, wanted)
    return [place * number // count for place in range(count)]


def _judged(
    source: blurred.Blurred, restore: object, split: str, place: int, frames: int
) -> Row:
    index = tf.constant(place, tf.int64)
    window = pipeline.to_model(source.read(split, index, frames=frames))
    batch = {key: value[tf.newaxis] for key, value in window.items()}
    sharp, given, made = (
        image.unit_range(one.numpy()[0])
        for one in (
            batch["frames"],
            batch["blurred_frames"],
            restore(batch)["frames"],
        )
    )
    kernels = source.kernels(split)[source.kernel_numbers(index, frames).numpy()]
    undone = [
        deconvolved(frame, kernel, gamma=source.gamma)
        for frame, kernel in zip(given, kernels, strict=True)
    ]
    subjects = {
        "blurred": given,
        "unsharp": restoration.unsharp(given, sigma=2.0, amount=1.0),
        "restored": made,
    } | {name: np.stack([one[name] for one in undone]) for name in undone[0]}
    return {
        (measure, subject): list(image.MEASURES[measure](clip, sharp, None))
        for measure in MEASURES
        for subject, clip in subjects.items()
    }


def _sequences(source: blurred.Blurred, split: str) -> list[str]:
    """Returns the sequence of each clip, as far as the sharp source knows it."""
    if hasattr(source.sharp, "names"):
        return source.sharp.names(split)
    return [source.sharp.name] * source.num_clips(split)


def _lines(rows: dict[str, Row]) -> Iterator[str]:
    for measure in MEASURES:
        yield f"{measure:14}" + "".join(f"{one:>10}" for one in SUBJECTS) + "     n"
        for name in [*sorted(rows.keys() - {ALL}), ALL]:
            row = rows[name]
            values = [row[measure, subject] for subject in SUBJECTS]
            means = "".join(f"{np.mean(one):10.3f}" for one in values)
            yield f"{name:14}{means}{len(values[0]):6}"


if __name__ == "__main__":
    sys.exit(main())

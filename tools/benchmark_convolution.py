r"""Times the ways to compute a convolution, beside TensorFlow's own, in one process.

    python tools/benchmark_convolution.py                # the shapes of MoCoGAN, batch 8
    python tools/benchmark_convolution.py --only=clips

For each shape and map: milliseconds and GFLOP/s of each way (best of `--repeats`, the
ways taking turns), and how many times as quick as TensorFlow's own it is. The choices in
`ops/convolution` come from such tables; run it on a machine that does nothing else.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tfvideogan  # noqa: F401

# isort: split
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops.convolution import planar, volumetric
from tfvideogan.ops.convolution.geometry import Geometry

# Every shape is a function of its own; it is not traced again.
tf.get_logger().setLevel("ERROR")

GIGA = 1e9
MILLI = 1e-3
MAPS = ("forward", "input_gradient", "filter_gradient")
FORMS = {2: planar.FORMS, 3: volumetric.FORMS}


def halving(size: int, inputs: int, outputs: int, *, frames: int = 0) -> Geometry:
    """Returns the convolution 4 / 2 / 1, with 4 / 1 / 0 in time if there is time."""
    time_axis = ((frames,), (4,), (1,), (0,)) if frames else ((),) * 4
    plane = ((size,) * 2, (4, 4), (2, 2), (1, 1))
    axes = [first + rest for first, rest in zip(time_axis, plane, strict=True)]
    return Geometry(*axes, inputs, outputs)


def dense(size: int, inputs: int, outputs: int) -> Geometry:
    """Returns the convolution 3 / 1 / 1 of a square."""
    return Geometry((size,) * 2, (3, 3), (1, 1), (1, 1), inputs, outputs)


# Batch and convolution; the generator's layers run backwards, over 8 clips of 16 frames.
SHAPES = {
    "frames": [
        (128, halving(64, 3, 64)),
        (128, halving(32, 64, 128)),
        (128, halving(16, 128, 256)),
        (128, halving(8, 256, 512)),
    ],
    "residual": [
        (128, dense(64, 16, 16)),
        (128, dense(32, 32, 32)),
        (128, dense(16, 64, 64)),
        (128, dense(8, 128, 128)),
    ],
    "images": [
        (8, halving(64, 3, 64)),
        (8, halving(32, 64, 128)),
        (8, halving(16, 128, 256)),
        (8, halving(8, 256, 1)),
    ],
    "clips": [
        (8, halving(64, 3, 64, frames=16)),
        (8, halving(32, 64, 128, frames=13)),
        (8, halving(16, 128, 256, frames=10)),
        (8, halving(8, 256, 512, frames=7)),
    ],
}


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=SHAPES, help="one group of shapes")
    parser.add_argument("--repeats", type=int, default=3, help="the best one counts")
    options = parser.parse_args(argv)
    for group in [options.only] if options.only else SHAPES:
        for batch, geometry in SHAPES[group]:
            print(_title(group, batch, geometry))
            for name in MAPS:
                print(_row(name, batch, geometry, options.repeats), flush=True)
    return 0


def measure(
    name: str, batch: int, geometry: Geometry, repeats: int
) -> dict[str, float]:
    """Returns the seconds of each way to compute a map; the ways take turns."""
    works = {
        form: _work(getattr(maps, name), batch, geometry, name)
        for form, maps in FORMS[len(geometry.size)].items()
        if getattr(maps, name) is not None and _fits(form, geometry)
    }
    best = dict.fromkeys(works, float("inf"))
    for work in works.values():
        work()
    for _ in range(repeats):
        for form, work in works.items():
            start = time.perf_counter()
            work()
            best[form] = min(best[form], time.perf_counter() - start)
    return best


def _fits(form: str, geometry: Geometry) -> bool:
    """Whether a way is made for these strides."""
    is_for_dense = {"turned": True, "subpixel": False}
    return is_for_dense.get(form, geometry.is_dense) == geometry.is_dense


def _work(
    function: Callable[..., tf.Tensor], batch: int, geometry: Geometry, name: str
) -> Callable[[], float]:
    shapes = {
        "x": [batch, *geometry.size, geometry.inputs],
        "kernel": [*geometry.kernel, geometry.inputs, geometry.outputs],
        "gradient": [batch, *geometry.output, geometry.outputs],
    }
    wanted = {
        "forward": ("x", "kernel"),
        "input_gradient": ("gradient", "kernel"),
        "filter_gradient": ("x", "gradient"),
    }[name]
    tensors = [seeds.normal(shapes[key], seeds.from_int(0)) for key in wanted]

    # Reading one number makes sure that the work is done.
    @tf.function
    def run(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
        return tf.reshape(function(geometry, first, second), [-1])[0]

    return lambda: float(run(*tensors))


def _title(group: str, batch: int, geometry: Geometry) -> str:
    sizes = " x ".join(map(str, geometry.size))
    return f"{group}: {batch} x {sizes}, {geometry.inputs} -> {geometry.outputs}"


def _row(name: str, batch: int, geometry: Geometry, repeats: int) -> str:
    found = measure(name, batch, geometry, repeats)
    flops = 2 * geometry.multiplications(batch)
    cells = [
        f"{form} {seconds / MILLI:.1f} ms ({flops / seconds / GIGA:.0f}) "
        f"x{found['native'] / seconds:.2f}"
        for form, seconds in found.items()
    ]
    return f"  {name:16}" + "   ".join(cells)


if __name__ == "__main__":
    sys.exit(main())

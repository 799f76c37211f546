r"""Measures training steps beside what the machine can do, a fresh process for each.

    python tools/benchmark_train.py                                  # every experiment
    python tools/benchmark_train.py --gin_file=gin/foregan.gin --steps=20
    python tools/benchmark_train.py --gin_file=gin/foregan/dmask_prop.gin \
        --synthetic_batch --gin_param='FRAMES = 3' \
        --gin_param='options.Options.generator_every = 1'

Columns: seconds of a step (median, the mean over the schedule when phases rest on some
steps), frames of training clips per second, GFLOP of a step (`engine/flops.py`: products
and convolutions, gradients included, unused nodes left out), GFLOP/s as a share of
the best float32 matrix product of the same process, share of the time spent waiting for
data, share of the cores at work (less than 0.9 often means that the machine was shared),
and peak memory of the process (of the GPU, if there is one).

A file that is to be stacked on others is given with them: --gin_file=a.gin+b.gin.
"""

import argparse
import collections
import dataclasses
import json
import math
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tfvideogan  # noqa: F401

# isort: split
import tensorflow as tf

from tfvideogan.core import clip, errors, machine, seeds
from tfvideogan.engine import build, flops, loop
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.training import feed, trainer

ROOT = pathlib.Path(__file__).resolve().parents[1]
PARTS = ("gin/base.gin", "gin/smoke.gin")
MATRIX_SIZES = (512, 1024, 2048, 4096)
MATRIX_REPEATS = 3
WARM_UP = 2
GIGA = 1e9
# getrusage counts kilobytes on Linux and bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
CHILD = "--child"
BAD_INPUT = 2


@dataclasses.dataclass(frozen=True)
class Timing:
    """One combination of phases, timed.

    Attributes:
      phases: their names.
      share: of the steps of the schedule.
      seconds: median of a step, data included.
      waiting: seconds of it spent waiting for data, mean.
      busy: share of the cores at work.
      gflop: of a step.
    """

    phases: tuple[str, ...]
    share: float
    seconds: float
    waiting: float
    busy: float
    gflop: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measures every file; returns the exit code, 2 if a file could not be measured."""
    options = _parser().parse_args(argv)
    if options.child:
        return _run_child(options)
    rows = []
    for stack in options.gin_file or experiments():
        row = _measure_in_child(stack, options)
        rows.append(row)
        print(_line(row), flush=True)
        if options.json:
            with open(options.json, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    return BAD_INPUT if any("error" in row for row in rows) else 0


def experiments() -> list[str]:
    """Returns the gin files that need nothing but themselves."""
    found = sorted(ROOT.glob("gin/*.gin")) + sorted(ROOT.glob("gin/*/*.gin"))
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return [
        name
        for name in names
        if name not in PARTS and not name.startswith("gin/data/") and _is_whole(name)
    ]


def _is_whole(name: str) -> bool:
    try:
        config.parse([name])
        config.check_complete(loop.run, {"workdir": ""})
    except errors.UserError:
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--gin_file", action="append", help="repeatable; by default all under gin/"
    )
    made.add_argument("--gin_param", action="append", default=[], metavar="NAME=VALUE")
    made.add_argument(
        "--steps", type=int, default=5, help="timed for each combination of phases"
    )
    made.add_argument(
        "--synthetic_batch",
        action="store_true",
        help="one random batch in memory: the step alone, no input",
    )
    made.add_argument(
        "--json", metavar="FILE", help="appends a JSON line for each file"
    )
    made.add_argument(CHILD, action="store_true", help=argparse.SUPPRESS)
    return made


def _measure_in_child(stack: str, options: argparse.Namespace) -> dict[str, object]:
    command = [sys.executable, __file__, CHILD, f"--gin_file={stack}"]
    command += [f"--gin_param={one}" for one in options.gin_param]
    command += [f"--steps={options.steps}"]
    command += ["--synthetic_batch"] * options.synthetic_batch
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.splitlines() or ["no output"])[-1]
        return {"gin_file": stack, "error": last}
    return json.loads(lines[-1])


def _run_child(options: argparse.Namespace) -> int:
    stack = options.gin_file[0]
    try:
        config.parse(stack.split("+"), options.gin_param)
        row = measure(steps=options.steps, is_synthetic=options.synthetic_batch)
    except errors.UserError as error:
        print(build.one_line(error), file=sys.stderr)
        return BAD_INPUT
    print(json.dumps({"gin_file": stack, "gin_param": options.gin_param} | row))
    return 0


def measure(*, steps: int, is_synthetic: bool) -> dict[str, object]:
    """Measures the configuration that was parsed; returns a row."""
    peak = matrix_peak()
    arguments = config.arguments(loop.run)
    strategies.set_precision(arguments["precision"])
    built = build.build(
        arguments["make_model"], arguments["make_source"], strategies.make()
    )
    batch_size, spec = arguments["batch_size"], built.source.spec
    clips_per_step = batch_size * built.model.batches_per_step
    if is_synthetic:
        batches = _synthetic(built, clips_per_step)
    else:
        batches = feed.training_blocks(
            built.source,
            built.strategy,
            batch_size=batch_size,
            batches_per_step=built.model.batches_per_step,
            seed=arguments["seed"],
            transforms=arguments["transforms"],
        )
    stepper = trainer.Trainer(
        built.model, built.strategy, jit_phases=arguments["jit_phases"]
    )
    timings = [
        _time(stepper, batches, phases, step, share, steps)
        for phases, (step, share) in _combinations(built).items()
    ]
    peak = max(peak, matrix_peak())
    mean = sum(one.share * one.seconds for one in timings)
    gflop = sum(one.share * one.gflop for one in timings)
    return {
        "machine": _machine(),
        "peak_gflops": peak,
        "batch_size": batch_size,
        "clip": [spec.frames, spec.height, spec.width],
        "step_s": mean,
        "frames_per_s": clips_per_step * spec.frames / mean,
        "gflop": gflop,
        "share_of_peak": gflop / mean / peak,
        "input_wait": sum(one.share * one.waiting for one in timings) / mean,
        "is_synthetic": is_synthetic,
        "busy": statistics.mean(one.busy for one in timings),
        "peak_memory_gb": _peak_memory() / GIGA,
        "phases": [dataclasses.asdict(one) for one in timings],
    }


def matrix_peak() -> float:
    """Returns the GFLOP/s of the best float32 matrix product of several sizes."""
    best = 0.0
    for size in MATRIX_SIZES:
        matrix = seeds.normal([size, size], seeds.from_int(size))

        @tf.function
        def product(one: tf.Tensor) -> tf.Tensor:
            return tf.matmul(one, one)[0, 0]

        product(matrix).numpy()
        for _ in range(MATRIX_REPEATS):
            seconds = _seconds(lambda f=product, x=matrix: f(x).numpy())
            best = max(best, 2 * size**3 / seconds / GIGA)
    return best


def _combinations(
    built: build.Built,
) -> dict[tuple[str, ...], tuple[int, float]]:
    """Each combination of phases with a step that has it and its share of the steps.

    Looked at is the part of a training in which every phase has started or ended.
    """
    schedule = built.model.phases
    first = max(max(one.start, one.stop or 0) for one in schedule)
    period = math.lcm(*(one.every for one in schedule))
    steps = [built.model.active_phases(first + step) for step in range(period)]
    return {
        phases: (first + steps.index(phases), count / period)
        for phases, count in collections.Counter(steps).items()
    }


def _time(
    stepper: trainer.Trainer,
    batches: Iterator[feed.Block],
    phases: tuple[str, ...],
    step: int,
    share: float,
    steps: int,
) -> Timing:
    for _ in range(WARM_UP):
        block = feed.take(batches)
        stepper.run(block, step=step, count=1)
    totals, waits, processor = [], [], time.process_time()
    start = time.perf_counter()
    for _ in range(steps):
        before = time.perf_counter()
        block = feed.take(batches)
        waits.append(time.perf_counter() - before)
        stepper.run(block, step=step, count=1)
        totals.append(time.perf_counter() - before)
    cores = os.cpu_count() or 1
    elapsed = time.perf_counter() - start
    return Timing(
        phases=phases,
        share=share,
        seconds=statistics.median(totals),
        waiting=statistics.mean(waits),
        busy=(time.process_time() - processor) / elapsed / cores,
        gflop=flops.count(stepper.traced(phases, block)).total / GIGA,
    )


def _synthetic(built: build.Built, batch_size: int) -> Iterator[feed.Block]:
    """The same random batch for ever: noise, an object in a corner, slow motion."""
    replicas = built.strategy.num_replicas_in_sync
    zeros = clip.zeros_like_spec(built.source.spec, batch_size // replicas)
    batch = zeros | {
        key: seeds.uniform(value.shape, seeds.fold(seeds.from_int(0), key), -1.0, 1.0)
        for key, value in zeros.items()
        if value.dtype.is_floating
    }
    if "foreground_masks" in batch:
        batch["foreground_masks"] = _square(batch["foreground_masks"])
    block = {
        key: built.strategy.experimental_distribute_values_from_function(
            lambda context, value=value: value
        )
        for key, value in batch.items()
    }
    while True:
        yield block


def _square(masks: tf.Tensor) -> tf.Tensor:
    """An object of a third of the sides in the corner."""
    height, width = masks.shape[2:4]
    rows = tf.range(height) < height // 3
    columns = tf.range(width) < width // 3
    inside = tf.cast(rows[:, tf.newaxis] & columns, tf.float32)[..., tf.newaxis]
    return tf.broadcast_to(inside, masks.shape)


def _peak_memory() -> int:
    if tf.config.list_logical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def _machine() -> str:
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return ", ".join([f"{os.cpu_count()} x {machine.processor()}", *gpus])


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _line(row: dict[str, object]) -> str:
    if "error" in row:
        return f"{row['gin_file']}: {row['error']}"
    frames, height, width = row["clip"]
    wait = "none" if row["is_synthetic"] else f"{row['input_wait']:.1%}"
    lines = [
        f"{row['gin_file']}  (batch {row['batch_size']}, {frames} x {height} x {width})",
        f"  step {row['step_s']:.3f} s   {row['frames_per_s']:.2f} frames/s   "
        f"{row['gflop']:.4g} GFLOP   {row['share_of_peak']:.1%} of "
        f"{row['peak_gflops']:.0f} GFLOP/s   input wait {wait}   "
        f"cores busy {row['busy']:.0%}   memory {row['peak_memory_gb']:.1f} GB",
    ]
    if len(row["phases"]) > 1:
        lines += [
            f"    {one['share']:.0%} of the steps: {one['seconds']:.3f} s, "
            f"{one['gflop']:.4g} GFLOP  ({', '.join(one['phases'])})"
            for one in row["phases"]
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

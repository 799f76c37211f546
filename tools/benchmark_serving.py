"""Measures what serving costs: over loopback beside the same SavedModel in process.

    python tools/benchmark_serving.py                    # a model that repaints a clip
    python tools/benchmark_serving.py --saved_model=saved_models/foregan/1
    python tools/benchmark_serving.py --clients 1 --memory_requests=10000

The server is `python -m tfvideogan.serve` in a process of its own; the clients are threads
of this one, with one connection, and share the machine's cores with it. A row compares a
round trip with the in-process call under the same number of threads, measured just before
it, which runs the same C session on the same arrays and the same outputs: overhead is the
difference of the means (a server works off a queue, threads of one process overtake each
other, so medians do not compare), and the goal is at most 5 % and 20 ms. `raw` is the
default form of answers here, `list` a production server's default.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan

# isort: split
import numpy as np
import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.serving.client import choice, grpc_client
from tfvideogan.serving.export import card, checked
from tfvideogan.serving.local import memory, predict
from tfvideogan.serving.local.lifecycle import session

SIDE = 64
CHANNELS = 3
ROUNDS = 8
MEGABYTE = 2**20
KILO = 1024
SHARE, MILLISECONDS = 1.05, 20.0
# The server's memory is compared with what it had after so many requests.
SETTLED = 100
MODEL = "measured"
Arrays = dict[str, np.ndarray]


class Repaint(tf.Module):
    """Inverts a clip, slowly."""

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, SIDE, SIDE, 3], tf.uint8, "frames")]
    )
    def paint(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns `video` like `frames`."""
        painted = tf.cast(frames, tf.float32)
        for _ in range(ROUNDS):
            painted = tf.sqrt(painted * painted)
        return {"video": tf.cast(255.0 - painted, tf.uint8)}


@dataclasses.dataclass(frozen=True)
class Times:
    """Milliseconds of requests, and requests per second."""

    mean: float
    p50: float
    p99: float
    rate: float


def main() -> int:
    """Prints a row per number of clients and form; returns the exit code."""
    options = _parser().parse_args()
    memory.keep_freed()  # as the server does
    print(
        f"tfvideogan {tfvideogan.__version__}, TensorFlow {tf.__version__}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = _prepared(pathlib.Path(scratch) / MODEL, options)
        graph = session.LoadedGraph(folder, tags=("serve",))
        inputs = _inputs(folder, options)
        known = graph.signatures[signatures.DEFAULT].outputs
        wanted = [one for one in choice.MAIN_OUTPUTS if one in known][:1]
        size = sum(one.nbytes for one in inputs.values()) / MEGABYTE
        print(f"{size:.2f} MB of inputs; asked for: {', '.join(wanted)}")

        def in_process() -> None:
            predict.predict(graph, "", inputs, output_filter=wanted)

        for form, is_raw in (("raw", "true"), ("list", "false")):
            if form not in options.forms:
                continue
            with _served(folder, is_raw) as (server, ask):

                def over_loopback(ask=ask) -> None:
                    ask(outputs=wanted, **inputs)

                for clients in options.clients:
                    bare = _timed(in_process, clients, options.requests)
                    times = _timed(over_loopback, clients, options.requests)
                    _print_row(form, clients, bare, times)
                if options.memory_requests and form == "raw":
                    _print_memory(server, over_loopback, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--saved_model", help="the folder of a version; ours by default")
    made.add_argument("--megabytes", type=float, default=1.0, help="of a clip")
    made.add_argument("--requests", type=int, default=200, help="for each row")
    made.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    made.add_argument("--forms", nargs="+", default=["raw", "list"])
    made.add_argument(
        "--memory_requests",
        type=int,
        default=0,
        help=f"send so many and compare the server's memory with that after {SETTLED}",
    )
    return made


def _prepared(made: pathlib.Path, options: argparse.Namespace) -> pathlib.Path:
    """Returns the folder of a version to measure, alone below its model's folder."""
    folder = made / "1"
    if options.saved_model:
        made.mkdir()
        folder.symlink_to(pathlib.Path(options.saved_model).absolute())
    else:
        module = Repaint()
        tf.saved_model.save(
            module, str(folder), signatures={"serving_default": module.paint}
        )
    return folder


def _inputs(folder: pathlib.Path, options: argparse.Namespace) -> Arrays:
    """Returns drawn frames of the wanted size; other inputs of a card are zeros."""
    if not options.saved_model:
        described = {
            "frames": {"dtype": "uint8", "layout": f"[N, T, {SIDE}, {SIDE}, 3]"}
        }
    else:
        described = card.read(folder)["signatures"][signatures.DEFAULT]["inputs"]
    axes = {
        name: one["layout"].strip("[]").split(", ") for name, one in described.items()
    }
    frame = np.prod([int(axis) for axis in axes["frames"][2:]])
    length = max(2, round(options.megabytes * MEGABYTE / frame))
    sizes = {"N": 1, "T": length}
    made = {}
    for name, one in described.items():
        shape = []
        for axis in axes[name]:
            stem, offset = checked.parse_letter(axis)
            shape.append(int(axis) if axis.isdigit() else sizes[stem] + offset)
        made[name] = np.zeros(shape, one["dtype"])
    draw = np.random.default_rng(0)
    for name in {signatures.FRAMES, signatures.MASK} & set(made):
        made[name] = draw.integers(0, 256, made[name].shape).astype(np.uint8)
    return made


@contextlib.contextmanager
def _served(
    folder: pathlib.Path, is_raw: str
) -> Iterator[tuple[subprocess.Popen, Callable[..., Arrays]]]:
    """Yields a server's process and a function that asks it."""
    command = [sys.executable, "-m", "tfvideogan.serve", "--pick_ports"]
    command += [f"--model_name={MODEL}", f"--model_base_path={folder.parent}"]
    command += [f"--enable_serialization_as_tensor_content={is_raw}"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        lines = iter(server.stdout.readline, "")
        ready = next(line for line in lines if line.startswith("READY"))
        address = ready.split()[1].removeprefix("grpc=")
        with grpc_client.PredictionClient(address, timeout=600.0) as client:
            yield server, lambda **more: client.predict(MODEL, **more)
    finally:
        server.terminate()
        server.wait()


def _timed(work: Callable[[], None], threads: int, requests: int) -> Times:
    def one(_: int) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(2 * threads)))  # warm
        start = time.perf_counter()
        times = np.array(list(pool.map(one, range(max(requests, 2 * threads))))) * 1000
        total = time.perf_counter() - start
    return Times(times.mean(), *np.percentile(times, [50, 99]), len(times) / total)


def _print_row(form: str, clients: int, bare: Times, served: Times) -> None:
    allowed = SHARE * bare.mean + MILLISECONDS
    both = " | ".join(
        f"{name} mean {one.mean:.1f}, p50 {one.p50:.1f}, p99 {one.p99:.1f} ms, "
        f"{one.rate:.1f}/s"
        for name, one in (("in process", bare), ("round trip", served))
    )
    print(
        f"{form}, {clients} clients: {both} | overhead {served.mean - bare.mean:.1f} ms, "
        f"goal {allowed - bare.mean:.1f}: "
        f"{'kept' if served.mean <= allowed else 'missed'}",
        flush=True,
    )


def _print_memory(
    server: subprocess.Popen, work: Callable[[], None], options: argparse.Namespace
) -> None:
    clients = max(options.clients)
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: work(), range(SETTLED)))
        before = _resident(server.pid)
        list(pool.map(lambda _: work(), range(options.memory_requests - SETTLED)))
    after = _resident(server.pid)
    print(
        f"memory of the server, {clients} clients: {before:.0f} MB after {SETTLED} "
        f"requests, {after:.0f} MB after {options.memory_requests} "
        f"({after - before:+.0f} MB)"
    )


def _resident(pid: int) -> float:
    """Returns the resident memory of a process in megabytes (Linux)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return float(status.partition("VmRSS:")[2].split()[0]) / KILO


if __name__ == "__main__":
    sys.exit(main())

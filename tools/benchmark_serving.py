"""Measures what serving costs: over loopback beside the same SavedModel in process.

    python tools/benchmark_serving.py                    # a model that repaints a clip
    python tools/benchmark_serving.py --megabytes=1 --requests=2000 --clients 1 8 64

The model inverts a uint8 clip and rounds it through floats a few times, so that it takes
milliseconds. Each row is measured in the same sitting. `raw` is what a server answers
with --enable_serialization_as_tensor_content, `list` is a production server's default.
"""

import argparse
import concurrent.futures
import os
import pathlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan

# isort: split
import numpy as np
import tensorflow as tf

from tfvideogan.serving import (
    local_config,
    local_predict,
    local_server,
    local_session,
    prediction_client,
)

SIDE = 64
CHANNELS = 3
ROUNDS = 8
MEGABYTE = 2**20
# Kilobytes of ru_maxrss in a megabyte (Linux).
KILO = 1024


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


def main() -> int:
    """Prints one line per way to ask; returns the exit code."""
    options = _parser().parse_args()
    length = max(1, round(options.megabytes * MEGABYTE / (SIDE * SIDE * CHANNELS)))
    frames = np.zeros([1, length, SIDE, SIDE, CHANNELS], np.uint8)
    frames[...] = np.arange(256, dtype=np.uint8)[np.arange(SIDE) * 4 % 256][:, None]
    print(
        f"tfvideogan {tfvideogan.__version__}, TensorFlow {tf.__version__}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"{frames.nbytes / MEGABYTE:.2f} MB clips"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "paint"
        module = Repaint()
        tf.saved_model.save(
            module, str(path / "1"), signatures={"serving_default": module.paint}
        )
        graph = local_session.LoadedGraph(path / "1", tags=("serve",))

        def in_process() -> None:
            local_predict.predict(graph, "", {"frames": frames})

        for clients in options.clients:
            _measure(f"in process, {clients} threads", in_process, clients, options)
        for is_raw in (True, False):
            _serve(path, frames, is_raw, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("--megabytes", type=float, default=1.0, help="of a clip")
    made.add_argument("--requests", type=int, default=200, help="for each row")
    made.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    return made


def _serve(
    path: pathlib.Path, frames: np.ndarray, is_raw: bool, options: argparse.Namespace
) -> None:
    server = local_server.LocalServer(
        local_server.Options(
            models=(local_config.ModelConfig("paint", path),),
            pick_ports=True,
            enable_serialization_as_tensor_content=is_raw,
        )
    )
    server.start()
    form = "raw" if is_raw else "list"
    with prediction_client.PredictionClient(server.grpc_address) as client:

        def ask() -> None:
            client.predict("paint", frames=frames)

        for clients in options.clients:
            _measure(f"gRPC {form}, {clients} clients", ask, clients, options)
    server.stop()


def _measure(
    name: str, work: Callable[[], None], threads: int, options: argparse.Namespace
) -> None:
    def timed(_: int) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(timed, range(2 * threads)))  # warm
        start = time.perf_counter()
        times = np.array(list(pool.map(timed, range(options.requests)))) * 1000
        total = time.perf_counter() - start
    p50, p99 = np.percentile(times, [50, 99])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILO
    print(
        f"{name:24s} p50 {p50:8.2f} ms  p99 {p99:8.2f} ms  "
        f"{options.requests / total:8.1f} requests/s  peak memory {memory:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Runs of the toy model, in this process and in others, and what they left behind."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvideogan import train
from tfvideogan.engine.config import search_path

TOY = "tests/engine/toy.gin"
PATIENCE = 240  # seconds that another process may take to start


def options(workdir: pathlib.Path, *bindings: str) -> list[str]:
    """Returns the command line of a training."""
    params = [f"--gin_param={binding}" for binding in bindings]
    return [f"--gin_file={TOY}", f"--workdir={workdir}", *params]


def train_here(
    workdir: pathlib.Path, *bindings: str, flags: tuple[str, ...] = ()
) -> int:
    """Trains in this process; returns the exit code."""
    return train.main([*options(workdir, *bindings), *flags])


def start(module: str, *arguments: str, **environment: str) -> subprocess.Popen:
    """Starts a module in a new process, with its output in pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=search_path.ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def two_workers() -> list[dict[str, str]]:
    """Returns what the environments of two workers say of their cluster."""
    addresses = [f"localhost:{port}" for port in _free_ports(2)]
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    return [
        {"TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": task})}
        for task in tasks
    ]


def ends(processes: Sequence[subprocess.Popen]) -> list[tuple[str, str]]:
    """Waits for processes; returns what each has printed, on stdout and stderr."""
    try:
        return [process.communicate(timeout=PATIENCE) for process in processes]
    finally:
        for process in processes:
            process.kill()


def tensors(workdir: pathlib.Path, step: int) -> dict[str, np.ndarray]:
    """Returns everything that a checkpoint holds, by name."""
    prefix = workdir / "checkpoints" / f"step_{step:08d}" / "weights"
    reader = tf.train.load_checkpoint(str(prefix))
    names = [name for name in reader.get_variable_to_shape_map() if "GRAPH" not in name]
    return {name: reader.get_tensor(name) for name in names}


def records(workdir: pathlib.Path, name: str = "metrics.jsonl") -> list[dict]:
    """Returns the lines of a .jsonl file."""
    return [json.loads(line) for line in (workdir / name).read_text().splitlines()]


def losses(workdir: pathlib.Path) -> dict[int, dict[str, float]]:
    """Returns what each logged step reported, without times, speeds and memory."""
    return {
        record["step"]: {
            name: value
            for name, value in record.items()
            if "/" in name and not name.startswith(("throughput/", "memory/"))
        }
        for record in records(workdir)
    }


def _free_ports(count: int) -> list[int]:
    """Returns free ports; held together, or one could come twice."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.socket()) for _ in range(count)]
        for server in servers:
            server.bind(("localhost", 0))
        return [server.getsockname()[1] for server in servers]

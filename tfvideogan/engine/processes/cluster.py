"""The machines that train together, as TF_CONFIG or SLURM name them, and their loss.

    resolver = cluster.resolver()       # None: this process trains alone
    with cluster.loss_explained():
        ...                             # a worker that dies is one line, exit code 75

TF_CONFIG is JSON such as

    {"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}

where each worker has its own index.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from tfvideogan.core import durable, errors, leaving

VARIABLE = "TF_CONFIG"
JOBS = ("chief", "worker")
EXAMPLE = (
    'such as {"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", '
    '"index": 0}}'
)
_TASK = re.compile(r"/job:(\w+)/replica:\d+/task:(\d+)")
# Of GPUs, where none are set.
ANY_NUMBER = 1024
_ADDRESS = re.compile(r"[^\s:/]+:\d{1,5}|\[[0-9A-Fa-f:.]+\]:\d{1,5}")
# How TensorFlow tells that another process does not answer.
LOSS = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
    tf.errors.UnknownError,
)


class WorkerLost(errors.UserError):
    """Signals that another worker has ended, or that it does not answer."""


@contextlib.contextmanager
def loss_explained() -> Iterator[None]:
    """Turns what TensorFlow raises when another worker is lost into one line.

    Raises:
      WorkerLost: it is.
    """
    try:
        yield
    except LOSS as error:
        lost = sorted(set(_TASK.findall(str(error))))
        which = ", ".join(f"{job} {index}" for job, index in lost)
        raise WorkerLost(
            f"Another worker has ended or does not answer "
            f"({which or type(error).__name__}). {leaving.SAFE.capitalize()}: start all "
            "workers again with the same command."
        ) from error


def resolver() -> tf.distribute.cluster_resolver.ClusterResolver | None:
    """Returns who trains together; None when this process trains alone.

    Raises:
      UserError: the environment names no cluster that could train.
    """
    if VARIABLE in os.environ:
        config = _parsed(os.environ[VARIABLE])
        if sum(map(len, config.get("cluster", {}).values())) < 2:
            return None
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        if int(os.environ.get("SLURM_STEP_NUM_TASKS") or "1") < 2:
            return None
        # It counts the GPUs by NVIDIA's tool, and fails where there are none.
        has_gpus = "CUDA_VISIBLE_DEVICES" in os.environ or shutil.which("nvidia-smi")
        made = tf.distribute.cluster_resolver.SlurmClusterResolver(
            gpus_per_node=None if has_gpus else ANY_NUMBER, auto_set_gpu=bool(has_gpus)
        )
        made.cluster_spec()
    except (
        ArithmeticError,
        AssertionError,
        LookupError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        subprocess.SubprocessError,
    ) as error:
        found = {k: v for k, v in os.environ.items() if k.startswith("SLURM_STEP_")}
        raise errors.UserError(
            f"SLURM's variables name no cluster ({durable.reason(error)}): "
            f"{found or 'none is set'}. Start the workers by srun, or unset "
            "SLURM_STEP_NUM_TASKS to train in one process."
        ) from error
    return made


def addresses(
    made: tf.distribute.cluster_resolver.ClusterResolver,
) -> tuple[list[str], int]:
    """Returns the addresses of all workers, chief first, and the place of this one's."""
    jobs = made.cluster_spec().as_dict()
    found = [address for job in JOBS for address in jobs.get(job, ())]
    return found, found.index(jobs[made.task_type][made.task_id])


def _parsed(text: str) -> dict[str, Any]:
    """Returns TF_CONFIG when it can be used."""
    try:
        config = json.loads(text)
    except ValueError as error:
        raise errors.UserError(
            f"{VARIABLE} is not JSON: {error}; write it {EXAMPLE}."
        ) from error
    fault = _fault(config)
    if fault:
        raise errors.UserError(f"{VARIABLE}: {fault}; write it {EXAMPLE}.")
    return config


def _fault(config: Any) -> str | None:
    if not isinstance(config, dict):
        return f"it is {text_of(config)}, not an object"
    jobs = config.get("cluster", {})
    if not isinstance(jobs, dict):
        return f"`cluster` is {text_of(jobs)}, not an object"
    found = []
    for job, tasks in jobs.items():
        if job not in JOBS:
            return f"the job `{job}` cannot train; jobs are {' and '.join(JOBS)}"
        if not isinstance(tasks, list) or not tasks:
            return f"`{job}` is {text_of(tasks)}, not a list of addresses"
        found += tasks
    for address in found:
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            return f"{text_of(address)} is no address host:port"
        if found.count(address) > 1:
            return f"{address} is named twice"
    if len(jobs.get("chief", ())) > 1:
        return "there is one chief at most"
    return _fault_of_task(config.get("task"), jobs) if len(found) > 1 else None


def _fault_of_task(task: Any, jobs: Mapping[str, list[str]]) -> str | None:
    if not isinstance(task, dict) or not {"type", "index"} <= set(task):
        return f"`task` is {text_of(task)}, not an object with `type` and `index`"
    if task["type"] not in [*jobs]:
        return f"no job of the cluster is called {text_of(task['type'])}"
    number = len(jobs[task["type"]])
    index = task["index"]
    if isinstance(index, bool) or not str(index).isdecimal() or int(index) >= number:
        return f"`index` is {text_of(index)}, and there are {number} `{task['type']}`"
    return None


def text_of(value: Any) -> str:
    """Returns a value as JSON, cut."""
    return json.dumps(value)[:80]

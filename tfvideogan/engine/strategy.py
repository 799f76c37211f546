"""On what a run is computed: tf.distribute strategy, devices, precision.

| found                              | strategy                                        |
|------------------------------------|-------------------------------------------------|
| TF_CONFIG with several workers     | MultiWorkerMirroredStrategy (Kubeflow sets it)  |
| a SLURM job of several tasks       | MultiWorkerMirroredStrategy                     |
| `virtual_devices=N`                | MirroredStrategy on N logical CPUs, 1: OneDevice |
| several GPUs                       | MirroredStrategy                                |
| one GPU, or none                   | OneDeviceStrategy                               |

    strategy = strategies.make(virtual_devices=2)
    strategies.set_precision("mixed_float16")
    with strategy.scope():
        ...
"""

import contextlib
import os

import keras
import tensorflow as tf
from absl import logging

from tfvideogan.core import errors, leaving, machine
from tfvideogan.engine import choices
from tfvideogan.engine.processes import cluster, rendezvous

# Those in which losses are scaled.
SCALED = frozenset({"float16", "mixed_float16"})
VISIBLE = "CUDA_VISIBLE_DEVICES"
NO_GPU = ("", "-1")  # values of it that ask for none


def make(virtual_devices: int | None = None) -> tf.distribute.Strategy:
    """Makes the strategy that fits this machine; call it before any computation.

    Args:
      virtual_devices: split the CPU into so many logical devices and train on them, for
        tests of distribution; GPUs are left alone.

    Raises:
      UserError: the number is below 1, TensorFlow's devices are fixed already, or the
        environment names no cluster that could train.
      WorkerLost: the other workers do not come.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if virtual_devices is None and not gpus:
        _warn_of_idle_gpus()
    if virtual_devices is not None or not gpus:
        _leave_graphs_alone()
    if virtual_devices is not None:
        return _on_virtual_devices(virtual_devices)
    for gpu in gpus:
        # In a notebook TensorFlow may have started; it then keeps what it has taken.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    resolver = cluster.resolver()
    if resolver is not None:
        addresses, own = cluster.addresses(resolver)
        rendezvous.wait(addresses, own=own)
        with cluster.loss_explained(), leaving.by_the_system():
            return tf.distribute.MultiWorkerMirroredStrategy(resolver)
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else one_device()


def one_device() -> tf.distribute.Strategy:
    """Makes the strategy of the first GPU, or of the CPU: for everything but training."""
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    return tf.distribute.OneDeviceStrategy("GPU:0" if has_gpu else "CPU:0")


def set_precision(name: str) -> None:
    """Sets the dtype policy of every layer made from now on.

    Variables, losses and norms stay float32. With float16 the model's base scales the
    losses.

    Args:
      name: one of `choices.PRECISIONS`.

    Raises:
      UserError: another name.
    """
    if name not in choices.PRECISIONS:
        known = ", ".join(sorted(choices.PRECISIONS))
        raise errors.UserError(f"`precision` ({name!r}) must be one of {known}.")
    keras.config.set_dtype_policy(choices.PRECISIONS[name])


def workers(strategy: tf.distribute.Strategy) -> tuple[int, int]:
    """Returns how many processes train together, and which of them this one is."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec():
        return 1, 0
    jobs = resolver.cluster_spec().as_dict()
    order = [job for job in ("chief", "worker") if job in jobs]
    before = sum(len(jobs[job]) for job in order[: order.index(resolver.task_type)])
    return sum(len(jobs[job]) for job in order), before + resolver.task_id


def describe(strategy: tf.distribute.Strategy) -> str:
    """Returns one line: kind, replicas, workers, devices."""
    count, worker = workers(strategy)
    kind = type(strategy).__name__.removesuffix("Strategy").removesuffix("V2")
    devices = ", ".join(
        tf.DeviceSpec.from_string(device).device_type
        + f":{tf.DeviceSpec.from_string(device).device_index}"
        for device in strategy.extended.worker_devices
    )
    part = f", worker {worker} of {count}" if count > 1 else ""
    return f"{kind}, {strategy.num_replicas_in_sync} replica(s) on {devices}{part}"


def _warn_of_idle_gpus() -> None:
    """Says so when the machine has GPUs that TensorFlow does not see."""
    is_wanted = os.environ.get(VISIBLE, "all") not in NO_GPU
    if (
        is_wanted
        and machine.NVIDIA_GPUS.is_dir()
        and any(machine.NVIDIA_GPUS.iterdir())
    ):
        logging.warning(
            "TensorFlow uses none of this machine's %d NVIDIA GPU(s): training on the "
            "CPU. Install its CUDA libraries: pip install 'tfvideogan[cuda]'; %s=-1 "
            "means the CPU and keeps this line away.",
            len(list(machine.NVIDIA_GPUS.iterdir())),
            VISIBLE,
        )


def _on_virtual_devices(count: int) -> tf.distribute.Strategy:
    if count < 1:
        raise errors.UserError(f"`virtual_devices` ({count}) must be at least 1.")
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count
        )
    except RuntimeError as error:
        # The devices are fixed; that is no fault if there are enough of them.
        found = len(tf.config.list_logical_devices("CPU"))
        if found < count:
            raise errors.UserError(
                f"`virtual_devices` ({count}) comes too late: TensorFlow has started "
                f"with {found} CPU device(s). Set it in a new process."
            ) from error
    if count == 1:
        return tf.distribute.OneDeviceStrategy("CPU:0")
    # TensorFlow's collective reduction, the default, keeps the shapes of an earlier
    # strategy of the process and fails with "shape mismatch" on those of the next.
    return tf.distribute.MirroredStrategy(
        [f"CPU:{index}" for index in range(count)],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )


def _leave_graphs_alone() -> None:
    """Switches off TensorFlow's rewriting of graphs (Grappler), for CPUs.

    On the 13,000 nodes of a ForeGAN step it works for 12 of the 25 seconds of the first
    call, fails halfway ("remapper failed"), and the steps after it take the same time
    (1.55 and 1.53 s of CPU). On GPUs it chooses the layout of convolutions and stays.
    """
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

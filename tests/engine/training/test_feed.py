"""Blocks of batches: order, shares, stacking, bad data."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.training import feed

blocks_of = functools.partial(
    feed.training_blocks, toy.ToySource(), batch_size=4, seed=1
)


def frames(strategy: tf.distribute.Strategy, number: int, **options: int) -> np.ndarray:
    """Returns the frames of some blocks: [block, replica, ...]."""
    blocks = blocks_of(strategy, **options)
    found = [feed.take(blocks)["frames"] for _ in range(number)]
    local = strategy.experimental_local_results
    return np.stack([[one.numpy() for one in local(block)] for block in found])


def test_replicas_share_the_batch_of_one_device(
    one_device: tf.distribute.Strategy,
) -> None:
    one = frames(one_device, 3)  # [3, 1, 4, T, H, W, C]
    two = frames(strategies.make(2), 3)  # [3, 2, 2, T, H, W, C]
    np.testing.assert_array_equal(two.reshape(one.shape), one)


@pytest.mark.parametrize("devices", [1, 2])
def test_blocks_hold_the_batches_of_single_steps(devices: int) -> None:
    strategy = strategies.make(devices)
    single = frames(strategy, 4)  # [4, replica, n, ...]
    block = frames(strategy, 2, steps_per_call=2)  # [2, replica, 2, n, ...]
    again = block.swapaxes(1, 2).reshape(single.shape)
    np.testing.assert_array_equal(again, single)


@pytest.mark.parametrize("devices", [1, 2])
@pytest.mark.parametrize("per_call", [1, 3])
def test_a_step_may_read_several_batches(devices: int, per_call: int) -> None:
    strategy = strategies.make(devices)
    single = frames(strategy, 12)  # [12, replica, n, ...]
    options = {"batches_per_step": 2, "steps_per_call": per_call, "start_step": 3}
    found = frames(strategy, 3 // per_call, **options)
    # [block, replica, (step,) 2 * n, ...], here sorted into [step, 2, replica, n, ...].
    size = single.shape[2:]
    found = found.reshape(3 // per_call, devices, per_call, 2, *size)
    found = np.moveaxis(found, 1, 3).reshape(3, 2, devices, *size)
    # Three steps have read batches 0 to 5.
    np.testing.assert_array_equal(found.reshape(6, devices, *size), single[6:])


def test_start_step_continues_the_order(one_device: tf.distribute.Strategy) -> None:
    np.testing.assert_array_equal(
        frames(one_device, 2, start_step=3), frames(one_device, 5)[3:]
    )


def test_transforms_are_applied(one_device: tf.distribute.Strategy) -> None:
    def halve(example, seed):
        return {key: value / 2 for key, value in example.items()}

    blocks = blocks_of(one_device, transforms=[halve])
    halved = feed.take(blocks)["frames"].numpy()
    np.testing.assert_array_equal(halved, frames(one_device, 1)[0, 0] / 2)


def test_first_replica_is_one_step_of_one_replica() -> None:
    strategy = strategies.make(2)
    block = feed.take(blocks_of(strategy, steps_per_call=3))
    batch = feed.first_replica(strategy, block, steps_per_call=3)
    assert batch["frames"].shape == (2, 3, 8, 8, 3)
    expected = frames(strategies.make(1), 1)[0, 0, :2]
    np.testing.assert_array_equal(batch["frames"], expected)


def test_refusal_of_a_source_arrives_as_it_was(
    one_device: tf.distribute.Strategy,
) -> None:
    blocks = feed.training_blocks(
        toy.ToySource(broken="file"), one_device, batch_size=2, seed=1
    )
    with pytest.raises(errors.UserError, match="^clips/a.jpg is damaged: 3 bytes.$"):
        feed.take(blocks)


def test_other_errors_stay_what_they_are() -> None:
    error = tf.errors.InvalidArgumentError(None, None, "shapes differ")
    assert feed.explained(error) is error


def test_batch_that_replicas_cannot_share_is_refused() -> None:
    with pytest.raises(errors.UserError, match="multiple of the number of replicas"):
        feed.training_blocks(toy.ToySource(), strategies.make(2), batch_size=3, seed=1)


@pytest.mark.parametrize(
    "message",
    [
        "Readonly memory region has wrong length (100) when allocating 84328",
        "/a/clips-00000.tfrecord; No such file or directory",
    ],
)
def test_a_shard_that_is_cut_or_removed_in_use_is_one_line(message: str) -> None:
    # As TensorFlow 2.21 says it.
    error = tf.errors.InternalError(None, None, f"Error in MapDataset:5: {message}")
    assert str(feed.explained(error)) == feed.CACHE_CHANGED
    other = tf.errors.InternalError(None, None, "Error in MapDataset:5")
    assert feed.explained(other) is other

"""What memory and disk are not enough for."""

import errno

import keras
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.engine import resources


def explained(error: Exception) -> str:
    with pytest.raises(errors.UserError) as caught, resources.exhaustion_explained():
        raise error
    return str(caught.value)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM allocating [9]")],
)
def test_memory_names_what_helps(error: Exception) -> None:
    text = explained(error)
    assert all(word in text for word in ("BATCH_SIZE", "HEIGHT", "precision"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/a/b"),
        tf.errors.ResourceExhaustedError(None, None, "/a; No space left on device"),
    ],
)
def test_a_full_disk_is_not_taken_for_memory(error: Exception) -> None:
    text = explained(error)
    assert text.startswith("The disk is full") and "batch" not in text


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(FileNotFoundError), resources.exhaustion_explained():
        raise FileNotFoundError("a")


def test_variables_that_cannot_fit_are_refused_before_they_are_made() -> None:
    made = []

    def ones() -> tf.Tensor:
        made.append(tf.executing_eagerly())
        return tf.ones([5, 5])  # 100 bytes

    with resources.variables_bounded(memory=300):
        tf.Variable(ones)
        layer = keras.layers.Dense(5, use_bias=False)
        layer.build([None, 10])  # 200 bytes
        assert made == [False, True]
        with pytest.raises(errors.UserError, match="smaller width") as caught:
            tf.Variable(ones)
        assert "--dry_run" in caught.value.flags
    # What was refused was traced, but never computed.
    assert made == [False, True, False]
    with tf.Graph().as_default(), resources.variables_bounded(memory=1):
        tf.Variable(ones)


def test_a_batch_that_cannot_fit_is_refused() -> None:
    # 2 frames of 4 x 5 x 3 floats of 4 bytes: 480 bytes a clip.
    spec = clip.ClipSpec(2, 4, 5)
    resources.check_memory(spec, clips=2, memory=960)
    with pytest.raises(errors.UserError, match="Use a smaller batch"):
        resources.check_memory(spec, clips=3, memory=960)
    with pytest.raises(errors.UserError, match="99,999,999 clips"):
        resources.check_memory(clip.ClipSpec(16, 256, 256), clips=99_999_999)

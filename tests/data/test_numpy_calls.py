import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.data import numpy_calls

ENDLESS = """
import sys
import cv2
import numpy as np
import tfvideogan
import tensorflow as tf
from tfvideogan.data import numpy_calls

picture = np.zeros((200, 200), np.float32)

def work(number):
    for _ in range(100):
        cv2.GaussianBlur(picture, (0, 0), 3.0)
    return (number,)

dataset = tf.data.Dataset.counter().map(
    lambda n: numpy_calls.call(work, [n], [tf.int64])[0], num_parallel_calls=4
).prefetch(4)
iterator = iter(dataset)
next(iterator)
sys.exit(75)
"""


def test_a_call_returns_a_list_in_both_modes():
    def double(values):
        return (values * 2,)

    for run in (lambda f: f, tf.function):
        (result,) = run(
            lambda: numpy_calls.call(double, [tf.constant([1, 2])], [tf.int32])
        )()
        np.testing.assert_array_equal(result, [2, 4])


def test_strings_keep_their_zeros():
    content = b"a\0b\0"
    (result,) = numpy_calls.call(lambda: (np.array(content, object),), [], [tf.string])
    assert result.numpy() == content


def test_an_error_keeps_its_name_and_message_in_a_pipeline():
    def fail(number):
        raise ValueError(f"no clip {number}")

    dataset = tf.data.Dataset.range(2).map(
        lambda number: numpy_calls.call(fail, [number], [tf.int32])
    )
    with pytest.raises(tf.errors.OpError, match="ValueError: no clip 0"):
        next(iter(dataset))


@pytest.mark.long
def test_a_process_ends_while_a_pipeline_runs_ahead():
    # Without the gate five runs of six abort: a thread returns from OpenCV to nothing.
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", ENDLESS], capture_output=True, timeout=120
        )
        assert done.returncode == 75, done.stderr.decode()[-2000:]

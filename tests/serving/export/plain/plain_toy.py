"""A signature with all that other runtimes do not have, whose answers are known by hand."""

import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.models import noise
from tfvideogan.ops import tokens as tokens_lib

WORDS = ("", "up", "down")
LENGTH = 3
SIZES = {"N": 1, "T": 3}
X = [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]
MATRIX = [[[4.0, 2.0], [2.0, 3.0]]]
RIGHT = [[[10.0], [9.0]]]
GAIN = 2.0
OUTPUTS = {
    "running": "[N, T, 2] sums so far, doubled",
    "halved": "[N, T, 2] halved until nothing is above 1",
    "solved": "[N, 2, 1]",
    "level": "[N] 1 where the level is above 100",
    "drawn": "[N, 2] two normal numbers",
    "word": "[N, L] numbers of words",
    "said": "[N] string",
}


def served() -> signatures.ServingFunction:
    """Returns the signature; its variable is 2."""
    gain = tf.Variable(GAIN)

    def answer(*, x, seed, text, level):
        tokens, _ = tokens_lib.encode(text, words=WORDS, length=LENGTH)
        with tf.control_dependencies([tf.debugging.assert_less(x, 100.0)]):
            steps = tf.transpose(x, [1, 0, 2])  # [T, N, 2]
        sums = tf.scan(tf.add, steps)
        halved = tf.while_loop(
            lambda one: tf.reduce_max(one) > 1.0, lambda one: (one / 2.0,), [x]
        )[0]
        matrix = tf.constant(MATRIX) + 0.0 * x[:, :1, :1]
        right = tf.constant(RIGHT) + 0.0 * x[:, :1, :1]
        is_one = tf.shape(x)[1] == 1  # Known as soon as the sizes are.
        sums = tf.cond(is_one, lambda: -sums, lambda: sums * gain)
        return {
            "running": tf.transpose(sums, [1, 0, 2]),
            "halved": halved,
            "solved": tf.linalg.solve(matrix, right),
            "level": tf.cast(level > 100, tf.int32),
            "drawn": noise.normal_each(seed, [2]),
            "word": tokens,
            "said": text,
        }

    inputs = [
        signatures.Input(
            tf.TensorSpec([None, None, 2], tf.float32, "x"),
            signatures.InputRule("N T C", "numbers", minimum=0.0, maximum=50.0),
        ),
        signatures.seed(),
        signatures.text(example="down up"),
        signatures.Input(
            tf.TensorSpec([None], tf.uint8, "level"),
            signatures.InputRule("N", "a byte"),
        ),
    ]
    return signatures.ServingFunction.of(answer, inputs, OUTPUTS, about="a bit of all")

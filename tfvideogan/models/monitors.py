"""What the training of a GAN is watched by: float32 scalars that nothing minimises.

    logs = monitors.logits("video", real, fake)     # means, signs, shares of a histogram
    monitors.numbers(logs)                          # without the latter
    monitors.histograms(means)                      # of an interval, [K, 3] by name

A histogram travels as scalars, the shares of logits between fixed ends: their means over
replicas and steps are those of the histogram of all that was seen.
"""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import tensorflow as tf

Scalar = TypeVar("Scalar", float, tf.Tensor)

# Names of shares are `histogram/<name>/<number of the bucket>`.
HISTOGRAM = "histogram"
_UPPER = (
    *(0.0625, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0),
    *(16.0, 32.0, 64.0),
)
EDGES = (*(-one for one in reversed(_UPPER)), 0.0, *_UPPER)
# What lies beyond counts to the outermost buckets.
NUM_BUCKETS = len(EDGES) - 1


def logits(name: str, real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
    """Mean logits of a discriminator, and how often their signs are right.

    Args:
      name: of the discriminator, in the logs.
      real: [N, ...] of real samples; right are those above 0.
      fake: [N, ...] of fakes; right are those below 0.
    """
    return {
        f"logits/{name}_real": tf.reduce_mean(real),
        f"logits/{name}_fake": tf.reduce_mean(fake),
        f"signs/{name}_real": _share(real > 0),
        f"signs/{name}_fake": _share(fake < 0),
        **_shares(f"{name}_real", real),
        **_shares(f"{name}_fake", fake),
    }


def numbers(logs: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Returns the logs of a step that are no parts of histograms."""
    return {name: value for name, value in logs.items() if not is_share(name)}


def is_share(name: str) -> bool:
    """Says whether a log is a part of a histogram."""
    return name.startswith(f"{HISTOGRAM}/")


def histograms(logs: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Returns the histograms in logs, such as means over steps, by their names.

    Each is [K, 3] float64: left and right end of a bucket and the share in it. Empty
    buckets on both sides are left out.
    """
    shares: dict[str, np.ndarray] = {}
    for log in filter(is_share, logs):
        _, name, bucket = log.split("/")
        shares.setdefault(name, np.zeros(NUM_BUCKETS))[int(bucket)] = logs[log]
    return {name: _buckets(one) for name, one in shares.items()}


def accuracy(class_logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Share of logits [N, categories] that are greatest at the label [N] int32."""
    found = tf.argmax(class_logits, axis=-1, output_type=tf.int32)
    return _share(found == labels)


def change(clips: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference of neighbouring frames of clips [N, T, H, W, C]."""
    return tf.reduce_mean(tf.abs(clips[:, 1:] - clips[:, :-1]))


def _shares(name: str, values: tf.Tensor) -> dict[str, tf.Tensor]:
    """The share of values [...] in each bucket, as scalars."""
    flat = tf.reshape(tf.cast(values, tf.float32), [-1, 1])
    reached = tf.cast(flat >= tf.constant(EDGES[1:-1]), tf.float32)  # [N, K - 1]
    above = tf.reduce_mean(reached, axis=0)
    # All of them are above the lowest edge, none above the highest.
    above = tf.concat([[1.0], above, [0.0]], axis=0)  # [K + 1]
    # 0, but NaN where a value is not finite: such a step counts in no mean.
    fault = 0.0 * tf.reduce_sum(flat)
    shares = tf.unstack(above[:-1] - above[1:] + fault)
    return {f"{HISTOGRAM}/{name}/{place}": share for place, share in enumerate(shares)}


def _buckets(shares: np.ndarray) -> np.ndarray:
    filled = np.flatnonzero(shares)
    if not filled.size:
        return np.zeros([0, 3])
    chosen = slice(filled[0], filled[-1] + 1)
    ends = np.array(EDGES)
    return np.stack([ends[:-1], ends[1:], shares], axis=1)[chosen]


def _share(condition: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, tf.float32))

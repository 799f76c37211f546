"""Features of untrained convolutions: for tests and smoke runs.

Three convolutions over space and time with weights drawn from a fixed seed, each a mean
over the clip. They notice gross faults, such as noise or a wrong colour, at the cost of
milliseconds; a distance of them is no measure of quality.
"""

import hashlib

import numpy as np
import tensorflow as tf

from tfvideogan.core import pixels, seeds
from tfvideogan.metrics.features import extractor

# Goes into the identity: raise it when a feature changes.
VERSION = "1"
SEED = 2026
CHANNELS = (3, 8, 16, 24)
KERNEL = (3, 3, 3)
STRIDES = (1, 1, 2, 2, 1)


class RandomConvolutions:
    """An `Extractor` of 48 features for clips of any size and length, grey or RGB."""

    name = "random-convolutions"
    is_reference = False
    identity = hashlib.sha256(f"random-convolutions {VERSION}".encode()).hexdigest()
    min_frames = 1
    size = (None, None, None, None)

    def __init__(self) -> None:
        """Draws the weights."""
        root = seeds.from_int(SEED)
        pairs = zip(CHANNELS[:-1], CHANNELS[1:], strict=True)
        self._kernels = []
        for index, (inputs, outputs) in enumerate(pairs):
            # Rectifiers halve the variance of what passes.
            scale = np.sqrt(2.0 / (np.prod(KERNEL) * inputs))
            shape = [*KERNEL, inputs, outputs]
            self._kernels.append(seeds.normal(shape, seeds.fold(root, index)) * scale)

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns the means of every layer; see `Extractor`."""
        extractor.check_clips(self, clips)
        x = pixels.to_float(tf.constant(clips))
        if x.shape[-1] == 1:
            x = tf.repeat(x, CHANNELS[0], axis=-1)
        means = []
        for kernel in self._kernels:
            x = tf.nn.relu(tf.nn.conv3d(x, kernel, STRIDES, "SAME"))
            means.append(tf.reduce_mean(x, axis=[1, 2, 3]))
        return tf.concat(means, axis=-1).numpy()

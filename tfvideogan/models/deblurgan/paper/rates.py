"""The published learning rate: constant for the first half, then linearly down to 0.

Source: Kupyn et al., DeblurGAN, CVPR 2018, section 4.3 (150 epochs, and 150 more).
"""

from typing import Any

import keras
import tensorflow as tf


class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is constant, then falls to 0."""

    def __init__(self, rate: float, updates: int) -> None:
        """Stores the numbers.

        Args:
          rate: of the first half.
          updates: of the whole training.
        """
        self.rate, self.updates = rate, updates

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate of an update, a float32 scalar."""
        done = tf.cast(step, tf.float32) / float(self.updates)
        return self.rate * tf.clip_by_value(2.0 * (1.0 - done), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments."""
        return {"rate": self.rate, "updates": self.updates}

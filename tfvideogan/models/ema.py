"""Exponential moving average of weights: the slow copy that is judged and exported.

    average = ema.WeightAverage(generator.variables, decay=0.999)  # in strategy.scope()
    average.update(step)                                           # in the replica
    with average.swapped():                                        # on the host
        generator(...)                                             # runs on the averages

Source: Yazici et al., The Unusual Effectiveness of Averaging in GAN Training, 2019,
section 2. The decay is warmed up as min(decay, (1 + step) / (10 + step)), so that the
first weights do not linger; TensorFlow's own average has the same rule. An average that
starts late counts the steps from there and equals the weights until then: Brock et al.,
Large Scale GAN Training, 2019, appendix C.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import keras
import tensorflow as tf

WARM_UP = 10.0


class WeightAverage(tf.Module):
    """Keeps averages of floating variables.

    Trainable variables are averaged; the others (moving statistics) are copied.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        decay: float,
        *,
        start: int = 0,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """Makes the averages, equal to the variables. Call inside the strategy's scope.

        Args:
          variables: the variables to follow; those that are not floating are left out.
          decay: in [0, 1); 0 copies the weights.
          start: the step from which on weights are averaged.
          settle: called when the averages have been swapped in, to make what follows from
            the weights, such as statistics; it may change the variables, which are brought
            back afterwards.

        Raises:
          ValueError: `decay` or `start` is out of range.
        """
        super().__init__(name="ema")
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"`ema_decay` ({decay}) must lie in [0, 1).")
        if start < 0:
            raise ValueError(f"`ema_start` ({start}) must be 0 or more.")
        self.decay = decay
        self.start = start
        self._settle = settle
        self._followed = [
            variable
            for variable in variables
            if keras.backend.is_float_dtype(variable.dtype)
        ]
        self.averages = [
            tf.Variable(
                keras.ops.convert_to_tensor(variable),
                trainable=False,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
                name=f"average_{index}",
            )
            for index, variable in enumerate(self._followed)
        ]

    def update(self, step: tf.Tensor) -> None:
        """Moves the averages towards the variables; `step` counts updates so far."""
        step = tf.cast(step, tf.int64)
        since = tf.cast(tf.maximum(step - self.start, 0), tf.float32)
        decay = tf.minimum(self.decay, (1.0 + since) / (WARM_UP + since))
        decay = tf.where(step < self.start, 0.0, decay)
        for variable, average in zip(self._followed, self.averages, strict=True):
            value = tf.cast(keras.ops.convert_to_tensor(variable), average.dtype)
            if variable.trainable:
                rate = tf.cast(decay, average.dtype)
                value = average * rate + value * (1.0 - rate)
            average.assign(value)

    def restart(self) -> None:
        """Makes the averages equal to the variables."""
        for variable, average in zip(self._followed, self.averages, strict=True):
            value = keras.ops.convert_to_tensor(variable)
            average.assign(tf.cast(value, average.dtype))

    def take_over(self) -> None:
        """Makes the variables equal to the averages, for good, and settles the model."""
        for variable, average in zip(self._followed, self.averages, strict=True):
            variable.assign(average.read_value())
        self._settle()

    @contextlib.contextmanager
    def swapped(self) -> Iterator[None]:
        """Puts the averages into the variables for the duration of the context."""
        weights = [
            keras.ops.convert_to_tensor(variable).numpy() for variable in self._followed
        ]
        try:
            self.take_over()
            yield
        finally:
            for variable, weight in zip(self._followed, weights, strict=True):
                variable.assign(weight)

"""Adam whose update is one pass over memory.

Keras writes the update as a dozen operations, each of which reads and writes as many
numbers as there are weights: for 25 million weights of dense layers 0.17 s of a CPU, more
than the gradients take. TensorFlow has it as one operation (0.05 s) with the same formula,
the epsilon outside the root as in Keras.
"""

import keras
import tensorflow as tf


class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`: same arguments, same variables, same numbers."""

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Updates a variable and its moments.

        Args:
          gradient: dense, of the variable's shape.
          variable: of TensorFlow, or of Keras.
          learning_rate: scalar.
        """
        if self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        place = self._get_variable_index(variable)
        moments = self._momentums[place].value, self._velocities[place].value
        if isinstance(variable, keras.Variable):
            variable = variable.value
        dtype = variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        beta_1, beta_2 = (tf.cast(one, dtype) for one in (self.beta_1, self.beta_2))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0].handle,
            v=moments[1].handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

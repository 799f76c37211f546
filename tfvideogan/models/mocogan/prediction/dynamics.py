"""How motion goes on: a recurrent state that hears what was shown, and a learnt prior.

    state = dynamics.start(pose, pairs, has_pair)      # from the context
    mean, log_scale = dynamics.prior(state, seen)      # of the next noise
    state, code = dynamics.advance(state, seen, noise)

`seen` is the code of the last two frames that were shown (`encoders.PairEncoder`), so that
the motion cannot part from the pictures, however long a video grows.

References:
  [1] Denton, Fergus, Stochastic Video Generation with a Learned Prior, ICML 2018,
      section 3.1.
  [2] Tulyakov et al., MoCoGAN, CVPR 2018, section 3.1: the recurrent motion code. Where we
      differ: the state starts from frames instead of noise.
"""

import keras
import tensorflow as tf

from tfvideogan.models.mocogan.prediction import encoders


class Dynamics(keras.Model):
    """The recurrent network of a prediction."""

    def __init__(
        self, *, units: int, noise: int, code_size: int, name: str = "dynamics"
    ) -> None:
        """Creates the layers; all of them compute in float32.

        Args:
          units: numbers in the state.
          noise: Z, numbers in the noise of a frame.
          code_size: numbers in the motion code of a frame.
          name: of the network.
        """
        super().__init__(name=name, dtype="float32")
        options = {"dtype": "float32"}
        self.noise = noise
        self.first = keras.layers.Dense(units, activation="tanh", **options)
        self.reader = keras.layers.GRUCell(units, **options)
        self.cell = keras.layers.GRUCell(units, **options)
        self.to_prior = keras.layers.Dense(2 * noise, **options)
        self.to_code = keras.layers.Dense(code_size, activation="tanh", **options)
        self.built = True  # it has no call of its own

    def start(
        self, pose: tf.Tensor, pairs: tf.Tensor, has_pair: tf.Tensor
    ) -> tf.Tensor:
        """Returns the state [M, U] behind the context.

        Args:
          pose: [M, D], code of the last frame paired with itself.
          pairs: [M, K-1, D], codes of the context's transitions.
          has_pair: [M, K-1] bool, which of them there are.
        """
        state = self.first(pose)
        for index in range(pairs.shape[1]):
            read, _ = self.reader(pairs[:, index], [state])
            state = tf.where(has_pair[:, index : index + 1], read, state)
        return state

    def prior(self, state: tf.Tensor, seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns mean and logarithm of the deviation [M, Z] of the next noise."""
        return encoders.moments(self.to_prior(tf.concat([state, seen], axis=-1)))

    def advance(
        self, state: tf.Tensor, seen: tf.Tensor, noise: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the next state [M, U] and the motion code [M, D] of its frame."""
        state, _ = self.cell(tf.concat([noise, seen], axis=-1), [state])
        return state, self.to_code(state)

"""The recurrent motion of a prediction: a hidden state, a learnt prior, a motion code.

    state = dynamics.initial_state(pose, pairs, has_pair)      # from the context
    mean, log_scale = dynamics.prior(state, pair_code)         # of the next latent
    state, motion_code = dynamics.step(state, pair_code, latent)

With U numbers in the state, Z in a latent and P in a pair code:

    initial_state    tanh(dense(pose)), then a GRU over the context's pair codes    U
    prior            dense(state ‖ pair code): mean, log scale                      2Z
    step             GRU(latent ‖ pair code; state)                                 U
                     tanh(dense(state)): motion code                                D

The pair code is that of the last two frames (`encoders.PairEncoder`), so that the motion
cannot part from what was generated, however long a video grows.

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
          units: U, numbers in the hidden state.
          noise: Z, numbers in the latent of a frame.
          code_size: D, numbers in the motion code of a frame.
          name: of the network.
        """
        super().__init__(name=name, dtype="float32")
        options = {"dtype": "float32"}
        self.noise = noise
        self.from_pose = keras.layers.Dense(units, activation="tanh", **options)
        self.context_cell = keras.layers.GRUCell(units, **options)
        self.cell = keras.layers.GRUCell(units, **options)
        self.to_prior = keras.layers.Dense(2 * noise, **options)
        self.to_code = keras.layers.Dense(code_size, activation="tanh", **options)
        self.built = True  # it has no call of its own

    def initial_state(
        self, pose: tf.Tensor, pairs: tf.Tensor, has_pair: tf.Tensor
    ) -> tf.Tensor:
        """Returns the hidden state [M, U] behind the context.

        Args:
          pose: [M, P], code of the last frame paired with itself.
          pairs: [M, K-1, P], codes of the context's transitions.
          has_pair: [M, K-1] bool, which of them there are.
        """
        state = self.from_pose(pose)
        for index in range(pairs.shape[1]):
            updated, _ = self.context_cell(pairs[:, index], [state])
            state = tf.where(has_pair[:, index : index + 1], updated, state)
        return state

    def prior(
        self, state: tf.Tensor, pair_code: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns mean and log scale [M, Z] of the next latent.

        Args:
          state: [M, U].
          pair_code: [M, P], of the last two frames.
        """
        inputs = tf.concat([state, pair_code], axis=-1)  # [M, U + P]
        return encoders.moments(self.to_prior(inputs))

    def step(
        self, state: tf.Tensor, pair_code: tf.Tensor, latent: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the next hidden state [M, U] and the motion code [M, D] of its frame.

        Args:
          state: [M, U].
          pair_code: [M, P], of the last two frames.
          latent: [M, Z].
        """
        inputs = tf.concat([latent, pair_code], axis=-1)  # [M, Z + P]
        state, _ = self.cell(inputs, [state])
        return state, self.to_code(state)

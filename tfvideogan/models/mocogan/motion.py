"""The motion networks of MoCoGAN: from noise for every frame to motion codes.

    motion = GRUMotion(sizes, takes_category=True)  # the paper's
    motion_codes = motion(codes)                    # [N, T, D], any T

With noise e_t of frame t, category c, first state h_0 and hidden states h_t:

    GRUMotion         h_t = GRU(e_t ‖ c; h_(t-1))                 m_t = h_t
    ResidualMotion    h_t = GRU(exp(scale) · e_t ‖ c; h_(t-1))
                      m_0 = reach · tanh(dense(h_0))
                      m_t = memory · m_(t-1) + 0.2 · tanh(dense(h_t))

All of it is float32 whatever the precision.

References:
  [1] Tulyakov et al., MoCoGAN, CVPR 2018, section 3.1 and the released code.
  [2] Tian et al., A Good Image Generator Is What You Need for High-Resolution Video
      Synthesis (MoCoGAN-HD), ICLR 2021, section 3.1 (residual motion).
"""

import math

import keras
import tensorflow as tf

from tfvideogan.models.mocogan import codes as codes_lib

# [2]: how far one frame can move the code.
RESIDUAL_STEP = 0.2


class GRUMotion(keras.Model):
    """The motion of [1]: the state of a GRU, with a random first state.

    Ten inputs and ten units are 660 parameters. The weights begin as in PyTorch.
    """

    def __init__(
        self,
        sizes: codes_lib.Sizes,
        *,
        takes_category: bool,
        name: str = "motion",
    ) -> None:
        """Creates the network.

        Args:
          sizes: of the codes; a motion code is a hidden state.
          takes_category: whether the category is an input of every step.
          name: of the network.
        """
        super().__init__(name=name, dtype="float32")
        self.sizes = sizes
        self.takes_category = takes_category and sizes.categories > 0
        bound = 1.0 / math.sqrt(sizes.state)
        names = ("kernel", "recurrent", "bias")
        initializers = {
            f"{one}_initializer": keras.initializers.RandomUniform(-bound, bound)
            for one in names
        }
        self.recurrence = keras.layers.GRU(
            sizes.state, return_sequences=True, dtype="float32", **initializers
        )

    def call(self, codes: codes_lib.Codes) -> tf.Tensor:
        """Returns the motion codes [N, T, D] float32 in (-1, 1), but for the start."""
        inputs = codes.noise
        if self.takes_category:
            inputs = _with_category(inputs, codes, self.sizes)
        return self.recurrence(inputs, initial_state=codes.start)


class ResidualMotion(keras.Model):
    """Motion as small steps, which cannot jump and need not come to rest.

    The hidden state moves the code, after [2]. Where we differ: memory below 1 keeps the
    code within reach = 0.2 / (1 - memory) for ever, so that a long video does not drift
    into codes that training never met; the noise has learnt scales.
    """

    def __init__(
        self,
        sizes: codes_lib.Sizes,
        units: int,
        *,
        memory: float = 0.95,
        name: str = "motion",
    ) -> None:
        """Creates the network.

        Args:
          sizes: of the codes.
          units: numbers in a motion code.
          memory: share of the code that the next frame keeps, in [0, 1).
          name: of the network.
        """
        super().__init__(name=name, dtype="float32")
        self.sizes = sizes
        self.memory = memory
        self.reach = RESIDUAL_STEP / (1.0 - memory)
        self.first = keras.layers.Dense(units, activation="tanh", dtype="float32")
        self.recurrence = keras.layers.GRU(
            sizes.state, return_sequences=True, dtype="float32"
        )
        self.steps = keras.layers.Dense(units, activation="tanh", dtype="float32")
        self.log_scale = self.add_weight(
            shape=(sizes.noise,), initializer="zeros", name="log_scale", autocast=False
        )

    def call(self, codes: codes_lib.Codes) -> tf.Tensor:
        """Returns the motion codes [N, T, units] float32."""
        inputs = codes.noise * tf.exp(self.log_scale.value)
        if self.sizes.categories:
            inputs = _with_category(inputs, codes, self.sizes)
        states = self.recurrence(inputs, initial_state=codes.start)  # [N, T, state]
        first = self.reach * self.first(codes.start)[:, tf.newaxis]  # [N, 1, D]
        steps = RESIDUAL_STEP * self.steps(states)  # [N, T, D]
        moves = tf.concat([first, steps], axis=1)  # [N, 1 + T, D]
        return tf.einsum("ts,nsd->ntd", self._decay(states.shape[1]), moves)

    def _decay(self, length: int) -> tf.Tensor:
        """How much of m_0, then of each frame's step, is left in m_t, [T, 1 + T]."""
        ages = 1 + tf.range(length)[:, tf.newaxis] - tf.range(length + 1)
        left = tf.pow(self.memory, tf.cast(tf.maximum(ages, 0), tf.float32))
        return tf.where(ages >= 0, left, 0.0)


def _with_category(
    inputs: tf.Tensor, codes: codes_lib.Codes, sizes: codes_lib.Sizes
) -> tf.Tensor:
    """Concatenates the category to the inputs [N, T, D] of every frame."""
    category = codes_lib.one_hot(codes.labels, sizes)[:, tf.newaxis]
    repeated = tf.repeat(category, inputs.shape[1], axis=1)  # [N, T, categories]
    return tf.concat([inputs, repeated], axis=-1)  # [N, T, D + categories]

"""Convolutional recurrent cells, and a layer that runs one along a clip.

References:
  [1] Ballas et al., Delving Deeper into Convolutional Networks for Learning Video
      Representations, 2016, section 3, equations 10-13 (ConvGRU).
  [2] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, appendix on the
      generator (rectified candidate, spectral norm).
  [3] Shi et al., Convolutional LSTM Network, 2015, equation 3, without peepholes.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import spectral_norm
from tfvideogan.ops.convolution import convolution

KERNEL = 3
ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.nn.tanh}
# Longer clips are a loop of the graph.
MOST_UNROLLED = 16


class ConvGRUCell(keras.layers.Layer):
    """One step of a convolutional gated recurrent unit.

    The new state is (1 - update) · state + update · candidate; the gates see the inputs
    and the state through 3x3 convolutions. The state stays in (-1, 1).
    Source: equations 10-13 of [1].
    """

    def __init__(self, filters: int, kernel_size: int = 3, **kwargs: object) -> None:
        """Stores the sizes.

        Args:
          filters: channels of the state.
          kernel_size: of every convolution, in pixels.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.gates = keras.layers.Conv2D(
            2 * filters, kernel_size, padding="same", activation="sigmoid"
        )
        self.candidate = keras.layers.Conv2D(
            filters, kernel_size, padding="same", activation="tanh"
        )

    def call(self, inputs: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """Takes inputs [N, H, W, C] and state [N, H, W, F]; returns the new state."""
        state = tf.cast(state, inputs.dtype)
        seen = tf.concat([inputs, state], axis=-1)  # [N, H, W, C + F]
        update, reset = tf.split(self.gates(seen), 2, axis=-1)  # [N, H, W, F] each
        seen = tf.concat([inputs, reset * state], axis=-1)  # [N, H, W, C + F]
        candidate = self.candidate(seen)  # [N, H, W, F]
        return state + update * (candidate - state)


class ConvLSTMCell(keras.layers.Layer):
    """One step of an LSTM whose products are 3x3 convolutions with a bias.

    The four gates are one convolution of inputs and hidden map, in this order: enter,
    keep, leave, candidate. Source: equation 3 of [3].
    """

    def __init__(
        self,
        filters: int,
        *,
        kernel_initializer: str | keras.Initializer = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        """Creates the convolution.

        Args:
          filters: channels F of the hidden map and of the cell.
          kernel_initializer: of its kernel.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters = filters
        self.gates = keras.layers.Conv2D(
            4 * filters, KERNEL, padding="same", kernel_initializer=kernel_initializer
        )

    def call(
        self, inputs: tf.Tensor, state: tuple[tf.Tensor, ...] = ()
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        """Makes the next state.

        Args:
          inputs: [N, H, W, C].
          state: hidden map and cell [N, H, W, F]; zeros by default.

        Returns:
          The hidden map [N, H, W, F], and the state, which is it and the cell.
        """
        hidden, cell = state or (self._nothing(inputs),) * 2
        gates = self.gates(tf.concat([inputs, hidden], axis=-1))  # [N, H, W, 4F]
        enter, keep, leave, candidate = tf.split(gates, 4, axis=-1)  # [N, H, W, F]
        cell = tf.sigmoid(keep) * cell + tf.sigmoid(enter) * tf.tanh(candidate)
        hidden = tf.sigmoid(leave) * tf.tanh(cell)
        return hidden, (hidden, cell)

    def _nothing(self, inputs: tf.Tensor) -> tf.Tensor:
        shape = tf.concat([tf.shape(inputs)[:3], [self.filters]], axis=0)
        zeros = tf.zeros(shape, inputs.dtype)
        return tf.ensure_shape(zeros, [*inputs.shape[:3], self.filters])


class ConvGRU(keras.layers.Layer):
    """A convolutional GRU along the frames of a clip, with kernels of norm 1.

        r = sigmoid(W_r * [x, h] + b_r)
        u = sigmoid(W_u * [x, h] + b_u)
        c = activation(W_c * [x, r . h] + b_c)
        h' = u . h + (1 - u) . c

    The candidate is rectified in [2]; "tanh" keeps the state bounded. The update's bias
    starts at 1, so that a state is kept at first (ours). What the inputs add to the three
    is convolved for all frames at once, which is the same sum. A subclass may have other
    convolutions and step otherwise (`build`, `prepare`, `step`).
    """

    def __init__(
        self,
        filters: int,
        *,
        activation: str = "relu",
        has_norm: bool = True,
        starts_from_inputs: bool = False,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the state.
          activation: of the candidate; one of `ACTIVATIONS`.
          has_norm: whether the spectral norm of W_r, W_u and W_c is 1.
          starts_from_inputs: whether the state before the first frame, where none is
            given, is the candidate of that frame's inputs alone instead of zeros.
          **kwargs: of `keras.layers.Layer`.

        Raises:
          ValueError: there is no such activation.
        """
        super().__init__(**kwargs)
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"`activation` ({activation!r}) must be one of {', '.join(ACTIVATIONS)}."
            )
        self.filters = filters
        self.activation = activation
        self.has_norm = has_norm
        self.starts_from_inputs = starts_from_inputs

    def build(self, inputs_shape: Sequence[int | None]) -> None:
        self.inputs = inputs_shape[-1]
        both = self.inputs + self.filters
        self.reset, self.update, self.candidate = (
            self.make_kernel(name, both) for name in ("reset", "update", "candidate")
        )
        self.reset_bias, self.update_bias, self.candidate_bias = (
            self.make_bias(name, initializer)
            for name, initializer in (
                ("reset", "zeros"),
                ("update", "ones"),
                ("candidate", "zeros"),
            )
        )
        self.built = True

    def make_kernel(
        self, name: str, inputs: int, outputs: int | None = None
    ) -> spectral_norm.Kernel:
        """Returns a kernel [3, 3, inputs, outputs]; as many outputs as a state has."""
        return spectral_norm.Kernel(
            (KERNEL, KERNEL, inputs, outputs or self.filters),
            has_norm=self.has_norm,
            dtype=self.dtype_policy,
            name=name,
        )

    def make_bias(
        self, name: str, initializer: str = "zeros", outputs: int | None = None
    ) -> keras.Variable:
        """Returns a bias of as many numbers as a state has channels, or `outputs`."""
        return self.add_weight(
            shape=(outputs or self.filters,),
            initializer=initializer,
            name=f"{name}_bias",
        )

    def call(
        self,
        inputs: tf.Tensor,
        state: tf.Tensor | None = None,
        num_frames: int | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Runs along the frames.

        Args:
          inputs: [N, T, H, W, C], or [N, 1, H, W, C] of every frame; all but N static.
          state: [N, H, W, F] before the first frame; see `starts_from_inputs`.
          num_frames: T; that of the inputs by default.
          training: moves the spectral norm.

        Returns:
          The states [N, T, H, W, F], and the last of them.
        """
        given = inputs.shape[1]
        length = num_frames or given
        heard, weights = self.prepare(inputs, training)
        state = self._start(heard) if state is None else tf.cast(state, inputs.dtype)
        if length > MOST_UNROLLED:
            return self._loop(heard, state, weights, length)
        states = []
        # Unstacked, not sliced: the gradient of a slice is as large as the clip.
        heard = tf.unstack(heard, axis=1)
        for time in range(length):
            state = self.step(heard[min(time, given - 1)], state, weights)
            states.append(state)
        return tf.stack(states, axis=1), state

    def step(
        self, heard: tf.Tensor, state: tf.Tensor, weights: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Makes the next state.

        Args:
          heard: [N, H, W, 3F], what the inputs and biases add to r, u and c.
          state: [N, H, W, F].
          weights: kernels from the state, [3, 3, F, 2F] to r and u and [3, 3, F, F] to c.

        Returns:
          [N, H, W, F].
        """
        to_gates, to_candidate = weights
        gates, candidate = tf.split(heard, [2 * self.filters, self.filters], axis=-1)
        gates = tf.sigmoid(gates + keep_size(state, to_gates))
        reset, update = tf.split(gates, 2, axis=-1)
        candidate = ACTIVATIONS[self.activation](
            candidate + keep_size(reset * state, to_candidate)
        )
        return update * state + (1.0 - update) * candidate

    def _start(self, heard: tf.Tensor) -> tf.Tensor:
        """Returns the state before the first frame where none is given, [N, H, W, F]."""
        candidate = heard[:, 0, ..., -self.filters :]
        if not self.starts_from_inputs:
            return tf.zeros_like(candidate)
        return ACTIVATIONS[self.activation](candidate)

    def prepare(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Does what is the same for all steps.

        Args:
          inputs: [N, T, H, W, C].
          training: moves the spectral norm.

        Returns:
          What the inputs add to each step, the candidate last, [N, T, H, W, 3F], and the
          weights; see `step`.
        """
        heard, (reset, update, candidate) = self.convolve_inputs(
            inputs,
            (self.reset, self.update, self.candidate),
            (self.reset_bias, self.update_bias, self.candidate_bias),
            training,
        )
        return heard, (tf.concat([reset, update], axis=-1), candidate)

    def convolve_inputs(
        self,
        inputs: tf.Tensor,
        kernels: Sequence[spectral_norm.Kernel],
        biases: Sequence[keras.Variable],
        training: bool,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Convolves the inputs of all frames with their parts of kernels.

        Args:
          inputs: [N, T, H, W, C].
          kernels: K of them, [3, 3, C + F, F], the inputs' channels first.
          biases: [F] each.
          training: moves the spectral norm.

        Returns:
          [N, T, H, W, K·F], and the parts [3, 3, F, F] for the state.
        """
        whole = [one.normalised(training) for one in kernels]
        from_inputs = tf.concat([one[:, :, : self.inputs] for one in whole], axis=-1)
        _, length, height, width, channels = inputs.shape
        flat = tf.reshape(inputs, [-1, height, width, channels])  # [N·T, H, W, C]
        heard = keep_size(flat, from_inputs)
        heard = tf.nn.bias_add(heard, tf.concat([*map(_tensor, biases)], axis=0))
        heard = tf.reshape(heard, [-1, length, height, width, heard.shape[-1]])
        return heard, [one[:, :, self.inputs :] for one in whole]

    def _loop(
        self,
        heard: tf.Tensor,
        state: tf.Tensor,
        weights: tuple[tf.Tensor, ...],
        length: int,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        by_time = tf.transpose(heard, [1, 0, 2, 3, 4])  # [T or 1, N, H, W, ...]
        last = heard.shape[1] - 1
        states = tf.scan(
            lambda before, time: self.step(
                by_time[tf.minimum(time, last)], before, weights
            ),
            tf.range(length),
            initializer=state,
        )  # [T, N, H, W, F]
        states = tf.ensure_shape(states, [length, *state.shape])
        return tf.transpose(states, [1, 0, 2, 3, 4]), states[-1]


def keep_size(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves [N, H, W, C] with [3, 3, C, F], zeros around: [N, H, W, F]."""
    return convolution.conv2d(images, kernel, padding=KERNEL // 2)


def _tensor(variable: keras.Variable) -> tf.Tensor:
    return tf.convert_to_tensor(variable)

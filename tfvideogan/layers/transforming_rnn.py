"""Recurrent units that move their state by a flow before they refine it (TSRU).

    states, last = TSRUp(64)(inputs, training=True)     # called as `conv_rnn.ConvGRU`

Where a ConvGRU resets its state, these predict how it moves, theta = f(h, x), and warp it:
w(h; theta). What was hidden until now, or is new, is the candidate's part. With h~ for
w(h; theta), all three end in

    h' = u . h~ + (1 - u) . c

and differ in what the candidate c and the gate u see, of [1]:

            c = activation(W_c * [., .])    u = sigmoid(W_u * [., .])
    TSRUc   h~ and x                        h and x
    TSRUp   h and x                         h and x      theta, u, c at the same time
    TSRUs   h~ and x                        h~ and c     one behind the other

Of the paper: the three forms, the rectified candidate, and that w takes a state's pixels
from places that f predicts of h and x. Ours, since it has no public code:

  * h~ in the last line. A transcription of [1] prints h there; TSRUp would then have no
    use for theta at all.
  * theta is a flow, (dx, dy) in pixels for each place of the state, and w
    `ops/warp.backward`, bilinear, with the border repeated. A survey [2] counts [1] among
    the methods with a kernel of k x k weights for each pixel; a flow is two numbers
    instead of k^2, reaches further than k pixels, and can be looked at.
  * f is a 3x3 convolution of [x, h] to as many channels as the state has, where the
    reset gate's stood, ReLU, and a 3x3 convolution to the flow, times a gain that starts
    at 0, as that of self-attention does: at first nothing moves. A spectral norm of 1 on
    all kernels, as elsewhere in these models.
  * the update's bias starts at 1, and the state may start from the inputs alone: as
    `ConvGRU` does.

References:
  [1] Luc et al., Transformation-based Adversarial Video Prediction on Large-Scale Data
      (TrIVD-GAN), 2020, section on recurrent units.
  [2] Oprea et al., A Review on Deep Learning Techniques for Video Prediction, 2020,
      section on kernel-based transformations.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.layers import conv_rnn
from tfvideogan.ops import warp

# dx, dy
FLOW_CHANNELS = 2


class TSRUc(conv_rnn.ConvGRU):
    """A ConvGRU that warps its state instead of resetting it.

    theta = f(h, x)
    h~ = w(h; theta)
    c = activation(W_c * [x, h~] + b_c)
    u = sigmoid(W_u * [x, h] + b_u)
    h' = u . h~ + (1 - u) . c
    """

    def build(self, inputs_shape: Sequence[int | None]) -> None:
        self.inputs = inputs_shape[-1]
        both = self.inputs + self.filters
        self.features = self.make_kernel("features", both)
        self.flow = self.make_kernel("flow", self.filters, FLOW_CHANNELS)
        self.update = self.make_kernel("update", self._update_inputs())
        self.candidate = self.make_kernel("candidate", both)
        self.features_bias = self.make_bias("features")
        self.flow_bias = self.make_bias("flow", outputs=FLOW_CHANNELS)
        self.update_bias = self.make_bias("update", "ones")
        self.candidate_bias = self.make_bias("candidate")
        self.gain = self.add_weight(shape=(), initializer="zeros", name="gain")
        self.built = True

    def prepare(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """What the inputs add to f, u and c, [N, T, H, W, 3F], and the other kernels."""
        heard, (features, update, candidate) = self.convolve_inputs(
            inputs,
            (self.features, self.update, self.candidate),
            (self.features_bias, self.update_bias, self.candidate_bias),
            training,
        )
        from_state = tf.concat([features, update], axis=-1)
        return heard, (from_state, candidate, self.flow.normalised(training))

    def step(
        self, heard: tf.Tensor, state: tf.Tensor, weights: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Makes the next state.

        Args:
          heard: [N, H, W, 3F], what the inputs and biases add to f, u and c.
          state: [N, H, W, F].
          weights: kernels from the state to f and u, [3, 3, F, 2F]; from the warped state
            to c, [3, 3, F, F]; to the flow, [3, 3, F, 2].

        Returns:
          [N, H, W, F].
        """
        from_state, from_warped, to_flow = weights
        features, update, candidate = tf.split(heard, 3, axis=-1)
        more_features, more_update = tf.split(
            conv_rnn.keep_size(state, from_state), 2, axis=-1
        )
        warped = self.warped(state, features + more_features, to_flow)
        candidate += conv_rnn.keep_size(warped, from_warped)
        return self.mixed(update + more_update, warped, self.activated(candidate))

    def warped(
        self, state: tf.Tensor, features: tf.Tensor, to_flow: tf.Tensor
    ) -> tf.Tensor:
        """Returns h~ = w(h; theta).

        Args:
          state: h, [N, H, W, F].
          features: of the first convolution of f, not rectified, [N, H, W, F].
          to_flow: kernel of the second, [3, 3, F, 2].

        Returns:
          [N, H, W, F].
        """
        flow = conv_rnn.keep_size(tf.nn.relu(features), to_flow)
        flow = tf.nn.bias_add(flow, tf.convert_to_tensor(self.flow_bias))
        return warp.backward(state, tf.convert_to_tensor(self.gain) * flow)

    def mixed(
        self, update: tf.Tensor, warped: tf.Tensor, candidate: tf.Tensor
    ) -> tf.Tensor:
        """Returns h' of u before its sigmoid, of h~ and of c."""
        update = tf.sigmoid(update)
        return update * warped + (1.0 - update) * candidate

    def activated(self, candidate: tf.Tensor) -> tf.Tensor:
        """Returns c of what its convolution has made."""
        return conv_rnn.ACTIVATIONS[self.activation](candidate)

    def _update_inputs(self) -> int:
        """How many channels the gate sees."""
        return self.inputs + self.filters


class TSRUp(TSRUc):
    """As `TSRUc`, but for a candidate that sees the state as it was.

        c = activation(W_c * [x, h] + b_c)

    theta, u and c take one convolution of the state and that to the flow, where the others
    have a third or a fourth behind the warp.
    """

    def prepare(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """See `TSRUc`; one kernel from the state, [3, 3, F, 3F], and that to the flow."""
        heard, (from_state, candidate, to_flow) = super().prepare(inputs, training)
        return heard, (tf.concat([from_state, candidate], axis=-1), to_flow)

    def step(
        self, heard: tf.Tensor, state: tf.Tensor, weights: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Makes the next state; see `prepare` for the weights."""
        from_state, to_flow = weights
        features, update, candidate = tf.split(
            heard + conv_rnn.keep_size(state, from_state), 3, axis=-1
        )
        warped = self.warped(state, features, to_flow)
        return self.mixed(update, warped, self.activated(candidate))


class TSRUs(TSRUc):
    """As `TSRUc`, but for a gate that sees what it mixes.

    u = sigmoid(W_u * [h~, c] + b_u)
    """

    def prepare(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """What the inputs add to f and c, [N, T, H, W, 2F], and the other kernels."""
        heard, (features, candidate) = self.convolve_inputs(
            inputs,
            (self.features, self.candidate),
            (self.features_bias, self.candidate_bias),
            training,
        )
        update = self.update.normalised(training)
        return heard, (features, candidate, update, self.flow.normalised(training))

    def step(
        self, heard: tf.Tensor, state: tf.Tensor, weights: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Makes the next state.

        Args:
          heard: [N, H, W, 2F], what the inputs and biases add to f and c.
          state: [N, H, W, F].
          weights: kernels from the state to f and from the warped state to c, [3, 3, F, F]
            each; from both that are mixed to u, [3, 3, 2F, F]; to the flow, [3, 3, F, 2].

        Returns:
          [N, H, W, F].
        """
        to_features, from_warped, to_update, to_flow = weights
        features, candidate = tf.split(heard, 2, axis=-1)
        features += conv_rnn.keep_size(state, to_features)
        warped = self.warped(state, features, to_flow)
        candidate = self.activated(candidate + conv_rnn.keep_size(warped, from_warped))
        seen = tf.concat([warped, candidate], axis=-1)  # [N, H, W, 2F]
        update = conv_rnn.keep_size(seen, to_update)
        update = tf.nn.bias_add(update, tf.convert_to_tensor(self.update_bias))
        return self.mixed(update, warped, candidate)

    def _update_inputs(self) -> int:
        return 2 * self.filters

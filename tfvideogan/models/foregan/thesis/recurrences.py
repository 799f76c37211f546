"""What the original generators remember between frames, at full resolution.

Each recurrence joins the features of a frame with its state and makes the next state:

    joined, state = recurrence(features, state, step=step)

| name              | joined features       | next state                               |
|-------------------|-----------------------|------------------------------------------|
| `Additive`        | F + S                 | S = tanh(conv 3x3 (joined)), shared      |
| `Concatenated`    | [R, F]                | R = relu(conv 3x3 (joined)), one per step|
| `ConvLSTM`        | h                     | h and c of an LSTM cell of convolutions  |
| `Memoryless`       | F                     | nothing                                  |

A state is a tuple of tensors. It begins as the empty tuple, which stands for zeros (or
for no channels at all). The state after the last step is never used; in a `tf.function`
it is not even computed.

References:
  [1] VOS-ForeGAN (Palau i Puigdevall, 2020): "temporal skip connections" of experiments
      1-5 (`Concatenated`), "static" heads from experiment 6 on (`Additive`).
  [2] Shi et al., Convolutional LSTM Network, 2015, equation 3, without peepholes.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import conv_rnn
from tfvideogan.models.foregan.thesis import backbone

KERNEL = 3
NAMES = ("additive", "concat_unshared", "convlstm", "none")


def make(
    name: str, channels: int, *, num_steps: int, reductions: Sequence[int]
) -> keras.layers.Layer:
    """Makes the recurrence called `name`.

    Args:
      name: one of `NAMES`.
      channels: of the features.
      num_steps: T - 1; only "concat_unshared" has layers of its own for each.
      reductions: see `Concatenated`.

    Raises:
      ValueError: there is no such recurrence.
    """
    if name == "additive":
        return Additive(channels)
    if name == "concat_unshared":
        return Concatenated(channels, num_steps=num_steps, reductions=reductions)
    if name == "convlstm":
        return ConvLSTM(channels)
    if name == "none":
        return Memoryless(channels)
    raise ValueError(f"`recurrence` ({name!r}) must be one of {', '.join(NAMES)}.")


class Memoryless(keras.layers.Layer):
    """No memory: the joined features are those of the frame."""

    def __init__(self, channels: int) -> None:
        """Stores the number of channels."""
        super().__init__()
        self.joined_channels = (channels,)

    def call(
        self, features: tf.Tensor, state: tuple[()], step: int
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Returns the features [N, H, W, C] and the empty state."""
        del step
        return features, state


class Additive(keras.layers.Layer):
    """The state is added to the features; weights are shared over time."""

    def __init__(self, channels: int) -> None:
        """Creates the layer that makes the state (the original's "reductor")."""
        super().__init__()
        self.joined_channels = (channels,)
        self.reduce = backbone.convolution(channels, KERNEL)

    def call(
        self, features: tf.Tensor, state: tuple[tf.Tensor, ...], step: int
    ) -> tuple[tf.Tensor, tuple[tf.Tensor]]:
        """Returns joined features and next state, both [N, H, W, C]."""
        del step
        joined = features + state[0] if state else features
        return joined, (tf.tanh(self.reduce(joined)),)


class Concatenated(keras.layers.Layer):
    """The state stands beside the features; every step has weights of its own.

    The joined features have C channels at the first step and C plus the channels of the
    state at the others: 64, then 64 + 32 = 96 with reductions (2, 3). Beyond the trained
    steps the state stays as it is: there are no weights to make another.

    Attributes:
      joined_channels: of each trained step.
    """

    def __init__(
        self, channels: int, *, num_steps: int, reductions: Sequence[int]
    ) -> None:
        """Creates the layers.

        Args:
          channels: of the features, C.
          num_steps: T - 1.
          reductions: the state of step k has joined channels / reductions[k]; the last
            number serves for all further steps. (2,) is the original of experiments
            1-3, (2, 3) that of 4 and 5.
        """
        super().__init__()
        widths, self.reduce = [channels], []
        for step in range(num_steps - 1):
            reduced = max(1, widths[-1] // reductions[min(step, len(reductions) - 1)])
            self.reduce.append(backbone.convolution(reduced, KERNEL))
            widths.append(channels + reduced)
        self.joined_channels = tuple(widths)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # Keras would build by a trial call, which does not reach every layer: the first
        # step has one of them only.
        # Each layer is built where it is first used.
        del input_shape
        self.built = True

    def call(
        self, features: tf.Tensor, state: tuple[tf.Tensor, ...], step: int
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Returns joined features [N, H, W, C + c] and next state [N, H, W, c']."""
        joined = tf.concat([*state, features], axis=-1)
        if step >= len(self.reduce):
            return joined, state
        return joined, (tf.nn.relu(self.reduce[step](joined)),)


class ConvLSTM(conv_rnn.ConvLSTMCell):
    """An LSTM cell whose products are 3x3 convolutions, equation 3 of [2]."""

    def __init__(self, channels: int) -> None:
        """Creates the convolution that makes all four gates; it has a bias."""
        normal = keras.initializers.RandomNormal(stddev=backbone.KERNEL_STD)
        super().__init__(channels, kernel_initializer=normal)
        self.joined_channels = (channels,)

    def call(
        self, features: tf.Tensor, state: tuple[tf.Tensor, ...], step: int
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        """Returns the hidden map h [N, H, W, C] and (h, c)."""
        del step
        return super().call(features, state)

"""The layers of I3D: units, maxima and Inception blocks in space and time.

Frozen and float32. Each knows its variables by the names with which they were published,
and its `channels`, those of its output.

References:
  [1] Carreira, Zisserman, "Quo vadis, action recognition?", CVPR 2017, figure 3.
"""

import keras
import tensorflow as tf

from tfvideogan.pretrained import weights

EPSILON = 1e-3  # of the batch norm in [1]
_PLACES = (1, 2, 3)


class Pool(keras.layers.Layer):
    """The maximum over windows: [N, T, H, W, C] -> [N, T', H', W', C]."""

    def __init__(
        self,
        channels: int,
        *,
        window: tuple[int, int, int],
        strides: tuple[int, int, int],
    ) -> None:
        """Stores the settings.

        Args:
          channels: of the input, and of the output.
          window: frames, rows and columns.
          strides: of frames, rows and columns.
        """
        super().__init__(dtype="float32", trainable=False)
        self.channels = channels
        self.window = window
        self.strides = strides

    def published_variables(self, name: str) -> dict[str, keras.Variable]:
        """Returns none."""
        return {}

    def call(self, inputs: tf.Tensor, clip_statistics: bool = False) -> tf.Tensor:
        """Takes [N, T, H, W, C], returns [N, T', H', W', C]."""
        return tf.nn.max_pool3d(inputs, self.window, self.strides, padding="SAME")


class Unit(keras.layers.Layer):
    """Convolution, batch norm without a scale, ReLU: channels C -> F of [N, T, H, W, C]."""

    def __init__(
        self, in_channels: int, channels: int, *, kernel: int, stride: int = 1
    ) -> None:
        """Creates the variables, all zero.

        Args:
          in_channels: C.
          channels: F.
          kernel: frames, rows and columns of the kernel.
          stride: of frames, rows and columns.
        """
        super().__init__(dtype="float32", trainable=False)
        self.channels = channels
        self.stride = stride
        self.kernel = weights.add_variable(
            self, "kernel", (kernel,) * 3 + (in_channels, channels)
        )
        self.bias = weights.add_variable(self, "bias", (channels,))
        statistics = (1, 1, 1, 1, channels)  # as they were published
        self.mean = weights.add_variable(self, "mean", statistics)
        self.variance = weights.add_variable(self, "variance", statistics)

    def published_variables(self, name: str) -> dict[str, keras.Variable]:
        """Returns the variables by their names in the unit `name`."""
        return {
            f"params/{name}/Conv_0/kernel": self.kernel,
            f"params/{name}/BatchNorm_0/bias": self.bias,
            f"batch_stats/{name}/BatchNorm_0/mean": self.mean,
            f"batch_stats/{name}/BatchNorm_0/var": self.variance,
        }

    def call(self, inputs: tf.Tensor, clip_statistics: bool = False) -> tf.Tensor:
        """Takes [N, T, H, W, C], returns [N, T', H', W', F].

        `clip_statistics` normalises by the mean and variance of each clip, as a network
        in training mode does with a batch of one clip, not by the learnt ones.
        """
        if clip_statistics:
            outputs = self._convolve(inputs, self.kernel)
            mean, variance = tf.nn.moments(outputs, _PLACES, keepdims=True)
            outputs = (outputs - mean) * tf.math.rsqrt(variance + EPSILON)
            return tf.nn.relu(outputs + self.bias)
        # The learnt scale goes into the kernel, which is smaller than the outputs.
        scale = tf.math.rsqrt(self.variance + EPSILON)
        outputs = self._convolve(inputs, self.kernel * scale)
        shift = self.bias - self.mean * scale
        return tf.nn.relu(tf.nn.bias_add(outputs, tf.reshape(shift, [-1])))

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        strides = [1, *(self.stride,) * 3, 1]
        return tf.nn.conv3d(inputs, kernel, strides=strides, padding="SAME")


class Block(keras.layers.Layer):
    """Four branches side by side, as in figure 3 of [1]: [N, T, H, W, C] -> [.., F].

    1x1x1; 1x1x1 then 3x3x3; the same again, thinner; a 3x3x3 maximum then 1x1x1. F is the
    sum of their channels.
    """

    def __init__(
        self,
        in_channels: int,
        widths: tuple[int, tuple[int, int], tuple[int, int], int],
    ) -> None:
        """Creates the branches.

        Args:
          in_channels: C.
          widths: channels of the units of each branch.
        """
        super().__init__(dtype="float32", trainable=False)
        point, wide, thin, pooled = widths
        self.channels = point + wide[1] + thin[1] + pooled
        self.units = {
            "Branch_0/Conv3d_0a_1x1": Unit(in_channels, point, kernel=1),
            "Branch_1/Conv3d_0a_1x1": Unit(in_channels, wide[0], kernel=1),
            "Branch_1/Conv3d_0b_3x3": Unit(wide[0], wide[1], kernel=3),
            "Branch_2/Conv3d_0a_1x1": Unit(in_channels, thin[0], kernel=1),
            "Branch_2/Conv3d_0b_3x3": Unit(thin[0], thin[1], kernel=3),
            "Branch_3/Conv3d_0b_1x1": Unit(in_channels, pooled, kernel=1),
        }
        self.maximum = Pool(in_channels, window=(3, 3, 3), strides=(1, 1, 1))

    def published_variables(self, name: str) -> dict[str, keras.Variable]:
        """Returns the variables by their names in the block `name`."""
        found: dict[str, keras.Variable] = {}
        for unit_name, unit in self.units.items():
            found |= unit.published_variables(f"{name}/{unit_name}")
        return found

    def call(self, inputs: tf.Tensor, clip_statistics: bool = False) -> tf.Tensor:
        """Takes [N, T, H, W, C], returns [N, T, H, W, F]; see `Unit.call`."""
        branches = dict.fromkeys(("Branch_0", "Branch_1", "Branch_2"), inputs)
        branches["Branch_3"] = self.maximum(inputs)
        for name, unit in self.units.items():
            branch = name.partition("/")[0]
            branches[branch] = unit(branches[branch], clip_statistics=clip_statistics)
        return tf.concat(list(branches.values()), axis=-1)

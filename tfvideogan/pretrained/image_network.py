"""Networks of ImageNet that are a row of convolutions and poolings, and what they see.

A subclass is a table; its outputs are asked for by name, and nothing behind the last of
them is computed or stored.

    network = vgg16.VGG16(weights.load("vgg16"), outputs=("relu1_2", "pool3"))
    features = network(frames)  # [N, H, W, 3] in [-1, 1] -> {"relu1_2": [N, H, W, 64], ...}
"""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, shapes
from tfvideogan.pretrained import weights

CHANNELS = 3
# Of ImageNet's images in [-1, 1]: torchvision's means (0.485, 0.456, 0.406) and deviations
# (0.229, 0.224, 0.225) of images in [0, 1].
MEAN = (-0.030, -0.088, -0.188)
DEVIATION = (0.458, 0.448, 0.450)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution and, mostly, a ReLU.

    Attributes:
      channels: of the output.
      kernel: rows and columns.
      stride: of rows and columns.
      padding: zeros on each side.
      has_relu: whether a ReLU follows.
    """

    channels: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    has_relu: bool = True


@dataclasses.dataclass(frozen=True)
class Pool:
    """A maximum over windows that lie inside the image.

    Attributes:
      window: rows and columns.
      stride: of rows and columns.
    """

    window: int = 2
    stride: int = 2


class ImageNetwork(keras.Model):
    """A row of convolutions and poolings, frozen, float32 under any policy.

    Attributes:
      layout: the layers by name, in order.
      published_name: what its convolutions are called in the published weights.
    """

    layout: Mapping[str, Convolution | Pool] = {}
    published_name = ""

    def __init__(
        self, arrays: Mapping[str, np.ndarray] | None = None, *, outputs: Sequence[str]
    ) -> None:
        """Creates the variables as far as they are needed.

        Args:
          arrays: their values, as `weights.load` returns them; None leaves all zero.
          outputs: names of `layout`.

        Raises:
          UserError: an output is unknown.
        """
        super().__init__(dtype="float32", trainable=False)
        unknown = [name for name in outputs if name not in self.layout]
        if unknown or not outputs:
            raise errors.UserError(
                f"`outputs` {tuple(outputs)} must be one or more of "
                f"{', '.join(self.layout)}."
            )
        self.wanted = tuple(outputs)
        self.kernels: dict[str, keras.Variable] = {}
        self.biases: dict[str, keras.Variable] = {}
        channels = CHANNELS
        for name, layer in self._needed().items():
            if isinstance(layer, Convolution):
                shape = (layer.kernel, layer.kernel, channels, layer.channels)
                self.kernels[name] = weights.add_variable(self, f"{name}_kernel", shape)
                self.biases[name] = weights.add_variable(
                    self, f"{name}_bias", (layer.channels,)
                )
                channels = layer.channels
        if arrays is not None:
            weights.assign(self.published_variables(), arrays)

    def published_variables(self) -> dict[str, keras.Variable]:
        """Returns all variables by the names with which they were published."""
        found: dict[str, keras.Variable] = {}
        for number, name in enumerate(self.kernels):
            place = f"{self.published_name}/Conv_{number}"
            found[f"{place}/kernel"] = self.kernels[name]
            found[f"{place}/bias"] = self.biases[name]
        return found

    def call(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes the outputs.

        Args:
          frames: [N, H, W, 3] in [-1, 1].

        Returns:
          Name -> [N, h, w, channels] float32.
        """
        shapes.check_shape(frames, "N H W C", name="frames", C=CHANNELS)
        hidden = (frames - tf.constant(MEAN)) / tf.constant(DEVIATION)
        found: dict[str, tf.Tensor] = {}
        for name, layer in self._needed().items():
            if isinstance(layer, Pool):
                hidden = tf.nn.max_pool2d(hidden, layer.window, layer.stride, "VALID")
            else:
                margin = [layer.padding] * 2
                hidden = tf.nn.conv2d(
                    hidden,
                    self.kernels[name],
                    strides=layer.stride,
                    padding=[[0, 0], margin, margin, [0, 0]],
                )
                hidden = tf.nn.bias_add(hidden, self.biases[name])
                hidden = tf.nn.relu(hidden) if layer.has_relu else hidden
            if name in self.wanted:
                found[name] = hidden
        return found

    def _needed(self) -> dict[str, Convolution | Pool]:
        """Returns the layers up to the last output."""
        names = list(self.layout)
        last = max(names.index(name) for name in self.wanted)
        return {name: self.layout[name] for name in names[: last + 1]}

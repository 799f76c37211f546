"""Convolution layers whose gradients are quick on a CPU.

As Keras' own layers of these names, with weights `kernel` and `bias` in the same layout,
but computed by `ops/convolution` and padded by numbers: `padding=1` sets zeros on each
side. `keras.layers.SpectralNormalization` may be wrapped around them.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.ops import frames
from tfvideogan.ops.convolution import convolution

GLOROT = "glorot_uniform"


class _Convolution(keras.layers.Layer):
    """Kernel, bias and settings; a subclass says how they are applied."""

    # Where a kernel keeps its outputs and its inputs.
    outputs_axis, inputs_axis = -1, -2

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        *,
        use_bias: bool = True,
        kernel_initializer: str | keras.Initializer = GLOROT,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = [0, 0]
        channels[self.outputs_axis] = self.filters
        channels[self.inputs_axis] = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(*self.kernel_size, *channels),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.filters,), initializer="zeros", name="bias"
            )
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        # A tensor: variables inside a custom gradient are another matter.
        kernel = tf.convert_to_tensor(self.kernel)
        made = self._convolve(inputs, kernel)
        if not self.use_bias:
            return made
        return tf.nn.bias_add(made, tf.convert_to_tensor(self.bias))

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError


class Conv2D(_Convolution):
    """Convolves images [N, H, W, C]."""

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          kernel_size: rows and columns of the kernel.
          stride: of rows and columns.
          padding: zeros on each side.
          **kwargs: `use_bias`, `kernel_initializer`, and those of `keras.layers.Layer`.
        """
        super().__init__(filters, (kernel_size,) * 2, **kwargs)
        self.stride, self.padding = stride, padding

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolution.conv2d(
            inputs, kernel, stride=self.stride, padding=self.padding
        )


class Conv2DTranspose(Conv2D):
    """Undoes the sizes of a `Conv2D` with the same arguments; [N, H, W, C].

    The padding is cut off, not added.
    """

    outputs_axis, inputs_axis = -2, -1

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolution.conv2d_transpose(
            inputs, kernel, stride=self.stride, padding=self.padding
        )


class Conv3D(_Convolution):
    """Convolves clips [N, T, H, W, C]."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        *,
        strides: Sequence[int] = (1, 1, 1),
        padding: Sequence[int] = (0, 0, 0),
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          kernel_size: of time, rows and columns.
          strides: likewise.
          padding: zeros at either end, likewise.
          **kwargs: see `Conv2D`.
        """
        super().__init__(filters, kernel_size, **kwargs)
        self.strides, self.padding = tuple(strides), tuple(padding)

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolution.conv3d(
            inputs, kernel, strides=self.strides, padding=self.padding
        )


class TimeConv(_Convolution):
    """Convolves clips [N, T, H, W, C] along time alone; T stays as it is."""

    def __init__(self, filters: int, kernel_size: int, **kwargs: object) -> None:
        """Stores the settings.

        Args:
          filters: channels of the output.
          kernel_size: frames that a tap spans, an odd number.
          **kwargs: see `Conv2D`.

        Raises:
          ValueError: `kernel_size` is even.
        """
        if kernel_size % 2 == 0:
            raise ValueError(
                f"`kernel_size` ({kernel_size}) must be odd, so that a frame is in the "
                f"middle; use {kernel_size + 1}."
            )
        super().__init__(filters, (kernel_size, 1), **kwargs)

    def _convolve(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        # An image whose rows are frames and whose columns are pixels.
        _, length, height, width, channels = inputs.shape
        flat = tf.reshape(inputs, [-1, length, height * width, channels])
        padding = (self.kernel_size[0] // 2, 0)
        made = convolution.conv2d(flat, kernel, padding=padding)
        return tf.reshape(made, [-1, length, height, width, self.filters])


def on_frames(
    layer: keras.layers.Layer, clips: tf.Tensor, **options: object
) -> tf.Tensor:
    """Applies an image layer to every frame of clips [N, T, H, W, C].

    Args:
      layer: maps [N·T, H, W, C] to [N·T, ...].
      clips: T is static.
      **options: of the layer's call, such as `training`.

    Returns:
      [N, T, ...].
    """
    flat = tf.reshape(clips, [-1, *clips.shape[2:]])
    return frames.unfold_time(layer(flat, **options), num_frames=clips.shape[1])

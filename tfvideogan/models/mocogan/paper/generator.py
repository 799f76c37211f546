"""The generator of MoCoGAN's paper: codes to frames, one by one.

A frame is made of [content, category, motion] by five transposed convolutions; the frames
of a clip are folded into the batch, over which the batch norm takes its statistics.

References:
  [1] Tulyakov et al., MoCoGAN, CVPR 2018, section 3.2. The released code is followed
      where the supplement says otherwise (its authors say that the code made the results).
"""

import keras
import tensorflow as tf

from tfvideogan.layers import batch_norm, convolution
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.ops import frames

KERNEL = 4
# From one pixel to 4x4, then doubled four times.
SIZE = 64
# Channels behind each layer but the last, in units of the width.
MULTIPLES = (8, 4, 2, 1)


class FrameGenerator(keras.Model):
    """DCGAN's generator for 64x64; 3,298,176 parameters for codes of 66 numbers."""

    def __init__(
        self,
        sizes: codes_lib.Sizes,
        *,
        width: int,
        channels: int,
        takes_category: bool,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          sizes: of the codes.
          width: channels before the last layer.
          channels: of a frame.
          takes_category: whether the category is part of a frame's code.
          name: of the network.
        """
        super().__init__(name=name)
        self.sizes = sizes
        self.takes_category = takes_category and sizes.categories > 0
        self.layers_up = [
            _transposed(multiple * width, is_first=index == 0)
            for index, multiple in enumerate(MULTIPLES)
        ]
        self.norms = [batch_norm.BatchNorm() for _ in MULTIPLES]
        self.to_frame = _transposed(channels, is_first=False)

    def call(
        self, codes: codes_lib.Codes, motion: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Renders motion codes [N, T, D] as frames [N, T, 64, 64, C] in [-1, 1]."""
        held = [tf.cast(codes.content, tf.float32)]
        if self.takes_category:
            held.append(codes_lib.one_hot(codes.labels, self.sizes))
        held = tf.repeat(
            tf.concat(held, axis=-1)[:, tf.newaxis], motion.shape[1], axis=1
        )
        motion = tf.cast(motion, tf.float32)
        flat = frames.fold_time(tf.concat([held, motion], axis=-1))
        return self.render(flat, num_frames=motion.shape[1], training=training)

    def render(
        self, flat: tf.Tensor, *, num_frames: int, training: bool = False
    ) -> tf.Tensor:
        """Renders codes of frames [N·T, D] as [N, T, 64, 64, C]."""
        x = tf.cast(flat[:, tf.newaxis, tf.newaxis], self.compute_dtype)
        for layer, norm in zip(self.layers_up, self.norms, strict=True):
            x = norm(layer(x), training=training)
            x = tf.nn.relu(x)
        made = self.to_frame(x)
        made = tf.tanh(tf.cast(made, tf.float32))
        return frames.unfold_time(made, num_frames=num_frames)


def torch_uniform() -> keras.Initializer:
    """Returns PyTorch's default: uniform within one over the root of the fan-in."""
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")


def _transposed(filters: int, *, is_first: bool) -> convolution.Conv2DTranspose:
    stride, padding = (1, 0) if is_first else (2, 1)
    return convolution.Conv2DTranspose(
        filters,
        KERNEL,
        stride=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=torch_uniform(),
    )

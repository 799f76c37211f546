"""The generator of MoCoGAN's paper, DCGAN's: the latent code of a frame to a frame.

    stage                                        channels   size
    content ‖ category ‖ motion                             1x1
    transposed conv 4x4, batch norm, relu        8w         4x4
    transposed conv 4x4 / 2, batch norm, relu    4w         8x8
    transposed conv 4x4 / 2, batch norm, relu    2w         16x16
    transposed conv 4x4 / 2, batch norm, relu    w          32x32
    transposed conv 4x4 / 2, tanh                C          64x64

The frames of a clip are folded into the batch, over which the batch norm takes its
statistics.

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
          width: w, channels before the last layer.
          channels: of a frame.
          takes_category: whether the category is part of the latent code.
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
        """Generates frames [N, T, 64, 64, C] in [-1, 1]; `motion` is [N, T, D]."""
        latent = tf.cast(codes.content, tf.float32)
        if self.takes_category:
            category = codes_lib.one_hot(codes.labels, self.sizes)
            latent = tf.concat([latent, category], axis=-1)  # [N, content + category]
        latent = tf.repeat(latent[:, tf.newaxis], motion.shape[1], axis=1)
        motion = tf.cast(motion, tf.float32)
        flat = frames.fold_time(tf.concat([latent, motion], axis=-1))  # [N·T, ...]
        return self.render(flat, num_frames=motion.shape[1], training=training)

    def render(
        self, flat: tf.Tensor, *, num_frames: int, training: bool = False
    ) -> tf.Tensor:
        """Generates [N, T, 64, 64, C] of the latent codes [N·T, D] of frames."""
        x = tf.cast(
            flat[:, tf.newaxis, tf.newaxis], self.compute_dtype
        )  # [N·T, 1, 1, D]
        for layer, norm in zip(self.layers_up, self.norms, strict=True):
            x = norm(layer(x), training=training)
            x = tf.nn.relu(x)
        made = tf.tanh(tf.cast(self.to_frame(x), tf.float32))  # [N·T, 64, 64, C]
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

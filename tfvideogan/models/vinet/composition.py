"""What VINet puts together at one size: the frame's own features and those of others.

    features of S others, brought to the frame   S x C
    gated 3-D conv S x 3 x 3, no padding in time      C     what the others know
    |features of the frame - it|                      C
    conv, conv (LeakyReLU 0.1), conv (sigmoid)   C/2, C/2, 1    mask
    (1 - mask) · frame + mask · others                C

The 3-D convolution takes S frames to one, so it is a 2-D convolution of S·C channels, the
same sum several times as quick on a CPU.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.2 ("learnable feature
      composition").
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.models.vinet import flow, gated


class MaskNet(keras.Model):
    """Decides where others are believed, from how much they differ."""

    def __init__(self, width: int, *, name: str) -> None:
        """Creates the layers, of `width` channels but the last."""
        super().__init__(name=name)
        self.layers_in = [
            keras.layers.Conv2D(width, gated.KERNEL, padding="same") for _ in range(2)
        ]
        self.to_mask = keras.layers.Conv2D(
            1, gated.KERNEL, padding="same", activation="sigmoid"
        )

    def call(self, difference: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C], returns [N, H, W, 1] in [0, 1]."""
        x = difference
        for layer in self.layers_in:
            x = tf.nn.leaky_relu(layer(x), flow.SLOPE)
        return self.to_mask(x)


class Composition(keras.Model):
    """Aggregates others over time and blends them with the frame."""

    def __init__(
        self, width: int, *, num_others: int, gain: float = gated.GAIN, name: str
    ) -> None:
        """Creates the layers.

        Args:
          width: channels C.
          num_others: S.
          gain: see `gated.conv`.
          name: of the network.
        """
        super().__init__(name=name)
        self.aggregate = gated.conv(width, frames=num_others, gain=gain)
        self.mask_net = MaskNet(width // 2, name="mask_net")

    def call(
        self, frame_features: tf.Tensor, others: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Composes features.

        Args:
          frame_features: [N, H, W, C].
          others: S of them, brought to the frame.

        Returns:
          [N, H, W, C], and the mask [N, H, W, 1]: 1 where it is the others'.
        """
        known = self.aggregate(tf.concat(others, axis=-1))
        mask = self.mask_net(tf.abs(frame_features - known))
        return (1.0 - mask) * frame_features + mask * known, mask

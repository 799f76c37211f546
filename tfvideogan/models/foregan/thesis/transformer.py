"""Moves the foreground's features by a predicted affine map.

| stage                              | channels | size        |
|------------------------------------|----------|-------------|
| features                           | 64       | H x W       |
| conv 3x3, relu, max pool 2         | 32       | H/2 x W/2   |
| conv 3x3, relu, max pool 4         | 16       | H/8 x W/8   |
| conv 3x3, relu                     | 8        | H/8 x W/8   |
| conv 3x3, relu                     | 1        | H/8 x W/8   |
| dense, relu                        | 3000     |             |
| dense: the 6 numbers of the map    | 6        |             |
| features, sampled where it says    | 64       | H x W       |

Source: the last commit of VOS-ForeGAN (Palau i Puigdevall, 2020), a spatial transformer
on the backbone's features. There the map starts at random; here it starts as the
identity, as Jaderberg et al., Spatial Transformer Networks, 2015, section 3.2, advise.
"""

import keras
import tensorflow as tf

from tfvideogan.models.foregan.thesis import backbone
from tfvideogan.ops import affine, warp

CHANNELS = (32, 16, 8, 1)
# A pooling by 2 after the first convolution, by 2 twice after the second.
POOLINGS = (2, 4, 1, 1)
UNITS = 3000
KERNEL = 3
MOTION_PARAMETERS = 6


class AffineTransformer(keras.layers.Layer):
    """Moves features [N, H, W, C] by an affine map that it reads off them.

    H and W divide by 8 and are fixed once built. At 224x416 there are 4.4 M parameters.
    """

    def __init__(self, *, width: float = 1.0) -> None:
        """Creates the layers; `width` multiplies their channels and units."""
        super().__init__()
        self.convolutions = [
            keras.layers.Conv2D(
                backbone.scaled_channels(filters, width) if filters > 1 else 1,
                KERNEL,
                padding="same",
                activation="relu",
                kernel_initializer=keras.initializers.RandomNormal(
                    stddev=backbone.KERNEL_STD
                ),
            )
            for filters in CHANNELS
        ]
        self.hidden = keras.layers.Dense(
            backbone.scaled_channels(UNITS, width), activation="relu"
        )
        self.motion = keras.layers.Dense(
            MOTION_PARAMETERS, kernel_initializer="zeros", dtype="float32"
        )

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Takes and returns [N, H, W, C]."""
        height, width = features.shape[1:3]
        x = features
        for layer, pooling in zip(self.convolutions, POOLINGS, strict=True):
            x = layer(x)
            if pooling > 1:
                x = tf.nn.max_pool2d(x, pooling, pooling, "SAME")
        size = x.shape[1] * x.shape[2] * x.shape[3]
        flat = tf.reshape(x, [-1, size])  # [N, H/8·W/8]
        # In units of half the longer side, as coordinates are.
        motion = self.motion(self.hidden(flat)) * (max(height, width) / 2)  # [N, 6]
        motion = tf.reshape(motion, [-1, 2, 3])  # [N, 2, 3]
        flow = affine.to_flow(motion, height, width)  # [N, H, W, 2]
        return warp.backward(features, flow)

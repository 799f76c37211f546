"""Moves the foreground's features by a predicted affine map.

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
        flat = tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        # In units of half the longer side, as coordinates are.
        motion = self.motion(self.hidden(flat)) * (max(height, width) / 2)
        flow = affine.to_flow(tf.reshape(motion, [-1, 2, 3]), height, width)
        return warp.backward(features, flow)

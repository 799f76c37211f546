"""The flow sub-networks of VINet: where features of the frame lie in another frame.

    features of the frame, cost volume of 9x9 displacements (, flow of the coarser level)
    conv x 5                        128, 128, 96, 64, 32
    conv, linear                    2                       the coarse flow
    conv dilated by 1, 2, 4, 8, 16, 1, 1  on both           its refinement, which is added
                                    128, 128, 128, 96, 64, 32, 2

All are 3x3 with biases and a LeakyReLU of 0.1. That of the last one stays, as published:
a refinement is small where it is negative.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.2 and supplement.
  [2] Sun et al., PWC-Net, CVPR 2018, section 3 (whose layers these are).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.models.vinet import gated
from tfvideogan.ops import correlation, resizing, warp

SLOPE = 0.1
# Of the length of features that have a direction.
SMALLEST_SQUARE = 1e-6
DILATIONS = (1, 2, 4, 8, 16, 1, 1)


class FlowNet(keras.Model):
    """Estimates flow, or what is to be added to it, from features and their costs."""

    def __init__(
        self,
        *,
        widths: Sequence[int],
        context_widths: Sequence[int],
        search_range: int,
        has_uniform_biases: bool = False,
        compares_directions: bool = False,
        name: str,
    ) -> None:
        """Creates the layers.

        Args:
          widths: channels of the five convolutions of the estimator.
          context_widths: of all convolutions of the refinement but the last.
          search_range: largest displacement of the cost volume, pixels.
          has_uniform_biases: whether biases begin in [0, 1), as published, not at 0.
          compares_directions: whether costs are cosines of features without their mean
            over the frame; else products, as published.
          name: of the network.
        """
        super().__init__(name=name)
        self.search_range = search_range
        self.compares_directions = compares_directions
        is_uniform = has_uniform_biases
        self.estimator = [_convolution(one, 1, is_uniform) for one in widths]
        self.to_flow = _convolution(2, 1, is_uniform)
        self.context = [
            _convolution(width, dilation, is_uniform)
            for width, dilation in zip((*context_widths, 2), DILATIONS, strict=True)
        ]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes [N, H, W, C]; returns [N, H, W, 2] float32 pixels."""
        x = _through(self.estimator, inputs)
        coarse = self.to_flow(x)
        fine = _through(self.context, tf.concat([x, coarse], axis=-1))
        return tf.cast(coarse, tf.float32) + tf.cast(fine, tf.float32)

    def flow(
        self,
        frame_features: tf.Tensor,
        other_features: tf.Tensor,
        coarser: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Estimates flow from a frame to another.

        Args:
          frame_features: [N, H, W, C].
          other_features: [N, H, W, C].
          coarser: [N, H/2, W/2, 2] pixels, of the next coarser level, if there is one.

        Returns:
          [N, H, W, 2] float32 pixels (dx, dy), on the grid of the frame.
        """
        if coarser is None:
            return self(self.inputs(frame_features, other_features))
        flow = resizing.larger_flow(coarser)
        moved = warp.backward_into_zeros(other_features, flow)
        return flow + self(self.inputs(frame_features, moved, flow))

    def inputs(
        self, frame_features: tf.Tensor, moved: tf.Tensor, *flows: tf.Tensor
    ) -> tf.Tensor:
        """Returns what the network sees of both features and of a flow, if any."""
        compared = (frame_features, moved)
        if self.compares_directions:
            compared = tuple(map(_directions, compared))
        costs = correlation.cost_volume(
            *compared,
            max_displacement=self.search_range,
            pad=self.search_range,
        )
        flows = [tf.cast(one, frame_features.dtype) for one in flows]
        return tf.concat([frame_features, costs, *flows], axis=-1)


def _convolution(
    filters: int, dilation: int, has_uniform_biases: bool
) -> keras.layers.Conv2D:
    biases = "zeros"
    if has_uniform_biases:  # One of its own: it draws the same whenever it is asked.
        biases = keras.initializers.RandomUniform(0.0, 1.0)
    return keras.layers.Conv2D(
        filters,
        gated.KERNEL,
        dilation_rate=dilation,
        padding="same",
        bias_initializer=biases,
    )


def _directions(features: tf.Tensor) -> tf.Tensor:
    """Features [N, H, W, C] without their mean, so long that mean products are cosines."""
    centred = tf.cast(features, tf.float32)
    centred -= tf.reduce_mean(centred, axis=[1, 2], keepdims=True)
    unit = tf.math.l2_normalize(centred, axis=-1, epsilon=SMALLEST_SQUARE)
    return tf.cast(unit * features.shape[-1] ** 0.5, features.dtype)


def _through(layers: Sequence[keras.layers.Layer], x: tf.Tensor) -> tf.Tensor:
    for layer in layers:
        x = tf.nn.leaky_relu(layer(x), SLOPE)
    return x

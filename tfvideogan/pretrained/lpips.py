"""LPIPS 0.1, the learned distance of image patches.

    distance = lpips.load("alexnet")
    distance(frames, targets)  # [N, H, W, 3] in [-1, 1] -> [N], 0 for equal images

Images are seen at the size that they have: scaling 64 x 64 up to 224 x 224 first, as some
do, gives other numbers (black against white: 0.814 and 0.734).

References:
  [1] Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
      metric", CVPR 2018, equation 1.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.pretrained import alexnet, image_network, vgg16, weights

MIN_SIZE = 32
# Network, and what [1] looks at in it.
NETWORKS = {
    alexnet.NAME: (alexnet.AlexNet, ("relu1", "relu2", "relu3", "relu4", "relu5")),
    vgg16.NAME: (
        vgg16.VGG16,
        ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
    ),
}
# The authors add 1e-10 to the length of a feature vector. Its square inside the root is
# the same for a vector of zeros and too small to be seen beside any other.
_EPSILON = 1e-20


class LPIPS:
    """The distance of [1] for one network; make it once."""

    def __init__(self, network: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Makes the network.

        Args:
          network: of `NETWORKS`.
          arrays: weights of the network and of the distance, as `weights.load(network)`
            returns them.

        Raises:
          UserError: the network is unknown.
        """
        make, self.layers = _network(network)
        self.network: image_network.ImageNetwork = make(arrays, outputs=self.layers)
        self.channel_weights = [
            arrays[f"NetLinLayer_{number}/Conv_0/kernel"].reshape(-1)
            for number, _ in enumerate(self.layers)
        ]
        images = tf.TensorSpec([None, None, None, image_network.CHANNELS])
        self._traced = tf.function(self._distance, input_signature=[images, images])

    def __call__(self, frames: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Computes the distance of each pair.

        Args:
          frames: [N, H, W, 3] float32 in [-1, 1], H and W 32 or more.
          targets: the same shape.

        Returns:
          [N] float32, 0 or more.

        Raises:
          UserError: the images are too small.
        """
        if min(frames.shape[1:3]) < MIN_SIZE:
            raise errors.UserError(
                f"`frames` have shape {tuple(frames.shape)}; LPIPS is not defined below "
                f"{MIN_SIZE} x {MIN_SIZE} pixels; leave it out for clips so small."
            )
        return self._traced(frames, targets)

    def _distance(self, frames: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        distance = 0.0
        ours, theirs = self.network(frames), self.network(targets)
        for layer, channel_weights in zip(
            self.layers, self.channel_weights, strict=True
        ):
            squares = tf.square(_unit(ours[layer]) - _unit(theirs[layer]))
            weighted = tf.reduce_sum(squares * channel_weights, axis=-1)  # [N, h, w]
            distance += tf.reduce_mean(weighted, axis=(1, 2))
        return distance


def load(network: str) -> LPIPS:
    """Makes the distance with its published weights.

    Args:
      network: of `NETWORKS`: "alexnet" or "vgg16".

    Raises:
      UserError: the network is unknown, or its weights have not been fetched.
    """
    _network(network)
    return LPIPS(network, weights.load(network))


def _network(name: str) -> tuple[type, tuple[str, ...]]:
    if name not in NETWORKS:
        raise errors.UserError(
            f"`network` ({name}) must be one of {', '.join(NETWORKS)}."
        )
    return NETWORKS[name]


def _unit(features: tf.Tensor) -> tf.Tensor:
    """Scales the channels of each place to length 1."""
    squares = tf.reduce_sum(tf.square(features), axis=-1, keepdims=True)
    return features * tf.math.rsqrt(squares + _EPSILON)

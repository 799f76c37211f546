"""Whether networks made of published weights give the numbers that these must give.

Done once, when weights are fetched, on the CPU: GPUs may round what they multiply to ten
bits (TensorFloat-32), which is more than the tolerance.

References:
  [1] TF-Hub, deepmind/i3d-kinetics-400/1. The numbers below are those of its weights for
      the probe, by a network that agrees with TF-Hub's logits of a black clip to 1e-5.
  [2] Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
      metric", CVPR 2018: LPIPS 0.1 of a black against a white image.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.pretrained import alexnet, i3d, image_network, lpips, vgg16

Arrays = Mapping[str, np.ndarray]

PROBE_SHAPE = (16, 224, 224, 3)
# [1]: lengths of the logits and of the features, and the first and last logits.
I3D_LENGTHS = (96.186, 12.0238)
I3D_FIRST = (4.978774, 0.99879026, 1.9549828, -1.1318828, -4.8912344, 12.769071)
I3D_LAST = (3.291351, 3.681035, 1.2599683)
# [2] at 64 x 64.
LPIPS_SIZE = 64
LPIPS_BLACK_WHITE = {alexnet.NAME: 0.81395, vgg16.NAME: 0.45384}
# The numbers are given to five or six digits, and convolutions add up in any order.
TOLERANCE = 1e-3


def check(name: str, arrays: Arrays) -> float:
    """Compares a network with the published numbers.

    Args:
      name: of `published.WEIGHTS`.
      arrays: its weights.

    Returns:
      The largest deviation.

    Raises:
      UserError: it is larger than 0.001.
    """
    with tf.device("CPU:0"):
        if name == i3d.NAME:
            deviation = _i3d_deviation(arrays)
        else:
            deviation = _lpips_deviation(name, arrays)
    if not deviation <= TOLERANCE:
        raise errors.UserError(
            f"the network of the weights {name} is {deviation:.2g} away from the published "
            f"numbers, more than {TOLERANCE}; this TensorFlow ({tf.__version__}) computes "
            "something else, so no score from it could be compared; take another version."
        )
    return deviation


def probe() -> np.ndarray:
    """Makes the clip of [1]: a gradient that moves.

    Returns:
      [16, 224, 224, 3] uint8: row + 2 column + 8 frame + 64 channel, modulo 256.
    """
    frame, row, column, channel = np.ogrid[tuple(map(slice, PROBE_SHAPE))]
    return (row + 2 * column + 8 * frame + 64 * channel).astype(np.uint8)


def _i3d_deviation(arrays: Arrays) -> float:
    logits, features = i3d.I3D(arrays)(pixels.to_float(probe()[np.newaxis]))
    logits, features = logits[0].numpy(), features[0].numpy()
    lengths = [np.linalg.norm(logits), np.linalg.norm(features)]
    found = [*logits[: len(I3D_FIRST)], *logits[-len(I3D_LAST) :], *lengths]
    expected = [*I3D_FIRST, *I3D_LAST, *I3D_LENGTHS]
    return float(np.abs(np.subtract(found, expected)).max())


def _lpips_deviation(network: str, arrays: Arrays) -> float:
    white = tf.ones([1, LPIPS_SIZE, LPIPS_SIZE, image_network.CHANNELS])
    distance = lpips.LPIPS(network, arrays)(-white, white)
    return abs(float(distance[0]) - LPIPS_BLACK_WHITE[network])

"""What the published content loss sees: VGG19's conv3_3 before its ReLU, or a stand-in.

    features = Features(vgg19="vgg19.npz")
    loss = 100.0 * features.content(sharp, restored)

References:
  [1] Kupyn et al., DeblurGAN, CVPR 2018, section 3.2 (content loss).
"""

import tensorflow as tf
from absl import logging

from tfvideogan.core import errors
from tfvideogan.pretrained import image_network, vgg16, vgg19, weights

LAYER = "conv3_3"
STAND_INS = ("vgg16", "random")


class Features:
    """The frozen network of the content loss.

    A plain object, so that a model that keeps it neither trains nor saves its variables.

    Attributes:
      name: which weights it has: "VGG19", or what stands in for it.
    """

    def __init__(
        self,
        *,
        vgg19_path: str | None = None,
        stand_in: str | None = None,
        is_normalised: bool = True,
    ) -> None:
        """Loads the weights.

        Args:
          vgg19_path: of an npz, see `pretrained/vgg19.py`.
          stand_in: one of `STAND_INS`, used where there is no such file: VGG16's layers of
            these names, which must have been fetched, or weights drawn at random.
          is_normalised: whether images have ImageNet's means and deviations taken out;
            the released code feeds them as they are.

        Raises:
          UserError: there are no weights and nothing stands in, or they cannot be read.
        """
        if vgg19_path is not None:
            self.name, arrays = "VGG19", vgg19.read(vgg19_path)
        elif stand_in == "vgg16":
            self.name = "VGG16 in place of VGG19"
            arrays = vgg19.of_vgg16(weights.load(vgg16.NAME))
        elif stand_in == "random":
            self.name, arrays = "random weights in place of VGG19", vgg19.drawn()
        else:
            raise errors.UserError(
                "`vgg19` (None) must be an npz of VGG19's weights, which "
                "tfvideogan/pretrained/vgg19.py says how to make; or let something stand "
                f"in, `stand_in` ({stand_in!r}) = {' or '.join(map(repr, STAND_INS))}."
            )
        logging.info("The content loss looks with %s.", self.name)
        self.is_normalised = is_normalised
        self._network = vgg19.VGG19(arrays, outputs=(LAYER,))

    def __call__(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns [N, h, w, 256] float32 of frames [N, H, W, 3] in [-1, 1]."""
        frames = tf.cast(frames, tf.float32)
        if not self.is_normalised:
            # What the network takes away is added before.
            deviation = tf.constant(image_network.DEVIATION)
            frames = frames * deviation + tf.constant(image_network.MEAN)
        return self._network(frames)[LAYER]

    def content(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Computes the mean squared difference of features, a float32 scalar."""
        return tf.reduce_mean(tf.square(self(real) - self(fake)))

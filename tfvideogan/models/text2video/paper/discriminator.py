"""The discriminator as published: one frame alone, neither history nor caption.

For frames of H x W with C channels and w of width:

    block    layers                                                      channels  size
    1        conv 3x3, leaky ReLU, batch norm, mean 2x2, dropout         w         H/2 x W/2
    2        conv 3x3, leaky ReLU, batch norm, mean 2x2, dropout         2w        H/4 x W/4
    3        conv 3x3, leaky ReLU, batch norm, mean 2x2, dropout         4w        H/8 x W/8
    4        conv 3x3, batch norm, dropout                               8w        H/8 x W/8
    score    flat, dense                                                 1

455,297 parameters at 128x128 with C = 1, of which 960 are moving statistics. The report's
figure has a pool in block 4; the code has neither that nor an activation there.

Where we differ from the released code: the score is a logit, whose sigmoid is in the loss.

Source: as of `generator.py`, Adversarial_UNet_KTH.ipynb.
"""

import keras
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import batch_norm, convolution

# Channels of each block in multiples of w; all blocks but the last halve the sides.
BLOCKS = (1, 2, 4, 8)
LEAKY_SLOPE = 0.2
MOMENTUM = 0.8
EPSILON = 1e-3  # Keras'


class FrameDiscriminator(keras.Model):
    """Scores single frames."""

    def __init__(
        self, *, width: int = 32, dropout: float = 0.1, name: str = "critic"
    ) -> None:
        """Creates the layers.

        Args:
          width: w, channels of the first block.
          dropout: share of features that each block loses in training.
          name: of the network.
        """
        super().__init__(name=name)
        self.dropout = dropout
        self.convolutions = [
            convolution.Conv2D(width * factor, 3, padding=1) for factor in BLOCKS
        ]
        self.norms = [
            batch_norm.BatchNorm(momentum=MOMENTUM, epsilon=EPSILON) for _ in BLOCKS
        ]
        self.score = keras.layers.Dense(1, dtype="float32")

    def call(
        self,
        frames: tf.Tensor,
        seed: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Returns logits [N, 1] float32.

        Args:
          frames: [N, H, W, C] in [0, 1], sides that divide by 8.
          seed: [2] int32, of the dropout; not needed otherwise.
          training: whether there is dropout, and statistics are those of the batch.
        """
        x, last = frames, len(BLOCKS) - 1
        for index, (layer, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            x = layer(x)
            if index < last:
                x = norm(tf.nn.leaky_relu(x, LEAKY_SLOPE), training=training)
                x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
            else:
                x = norm(x, training=training)
            if training and self.dropout:
                x = tf.nn.experimental.stateless_dropout(
                    x, self.dropout, seeds.fold(seed, index), rng_alg=seeds.ALGORITHM
                )
        flat = tf.reshape(x, [-1, x.shape[1:].num_elements()])  # [N, HW/64·8w]
        return self.score(flat)

"""The encoder of a prediction: context frames become the first states of the ConvGRUs.

    states = encoder(context, training=True)
    frames, _ = generator(latent, num_frames=11, states=states)

Of C frames of 64x64, for a generator with the channels 8 ch, 8 ch, 8 ch, 4 ch at its
ConvGRUs, and the width w of the encoder itself:

    D_S without its head, of each frame           maps        state
    block 3 -> 2w, attention                      32x32       32x32, 4 ch
    block 2w -> 4w                                16x16       16x16, 8 ch
    block 4w -> 8w                                8x8         8x8, 8 ch
    block 8w -> 16w                               4x4
    block 16w -> 16w, keeps the size              4x4         4x4, 8 ch
    state: ReLU of the maps of all C frames, side by side as channels, conv 1x1

Published is the state of 4x4, the only one of version 1 (512 channels). For those of
version 2 we take the maps of the same size; the ReLU is that before a discriminator's
head.

References:
  [1] Clark et al., Efficient Video Generation on Complex Datasets, 2019, appendix on frame
      prediction (DVD-GAN-FP, version 1); Adversarial Video Generation on Complex Datasets,
      2019 (version 2).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import spectral_norm
from tfvideogan.models.dvdgan import generator as generators
from tfvideogan.models.dvdgan import trunk


class ContextEncoder(keras.Model):
    """Maps context frames to a state for each group of a generator."""

    def __init__(
        self,
        channels: Sequence[int],
        *,
        inputs: int,
        recurrences: Sequence[int | None],
        attends_behind: int | None = None,
        name: str = "encoder",
    ) -> None:
        """Creates the layers.

        Args:
          channels: behind each block, one more than the generator has groups.
          inputs: channels of a frame.
          recurrences: see `Generator.recurrences`, coarsest first.
          attends_behind: see `Trunk`.
          name: of the network.
        """
        super().__init__(name=name)
        self.trunk = trunk.Trunk(channels, inputs=inputs, attends_behind=attends_behind)
        self.to_states = [
            None if filters is None else spectral_norm.Dense(filters)
            for filters in recurrences
        ]
        self.built = True

    def call(self, context: tf.Tensor, training: bool = False) -> generators.States:
        """Encodes contexts.

        Args:
          context: [N, C, H, W, 1 or 3] in [-1, 1]; C is that of the first call.
          training: moves the spectral norms.

        Returns:
          Of each group the state [N, h, w, F]; None for one without a recurrence.
        """
        *finer, _, coarsest = self.trunk(context, training=training)
        maps = [coarsest, *reversed(finer)]
        return tuple(
            None if layer is None else layer(_beside(one), training=training)
            for layer, one in zip(self.to_states, maps, strict=True)
        )


def _beside(maps: tf.Tensor) -> tf.Tensor:
    """Lays the rectified maps [N, C, h, w, F] of C frames side by side: [N, h, w, C·F]."""
    _, count, height, width, channels = maps.shape
    by_place = tf.transpose(tf.nn.relu(maps), [0, 2, 3, 1, 4])  # [N, h, w, C, F]
    return tf.reshape(by_place, [-1, height, width, count * channels])

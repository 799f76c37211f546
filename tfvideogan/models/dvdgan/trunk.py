"""What looks at frames in DVD-GAN: residual blocks that halve, the last of which does not.

    maps = Trunk([2, 4, 8], inputs=3)(clips, training=True)     # behind each block

A discriminator scores the last maps (`discriminators.py`); the encoder of a prediction
makes first states of those of every size (`prediction/encoder.py`).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import attention
from tfvideogan.models.dvdgan import blocks


class Trunk(keras.layers.Layer):
    """Blocks of frames, the first of them of clips where that is wanted."""

    def __init__(
        self,
        channels: Sequence[int],
        *,
        inputs: int,
        volumetric: int = 0,
        attends_behind: int | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          channels: behind each block; the last one keeps the size.
          inputs: channels of a clip.
          volumetric: how many blocks, from the first on, are in space and time.
          attends_behind: index of the block behind which there is attention, or None.
        """
        super().__init__()
        self.attends_behind = attends_behind
        ends = [inputs, *channels]
        self.blocks = [
            blocks.ClipBlock(before, behind, is_first=index == 0)
            if index < volumetric
            else blocks.FrameBlock(
                before,
                behind,
                is_first=index == 0,
                halves=index < len(channels) - 1,
            )
            for index, (before, behind) in enumerate(
                zip(ends[:-1], ends[1:], strict=True)
            )
        ]
        self.attention = None
        if attends_behind is not None:
            self.attention = attention.SelfAttention(has_spectral_norm=True)
        self.built = True

    def call(self, clips: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        """Returns maps behind each block of clips [N, T, H, W, C], finest first.

        Map i is [N, T', H / 2^(i+1), W / 2^(i+1), channels[i]], the last one as large as
        that before it; T' is T, or halved, rounded up, by each block in time so far.
        """
        x = tf.cast(clips, self.compute_dtype)
        maps = []
        for index, block in enumerate(self.blocks):
            x = block(x, training=training)
            if index == self.attends_behind:
                x = self._attended(x, training)
            maps.append(x)
        return maps

    def _attended(self, clips: tf.Tensor, training: bool) -> tf.Tensor:
        """Attention within each frame, [N, K, H, W, C]."""
        flat = tf.reshape(clips, [-1, *clips.shape[2:]])
        made = self.attention(flat, training=training)
        return tf.reshape(made, [-1, *clips.shape[1:]])

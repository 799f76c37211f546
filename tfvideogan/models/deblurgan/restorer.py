"""The networks of `DeblurGAN`: one restores a frame, one finds its neighbours' motion.

`Restorer` of widths (u, v, w) and blocks (a, b, c), for H x W:

    conv 3x3                           u     H x W          the frame and, aligned,
    a NAF blocks                       u     H x W          those around it
    conv 2x2 / 2, b NAF blocks         v     H/2 x W/2
    conv 2x2 / 2, c NAF blocks         w     H/4 x W/4
    dense, x2, + , b NAF blocks        v     H/2 x W/2      + what left the level on its
    dense, x2, + , a NAF blocks        u     H x W          way down
    conv 3x3, + the frame              C     H x W

On a CPU nearly all of the time goes to reading and writing features at full size: narrow
them first.

x2 is bilinear: no transposed convolution [2], whose kernels cover pixels unevenly. The last
convolution begins at zero, so that an untrained network returns the frame.

`Aligner` estimates flow from a frame to another one from coarse to fine [3], with the same
three convolutions at 1/16, 1/8, 1/4 and 1/2 of the size.

References:
  [1] Chen et al., Simple Baselines for Image Restoration, ECCV 2022, section 3.1.
  [2] Odena et al., Deconvolution and Checkerboard Artifacts, Distill, 2016.
  [3] Ranjan, Black, Optical Flow Estimation Using a Spatial Pyramid Network, CVPR 2017.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.layers import naf
from tfvideogan.ops import mirror, resizing, warp

# Halvings of the aligner; sides are padded to multiples of two to the power of it.
ALIGNER_LEVELS = 4
ALIGNER_KERNEL = 5
LEAKY_SLOPE = 0.1


class Restorer(keras.Model):
    """Makes a sharp frame of a blurred one and its aligned neighbours."""

    def __init__(
        self,
        channels: int,
        *,
        widths: Sequence[int],
        blocks: Sequence[int],
        name: str = "restorer",
    ) -> None:
        """Creates the layers.

        Args:
          channels: C of a frame.
          widths: channels of each level, the finest first.
          blocks: NAF blocks of each level, on the way down and up.
          name: of the network.
        """
        super().__init__(name=name)
        self.channels = channels
        self.multiple = 2 ** (len(blocks) - 1)
        self.stem = keras.layers.Conv2D(widths[0], 3, padding="same")
        self.down_blocks = [_blocks(number) for number in blocks]
        self.down = [keras.layers.Conv2D(one, 2, strides=2) for one in widths[1:]]
        self.up = [keras.layers.Dense(one) for one in widths[:-1]]
        self.up_blocks = [_blocks(number) for number in blocks[:-1]]
        self.to_frame = keras.layers.Conv2D(
            channels, 3, padding="same", kernel_initializer="zeros", dtype="float32"
        )

    def call(self, windows: tf.Tensor) -> tf.Tensor:
        """Restores frames of any size; sides are padded by reflection and cut back.

        Args:
          windows: [N, H, W, K·C] in [-1, 1], the frame itself first.

        Returns:
          [N, H, W, C] float32; a pixel may lie a little beyond [-1, 1].
        """
        height, width = tf.shape(windows)[1], tf.shape(windows)[2]
        x = self.stem(mirror.padded_to(windows, multiple=self.multiple))
        skips = []
        for level, blocks in enumerate(self.down_blocks):
            x = _through(blocks, self.down[level - 1](x) if level else x)
            skips.append(x)
        skips.pop()
        for level in reversed(range(len(self.up))):
            x = skips.pop() + resizing.twice_as_large(self.up[level](x))
            x = _through(self.up_blocks[level], x)
        made = self.to_frame(x)[:, :height, :width]
        frame = tf.cast(windows[..., : self.channels], tf.float32)
        return tf.ensure_shape(frame + made, [*windows.shape[:3], self.channels])


class Aligner(keras.Model):
    """Finds where the pixels of a frame went in another one."""

    def __init__(self, *, width: int, name: str = "aligner") -> None:
        """Creates the three convolutions, of `width` channels."""
        super().__init__(name=name)
        self.convolutions = [
            keras.layers.Conv2D(width, ALIGNER_KERNEL, padding="same") for _ in range(2)
        ]
        self.to_flow = keras.layers.Conv2D(
            2, 3, padding="same", kernel_initializer="zeros", dtype="float32"
        )

    def call(self, frames: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Estimates flow.

        Args:
          frames: [N, H, W, C].
          others: [N, H, W, C], each of the same scene.

        Returns:
          [N, H, W, 2] float32 pixels (dx, dy), on the grid of `frames`, to `others`.
        """
        height, width = tf.shape(frames)[1], tf.shape(frames)[2]
        both = tf.cast(tf.concat([frames, others], axis=-1), tf.float32)
        finest = mirror.padded_to(both, multiple=2**ALIGNER_LEVELS)
        pyramid = [finest]
        for _ in range(ALIGNER_LEVELS):
            pyramid.append(tf.nn.avg_pool2d(pyramid[-1], 2, 2, "VALID"))
        flow = tf.zeros_like(pyramid[-1][..., :2])
        for level in reversed(range(1, ALIGNER_LEVELS + 1)):
            frame, other = tf.split(pyramid[level], 2, axis=-1)
            moved = warp.backward(other, flow)
            flow += self._residual(tf.concat([frame, moved, flow], axis=-1))
            flow = resizing.larger_flow(flow)
        return tf.ensure_shape(flow[:, :height, :width], [*frames.shape[:3], 2])

    def _residual(self, x: tf.Tensor) -> tf.Tensor:
        for convolve in self.convolutions:
            x = tf.nn.leaky_relu(convolve(x), LEAKY_SLOPE)
        return self.to_flow(x)


def _blocks(number: int) -> list[naf.NAFBlock]:
    return [naf.NAFBlock() for _ in range(number)]


def _through(blocks: Sequence[naf.NAFBlock], x: tf.Tensor) -> tf.Tensor:
    for block in blocks:
        x = block(x)
    return x

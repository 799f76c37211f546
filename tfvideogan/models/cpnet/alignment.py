"""The alignment network of CPNet: one affine transform from each reference to a target.

Encoder, of frames that are resized to S x S (published: S 224, u 64), ReLU behind each:

    normalised frame and hole          C + 1
    conv 5x5 / 2                       u        S/2
    conv 3x3                           u        S/2
    conv 3x3 / 2, conv 3x3            2u        S/4
    conv 3x3 / 2, conv 3x3 twice      4u        S/8

Regressor, of the features of target and reference side by side:

    conv 3x3 / 2, conv 3x3 twice      8u        S/16
    conv 3x3 / 2, conv 3x3 twice      8u        S/32
    mean over places, dense            6        starts as the identity

The first convolution of the regressor is linear in both features before its ReLU. Each
frame therefore goes through it once as a target and once as a reference, and a pair costs
the sum of two small maps: the same numbers for a quarter less of the regressor.

`Refiner` adds what no affine transform of a whole frame can say, see there.

Published fault, off by default: `repeats_layers`, the released code applies the two
convolutions at S/16 again at S/32, in place of those that it has for it.

Source: Lee, Oh, Won, Kim, Copy-and-Paste Networks for Deep Video Inpainting, ICCV 2019,
section 3.1, and the code published with it.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.models.cpnet import stages
from tfvideogan.models.cpnet.stages import Stage
from tfvideogan.ops import affine

ENCODER = (
    Stage("conv12", 1, 5, 2),
    Stage("conv2", 1),
    Stage("conv23", 2, 3, 2),
    Stage("conv3", 2),
    Stage("conv34", 4, 3, 2),
    Stage("conv4a", 4),
    Stage("conv4b", 4),
)
FIRST = Stage("conv45", 8, 3, 2)
MIDDLE = (Stage("conv5a", 8), Stage("conv5b", 8))
SMALLER = Stage("conv56", 8, 3, 2)
LATE = (Stage("conv6a", 8), Stage("conv6b", 8))
THETA = (2, 3)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
# The refiner works at a quarter of the size, its kernels this far apart.
QUARTER = 4
DILATIONS = (1, 2, 4, 1)


class Features(NamedTuple):
    """What the regressor knows of frames.

    Attributes:
      as_target: [..., S/16, S/16, 8u] float32.
      as_reference: likewise.
    """

    as_target: tf.Tensor
    as_reference: tf.Tensor


class Aligner(keras.Model):
    """Finds the affine transform that brings a reference to a target."""

    def __init__(
        self,
        *,
        width: int,
        size: int,
        antialiases: bool = False,
        repeats_layers: bool = False,
        name: str = "aligner",
    ) -> None:
        """Creates the layers.

        Args:
          width: u, channels of the first convolution.
          size: S, sides of what the encoder sees, pixels.
          antialiases: whether frames are smoothed when they are made smaller.
          repeats_layers: the published fault, see the module.
          name: of the network.
        """
        super().__init__(name=name)
        self.size, self.antialiases = size, antialiases
        self.encoder = stages.made(ENCODER, width)
        # Both halves of one kernel; ReLU comes when they are added.
        self.first_of_target, self.first_of_reference = (
            stages.Convolution(
                FIRST.factor * width,
                stride=FIRST.stride,
                is_linear=True,
                use_bias=has_bias,
            )
            for has_bias in (True, False)
        )
        self.middle = stages.made(MIDDLE, width)
        [self.smaller] = stages.made([SMALLER], width)
        self.late = [] if repeats_layers else stages.made(LATE, width)
        self.to_theta = keras.layers.Dense(
            len(IDENTITY), kernel_initializer="zeros", dtype="float32"
        )

    @property
    def feature_size(self) -> tuple[int, int, int]:
        """Rows, columns and channels of `Features`."""
        side = self.size
        for stage in (*ENCODER, FIRST):
            side = -(-side // stage.stride)
        return side, side, self.first_of_target.filters

    def encode(self, frames: tf.Tensor, holes: tf.Tensor) -> Features:
        """Encodes frames of any size; what `call` takes.

        Args:
          frames: [N, H, W, C] in [-1, 1].
          holes: [N, H, W, 1], 0 or 1.

        Returns:
          Features of each.
        """
        x = tf.image.resize(
            stages.with_mask(frames, holes),
            [self.size, self.size],
            antialias=self.antialiases,
        )
        x = stages.through(self.encoder, x)
        return Features(
            tf.cast(self.first_of_target(x), tf.float32),
            tf.cast(self.first_of_reference(x), tf.float32),
        )

    def call(self, as_target: tf.Tensor, as_reference: tf.Tensor) -> tf.Tensor:
        """Predicts transforms.

        Args:
          as_target: [N, h, w, 8u], see `Features`.
          as_reference: likewise, of the references.

        Returns:
          [N, 2, 3] float32, for `ops.affine.affine_warp` of the reference.
        """
        x = tf.nn.relu(as_target + as_reference)
        late = self.late or self.middle
        x = stages.through([*self.middle, self.smaller, *late], x)
        pooled = tf.reduce_mean(tf.cast(x, tf.float32), axis=[1, 2])
        # The identity is added, so that decay of weights would not pull towards zero.
        found = self.to_theta(pooled) + tf.constant(IDENTITY)
        return tf.reshape(found, [-1, *THETA])


class Refiner(keras.Model):
    """Flow from the target to where the affine transform has brought a reference.

    At a quarter of the size: both pictures and both holes, 2 C + 2 channels, conv 3x3
    with dilations 1, 2, 4, 1 to w channels, conv 3x3 to 2, which starts at zero. Source:
    ours; depth and motion of their own keep one affine transform from being enough.
    """

    def __init__(self, *, width: int, name: str = "refiner") -> None:
        """Creates the layers, of `width` channels."""
        super().__init__(name=name)
        self.convolutions = [
            stages.Convolution(width, dilation=one) for one in DILATIONS
        ]
        self.to_flow = stages.Convolution(
            2, is_linear=True, kernel_initializer="zeros", dtype="float32"
        )

    def call(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        aligned: tf.Tensor,
        aligned_holes: tf.Tensor,
    ) -> tf.Tensor:
        """Estimates flow.

        Args:
          frames: [N, H, W, C], H and W multiples of four.
          holes: [N, H, W, 1].
          aligned: [N, H, W, C], references behind their affine transforms.
          aligned_holes: [N, H, W, 1].

        Returns:
          [N, H, W, 2] float32 pixels (dx, dy), to be added to the affine flow.
        """
        pairs = (
            stages.with_mask(
                tf.where(hole > 0, stages.mean(frame.shape[-1]), frame), hole
            )
            for frame, hole in ((frames, holes), (aligned, aligned_holes))
        )
        x = tf.concat([*pairs], axis=-1)
        x = tf.nn.avg_pool2d(x, QUARTER, QUARTER, "VALID")
        x = stages.through(self.convolutions, x)
        height, width = tf.shape(frames)[1], tf.shape(frames)[2]
        flow = QUARTER * tf.image.resize(self.to_flow(x), [height, width])
        return tf.ensure_shape(flow, [*frames.shape[:3], 2])


class Aligned(NamedTuple):
    """References where a target has them.

    Attributes:
      frames: [N, H, W, C] in [-1, 1]; -1 beyond the border.
      visible: [N, H, W, 1], 0 or 1; 0 beyond the border. No gradient.
    """

    frames: tf.Tensor
    visible: tf.Tensor


def aligned(
    theta: tf.Tensor,
    target: tuple[tf.Tensor, tf.Tensor],
    reference: tuple[tf.Tensor, tf.Tensor],
    refiner: Refiner | None = None,
) -> Aligned:
    """Brings references to a target.

    Args:
      theta: [N, 2, 3] of `Aligner`.
      target: frames [N, H, W, C] and holes [N, H, W, 1].
      reference: likewise.
      refiner: adds its flow.
    """
    frames, holes = reference
    size = tf.shape(frames)
    height, width = frames.shape[1] or size[1], frames.shape[2] or size[2]
    flow = affine.theta_to_flow(theta, height, width)
    if refiner is not None:
        first = _sampled(frames, holes, flow)
        flow += refiner(*target, first.frames, 1.0 - first.visible)
    return _sampled(frames, holes, flow)


def _sampled(frames: tf.Tensor, holes: tf.Tensor, flow: tf.Tensor) -> Aligned:
    moved = affine.sample_in_plane(frames, flow, outside=-1.0)
    share = affine.sample_in_plane(1.0 - holes, tf.stop_gradient(flow))
    return Aligned(moved, tf.cast(share > 0.5, tf.float32))

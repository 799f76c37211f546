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

Ours, with a `search` of d: features at S/4, less their mean over the frame, are compared
shift by shift up to d. A softmax of their cosines gives each place a shift, an affine
transform is fitted to all shifts by least squares, and the regressor adds to it what is
left. What frames look like need not be learned before they are aligned.

The first convolution of the regressor is linear in both features before its ReLU. Each
frame therefore goes through it once as a target and once as a reference, and a pair costs
the sum of two small maps: the same numbers for a quarter less of the regressor.

`Refiner` adds what no affine transform of a whole frame can say, see there.

Published fault, off by default: `repeats_layers`, the released code applies the two
convolutions at S/16 again at S/32, in place of those that it has for it.

Source: Lee, Oh, Won, Kim, Copy-and-Paste Networks for Deep Video Inpainting, ICCV 2019,
section 3.1, and the code published with it.
"""

import functools
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.models.cpnet import stages
from tfvideogan.models.cpnet.stages import Stage
from tfvideogan.ops import affine, correlation

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
# Behind so many stages the encoder is at S/4; these blocks make S/16 of it.
DESCRIBING, BLOCK = 4, 4
_NORM = 1e-6
# Of the cosines, at the start.
SHARPNESS = 20.0
FAR = -1e9
# Size of what the regressor adds to a fit.
REST = 0.1
# Less than 1 by rounding.
WHOLE = 1.0 - 1e-3
# The refiner works at a quarter of the size, its kernels this far apart.
QUARTER = 4
DILATIONS = (1, 2, 4, 1)


class Features(NamedTuple):
    """What the regressor knows of frames.

    Attributes:
      as_target: [..., S/16, S/16, F] float32; F is 8u, and with a search 40u: what is
        compared shift by shift stands behind it, in blocks.
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
        search: int = 0,
        name: str = "aligner",
    ) -> None:
        """Creates the layers.

        Args:
          width: u, channels of the first convolution.
          size: S, sides of what the encoder sees, pixels.
          antialiases: whether frames are smoothed when they are made smaller.
          repeats_layers: the published fault, see the module.
          search: d, shifts at S/4 by which features are compared, S a multiple of 16; 0
            for none, as published.
          name: of the network.
        """
        super().__init__(name=name)
        self.size, self.antialiases, self.search = size, antialiases, search
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
        self.log_sharpness = None
        if search:
            self.log_sharpness = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(np.log(SHARPNESS)),
                name="log_sharpness",
            )
        self.to_theta = keras.layers.Dense(
            len(IDENTITY), kernel_initializer="zeros", dtype="float32"
        )

    @property
    def feature_size(self) -> tuple[int, int, int]:
        """Rows, columns and channels of `Features`."""
        side = self.size
        for stage in (*ENCODER, FIRST):
            side = -(-side // stage.stride)
        channels = self.first_of_target.filters
        if self.search:
            channels += BLOCK**2 * self.encoder[DESCRIBING - 1].filters
        return side, side, channels

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
        x = described = stages.through(self.encoder[:DESCRIBING], x)
        x = stages.through(self.encoder[DESCRIBING:], x)
        both = (self.first_of_target(x), self.first_of_reference(x))
        parts = [[tf.cast(one, tf.float32)] for one in both]
        if self.search:
            blocks = tf.nn.space_to_depth(_direction(described), BLOCK)
            parts = [[*one, blocks] for one in parts]
        return Features(*(tf.concat(one, axis=-1) for one in parts))

    def call(self, as_target: tf.Tensor, as_reference: tf.Tensor) -> tf.Tensor:
        """Predicts transforms.

        Args:
          as_target: [N, h, w, F], see `Features`.
          as_reference: likewise, of the references.

        Returns:
          [N, 2, 3] float32, for `ops.affine.affine_warp` of the reference.
        """
        width = self.first_of_target.filters
        x = as_target[..., :width] + as_reference[..., :width]
        x = tf.nn.relu(x)
        late = self.late or self.middle
        x = stages.through([*self.middle, self.smaller, *late], x)
        pooled = tf.reduce_mean(tf.cast(x, tf.float32), axis=[1, 2])
        # The identity is added, so that decay of weights would not pull towards zero.
        identity = tf.constant(IDENTITY, shape=[1, *THETA])
        if not self.search:
            return identity + tf.reshape(self.to_theta(pooled), [-1, *THETA])
        # They have become small in so many layers, and hardly move what follows.
        change = REST * self.to_theta(_standardised(pooled))
        blocks = (as_target[..., width:], as_reference[..., width:])
        fitted = self._fitted(*(tf.cast(one, tf.float32) for one in blocks))
        return identity + fitted + tf.reshape(change, [-1, *THETA])

    def _fitted(self, target: tf.Tensor, reference: tf.Tensor) -> tf.Tensor:
        """Fits what is added to the identity, [N, 2, 3], to the shifts of features."""
        target, reference = (
            tf.nn.depth_to_space(one, BLOCK) for one in (target, reference)
        )
        compare = functools.partial(
            correlation.cost_volume, max_displacement=self.search, pad=self.search
        )
        alike = compare(target, reference)
        # Nothing lies beyond the border. Shifts from there are left out, too, so that none
        # is the mean of those that are left.
        anywhere = tf.ones_like(target[:1, ..., :1])
        is_inside = compare(anywhere, anywhere) > 0.5
        is_inside &= is_inside[..., ::-1]
        sharpness = tf.exp(tf.cast(self.log_sharpness, tf.float32))
        scores = tf.where(is_inside, sharpness * alike, FAR)
        shares = tf.nn.softmax(scores, axis=-1)  # [N, S/4, S/4, (2d + 1)²]
        shifts = tf.range(-self.search, self.search + 1, dtype=tf.float32)
        down, right = tf.meshgrid(shifts, shifts, indexing="ij")
        steps = tf.reshape(tf.stack([right, down], axis=-1), [-1, 2])
        flow = tf.einsum("nhwd,dc->nhwc", shares, steps)
        # Places that look like those around them are undecided, at the border confined.
        certainty = tf.reduce_max(shares, axis=-1, keepdims=True)
        certainty *= tf.reduce_mean(tf.cast(is_inside, tf.float32), -1, keepdims=True)
        motion = affine.fit(flow, certainty)
        # From u, v of `affine.fit` and steps of four pixels, the first at pixel 0, to
        # coordinates of -1 and 1 at the corners.
        places, half = self.size / 4, (self.size - 1) / 2
        linear = motion[..., :2] * (2 / places)
        middle = motion[..., 2:] + tf.reduce_sum(motion[..., :2], -1, keepdims=True) * (
            (2 - 0.5) / (2 * places)
        )
        return tf.concat([linear, middle * (4 / half)], axis=-1)


def _direction(features: tf.Tensor) -> tf.Tensor:
    """Makes the mean product of two features of [N, H, W, C] their cosine."""
    features = tf.cast(features, tf.float32)
    features -= tf.reduce_mean(features, axis=[1, 2], keepdims=True)
    squares = tf.reduce_mean(tf.square(features), axis=-1, keepdims=True)
    return features * tf.math.rsqrt(squares + _NORM)


def _standardised(x: tf.Tensor) -> tf.Tensor:
    """Returns [N, C] of mean 0 and deviation 1 in each row."""
    mean, variance = tf.nn.moments(x, axes=[1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + _NORM)


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
            for frame, hole in (
                (tf.cast(frames, tf.float32), holes),
                (tf.cast(aligned, tf.float32), aligned_holes),
            )
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
      is_whole: [N, H, W, 1], 0 or 1: 1 where nothing of a pixel comes from a hole or from
        beyond the border. No gradient.
    """

    frames: tf.Tensor
    visible: tf.Tensor
    is_whole: tf.Tensor


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
    visible, is_whole = (tf.cast(share > one, tf.float32) for one in (0.5, WHOLE))
    return Aligned(moved, visible, is_whole)

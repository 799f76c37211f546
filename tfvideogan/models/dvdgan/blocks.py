"""The residual blocks of DVD-GAN: those of BigGAN, of frames and of clips.

    GeneratorBlock    norm, ReLU, (double), conv, norm, ReLU, conv
                      beside   1x1 conv, (double)
    FrameBlock        (ReLU), conv, ReLU, conv, (halve)        2-D, a frame on its own
    ClipBlock         (ReLU), conv, ReLU, conv, (halve)        3-D, halves the time, too
                      beside   (halve), 1x1 conv

All convolutions are 3x3 (x3) with a bias, and the spectral norm of their kernels is 1. A
1x1 convolution stands on the shortcut only where channels change or, in the generator, the
sides double; it trades places with doubling and halving, which gives the same.

Layers made of layers say that they are built: Keras would trace each of their calls to
find out, on every level, which takes most of the time of building a model.

References:
  [1] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      2019, appendix B, figure 15.
  [2] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, section 3 and
      the appendix on architectures.
"""

import keras
import tensorflow as tf

from tfvideogan.layers import conditional_norm, convolution, resnet, spectral_norm
from tfvideogan.ops import frames


class GeneratorBlock(keras.layers.Layer):
    """Residual block of frames under a condition; may double the sides."""

    def __init__(
        self,
        inputs: int,
        filters: int,
        *,
        doubles: bool,
        num_steps: int | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          inputs: channels of the input.
          filters: channels of the output.
          doubles: whether the sides are doubled, by repeating pixels.
          num_steps: see `BatchNorm`.
        """
        super().__init__()
        self.doubles = doubles
        resamples = spectral_norm.DOUBLE if doubles else None
        self.norms = [
            conditional_norm.ConditionalBatchNorm(
                per_step=True, num_steps=num_steps, has_spectral_norm=True
            )
            for _ in range(2)
        ]
        self.first = spectral_norm.Conv2D(filters, 3, resamples=resamples)
        self.second = spectral_norm.Conv2D(filters, 3)
        is_same = inputs == filters and not doubles
        self.shortcut = None if is_same else spectral_norm.Conv2D(filters, 1)
        self.built = True

    def call(
        self, clips: tf.Tensor, condition: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Maps [N, T, H, W, C] and conditions [N, D] to [N, T, (2)H, (2)W, filters]."""
        x = clips
        for norm, layer in zip(self.norms, (self.first, self.second), strict=True):
            x = tf.nn.relu(norm(x, condition, training=training))
            x = convolution.on_frames(layer, x, training=training)
        if self.shortcut is not None:
            clips = convolution.on_frames(self.shortcut, clips, training=training)
        if self.doubles:
            clips = convolution.on_frames(resnet.repeat_pixels, clips)
        return clips + x


class FrameBlock(keras.layers.Layer):
    """Residual block of a discriminator that sees each frame on its own."""

    def __init__(
        self, inputs: int, filters: int, *, halves: bool = True, is_first: bool = False
    ) -> None:
        """Creates the layers.

        Args:
          inputs: channels of the input.
          filters: channels of the output.
          halves: whether means of 2x2 pixels are taken.
          is_first: whether the input is a clip, which is not rectified.
        """
        super().__init__()
        self.halves, self.is_first = halves, is_first
        self.first = spectral_norm.Conv2D(filters, 3)
        resamples = spectral_norm.HALVE if halves else None
        self.second = spectral_norm.Conv2D(filters, 3, resamples=resamples)
        self.shortcut = None if inputs == filters else spectral_norm.Dense(filters)
        self.built = True

    def call(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [N, T, H, W, C] to [N, T, H/2, W/2, filters]."""
        x = clips if self.is_first else tf.nn.relu(clips)
        x = convolution.on_frames(self.first, x, training=training)
        x = convolution.on_frames(self.second, tf.nn.relu(x), training=training)
        if self.halves:
            clips = frames.halve_plane(clips)
        if self.shortcut is not None:
            clips = self.shortcut(clips, training=training)
        return clips + x


class ClipBlock(keras.layers.Layer):
    """Residual block of a discriminator in space and time; halves both.

    An odd last frame passes on its own, so that clips of any length have one.
    """

    def __init__(self, inputs: int, filters: int, *, is_first: bool = False) -> None:
        """Creates the layers; see `FrameBlock`."""
        super().__init__()
        self.is_first = is_first
        self.first = spectral_norm.Conv3D(filters)
        self.second = spectral_norm.Conv3D(filters, halves=True)
        self.shortcut = None if inputs == filters else spectral_norm.Dense(filters)
        self.built = True

    def call(self, clips: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [N, T, H, W, C] to [N, ceil(T/2), H/2, W/2, filters]."""
        x = clips if self.is_first else tf.nn.relu(clips)
        x = tf.nn.relu(self.first(x, training=training))
        x = frames.halve_time(self.second(x, training=training))
        clips = frames.halve_time(frames.halve_plane(clips))
        if self.shortcut is not None:
            clips = self.shortcut(clips, training=training)
        return clips + x

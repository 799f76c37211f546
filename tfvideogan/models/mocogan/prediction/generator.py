"""Generators of the next frame: a residual one that moves pixels, and DCGAN's.

    next_frame = generator(content, maps, frame, code)

The residual one starts from the scene's maps, those of the last frame and a picture of the
motion code, and ends in three offers for every pixel: the last frame moved by a flow, the
last context frame moved by another, and a new colour. A softmax mixes them.

References:
  [1] Zhu et al., CycleGAN, ICCV 2017, appendix 7.2 (residual blocks between a halving and
      a doubling half). Where we differ: modulated convolutions instead of instance norm,
      so that frames keep their light; see `mocogan/generator.py`.
  [2] Lee et al., SAVP, 2018, section 3.3 (moved last and first frame and a new picture,
      mixed by masks).
  [3] Tulyakov et al., MoCoGAN, CVPR 2018: DCGAN's generator of codes.
"""

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.layers import convolution, modulated, resnet
from tfvideogan.models.mocogan import codes
from tfvideogan.models.mocogan.paper import generator
from tfvideogan.models.mocogan.prediction import encoders
from tfvideogan.ops import warp

LEAKY_SLOPE = 0.2
# The motion code is drawn as a picture of so many places, resized to the maps.
PICTURE_SIDE = 8
PICTURE_CHANNELS = 16
# Flows reach so far, as a share of the longer side.
REACH = 0.25
FLOW_CHANNELS = 2
NUM_FLOWS = 2
NUM_OFFERS = 3
# Training begins at what needs no learning, the last frames held still: flows of almost no
# pixel, and a softmax that starts from these.
FIRST_SHARES = (0.0, 0.0, -3.0)
FIRST_DEVIATION = 1e-3


class ResidualPredictor(keras.Model):
    """The next frame from what is known of the scene and its motion."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        width: int,
        num_blocks: int,
        has_warp: bool,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a clip; its sides divide by 4.
          width: w, channels of the largest picture, as of the content encoder.
          num_blocks: residual blocks at a quarter of the sides.
          has_warp: whether pixels may be moved; if not, all colours are new.
          name: of the network.
        """
        # Frames that are moved stay float32.
        super().__init__(name=name, autocast=False)
        self.has_warp = has_warp
        self.reach = REACH * max(spec.height, spec.width)
        self.channels = spec.channels
        side, thin = PICTURE_SIDE, PICTURE_CHANNELS
        self.picture = keras.layers.Dense(side * side * thin)
        self.join = keras.layers.Dense(4 * width)
        self.blocks = [resnet.ModulatedBlock(4 * width) for _ in range(num_blocks)]
        # The code has been heard by then, and scaling large pictures takes long.
        options = {"padding": 1, "kernel_initializer": encoders.HE}
        self.double = modulated.ModulatedConv(2 * width, upsamples=True)
        self.merge = convolution.Conv2D(2 * width, 3, **options)
        self.double_again = convolution.Conv2DTranspose(width, 4, stride=2, **options)
        if has_warp:
            options["kernel_initializer"] = keras.initializers.RandomNormal(
                stddev=FIRST_DEVIATION
            )
        offered = NUM_FLOWS * FLOW_CHANNELS + NUM_OFFERS if has_warp else 0
        self.offers = convolution.Conv2D(spec.channels + offered, 3, **options)

    def call(
        self,
        content: encoders.Content,
        maps: tf.Tensor,
        frame: tf.Tensor,
        code: tf.Tensor,
        training: bool = False,
    ) -> tf.Tensor:
        """Draws the next frame.

        Args:
          content: of the scene, M rows.
          maps: [M, H/4, W/4, 4w] of the last frame.
          frame: [M, H, W, C] float32 in [-1, 1], the last frame.
          code: [M, D] float32, of the motion.
          training: changes nothing here.

        Returns:
          The next frame [M, H, W, C] float32 in [-1, 1].
        """
        style = tf.cast(tf.concat([code, content.code], axis=-1), self.compute_dtype)
        x = self.join(tf.concat([content.maps, maps, self._drawn(code, maps)], axis=-1))
        for block in self.blocks:
            x = block(x, style)
        x = _leaky(self.double(_leaky(x), style))
        x = tf.concat([x, content.half], axis=-1)
        x = _leaky(self.merge(x))
        x = _leaky(self.double_again(x))
        x = tf.concat([x, tf.cast(content.frame, x.dtype)], axis=-1)
        made = tf.cast(self.offers(x), tf.float32)
        if not self.has_warp:
            return tf.tanh(made)
        colour, of_last, of_context, shares = tf.split(
            made, [self.channels, FLOW_CHANNELS, FLOW_CHANNELS, NUM_OFFERS], axis=-1
        )
        of_last, of_context = (
            self.reach * tf.tanh(one) for one in (of_last, of_context)
        )
        offers = (
            warp.backward(frame, of_last),
            warp.backward(tf.cast(content.frame, tf.float32), of_context),
            tf.tanh(colour),
        )
        shares = tf.nn.softmax(shares + tf.constant(FIRST_SHARES))
        shares = tf.split(shares, NUM_OFFERS, axis=-1)
        return tf.add_n(
            [offer * share for offer, share in zip(offers, shares, strict=True)]
        )

    def _drawn(self, code: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
        """Draws the motion code as a picture as large as the maps."""
        shape = [-1, PICTURE_SIDE, PICTURE_SIDE, PICTURE_CHANNELS]
        picture = tf.reshape(self.picture(code), shape)
        resized = tf.image.resize(tf.cast(picture, tf.float32), maps.shape[1:3])
        return tf.cast(resized, maps.dtype)


class DCGANPredictor(keras.Model):
    """MoCoGAN's own generator, told content and motion by encoders; 64x64 only."""

    def __init__(
        self, spec: clip.ClipSpec, *, width: int, name: str = "generator"
    ) -> None:
        """Creates the layers; `width` is that of the paper's generator."""
        super().__init__(name=name, autocast=False)
        sizes = codes.Sizes(content=0, noise=0, state=0, categories=0)
        self.network = generator.FrameGenerator(
            sizes, width=width, channels=spec.channels, takes_category=False
        )

    def call(
        self,
        content: encoders.Content,
        maps: tf.Tensor,
        frame: tf.Tensor,
        code: tf.Tensor,
        training: bool = False,
    ) -> tf.Tensor:
        """Draws the next frame from the codes alone; see `ResidualPredictor.call`."""
        flat = tf.concat([content.code, code], axis=-1)
        return self.network.render(flat, num_frames=1, training=training)[:, 0]


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)

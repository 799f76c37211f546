"""Generators of the next frame: a residual one that warps pixels, and DCGAN's.

    next_frame = generator(content, maps, frame, motion_code)

`ResidualPredictor` for frames of H x W and width w; "‖" concatenates channels, and the
style of modulated layers is motion code ‖ content code:

    stage                                                channels      size
    content maps ‖ maps of the last frame ‖ code map     4w + 4w + 16  H/4 x W/4
    dense                                                4w            H/4 x W/4
    residual block x num_blocks, modulated               4w            H/4 x W/4
    x2, conv 3x3, modulated                              2w            H/2 x W/2
    ‖ skip of the content encoder                        4w            H/2 x W/2
    conv 3x3                                             2w            H/2 x W/2
    transposed conv 4x4 / 2                              w             H x W
    ‖ last context frame                                 w + C         H x W
    conv 3x3: colour, two flows, three mask logits       C + 4 + 3     H x W

    next frame = m_1 · warp(last frame, flow_1) + m_2 · warp(last context frame, flow_2)
                 + m_3 · tanh(colour),      (m_1, m_2, m_3) = softmax(logits + bias)

The code map is the motion code as feature maps (a dense layer to 8x8, resized). Without
warping the last stage has C channels, and the next frame is tanh(colour).

References:
  [1] Zhu et al., CycleGAN, ICCV 2017, appendix 7.2 (residual blocks between a halving and
      a doubling half). Where we differ: modulated convolutions instead of instance norm,
      so that frames keep their brightness; see `layers/modulated.py`.
  [2] Lee et al., SAVP, 2018, section 3.3 (warped last and first frame and a synthesised
      one, composited by masks).
  [3] Tulyakov et al., MoCoGAN, CVPR 2018: DCGAN's generator of codes.
"""

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.layers import convolution, modulated, resnet
from tfvideogan.models.mocogan import codes
from tfvideogan.models.mocogan.paper import generator
from tfvideogan.models.mocogan.prediction import encoders
from tfvideogan.ops import warp

LEAKY_SLOPE = 0.2
# The motion code as feature maps, before they are resized.
CODE_MAP_SIDE = 8
CODE_MAP_CHANNELS = 16
# Largest flow, as a share of the longer side.
REACH = 0.25
FLOW_CHANNELS = 2
NUM_FLOWS = 2
NUM_MASKS = 3
# Training begins at what needs no learning, the last frames held still: flows of almost no
# pixel, and mask logits that start from these.
MASK_BIAS = (0.0, 0.0, -3.0)
FIRST_DEVIATION = 1e-3


class ResidualPredictor(keras.Model):
    """The next frame from the content of a clip, its last frame and the motion code."""

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
          width: w, channels at full size, as of the content encoder.
          num_blocks: residual blocks at a quarter of the sides.
          has_warp: whether pixels may be warped; if not, all colours are synthesised.
          name: of the network.
        """
        # Frames that are warped stay float32.
        super().__init__(name=name, autocast=False)
        self.has_warp = has_warp
        self.reach = REACH * max(spec.height, spec.width)
        self.channels = spec.channels
        self.to_code_map = keras.layers.Dense(CODE_MAP_SIDE**2 * CODE_MAP_CHANNELS)
        self.join = keras.layers.Dense(4 * width)
        self.blocks = [resnet.ModulatedBlock(4 * width) for _ in range(num_blocks)]
        # Larger maps are not modulated: the style is known by then, and scaling takes long.
        options = {"padding": 1, "kernel_initializer": encoders.HE}
        self.up_to_half = modulated.ModulatedConv(2 * width, upsamples=True)
        self.merge_skip = convolution.Conv2D(2 * width, 3, **options)
        self.up_to_full = convolution.Conv2DTranspose(width, 4, stride=2, **options)
        extra = 0
        if has_warp:
            extra = NUM_FLOWS * FLOW_CHANNELS + NUM_MASKS
            options["kernel_initializer"] = keras.initializers.RandomNormal(
                stddev=FIRST_DEVIATION
            )
        self.to_outputs = convolution.Conv2D(spec.channels + extra, 3, **options)

    def call(
        self,
        content: encoders.Content,
        maps: tf.Tensor,
        frame: tf.Tensor,
        motion_code: tf.Tensor,
        training: bool = False,
    ) -> tf.Tensor:
        """Generates the next frame.

        Args:
          content: of M clips.
          maps: [M, H/4, W/4, 4w], the content encoder's feature maps of the last frame.
          frame: [M, H, W, C] float32 in [-1, 1], the last frame.
          motion_code: [M, D] float32.
          training: changes nothing here.

        Returns:
          The next frame [M, H, W, C] float32 in [-1, 1].
        """
        style = tf.concat([motion_code, content.code], axis=-1)  # [M, D + content]
        style = tf.cast(style, self.compute_dtype)
        code_map = self._code_map(motion_code, maps)
        x = tf.concat([content.maps, maps, code_map], axis=-1)  # [M, H/4, W/4, 8w + 16]
        x = self.join(x)  # [M, H/4, W/4, 4w]
        for block in self.blocks:
            x = block(x, style)
        x = _leaky(self.up_to_half(_leaky(x), style))  # [M, H/2, W/2, 2w]
        x = tf.concat([x, content.skip], axis=-1)  # [M, H/2, W/2, 4w]
        x = _leaky(self.merge_skip(x))  # [M, H/2, W/2, 2w]
        x = _leaky(self.up_to_full(x))  # [M, H, W, w]
        x = tf.concat([x, tf.cast(content.frame, x.dtype)], axis=-1)  # [M, H, W, w + C]
        outputs = tf.cast(self.to_outputs(x), tf.float32)  # [M, H, W, C + 7] or C
        if not self.has_warp:
            return tf.tanh(outputs)
        return self._composite(outputs, frame, tf.cast(content.frame, tf.float32))

    def _composite(
        self, outputs: tf.Tensor, frame: tf.Tensor, context_frame: tf.Tensor
    ) -> tf.Tensor:
        """Composites warped and synthesised frames; the last equation above."""
        colour, last_flow, context_flow, mask_logits = tf.split(
            outputs, [self.channels, FLOW_CHANNELS, FLOW_CHANNELS, NUM_MASKS], axis=-1
        )  # [M, H, W, C], 2, 2, 3
        candidates = (
            warp.backward(frame, self.reach * tf.tanh(last_flow)),
            warp.backward(context_frame, self.reach * tf.tanh(context_flow)),
            tf.tanh(colour),
        )
        masks = tf.nn.softmax(mask_logits + tf.constant(MASK_BIAS))
        masks = tf.split(masks, NUM_MASKS, axis=-1)  # three of [M, H, W, 1]
        return tf.add_n(
            [one * mask for one, mask in zip(candidates, masks, strict=True)]
        )

    def _code_map(self, motion_code: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
        """The motion code [M, D] as feature maps [M, H/4, W/4, 16]."""
        shape = [-1, CODE_MAP_SIDE, CODE_MAP_SIDE, CODE_MAP_CHANNELS]
        code_map = tf.reshape(self.to_code_map(motion_code), shape)  # [M, 8, 8, 16]
        resized = tf.image.resize(tf.cast(code_map, tf.float32), maps.shape[1:3])
        return tf.cast(resized, maps.dtype)


class DCGANPredictor(keras.Model):
    """The paper's generator, whose codes come from encoders; 64x64 only.

    content code ‖ motion code -> `paper.generator.FrameGenerator` -> frame
    """

    def __init__(
        self, spec: clip.ClipSpec, *, width: int, name: str = "generator"
    ) -> None:
        """Creates the layers; `width` is that of the paper's generator.

        Raises:
          UserError: the frames have another size.
        """
        for side in ("height", "width"):
            if getattr(spec, side) != generator.SIZE:
                raise errors.UserError(
                    f"`{side}` ({getattr(spec, side)}) must be {generator.SIZE} for "
                    'DCGAN\'s generator; set `generator` to "resnet" for other sizes.'
                )
        super().__init__(name=name, autocast=False)
        sizes = codes.Sizes(content=0, noise=0, state=0, categories=0)
        self.network = generator.FrameGenerator(
            sizes, width=width, channels=spec.channels, takes_category=False
        )
        self.network.built = True  # `render` is called, not the network itself

    def call(
        self,
        content: encoders.Content,
        maps: tf.Tensor,
        frame: tf.Tensor,
        motion_code: tf.Tensor,
        training: bool = False,
    ) -> tf.Tensor:
        """Generates the next frame of the codes alone; see `ResidualPredictor.call`."""
        latent = tf.concat([content.code, motion_code], axis=-1)  # [M, content + D]
        made = self.network.render(latent, num_frames=1, training=training)
        return made[:, 0]  # [M, 64, 64, C]


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)

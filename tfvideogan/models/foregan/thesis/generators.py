"""The foreground and background generators of the original experiments.

| name            | stage                                            | channels  | size  |
|-----------------|--------------------------------------------------|-----------|-------|
| inputs          | the layer, and flow, mask or next frame          | 3 to 6    | H x W |
| features F      | `backbone.Backbone` of the inputs                | 64        | H x W |
|                 | `transformer.AffineTransformer`, in one variant  | 64        | H x W |
| joined F'       | `recurrences`, with the state                    | 64 to 96  | H x W |
| colour C        | conv 7x7 of F', tanh                             | 3         | H x W |
| attention A     | conv 7x7 of F', sigmoid                          | 1         | H x W |
| mask            | conv 3x3 of F, F' or the foreground, times alpha,| 1         | H x W |
|                 | sigmoid (foreground generator alone)             |           |       |

The next layer keeps A of the previous one and takes 1 - A of the new colour. With the
additive recurrence and five input channels the foreground generator has 8,461,696
parameters, the background generator (three channels, no mask) 8,454,848.

C and A read the same features, so they are one convolution with four outputs: a thin
convolution costs the same for four channels as for one.

Source: VOS-ForeGAN (Palau i Puigdevall, 2020), see `model.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.models.foregan.thesis import backbone, recurrences, transformer

COLOURS = 3
HEAD_KERNEL = 7
MASK_KERNEL = 3
MASK_SOURCES = ("attention", "fg_rgb", "features", "recurrent")


class Layers(NamedTuple):
    """What a generator answers at one step.

    Attributes:
      colour: [N, H, W, 3] float32 in (-1, 1), C.
      attention: [N, H, W, 1] float32 in (0, 1), A: 1 = keep the previous layer.
      features: [N, H, W, c] of this step alone, F.
      joined: [N, H, W, c'] features and memory, F'.
      state: of the recurrence, for the next step.
    """

    colour: tf.Tensor
    attention: tf.Tensor
    features: tf.Tensor
    joined: tf.Tensor
    state: tuple[tf.Tensor, ...]


class LayerGenerator(keras.Model):
    """Backbone, recurrence, colour and attention."""

    def __init__(
        self,
        *,
        recurrence: str = "additive",
        num_steps: int = 1,
        reductions: Sequence[int] = (2, 3),
        width: float = 1.0,
        num_blocks: int = backbone.NUM_BLOCKS,
        mask_source: str | None = None,
        has_transformer: bool = False,
        name: str | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          recurrence: see `recurrences.make`.
          num_steps: T - 1.
          reductions: see `recurrences.Concatenated`.
          width: multiplies the backbone's channels; 1 is the original.
          num_blocks: residual blocks of the backbone.
          mask_source: what the mask is made of, one of `MASK_SOURCES`; None makes a
            generator without mask. "attention" takes A itself (experiments 1-3) and
            has no layer of its own.
          has_transformer: whether the features are moved, see `transformer`.
          name: of the network.
        """
        super().__init__(name=name)
        self.mask_source = mask_source
        self.backbone = backbone.Backbone(width=width, num_blocks=num_blocks)
        self.transformer = (
            transformer.AffineTransformer(width=width) if has_transformer else None
        )
        self.recurrence = recurrences.make(
            recurrence,
            self.backbone.features,
            num_steps=num_steps,
            reductions=reductions,
        )
        self.heads = [
            backbone.convolution(COLOURS + 1, HEAD_KERNEL, dtype="float32")
            for _ in self.recurrence.joined_channels
        ]
        has_mask_layer = mask_source not in (None, "attention")
        self.mask_layer = (
            backbone.convolution(1, MASK_KERNEL, dtype="float32")
            if has_mask_layer
            else None
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # Keras would build by a trial call, which does not reach every layer: `mask` is not
        # part of `call`.
        # Each layer is built where it is first used.
        del input_shape
        self.built = True

    def call(
        self, inputs: tf.Tensor, state: tuple[tf.Tensor, ...] = (), step: int = 0
    ) -> Layers:
        """Runs one step.

        Args:
          inputs: [N, H, W, C]; H and W divide by 4.
          state: that of the step before; empty at the first.
          step: number of the step, from 0.
        """
        features = self.backbone(inputs)
        if self.transformer is not None:
            features = self.transformer(features)
        joined, state = self.recurrence(features, state, step=step)
        head = self.heads[min(step, len(self.heads) - 1)]
        # [N, H, W, 4] -> [N, H, W, 3] and [N, H, W, 1]
        colour, attention = tf.split(head(joined), [COLOURS, 1], axis=-1)
        return Layers(
            colour=tf.tanh(colour),
            attention=tf.sigmoid(attention),
            features=features,
            joined=joined,
            state=state,
        )

    def mask(self, layers: Layers, foreground: tf.Tensor, alpha: float) -> tf.Tensor:
        """Makes the soft mask of the new frame.

        Args:
          layers: what this step answered.
          foreground: [N, H, W, 3], the new foreground.
          alpha: saturation: the slope that the sigmoid's input is multiplied by.

        Returns:
          [N, H, W, 1] float32 in (0, 1).
        """
        if self.mask_source == "attention":
            return layers.attention
        source = {
            "fg_rgb": foreground,
            "features": layers.features,
            "recurrent": layers.joined,
        }[self.mask_source]
        return tf.sigmoid(alpha * self.mask_layer(source))

"""The foreground generator and the mask head of ForeGAN.

The generator moves the object; it never sees the frame it has to make:

| stage                                                        | channels | size  |
|--------------------------------------------------------------|----------|-------|
| `rollout.foreground_inputs`                                  | 13       | H x W |
| `trunk.Trunk` with its state                                 | w        | H x W |
| colour: conv 3x3, tanh                                       | 3        | H x W |
| blend: conv 3x3, softmax over three sources, the previous    | 3        | H x W |
| object warped, the first one warped (memory), the new colour |          |       |
| residual flow: conv 3x3, tanh, corrects the given flow by at | 2        | H x W |
| most MAX_RESIDUAL · max(H, W) pixels                         |          |       |

The mask head judges afterwards: it sees the true next frame beside both candidates,
foreground and background (`rollout.mask_inputs`, 17 channels -> `trunk.Trunk` without
state, w -> conv 3x3, 1), and corrects the mask that the flow carried along. In
segmentation the video is given, so looking at it is fair; but a colour head that saw the
frame could paint it and the reconstruction would teach nothing about the mask.

Where we differ: the first mask heads of VOS-ForeGAN read the generated foreground or the
generator's features through one 3x3 convolution and never saw the frame; the motion had
to be guessed and "foreground motion still not solved" was the author's verdict.
"""

import keras
import tensorflow as tf

from tfvideogan.models.foregan import trunk

# The residual flow is bounded by this share of the larger side, in pixels.
MAX_RESIDUAL = 0.05
# Starting preferences: previous object first, then the first one, then new colour.
BLEND_BIAS = (2.0, 0.0, -2.0)
NUM_SOURCES = len(BLEND_BIAS)


class ForegroundGenerator(keras.Model):
    """Predicts how the object moves and looks in the next frame."""

    def __init__(
        self, width: int, *, blocks: int, is_recurrent: bool, name: str = "foreground"
    ) -> None:
        """Creates the trunk and the heads; see `trunk.Trunk` for the arguments."""
        super().__init__(name=name, autocast=False)
        self.trunk = trunk.Trunk(width, blocks=blocks, is_recurrent=is_recurrent)
        self.colour = keras.layers.Conv2D(
            3, trunk.KERNEL, padding="same", activation="tanh", dtype="float32"
        )
        self.blend = trunk.head(NUM_SOURCES, "blend")
        self.residual = trunk.head(2, "residual_flow")

    def call(
        self, inputs: tf.Tensor, state: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Runs one step.

        Args:
          inputs: [N, H, W, C], what the rollout knows before it sees the next frame.
          state: [N, H/4, W/4, 4w].

        Returns:
          `colour` [N, H, W, 3] in [-1, 1], `blend` [N, H, W, 3] that sums to 1,
          `residual_flow` [N, H, W, 2] in pixels; and the new state.
        """
        features, state = self.trunk(inputs, state)
        bound = MAX_RESIDUAL * max(inputs.shape[1:3])
        outputs = {
            "colour": self.colour(features),
            "blend": tf.nn.softmax(self.blend(features) + tf.constant(BLEND_BIAS)),
            "residual_flow": bound * tf.tanh(self.residual(features)),
        }
        return outputs, state


class MaskHead(keras.Model):
    """Corrects the carried mask by what the next frame shows."""

    def __init__(self, width: int, *, blocks: int, name: str = "mask") -> None:
        """Creates the layers; see `trunk.Trunk` for the arguments."""
        super().__init__(name=name, autocast=False)
        self.trunk = trunk.Trunk(width, blocks=blocks, is_recurrent=False)
        self.correction = trunk.head(1, "correction")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps evidence [N, H, W, C] to a correction [N, H, W, 1] of the logit."""
        features, _ = self.trunk(inputs)
        return self.correction(features)

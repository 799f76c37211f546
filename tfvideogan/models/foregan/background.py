"""The background generator of ForeGAN: inpaints what the object hides.

Its input is the background so far, moved by the camera's motion, and the hole in it. The
output is a blend of that background and a new colour; where the background is known the
blend starts at keeping it, and in holes at the push-pull filling of their surroundings.

| stage                                    | channels | size      |
|------------------------------------------|----------|-----------|
| moved background, hole, noise in the hole| 5        | H x W     |
| `trunk.Trunk`, gated, with its state     | w        | H x W     |
| colour: conv 3x3, tanh                   | 3        | H x W     |
| change: conv 3x3, sigmoid                | 1        | H x W     |
| moved + change · (colour - moved)        | 3        | H x W     |

Where we differ from VOS-ForeGAN: the camera's motion is used (there the background stood
still and its generator had to learn the motion), the hole is an input channel and the
first convolution is gated, and the hole starts from its surroundings instead of noise
wrapped to 8 bits.
"""

import keras
import tensorflow as tf

from tfvideogan.models.foregan import trunk

# sigmoid(-2) = 0.12: at first the generator keeps what it is given.
KEEP_BIAS = -2.0


class BackgroundGenerator(keras.Model):
    """Predicts the scene without the object in the next frame."""

    def __init__(
        self, width: int, *, blocks: int, is_recurrent: bool, name: str = "background"
    ) -> None:
        """Creates the trunk and the heads; see `trunk.Trunk` for the arguments."""
        super().__init__(name=name, autocast=False)
        self.trunk = trunk.Trunk(
            width, blocks=blocks, is_gated=True, is_recurrent=is_recurrent
        )
        self.colour = keras.layers.Conv2D(
            3, trunk.KERNEL, padding="same", activation="tanh", dtype="float32"
        )
        self.change = trunk.head(1, "change", bias=KEEP_BIAS)

    def call(
        self, moved: tf.Tensor, hole: tf.Tensor, noise: tf.Tensor, state: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Runs one step.

        Args:
          moved: [N, H, W, 3] in [-1, 1], the background moved by the camera, filled.
          hole: [N, H, W, 1], 1 where it was never seen.
          noise: [N, H, W, 1], varies what fills the hole; zero for the mean answer.
          state: [N, H/4, W/4, 4w].

        Returns:
          The background [N, H, W, 3] in [-1, 1] and the new state.
        """
        inputs = tf.concat([moved, hole, noise * hole], axis=-1)  # [N, H, W, 5]
        features, state = self.trunk(inputs, state)
        change = tf.sigmoid(self.change(features))
        return moved + change * (self.colour(features) - moved), state

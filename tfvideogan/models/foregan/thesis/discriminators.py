"""The patch critic of the original experiments.

| layer                | out  | kernel / stride / pad | bias | 60x112  | 224x416 |
|----------------------|------|-----------------------|------|---------|---------|
| conv, leaky relu .01 | 64   | 4 / 2 / 1             | yes  | 30x56   | 112x208 |
| conv, leaky relu .01 | 128  | 4 / 2 / 1             | yes  | 15x28   | 56x104  |
| conv, leaky relu .01 | 256  | 4 / 2 / 1             | yes  | 7x14    | 28x52   |
| conv, leaky relu .01 | 512  | 4 / 2 / 1             | yes  | 3x7     | 14x26   |
| conv, leaky relu .01 | 1024 | (2, 4) / 1 / 0        | no   | 2x4     | 13x23   |
| conv, leaky relu .01 | 2048 | (2, 2) / 1 / 0        | no   | 1x3     | 12x22   |
| conv                 | 1    | (1, 3) / 1 / 0        | yes  | 1x1     | 12x20   |

There is no normalisation, as a gradient penalty wants it. One patch gives one score, a
whole frame a map of scores; 15,345,601 parameters. The critic of foregrounds can have a
second last layer for masks, which are shown as grey images: 15,351,746.

Padding is explicit: "same" would turn 15 into 8 and 7 into 4, and the tail would not fit.

Source: VOS-ForeGAN (Palau i Puigdevall, 2020), its PatchGAN discriminators.
"""

import keras
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.foregan.thesis import backbone, backbone_forms

PATCH_SIZE = (60, 112)
LEAKY_SLOPE = 0.01
CHANNELS = 64
NUM_HALVINGS = 4
KERNEL = 4
COLOURS = 3
# What the tail leaves of the last halved map, as the original's (2, 4), (2, 2), (1, 3).
_WIDE_ROWS, _WIDE_COLUMNS = 2, 4
_MIN_SIDE = 2**NUM_HALVINGS


class PatchDiscriminator(keras.Model):
    """Scores images [N, H, W, 3] in [-1, 1] with logits [N, h, w, 1]."""

    def __init__(
        self,
        *,
        patch_size: tuple[int, int] = PATCH_SIZE,
        has_mask_head: bool = False,
        width: float = 1.0,
        name: str | None = None,
    ) -> None:
        """Creates the layers.

        Args:
          patch_size: height and width that give a single score; the kernels of the tail
            follow from it. Each is at least 16.
          has_mask_head: whether there is a second last layer, for masks.
          width: multiplies every number of channels; 1 is the original.
          name: of the network.

        Raises:
          UserError: a patch is too small.
        """
        super().__init__(name=name)
        if min(patch_size) < _MIN_SIDE:
            raise errors.UserError(
                f"`patch_size` {tuple(patch_size)} must be at least {_MIN_SIDE} both "
                f"ways, because the critic halves {NUM_HALVINGS} times."
            )
        channels = backbone.scaled_channels(CHANNELS, width)
        self.halvings = [
            _convolution(channels * 2**level, (KERNEL, KERNEL), strides=2)
            for level in range(NUM_HALVINGS)
        ]
        first, second, last = _tail_kernels(patch_size)
        self.tail = [
            _convolution(channels * 2**NUM_HALVINGS, first, use_bias=False),
            _convolution(channels * 2 ** (NUM_HALVINGS + 1), second, use_bias=False),
        ]
        self.score = _convolution(1, last, dtype="float32")
        self.mask_score = (
            _convolution(1, last, dtype="float32") if has_mask_head else None
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # Keras would build by a trial call, which does not reach every layer: `call`
        # scores no masks.
        # Each layer is built where it is first used.
        del input_shape
        self.built = True

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the logits [N, h, w, 1] float32 of images."""
        return self.score(self.trunk(images))

    def trunk(self, images: tf.Tensor) -> tf.Tensor:
        """Returns what the last layers read, of images [N, H, W, 3]."""
        x = images
        for layer in self.halvings:
            padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
            x = backbone_forms.leaky_relu(layer(padded), LEAKY_SLOPE)
        for layer in self.tail:
            x = backbone_forms.leaky_relu(layer(x), LEAKY_SLOPE)
        return x

    def score_pairs(
        self, foregrounds: tf.Tensor, masks: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Scores foregrounds and masks in one pass through the trunk.

        Args:
          foregrounds: [N, H, W, 3] in [-1, 1].
          masks: [M, H, W, 1] in [0, 1], or as grey images [M, H, W, 3].

        Returns:
          The logits of the foregrounds [N, h, w, 1] and of the masks [M, h, w, 1].
        """
        greys = to_grey(masks)
        counts = [tf.shape(foregrounds)[0], tf.shape(masks)[0]]
        if foregrounds.shape[0] is not None and masks.shape[0] is not None:
            counts = [foregrounds.shape[0], masks.shape[0]]
        both = tf.concat([foregrounds, greys], axis=0)  # [N + M, H, W, 3]
        of_foregrounds, of_masks = tf.split(self.trunk(both), counts)
        return self.score(of_foregrounds), self.mask_score(of_masks)


def to_grey(masks: tf.Tensor) -> tf.Tensor:
    """Returns masks [N, H, W, 1] as images of three equal channels; 3 channels stay."""
    return tf.repeat(masks, COLOURS, axis=-1) if masks.shape[-1] == 1 else masks


def _tail_kernels(
    patch_size: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """The kernels that bring the last halved map of a patch to 1x1 in three layers."""
    height, width = (side // 2**NUM_HALVINGS for side in patch_size)
    first = (
        max(height - _WIDE_ROWS + 1, 1),
        max(width - _WIDE_COLUMNS + 1, 1),
    )
    height, width = height - first[0] + 1, width - first[1] + 1
    second = (min(2, height), min(2, width))
    return first, second, (height - second[0] + 1, width - second[1] + 1)


def _convolution(
    filters: int,
    kernel: tuple[int, int],
    *,
    strides: int = 1,
    use_bias: bool = True,
    dtype: str | None = None,
) -> backbone.Convolution:
    return backbone.Convolution(
        filters,
        kernel,
        strides=strides,
        padding="valid",
        use_bias=use_bias,
        kernel_initializer=keras.initializers.RandomNormal(stddev=backbone.KERNEL_STD),
        dtype=dtype,
    )

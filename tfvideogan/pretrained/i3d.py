"""I3D, the inflated Inception network that the Fréchet video distance looks through.

    network = i3d.load()
    logits, features = network.judge(clips)  # uint8 [N, T, H, W, C] -> [N, 400], [N, 1024]

`judge` prepares clips of any size as the reference of the Fréchet video distance [2] does:
it stretches them to 224 x 224 without half-pixel centres. The logits of [2] are those of
the 400 actions of Kinetics, averaged over time. A clip of 16 frames is 56 GFLOP: 0.44 s of
a core with AVX-512, as measured.

The features are the channels behind the last block, averaged over time and space. Published
VFID figures of video inpainting take them from a network in training mode, whose batch norm
takes the statistics of each clip (`clip_statistics`), of frames in [0, 1], and with other
weights.

References:
  [1] Carreira, Zisserman, "Quo vadis, action recognition?", CVPR 2017, figure 3; weights:
      TF-Hub, deepmind/i3d-kinetics-400/1.
  [2] Unterthiner et al., "Towards accurate generative models of video", 2018, section 3.
"""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels, shapes
from tfvideogan.pretrained import inception, resizing, weights

NAME = "i3d"
SIZE = 224
CHANNELS = 3
NUM_CLASSES = 400
# The last block has a step for 8 frames and a place for 32 pixels, begun ones included; the
# window behind it spans two steps and 7 x 7 places.
MIN_FRAMES = 9
MIN_SIZE = 193

# Figure 3 of [1], under the names of its weights.
STAGES = {
    "Conv3d_1a_7x7": (inception.Unit, {"channels": 64, "kernel": 7, "stride": 2}),
    "MaxPool3d_2a_3x3": (inception.Pool, {"window": (1, 3, 3), "strides": (1, 2, 2)}),
    "Conv3d_2b_1x1": (inception.Unit, {"channels": 64, "kernel": 1}),
    "Conv3d_2c_3x3": (inception.Unit, {"channels": 192, "kernel": 3}),
    "MaxPool3d_3a_3x3": (inception.Pool, {"window": (1, 3, 3), "strides": (1, 2, 2)}),
    "Mixed_3b": (inception.Block, {"widths": (64, (96, 128), (16, 32), 32)}),
    "Mixed_3c": (inception.Block, {"widths": (128, (128, 192), (32, 96), 64)}),
    "MaxPool3d_4a_3x3": (inception.Pool, {"window": (3, 3, 3), "strides": (2, 2, 2)}),
    "Mixed_4b": (inception.Block, {"widths": (192, (96, 208), (16, 48), 64)}),
    "Mixed_4c": (inception.Block, {"widths": (160, (112, 224), (24, 64), 64)}),
    "Mixed_4d": (inception.Block, {"widths": (128, (128, 256), (24, 64), 64)}),
    "Mixed_4e": (inception.Block, {"widths": (112, (144, 288), (32, 64), 64)}),
    "Mixed_4f": (inception.Block, {"widths": (256, (160, 320), (32, 128), 128)}),
    "MaxPool3d_5a_2x2": (inception.Pool, {"window": (2, 2, 2), "strides": (2, 2, 2)}),
    "Mixed_5b": (inception.Block, {"widths": (256, (160, 320), (32, 128), 128)}),
    "Mixed_5c": (inception.Block, {"widths": (384, (192, 384), (48, 128), 128)}),
}
_LAST_WINDOW = (2, 7, 7)
_HEAD = "params/Logits/Conv3d_0c_1x1/Conv_0"
_PLACES = (1, 2, 3)


class I3D(keras.Model):
    """The network of [1]: [N, T, H, W, 3] in [-1, 1] -> [N, 400] and [N, 1024].

    Frozen and float32 under any policy. T is 9 or more, H and W 193 or more; the logits
    of a clip larger than 224 x 224 are averaged over its places, too.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Creates the variables.

        Args:
          arrays: their values, as `weights.load("i3d")` returns them; None leaves all
            zero.
        """
        super().__init__(name=NAME, dtype="float32", trainable=False)
        self.stages: dict[str, keras.layers.Layer] = {}
        channels = CHANNELS
        for name, (make, settings) in STAGES.items():
            self.stages[name] = make(channels, **settings)
            channels = self.stages[name].channels
        self.head_kernel = weights.add_variable(
            self, "head_kernel", (1, 1, 1, channels, NUM_CLASSES)
        )
        self.head_bias = weights.add_variable(self, "head_bias", (NUM_CLASSES,))
        if arrays is not None:
            weights.assign(self.published_variables(), arrays)
        clips = tf.TensorSpec([None, None, SIZE, SIZE, CHANNELS])
        self._traced = tf.function(self.__call__, input_signature=[clips])

    def published_variables(self) -> dict[str, keras.Variable]:
        """Returns all variables by the names with which they were published."""
        found: dict[str, keras.Variable] = {}
        for name, stage in self.stages.items():
            found |= stage.published_variables(name)
        return found | {
            f"{_HEAD}/kernel": self.head_kernel,
            f"{_HEAD}/bias": self.head_bias,
        }

    def judge(self, clips: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes logits and features of clips as they are stored.

        Args:
          clips: [N, T, H, W, 1 or 3] uint8, or floats in [0, 255]; T 9 or more.

        Returns:
          [N, 400] and [N, 1024] float32; see `call`.

        Raises:
          UserError: the clips are too short.
        """
        frames = prepared(clips)
        _check_size(frames)
        return self._traced(frames)

    def call(
        self, clips: tf.Tensor, clip_statistics: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes logits and features.

        Args:
          clips: [N, T, H, W, 3] in [-1, 1].
          clip_statistics: see `inception.Unit.call`.

        Returns:
          [N, 400] float32, the logits averaged over time; [N, 1024] float32, the channels
          of the last block averaged over time and space.

        Raises:
          UserError: the clips are too short or too small.
        """
        _check_size(clips)
        last = self.trunk(clips, clip_statistics=clip_statistics)
        return self.head(last), tf.reduce_mean(last, axis=_PLACES)

    def trunk(self, clips: tf.Tensor, *, clip_statistics: bool = False) -> tf.Tensor:
        """Runs all stages on clips of any length and size.

        Args:
          clips: [N, T, H, W, 3].
          clip_statistics: see `inception.Unit.call`.

        Returns:
          [N, T / 8, H / 32, W / 32, 1024] float32, rounded up.
        """
        for stage in self.stages.values():
            clips = stage(clips, clip_statistics=clip_statistics)
        return clips

    def head(self, last: tf.Tensor) -> tf.Tensor:
        """Computes logits of the last stage, averaged over time and windows.

        Args:
          last: [N, t, h, w, 1024]; t 2 or more, h and w 7 or more.

        Returns:
          [N, 400] float32.
        """
        windows = tf.nn.avg_pool3d(last, _LAST_WINDOW, strides=1, padding="VALID")
        # A mean of logits is the logits of the mean.
        pooled = tf.reduce_mean(windows, axis=_PLACES)
        return tf.matmul(pooled, self.head_kernel[0, 0, 0]) + self.head_bias


def load() -> I3D:
    """Makes the network with its published weights.

    Raises:
      UserError: they have not been fetched.
    """
    return I3D(weights.load(NAME))


def prepared(clips: tf.Tensor) -> tf.Tensor:
    """Brings clips to the size and range of the network as the code of [2] does.

    Args:
      clips: [N, T, H, W, 1 or 3] uint8, or floats in [0, 255].

    Returns:
      [N, T, 224, 224, 3] float32 in [-1, 1].
    """
    sizes = shapes.check_shape(clips, "N T H W C", name="clips")
    resized = pixels.to_float(resizing.bilinear(clips, SIZE, SIZE))
    return tf.repeat(resized, CHANNELS, axis=-1) if sizes["C"] == 1 else resized


def _check_size(clips: tf.Tensor) -> None:
    sizes = shapes.check_shape(clips, "N T H W C", name="clips", C=CHANNELS)
    for axis, least in (("T", MIN_FRAMES), ("H", MIN_SIZE), ("W", MIN_SIZE)):
        if sizes[axis] is not None and sizes[axis] < least:
            raise errors.UserError(
                f"`clips` have {sizes[axis]} as {axis} in {tuple(clips.shape)}, but I3D "
                f"needs {least} or more; take longer clips, or larger frames."
            )

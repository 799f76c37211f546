"""Inception-v3 of Keras, with a file of weights that the user has.

    inception.Inception("inception_v3_weights_tf_dim_ordering_tf_kernels.h5")

Features are the 2,048 channels behind the last block, averaged over the picture, as FID
takes them, but of other weights than the network of 2015 that FID is defined by: figures
carry this extractor's name. Frames are resized to 299 x 299 bilinearly; of a clip of
several frames the mean counts.
"""

import dataclasses
import pathlib
import warnings

import keras
import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.metrics.features import extractor
from tfvideogan.ops import frames

# Goes into the identity: raise it when a feature changes.
VERSION = "1"
SIDE = 299
NAME_LENGTH = 8
BATCH = 16


@dataclasses.dataclass(eq=False)
class Inception:
    """An `Extractor` of 2,048 features of RGB or grey frames.

    Attributes:
      weights: a file of Keras' weights of InceptionV3, without the classes ("notop").

    Raises:
      UserError: there is no such file, or it does not fit.
    """

    weights: str

    is_reference = False
    min_frames = 1
    size = (None, None, None, None)

    def __post_init__(self) -> None:
        path = pathlib.Path(self.weights).expanduser()
        if not path.is_file():
            raise errors.UserError(
                f"`Inception.weights` ({self.weights}) is no file; give Keras' weights "
                "of InceptionV3 without the classes, as keras.applications loads them."
            )
        self.identity = extractor.digest([path], "inception-v3-keras", VERSION)
        self.name = f"inception-v3-keras-{self.identity[:NAME_LENGTH]}"
        try:
            self._network = _load(path)
        except (ValueError, OSError, UserWarning) as error:
            raise errors.UserError(
                f"`Inception.weights` ({self.weights}) does not fit InceptionV3 without "
                f"its classes: {' '.join(str(error).split())}"
            ) from error
        self._judge = tf.function(self._features_of_frames)

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns float32 [N, 2048] of clips uint8 [N, T, H, W, C]; see `Extractor`."""
        extractor.check_clips(self, clips)
        flat = frames.fold_time(tf.constant(clips))
        parts = [
            self._judge(flat[start : start + BATCH])
            for start in range(0, len(flat), BATCH)
        ]
        found = frames.unfold_time(tf.concat(parts, axis=0), num_frames=clips.shape[1])
        return tf.reduce_mean(found, axis=1).numpy()

    def _features_of_frames(self, flat_frames: tf.Tensor) -> tf.Tensor:
        x = pixels.to_float(flat_frames)
        if x.shape[-1] == 1:
            x = tf.repeat(x, 3, axis=-1)
        return self._network(tf.image.resize(x, [SIDE, SIDE]), training=False)


def _load(path: pathlib.Path) -> keras.Model:
    """Loads the network; Keras warns where a file lacks a layer, and leaves it random."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return keras.applications.InceptionV3(
            include_top=False, weights=str(path), pooling="avg"
        )

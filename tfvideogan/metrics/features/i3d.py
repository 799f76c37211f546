"""I3D as an extractor: the reference of FVD, and what VFID looks at.

    i3d.I3D()                                # logits of 400 actions: FVD [1]
    i3d.PooledI3D(clip_statistics=True)      # the last block: VFID

Weights: `python -m tfvideogan.get_weights i3d`. They are verified before they are stored,
so that a distance by `I3D` may be called FVD: clips of at least 9 frames, stretched to
224 x 224 without half-pixel centres, logits averaged over time, as the code of [1] does.
It counts appearance for more than motion: frames in random order hardly move it.

References:
  [1] Unterthiner et al., Towards Accurate Generative Models of Video: A New Metric and
      Challenges, 2018.
"""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf

from tfvideogan.core import pixels
from tfvideogan.metrics.features import extractor
from tfvideogan.pretrained import i3d, published

# Goes into the identity: raise it when a feature changes.
VERSION = "1"
# Clips at a time: 16 frames of 224 x 224 need 0.2 GB each.
BATCH = 4


class I3D:
    """A `ClassExtractor` of the 400 logits; the reference of FVD.

    Raises:
      UserError: the weights have not been fetched.
    """

    name = "i3d-kinetics-400"
    is_reference = True
    min_frames = i3d.MIN_FRAMES
    size = (None, None, None, None)

    def __init__(self) -> None:
        """Loads the network."""
        self.identity = _identity(self.name)
        self._network = i3d.load()

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns logits [N, 400], averaged over time; see `Extractor`."""
        extractor.check_clips(self, clips)
        parts = [
            self._network.judge(tf.constant(clips[start : start + BATCH]))[0]
            for start in range(0, len(clips), BATCH)
        ]
        return tf.concat(parts, axis=0).numpy()

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Returns probabilities [N, 400] of actions; see `ClassExtractor`."""
        return tf.nn.softmax(self.features(clips)).numpy()


@dataclasses.dataclass(eq=False)
class PooledI3D:
    """An `Extractor` of the last block, averaged over time and space, as VFID takes it.

    Clips keep their size, and frames are in [0, 1]. Not the reference: published VFID has
    weights that are in no package (pytorch-i3d's of ImageNet and Kinetics).

    Attributes:
      clip_statistics: whether batch norm takes the statistics of each clip, as published
        figures do, or those that were learnt.

    Raises:
      UserError: the weights have not been fetched.
    """

    clip_statistics: bool = False

    is_reference = False
    min_frames = 1
    size = (None, None, None, 3)

    def __post_init__(self) -> None:
        kind = "-clip-statistics" if self.clip_statistics else ""
        self.name = f"i3d-pooled{kind}"
        self.identity = _identity(self.name)
        self._network = i3d.load()

    def features(self, clips: np.ndarray) -> np.ndarray:
        """Returns features [N, 1024]; see `Extractor`."""
        extractor.check_clips(self, clips)
        # One by one: clips are long and large.
        return np.concatenate(
            [self._of_clip(clips[n : n + 1]) for n in range(len(clips))]
        )

    def _of_clip(self, clip: np.ndarray) -> np.ndarray:
        frames = (pixels.to_float(tf.constant(clip)) + 1.0) / 2.0
        last = self._network.trunk(frames, clip_statistics=self.clip_statistics)
        return tf.reduce_mean(last, axis=[1, 2, 3]).numpy()


def _identity(name: str) -> str:
    content = "\0".join([published.WEIGHTS[i3d.NAME].sha256, name, VERSION])
    return hashlib.sha256(content.encode()).hexdigest()

"""How far generated clips are, as a set, from real ones: FVD [1] and KVD.

    from tfvideogan.metrics import video_distance
    from tfvideogan.metrics.features import i3d

    loop.run.metrics = (@video_distance.VideoDistance(),)
    video_distance.VideoDistance.extractor = @i3d.I3D()

Called FVD only with the reference network (`features/i3d.py`); any other extractor has its
name in brackets. The common protocol is 2,048 real and 2,048 generated clips of 16 frames;
say the number with every figure, and take the kernel distance below it.

Whether the metric may be used to speak of motion is a result, too: `FVD sees
motion/probes/...` is 1 if real clips that are shuffled, reversed or frozen are found
farther off than real clips as they are, beyond the intervals of both, and frames in random
order or standing still farther off than a small blur; else 0.

References:
  [1] Unterthiner et al., Towards Accurate Generative Models of Video: A New Metric and
      Challenges, 2018.
"""

import dataclasses
from collections.abc import Mapping

from absl import logging

from tfvideogan.metrics import feature_distance
from tfvideogan.metrics.features import extractor as extractors

DAMAGED_IN_TIME = ("shuffled", "reversed", "frozen")
# Time running backwards may look natural; these two never do.
WORSE_THAN_BLUR = ("shuffled", "frozen")
BLUR = "blurred"
NOT_FOR_MOTION = (
    "it is not used for motion: say nothing of how clips move by this number, and take an "
    "extractor that sees motion, such as a classifier of actions."
)


@dataclasses.dataclass(eq=False)
class VideoDistance(feature_distance.FeatureDistance):
    """FVD and KVD, precision and recall, with floor, controls and probes.

    Attributes:
      extractor: of features of whole clips, such as `i3d.I3D()`.
      frames: how many of a clip are judged, from the first; None for all, or for what
        the extractor takes.
      controls: see `FeatureDistance`.
      cache_dir: see `FeatureDistance`.
    """

    controls: tuple[str, ...] = (*DAMAGED_IN_TIME, BLUR)

    frechet_name = "FVD"
    kernel_name = "KVD"

    def _measure_all(self) -> dict[str, feature_distance.Score]:
        found = super()._measure_all()
        for measure in (self.frechet_name, self.kernel_name):
            title = extractors.title(measure, self.extractor)
            scores = {}
            for name, score in found.items():
                of, subject, column = name.split("/")
                if of == title:
                    scores[subject] = score
            if not {feature_distance.FLOOR, BLUR, *DAMAGED_IN_TIME} <= set(scores):
                continue
            sees = sees_motion(scores)
            if not sees:
                logging.warning(
                    "%s does not order the probes; %s", title, NOT_FOR_MOTION
                )
            found[f"{title} sees motion/probes/{column}"] = feature_distance.Score(
                float(sees)
            )
        return found


def sees_motion(scores: Mapping[str, feature_distance.Score]) -> bool:
    """Tells whether a distance orders the probes.

    Args:
      scores: of "floor", "shuffled", "reversed", "frozen" and "blurred" real clips.

    Returns:
      Whether each damage in time is above the floor, beyond the intervals of both, and
      shuffled and frozen clips are farther off than blurred ones.
    """
    floor, blurred = scores[feature_distance.FLOOR], scores[BLUR]
    highest = floor.interval()[1]
    is_noticed = all(scores[name].interval()[0] > highest for name in DAMAGED_IN_TIME)
    return is_noticed and all(
        scores[name].value > blurred.value for name in WORSE_THAN_BLUR
    )

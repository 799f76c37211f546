"""How far generated clips are, as a set, from real ones: FVD [1] and KVD.

    from tfvideogan.metrics import video_distance
    from tfvideogan.metrics.features import i3d

    loop.run.metrics = (@video_distance.VideoDistance(),)
    video_distance.VideoDistance.extractor = @i3d.I3D()

Called FVD only with the reference network (`features/i3d.py`); any other extractor has its
name in brackets. The common protocol is 2,048 real and 2,048 generated clips of 16 frames;
say the number with every figure, and take the kernel distance below it.

Whether the metric may be used to speak of motion is a result, too. `FVD sees motion/probes`
is 1 if real clips that stand still, or whose frames are in no order, are farther off than
real clips as they are, beyond the intervals of both, and farther off than a small blur;
else 0. `FVD sees direction/probes` is 1 if reversed clips are farther off than the floor,
beyond both intervals; waving and boxing look alike backwards, so that no metric can see it
there.

References:
  [1] Unterthiner et al., Towards Accurate Generative Models of Video: A New Metric and
      Challenges, 2018.
"""

import dataclasses
from collections.abc import Mapping

from absl import logging

from tfvideogan.metrics import controls as damages
from tfvideogan.metrics import feature_distance
from tfvideogan.metrics.features import extractor as extractors

SHUFFLED, REVERSED, FROZEN, BLURRED = "shuffled", "reversed", "frozen", "blurred"
CONTROLS = tuple(damages.CONTROLS)
NOT_FOR_MOTION = (
    "it is not used for motion: say nothing of how clips move by this number; judge more "
    "clips, or take an extractor that sees motion, such as a classifier of actions."
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

    controls: tuple[str, ...] = CONTROLS

    frechet_name = "FVD"
    kernel_name = "KVD"

    def _measure_all(self) -> dict[str, feature_distance.Score]:
        found = super()._measure_all()
        for measure in (self.frechet_name, self.kernel_name):
            title = extractors.title(measure, self.extractor)
            scores, columns = {}, {}
            for name, score in found.items():
                of, subject, column = name.split("/")
                if of == title:
                    scores[subject], columns[subject] = score, column
            if not {feature_distance.FLOOR, *CONTROLS} <= set(scores):
                continue
            column = columns[feature_distance.FLOOR]
            sees = sees_motion(scores)
            if not sees:
                logging.warning(
                    "%s does not order the probes of %s; %s",
                    title,
                    column,
                    NOT_FOR_MOTION,
                )
            for what, is_seen in (
                ("motion", sees),
                ("direction", sees_direction(scores)),
            ):
                name = f"{title} sees {what}/probes/{column}"
                found[name] = feature_distance.Score(float(is_seen))
        return found


def sees_motion(scores: Mapping[str, feature_distance.Score]) -> bool:
    """Tells whether a distance orders the probes; see the head of the file.

    Args:
      scores: of "floor", "shuffled", "frozen" and "blurred" real clips.
    """
    blurred = scores[BLURRED].value
    return all(
        is_above(scores[name], scores[feature_distance.FLOOR])
        and scores[name].value > blurred
        for name in (SHUFFLED, FROZEN)
    )


def sees_direction(scores: Mapping[str, feature_distance.Score]) -> bool:
    """Tells whether a distance notices that time runs backwards.

    Args:
      scores: of "floor" and "reversed" real clips.
    """
    return is_above(scores[REVERSED], scores[feature_distance.FLOOR])


def is_above(score: feature_distance.Score, other: feature_distance.Score) -> bool:
    """Tells whether a score is higher than another, beyond the intervals of both."""
    return score.interval()[0] > other.interval()[1]

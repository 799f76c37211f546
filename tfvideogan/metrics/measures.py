"""What the measures of results are, in a sentence each. Needs no TensorFlow.

    measure, subject, column = measures.split("J mean/model/2T")
    measures.about("PSNR in holes")      # "Peak signal-to-noise ratio ... higher is better"
    measures.main(results)               # ["J mean/model/T", "F mean/model/T", ...]

The most telling measures come first: that is the order in which a summary of a run takes
them. A measure that is not in the table is described by its name.
"""

import dataclasses
import re
from collections.abc import Iterable

# What a result is called that judges the model itself; other subjects are baselines, real
# clips and controls.
OWN = ("model", "composite", "completed", "restored", "frames")
DIFFERENCE = " - "
# What stands behind the measure in a name: a network, a region, what is compared.
_REST = re.compile(r"\[| in | around | between | to nearest | sees | of histograms")
# Of the columns of a measure, the one that covers all others.
_WHOLE = ("mean", "all")


@dataclasses.dataclass(frozen=True)
class Measure:
    """What is measured.

    Attributes:
      about: what it is, with its unit.
      better: "higher", "lower", or "" where that cannot be said.
    """

    about: str
    better: str = ""


HIGHER, LOWER = "higher", "lower"
MEASURES = {
    "J mean": Measure("region overlap of masks, intersection over union", HIGHER),
    "F mean": Measure("accuracy of the outlines of masks", HIGHER),
    "FVD": Measure("Fréchet distance of I3D features of videos", LOWER),
    "FID": Measure("Fréchet distance of Inception features of frames", LOWER),
    "VFID": Measure("Fréchet distance of I3D features of completed videos", LOWER),
    "caption accuracy": Measure(
        "share of clips of which a captioner says exactly their caption", HIGHER
    ),
    "accuracy": Measure("share of clips that are classified right", HIGHER),
    "motion score": Measure(
        "share of generated clips in which a classifier finds the wanted motion", HIGHER
    ),
    "centroid error": Measure(
        "pixels between the centroids of the object in predicted and real frames", LOWER
    ),
    "PSNR": Measure("peak signal-to-noise ratio, dB", HIGHER),
    "SSIM": Measure("structural similarity", HIGHER),
    "LPIPS": Measure("perceptual distance by deep features", LOWER),
    "LPIPS-Alex": Measure("perceptual distance by features of AlexNet", LOWER),
    "LPIPS-VGG": Measure("perceptual distance by features of VGG16", LOWER),
    "E_warp": Measure(
        "error between a frame and the one before, warped by flow", LOWER
    ),
    "end-point error": Measure(
        "pixels between where estimated and true flow lead", LOWER
    ),
    "ACD": Measure("how far the content of frames is from their mean", LOWER),
    "moving": Measure("share of clips whose object moves", HIGHER),
    "frozen": Measure("share of steps in which nothing changes", LOWER),
    "speed distance": Measure(
        "distance of generated speeds to real ones, pixels a frame", LOWER
    ),
    "L1": Measure("mean absolute difference of pixels in [0, 1]", LOWER),
    "KVD": Measure("kernel distance of I3D features of videos", LOWER),
    "KID": Measure("kernel distance of Inception features of frames", LOWER),
    "word accuracy": Measure("share of words that a captioner says right", HIGHER),
    "tOF": Measure("distance of the optical flows of generated and real videos", LOWER),
    "tLP": Measure("distance of the perceptual changes of neighbouring frames", LOWER),
    "masks by threshold": Measure("precision and recall of the pixels of masks"),
    "J recall": Measure("share of frames with a region overlap above 0.5", HIGHER),
    "J decay": Measure("region overlap lost from first to last quarter", LOWER),
    "precision": Measure("share of generated clips near real ones", HIGHER),
    "recall": Measure("share of real clips near generated ones", HIGHER),
    "loop score": Measure("how much a long video repeats itself", LOWER),
    "travel distance": Measure(
        "distance of the lengths of generated ways to real ones, pixels", LOWER
    ),
    "place distance": Measure(
        "distance of the places of generated objects to real ones, pixels", LOWER
    ),
    "progress distance": Measure(
        "distance of generated to real displacements, pixels", LOWER
    ),
    "MSE sum": Measure("summed squared differences of pixels in [0, 1]", LOWER),
    "MAE sum": Measure("summed absolute differences of pixels in [0, 1]", LOWER),
    "object found": Measure("share of frames in which an object is found"),
    "speed": Measure("mean speed of the object, pixels a frame"),
    "sharpness": Measure("mean gradient beside that of real frames, 1 is as sharp"),
    "gradient": Measure("mean absolute difference of neighbouring pixels"),
    "area": Measure("share of pixels"),
    "change": Measure("mean absolute difference of neighbouring frames"),
    "change ratio": Measure("change of frames beside that of real clips, 1 is equal"),
    "change distance": Measure("distance of the changes of frames to real ones", LOWER),
    "distance to context": Measure("difference to the last frame that was given"),
    "diversity": Measure("mean perceptual distance between samples", HIGHER),
    "alike": Measure("share of pairs of seeds whose samples look alike", LOWER),
    "swap difference": Measure("what another caption changes with the same picture"),
}


def split(result: str) -> tuple[str, str, str]:
    """Returns measure, subject and column of the name of a result."""
    measure, _, rest = result.partition("/")
    subject, _, column = rest.rpartition("/")
    return measure, subject, column


def about(measure: str) -> str:
    """Says what a measure is, as a phrase; its own name where that is not known.

    Args:
      measure: such as "PSNR in holes" or "FVD[classifier 1a2b]".
    """
    found = _find(measure)
    if found is None:
        return measure
    better = f"; {found.better} is better" if found.better else ""
    return f"{found.about}{better}"


def main(results: Iterable[str]) -> list[str]:
    """Returns the names of results that judge the model itself, one of each measure.

    Of the columns of a measure the one that covers all others, or else the first.

    Args:
      results: names, `measure/subject/column`.

    Returns:
      The most telling measures first, as `MEASURES` has them.
    """
    chosen: dict[str, str] = {}
    for result in results:
        measure, subject, column = split(result)
        if subject in OWN and (measure not in chosen or column in _WHOLE):
            chosen[measure] = result
    order = list(MEASURES)
    last = len(order)

    def place(measure: str) -> int:
        return order.index(measure) if measure in MEASURES else last

    return [chosen[measure] for measure in sorted(chosen, key=place)]


def _find(measure: str) -> Measure | None:
    if measure in MEASURES:
        return MEASURES[measure]
    return MEASURES.get(_REST.split(measure, maxsplit=1)[0])

"""How well the flow of videos with holes is completed, by itself and by what it is for.

    metric = flow_error.FlowError()

    end-point error in holes        pixels between completed and true flow, where either
                                    frame of a step has a hole
    end-point error around holes    the same elsewhere, within `RIM` pixels of a hole
    PSNR in holes, propagated       of frames whose holes are filled along the flow
                                    (`media/propagation.py`), the rest by a membrane

Subjects are `completed`; `found`, the flow as it was estimated around the holes;
`membrane`, the same but smooth inside of the holes; for PSNR also `true`, the batch's flow
of whole frames, which no completion is likely to beat. Both directions count alike, and
every clip once.
"""

import dataclasses
from collections.abc import Mapping

import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.core import pixels
from tfvideogan.media import inpainting, propagation
from tfvideogan.metrics import image, streaming

COMPLETED, FOUND, MEMBRANE, TRUE = "completed", "found", "membrane", "true"
COLUMN = "all"
# Pixels around a hole where an estimator's windows still see it.
RIM = 8
_DIRECTIONS, _FOUND = clips.FLOW_PAIRS
_ERROR, _PSNR = "end-point error", "PSNR in holes, propagated"
_REMEDY = (
    "`FlowError` judges flow around holes: a source with "
    "`holed.Holed.finds_flow = True`."
)


@dataclasses.dataclass(eq=False)
class FlowError(streaming.MeanMetric):
    """End-point errors of completed flow, and PSNR of what is propagated along it.

    Needs `frames`, `holes`, `forward_flow`, `backward_flow`, `found_forward_flow` and
    `found_backward_flow` in the batch, see `core/clip.py`, and `forward_flow` and
    `backward_flow` [N, T-1, H, W, 2] pixels in the outputs.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        made, true = (
            [
                streaming.required(arrays, key, where=where, remedy=_REMEDY)
                for key in _DIRECTIONS
            ]
            for arrays, where in ((outputs, "outputs"), (batch, "batches"))
        )
        frames, holes, *found = (
            streaming.required(batch, key, where="batches", remedy=_REMEDY)
            for key in ("frames", "holes", *_FOUND)
        )
        for number, (clip, hole) in enumerate(zip(frames, holes, strict=True)):
            of_clip = ([one[number] for one in pair] for pair in (made, found, true))
            self._add_clip(clip, hole, *of_clip)

    def _add_clip(
        self,
        frames: np.ndarray,
        holes: np.ndarray,
        made: list[np.ndarray],
        found: list[np.ndarray],
        true: list[np.ndarray],
    ) -> None:
        """Measures one clip; frames are in [-1, 1], flows [T-1, H, W, 2] in pixels."""
        subjects = {
            COMPLETED: made,
            FOUND: found,
            MEMBRANE: [propagation.complete_flow(one, holes) for one in found],
        }
        inside = (holes[1:] > 0) | (holes[:-1] > 0)
        regions = {"in holes": inside, "around holes": _grown(inside) & ~inside}
        for name, region in regions.items():
            of_subject = {
                subject: float(
                    np.mean([_error(*p, region) for p in zip(pair, true, strict=True)])
                )
                for subject, pair in subjects.items()
            }
            self._add(f"{_ERROR} {name}", of_subject)
        pictures = pixels.to_uint8(tf.constant(frames)).numpy()
        of_subject = {
            subject: _propagated(pictures, holes, pair)
            for subject, pair in (subjects | {TRUE: true}).items()
        }
        self._add(_PSNR, of_subject)

    def _add(self, measure: str, of_subject: Mapping[str, float]) -> None:
        differences = {
            f"{COMPLETED} - {name}": of_subject[COMPLETED] - value
            for name, value in of_subject.items()
            if name != COMPLETED
        }
        for subject, value in (of_subject | differences).items():
            self._means.add(f"{measure}/{subject}/{COLUMN}", value)


def _error(made: np.ndarray, true: np.ndarray, region: np.ndarray) -> float:
    """Mean distance of end points in a region [T-1, H, W, 1]; NaN if it is empty."""
    distances = np.linalg.norm(made - true, axis=-1, keepdims=True)
    return streaming.known_mean(np.where(region, distances, np.nan))


def _propagated(frames: np.ndarray, holes: np.ndarray, pair: list[np.ndarray]) -> float:
    """PSNR in the holes [T, H, W, 1] of frames that are filled along a pair of flows."""
    hidden = np.where(holes > 0, np.uint8(0), frames)
    made, left = propagation.propagate(hidden, holes, *pair)
    made = inpainting.inpaint(made, left, method=inpainting.MEMBRANE)
    values = image.psnr(
        made / pixels.MAX_BYTE,
        frames / pixels.MAX_BYTE,
        (holes > 0).astype(np.float64),
    )
    return streaming.known_mean(values)


def _grown(masks: np.ndarray) -> np.ndarray:
    """Grows masks [T, H, W, 1] by `RIM` pixels."""
    square = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    grown = [cv2.dilate(one.astype(np.uint8), square) for one in masks]
    return np.reshape(grown, masks.shape) > 0

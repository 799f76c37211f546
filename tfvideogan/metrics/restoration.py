"""How much better restored frames are than the damaged ones that a model was given.

Subjects are `restored`; `blurred`, what the model was given; and `unsharp`, the same after
unsharp masking, which needs no training. `restored - blurred` and `restored - unsharp` are
differences on the same clips: by PSNR and SSIM the model helps where they are above 0.

All is NumPy in float64 on frames in [0, 1]; see `image.py` for the measures.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import image, perceptual, streaming
from tfvideogan.pretrained import lpips

RESTORED, BLURRED, UNSHARP = "restored", "blurred", "unsharp"
COLUMN = "all"


@dataclasses.dataclass(eq=False)
class RestorationQuality(streaming.MeanMetric):
    """PSNR, SSIM and, where it is asked for, LPIPS of restored frames and of baselines.

    Needs sharp clips under `target_key` and damaged ones under `damaged_key` of the
    batch, and the model's under `output_key` of the outputs, all [N, T, H, W, C] in
    [-1, 1]. The results are `PSNR/restored - blurred/all` and the like.

    Attributes:
      measures: names of `image.MEASURES`.
      has_lpips: whether to measure LPIPS-Alex, too; its weights must have been fetched.
      output_key: see above.
      target_key: see above.
      damaged_key: see above.
      sigma: of the Gaussian of unsharp masking, pixels.
      amount: how much of what the Gaussian takes away unsharp masking adds.

    Raises:
      UserError: there is no such measure, `sigma` is not positive, or the weights of
        LPIPS have not been fetched.
    """

    measures: Sequence[str] = ("PSNR", "SSIM")
    has_lpips: bool = False
    output_key: str = "frames"
    target_key: str = "frames"
    damaged_key: str = "blurred_frames"
    sigma: float = 2.0
    amount: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        image.check_measures(self.measures, owner="RestorationQuality")
        if self.sigma <= 0:
            raise errors.UserError(
                f"`RestorationQuality.sigma` ({self.sigma}) must be positive."
            )
        self._distance = lpips.load("alexnet") if self.has_lpips else None

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = "`RestorationQuality` judges what is made of blurred frames."
        made, sharp = streaming.made_and_wanted(
            batch,
            outputs,
            output_key=self.output_key,
            target_key=self.target_key,
            remedy=remedy,
        )
        damaged = streaming.required(
            batch, self.damaged_key, where="batches", remedy=remedy
        )
        sharp, damaged = image.unit_range(sharp), image.unit_range(damaged)
        subjects = {
            RESTORED: image.unit_range(made),
            BLURRED: damaged,
            UNSHARP: unsharp(damaged, sigma=self.sigma, amount=self.amount),
        }
        for name, of_subject in self._measured(subjects, sharp).items():
            for baseline in (BLURRED, UNSHARP):
                difference = of_subject[RESTORED] - of_subject[baseline]
                of_subject[f"{RESTORED} - {baseline}"] = difference
            for subject, values in of_subject.items():
                for clip in values:
                    self._means.add(f"{name}/{subject}/{COLUMN}", float(clip.mean()))

    def _measured(
        self, subjects: Mapping[str, np.ndarray], sharp: np.ndarray
    ) -> dict[str, dict[str, np.ndarray]]:
        """Returns measure -> subject -> values [N, T]."""
        found = {
            name: {
                subject: image.MEASURES[name](clips, sharp, None)
                for subject, clips in subjects.items()
            }
            for name in self.measures
        }
        if self._distance is not None:
            found["LPIPS-Alex"] = {
                subject: perceptual.distances(self._distance, clips, sharp)
                for subject, clips in subjects.items()
            }
        return found


def unsharp(clips: np.ndarray, *, sigma: float, amount: float) -> np.ndarray:
    """Adds to frames what a Gaussian takes away from them.

    Args:
      clips: [..., H, W, C] in [0, 1].
      sigma: of the Gaussian, pixels.
      amount: factor of what is added.

    Returns:
      The same shape, clipped to [0, 1].
    """
    flat = clips.reshape(-1, *clips.shape[-3:])
    smooth = [
        cv2.GaussianBlur(one, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        for one in flat
    ]
    smooth = np.stack(smooth).reshape(clips.shape)  # OpenCV drops a single channel
    return np.clip(clips + amount * (clips - smooth), 0.0, 1.0)

"""Whether videos are steady: how well they follow the motion of the real ones.

    WarpError   E_warp [1]: how well a frame, carried by the motion of the real video, meets
                the one before it
    FlowError   tOF [2]: how far the motion of a video is from that of the real one

Neither says that a video is good: a blurred one has a low E_warp, and so has a still one
where little moves. Hence `controls.py` and the real clips stand beside the model, and
sharpness beside E_warp.

Both compare with the real clip frame by frame, which models that generate clips of their
own do not have; for them there is `flicker.py`. Means are float64.

References:
  [1] Lai et al., Learning blind video temporal consistency, ECCV 2018, section 4, and the
      evaluation code published with it.
  [2] Chu et al., Learning temporal coherence via self-supervision for GAN-based video
      generation (TecoGAN), ACM Transactions on Graphics 39(4), 2020, section 5, and the
      evaluation code published with it.
"""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.media import flow as flows
from tfvideogan.metrics import controls, image, prediction, streaming
from tfvideogan.ops import warp

FLOWS = {"dis": "DIS", "batch": "batch"}
COLUMN = "all"
# Steps at a time: at 240x432 pixels, each takes about 60 MB.
_STEPS = 4
# [2]: sides are cut to multiples of 32 that leave 8 pixels at each border, at least.
_CROP_MULTIPLE = 32
_CROP_MARGIN = 8


@dataclasses.dataclass(eq=False)
class PairedMetric(streaming.MeanMetric):
    """Base of metrics that compare a video with the real one, frame by frame.

    Attributes:
      output_key: what the model made, [N, T, H, W, C] in [-1, 1].
      target_key: the real clips in the batch, of the same shape.
      start: first judged frame, such as the first one after a context.

    Raises:
      UserError: `start` is negative.
    """

    output_key: str = "frames"
    target_key: str = "frames"
    start: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start < 0:
            raise errors.UserError(
                f"`{type(self).__name__}.start` ({self.start}) must be 0 or more."
            )

    def judged(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the real and the model's frames from `start` on, two or more.

        Raises:
          UserError: they are missing, differ in shape, or are too few.
        """
        name = type(self).__name__
        remedy = f"`{name}` judges videos that have a real one to compare with."
        model, real = streaming.made_and_wanted(
            batch,
            outputs,
            output_key=self.output_key,
            target_key=self.target_key,
            remedy=remedy,
        )
        if real.shape[1] - self.start < 2:
            raise errors.UserError(
                f"`{name}` compares two frames or more, but clips have {real.shape[1]} "
                f"and `start` is {self.start}; start earlier."
            )
        return real[:, self.start :], model[:, self.start :]


@dataclasses.dataclass(eq=False)
class WarpError(PairedMetric):
    """E_warp of generated videos and of controls, and how sharp their frames are.

    The flow is that of the real clip. E_warp is the mean squared difference, per channel,
    of frame t and of frame t + 1 carried back to it, over the pixels of frame t that are
    seen in both: not occluded, not at a motion boundary, not carried out of the image.
    Means are over steps, then over clips. It is the raw value; papers print 100 or 1000
    times as much.

    The results are `E_warp[DIS]/model/all` and the like, and `gradient/model/all`, the mean
    absolute difference of neighbouring pixels (`prediction.gradient`): a video that wins
    by E_warp with a lower gradient than the real one wins by blur.

    Unlike in [1], whose flow is FlowNet2's, the flow is named; out-of-image pixels never
    count; and a step without any pixel to compare counts for nothing instead of 0.

    Attributes:
      flow: "dis", estimated here from the real clip, or "batch", the batch's own
        `forward_flow` and `backward_flow`, exact where the data are drawn.

    Raises:
      UserError: `flow` is neither.
    """

    flow: str = "dis"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.flow not in FLOWS:
            raise errors.UserError(
                f"`WarpError.flow` ({self.flow!r}) must be one of {', '.join(FLOWS)}."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = self.judged(batch, outputs)
        forward, backward = self._flows(batch, real)
        real = image.unit_range(real)
        subjects = {
            "model": image.unit_range(model),
            "real": real,
            **_damaged(real),
        }
        name = f"E_warp[{FLOWS[self.flow]}]"
        videos = np.stack([*subjects.values()], axis=1)  # [N, S, T, H, W, C]
        for clip in zip(videos, forward, backward, strict=True):
            for subject, steps in zip(subjects, warp_errors(*clip), strict=True):
                mean = streaming.known_mean(steps)
                self._means.add(f"{name}/{subject}/{COLUMN}", mean)
        for subject in ("model", "real", "blurred"):
            for value in prediction.gradient(subjects[subject]).mean(axis=1):
                self._means.add(f"gradient/{subject}/{COLUMN}", float(value))

    def _flows(
        self, batch: Mapping[str, np.ndarray], real: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Forward and backward flow [N, T-1, H, W, 2] of the judged frames."""
        if self.flow == "dis":
            clips = [flows.estimate_clip(clip) for clip in _bytes(real)]
            forward, backward = zip(*clips, strict=True)
            return np.stack(forward), np.stack(backward)
        remedy = 'set `WarpError.flow` to "dis".'
        forward, backward = (
            streaming.required(batch, key, where="batches", remedy=remedy)
            for key in ("forward_flow", "backward_flow")
        )
        return forward[:, self.start :], backward[:, self.start :]


@dataclasses.dataclass(eq=False)
class FlowError(PairedMetric):
    """tOF: the mean distance of the flows of generated and real videos, in pixels.

    Both flows are Farneback's, with the constants of [2], of 8-bit grey frames; the mean is
    over the inner pixels, steps and clips. The results are `tOF/model/all` and those of the
    controls; the real clip has 0.

    Attributes:
      dropped: frames left out at the beginning and at the end; 2 in published figures.
      is_cropped: compare only inside of a border of 8 to 24 pixels, as [2] does; needs
        frames of 48x48 or more. False compares all pixels and says `tOF[uncropped]`.

    Raises:
      UserError: `dropped` is negative.
    """

    dropped: int = 2
    is_cropped: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dropped < 0:
            raise errors.UserError(
                f"`FlowError.dropped` ({self.dropped}) must be 0 or more."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = self.judged(batch, outputs)
        kept = slice(self.dropped, real.shape[1] - self.dropped)
        real, model = _bytes(real[:, kept]), _bytes(model[:, kept])
        if real.shape[1] < 2:
            raise errors.UserError(
                f"`FlowError.dropped` ({self.dropped}) leaves {real.shape[1]} frame(s) of "
                "a clip, but two are compared; drop fewer."
            )
        name = "tOF" if self.is_cropped else "tOF[uncropped]"
        wanted = _farneback(real)
        for subject, frames in {"model": model, **_damaged(real)}.items():
            difference = np.asarray(_farneback(frames) - wanted, np.float64)
            distances = np.sqrt(np.square(difference).sum(axis=-1))  # [N, T-1, H, W]
            for clip in inner(distances) if self.is_cropped else distances:
                self._means.add(f"{name}/{subject}/{COLUMN}", float(clip.mean()))


def warp_errors(
    videos: np.ndarray,
    forward_flow: np.ndarray,
    backward_flow: np.ndarray,
    *,
    regions: np.ndarray | None = None,
) -> np.ndarray:
    """Computes E_warp of every step of videos that should all move alike.

    Args:
      videos: [S, T, H, W, C] in [0, 1].
      forward_flow: [T-1, H, W, 2] pixels (dx, dy), on frame t, to t + 1.
      backward_flow: [T-1, H, W, 2], on frame t + 1, to t.
      regions: [T-1, H, W, 1] of frame t, above 0 where pixels count; None for all.

    Returns:
      [S, T-1] float64: the mean squared difference per channel of the pixels that are seen
      in both frames; NaN where there is none.
    """
    # One warp for all videos, their channels side by side.
    num_videos, num_frames, height, width, channels = videos.shape
    frames = np.moveaxis(videos, 0, 3).reshape(num_frames, height, width, -1)
    parts = [
        _masked_errors(
            frames[start : start + _STEPS + 1],
            tf.constant(forward_flow[start : start + _STEPS], tf.float32),
            tf.constant(backward_flow[start : start + _STEPS], tf.float32),
            None if regions is None else regions[start : start + _STEPS],
        )
        for start in range(0, num_frames - 1, _STEPS)
    ]
    errors_ = np.concatenate(parts).reshape(num_frames - 1, num_videos, channels)
    return errors_.mean(axis=-1).T


def inner(values: np.ndarray) -> np.ndarray:
    """Cuts [..., H, W] to the inner pixels that [2] compares.

    Sides become the greatest multiple of 32 that leaves 8 pixels at either border.

    Raises:
      UserError: a side is less than 48.
    """
    sizes = np.array(values.shape[-2:])
    sides = (sizes - 2 * _CROP_MARGIN) // _CROP_MULTIPLE * _CROP_MULTIPLE
    if sides.min() < 1:
        raise errors.UserError(
            f"frames of {sizes[0]}x{sizes[1]} have no inner pixels for tOF, which needs "
            "48x48; set `FlowError.is_cropped` to False."
        )
    top, left = (sizes - sides) // 2
    return values[..., top : top + sides[0], left : left + sides[1]]


def _masked_errors(
    frames: np.ndarray,
    forward_flow: tf.Tensor,
    backward_flow: tf.Tensor,
    regions: np.ndarray | None,
) -> np.ndarray:
    """Mean squared error [T-1, C] of frames [T, H, W, C] where both show the scene."""
    hidden = warp.occlusion(forward_flow, backward_flow)
    hidden += warp.motion_boundaries(forward_flow)
    is_seen = hidden.numpy() == 0  # [T-1, H, W, 1]
    if regions is not None:
        is_seen &= regions > 0
    carried = warp.backward(tf.constant(frames[1:], tf.float32), forward_flow)
    squares = np.square(carried.numpy() - frames[:-1])
    sums = np.sum(squares, axis=(1, 2), where=is_seen)  # [T-1, C]
    return streaming.ratio(sums, is_seen.sum(axis=(1, 2)))


def _damaged(real: np.ndarray) -> dict[str, np.ndarray]:
    return {name: controls.damage(name, real) for name in controls.CONTROLS}


def _bytes(frames: np.ndarray) -> np.ndarray:
    return pixels.to_uint8(tf.constant(frames)).numpy()


def _farneback(clips: np.ndarray) -> np.ndarray:
    """Flow [N, T-1, H, W, 2] from each frame of [N, T, H, W, C] uint8 to the next."""
    return np.array(
        [
            [flows.estimate_farneback(*pair) for pair in itertools.pairwise(clip)]
            for clip in clips
        ]
    )

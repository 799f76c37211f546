"""How well holes of videos are filled, beside what fills them without a model.

    metric = completion.CompletionQuality()               # clean
    metric = completion.CompletionQuality(convention="community")

Subjects are `completed`, `auto` where `evaluate --method=auto` gives it, and the baselines
of `completion_baselines.py`; `completed - Telea`, `auto - completed` and the like are
differences on the same clips: by PSNR and SSIM the model is better where
they are above 0, by LPIPS and E_warp where they are below. All are judged as composites,
with the known pixels put back, as papers do; a whole frame therefore reads the better the
smaller its hole. Inside of the holes:

    PSNR in holes               all of them
    PSNR in holes, seen         what another frame shows: to be found
    PSNR in holes, never seen   what none shows: to be invented
    E_warp[DIS] in holes        how steady, by the flow of the whole clip; see `temporal.py`
    gradient in holes           how sharp: the lowest E_warp is that of a blurred fill

What other frames show is decided by the whole clips, not by the model: a pixel is seen
where the batch's flow, or else that of DIS, leads step by step to a known one.

The two conventions of published figures:

    clean       frames as they are; SSIM by a Gaussian of 11 pixels; means over the frames
                of a clip, then over clips
    community   bytes; SSIM by a uniform window of 65 pixels, n/a below; means over all
                frames of all clips, so that long ones weigh more [1, 2]

Identical frames have 100 dB here, and are infinite in the code of [1, 2].

References:
  [1] Li et al., Towards an end-to-end framework for flow-guided video inpainting
      (E2FGVI), CVPR 2022, section 4.1, and the evaluation code published with it.
  [2] Zhou et al., ProPainter, ICCV 2023, section 4.1, and the code published with it.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels
from tfvideogan.media import flow as flows
from tfvideogan.media import inpainting, propagation
from tfvideogan.metrics import (
    bootstrap,
    completion_baselines,
    image,
    perceptual,
    ssim,
    streaming,
    temporal,
)
from tfvideogan.pretrained import lpips

COMPLETED, AUTO, REAL = "completed", "auto", "real"
CLEAN, COMMUNITY = "clean", "community"
MEASURES = {CLEAN: ("PSNR", "SSIM"), COMMUNITY: ("PSNR", "SSIM[win65]")}
COLUMN, STATIC, MOVING = "all", "static holes", "moving holes"
_E_WARP, _GRADIENT = "E_warp[DIS] in holes", "gradient in holes"
_PLACES = ("in holes", "in holes, seen", "in holes, never seen")
_FLOW_KEYS = ("forward_flow", "backward_flow")

# Measure -> subject -> a value of each frame, NaN where there is none.
_Values = dict[str, dict[str, np.ndarray]]


@dataclasses.dataclass(eq=False)
class CompletionQuality(streaming.MeanMetric):
    """PSNR, SSIM, E_warp and, where it is asked for, LPIPS of completed clips.

    Needs whole clips `frames` [N, T, H, W, C] in [-1, 1] and `holes` [N, T, H, W, 1] in
    the batch, and `frames` of the same shape in the outputs, `auto` as well if there is
    one. Clips with static and with moving holes have a column each besides `all`. Also
    counted: `area/holes`, the share of pixels that are missing, `area/never seen`, the
    share of those that no frame shows, and `area/changed known pixels`, the share of the
    others that a model did not leave alone.

    Baselines are computed once for each clip, also when clips come again after a reset.

    Attributes:
      convention: "clean" or "community", see above.
      baselines: names of `completion_baselines.BASELINES`.
      has_lpips: whether to measure LPIPS-Alex, too; its weights must have been fetched.
      has_truth: False for objects that are to be removed, of which `frames` show what is
        to go: only E_warp, by the flow around the holes, and the gradient remain.

    Raises:
      UserError: there is no such convention or baseline, LPIPS is asked for without
        truth, or its weights have not been fetched.
    """

    convention: str = CLEAN
    baselines: Sequence[str] = tuple(completion_baselines.BASELINES)
    has_lpips: bool = False
    has_truth: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, values, known in (
            ("convention", [self.convention], MEASURES),
            ("baselines", self.baselines, completion_baselines.BASELINES),
        ):
            for one in values:
                if one not in known:
                    raise errors.UserError(
                        f"`CompletionQuality.{name}` ({one!r}) must be of "
                        f"{', '.join(known)}."
                    )
        if self.has_lpips and not self.has_truth:
            raise errors.UserError(
                "`CompletionQuality.has_lpips` needs whole clips to compare with; set it "
                "to False where `has_truth` is False."
            )
        self._distance = lpips.load("alexnet") if self.has_lpips else None
        self._of_baselines: dict[bytes, _Values] = {}

    def reset(self) -> None:
        """Forgets every clip that was judged."""
        super().reset()
        self._frames = streaming.Means()  # how many frames each mean is of

    def merge(self, other: "CompletionQuality") -> None:
        """Adds the clips of another; see `Metric`."""
        super().merge(other)
        self._frames.merge(other._frames)

    def result(self) -> dict[str, float]:
        """Returns the means over clips, or over all frames by `community`."""
        if self.convention == CLEAN:
            return super().result()
        return {
            name: float(_over_frames(np.ones((1, len(values))), values, numbers)[0])
            for name, (values, numbers) in self._by_frames().items()
        }

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns intervals by bootstrap over clips, whose frames are not independent."""
        if self.convention == CLEAN:
            return super().intervals()
        drawn = {
            name: _over_frames(bootstrap.draws(len(values)), values, numbers)
            for name, (values, numbers) in self._by_frames().items()
            if len(values) >= bootstrap.FEWEST_CLIPS
        }
        return bootstrap.intervals(drawn)

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = "`CompletionQuality` judges clips with holes: gin/data/holed.gin."
        made, given = streaming.made_and_wanted(
            batch, outputs, output_key="frames", target_key="frames", remedy=remedy
        )
        holes = streaming.required(batch, "holes", where="batches", remedy=remedy) > 0
        subjects = {COMPLETED: made}
        if AUTO in outputs:
            subjects[AUTO] = outputs[AUTO]
        has_flow = self.has_truth and all(key in batch for key in _FLOW_KEYS)
        true_flows = [batch[key] for key in _FLOW_KEYS] if has_flow else []
        for number, clip in enumerate(zip(given, holes, *true_flows, strict=True)):
            self._add_clip({name: one[number] for name, one in subjects.items()}, *clip)

    def _add_clip(
        self,
        made: Mapping[str, np.ndarray],
        given: np.ndarray,
        hole: np.ndarray,
        *true_flow: np.ndarray,
    ) -> None:
        """Measures what subjects made of one clip; frames are in [-1, 1]."""
        flow = self._flow(given, hole)
        judged = _Clip(
            frames=self._shown(given),
            hole=hole,
            flow=flow,
            regions=_regions(hole, true_flow or flow) if self.has_truth else {},
        )
        key = _digest(given, hole, *true_flow)
        if key not in self._of_baselines:
            self._of_baselines[key] = self._without_model(judged, given)
        values = {name: dict(one) for name, one in self._of_baselines[key].items()}
        ours = self._measured(
            judged, {name: self._shown(one) for name, one in made.items()}
        )
        for measure, of_subject in ours.items():
            others = {name: values[measure][name] for name in self.baselines}
            rivals = others | {COMPLETED: of_subject[COMPLETED]}
            differences = {
                f"{subject} - {name}": own - other
                for subject, own in of_subject.items()
                for name, other in rivals.items()
                if measure != _GRADIENT and name != subject
            }
            values[measure] = of_subject | values[measure] | differences
        changed = np.any(made[COMPLETED] != given, axis=-1, keepdims=True)
        values["area"]["changed known pixels"] = ssim.frame_means(changed, ~hole)
        kind = STATIC if np.all(hole == hole[:1]) else MOVING
        for measure, of_subject in values.items():
            for subject, of_frames in of_subject.items():
                for column in (COLUMN, kind):
                    name = f"{measure}/{subject}/{column}"
                    self._means.add(name, streaming.known_mean(of_frames))
                    self._frames.add(name, float(np.sum(~np.isnan(of_frames))))

    def _shown(self, frames: np.ndarray) -> np.ndarray:
        """Frames in [-1, 1] as they are judged, float64 in [0, 1]."""
        if self.convention == COMMUNITY:
            return _bytes(frames) / pixels.MAX_BYTE
        return image.unit_range(frames)

    def _flow(self, given: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, ...]:
        """The motion of the scene [T-1, H, W, 2], forward and backward, by DIS."""
        if self.has_truth:
            return flows.estimate_clip(_bytes(given))
        return tuple(
            propagation.complete_flow(one, hole)
            for one in inpainting.estimate_flow(_bytes(given), hole)
        )

    def _without_model(self, judged: "_Clip", given: np.ndarray) -> _Values:
        """Measures the baselines, the real clip, and the holes themselves."""
        hole = judged.hole
        hidden = np.where(hole, np.uint8(0), _bytes(given))
        subjects = {
            name: completion_baselines.BASELINES[name](hidden, hole) / pixels.MAX_BYTE
            for name in self.baselines
        }
        values = self._measured(judged, subjects)
        values["area"] = {"holes": hole.mean(axis=(1, 2, 3))}
        if self.has_truth:
            for measure, of_subject in _steadiness(
                judged, {REAL: judged.frames}
            ).items():
                values[measure] |= of_subject
            never = judged.regions[_PLACES[-1]].astype(np.float64)
            values["area"]["never seen"] = ssim.frame_means(never, hole)
        return values

    def _measured(self, judged: "_Clip", subjects: Mapping[str, np.ndarray]) -> _Values:
        """Measures composites of subjects [T, H, W, C] in [0, 1]."""
        truth = judged.frames
        subjects = {
            name: np.where(judged.hole, made, truth) for name, made in subjects.items()
        }
        values: _Values = {}
        if self.has_truth:
            functions = {
                name: functools.partial(image.MEASURES[name], weights=None)
                for name in MEASURES[self.convention]
            }
            if self._distance is not None:
                functions["LPIPS-Alex"] = functools.partial(
                    perceptual.distances, self._distance
                )
            for place, region in judged.regions.items():
                functions[f"PSNR {place}"] = functools.partial(
                    image.psnr, weights=region
                )
            values = {
                measure: {
                    name: function(made, truth) for name, made in subjects.items()
                }
                for measure, function in functions.items()
            }
        return values | _steadiness(judged, subjects)

    def _by_frames(self) -> dict[str, list[np.ndarray]]:
        """Name -> the clips' means and numbers of frames [N], in an order of their own."""
        return {
            name: bootstrap.in_order(
                np.nan_to_num(self._means.values(name)), self._frames.values(name)
            )
            for name in self._means.names
        }


@dataclasses.dataclass(frozen=True)
class _Clip:
    """A clip that is judged.

    Attributes:
      frames: [T, H, W, C] in [0, 1], whole.
      hole: [T, H, W, 1] bool.
      flow: forward and backward, [T-1, H, W, 2] each.
      regions: by place, [T, H, W, 1] bool.
    """

    frames: np.ndarray
    hole: np.ndarray
    flow: Sequence[np.ndarray]
    regions: Mapping[str, np.ndarray]


def _regions(hole: np.ndarray, flow: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Parts the holes [T, H, W, 1] by what other frames show."""
    never = propagation.never_seen(hole, *flow)
    return dict(zip(_PLACES, (hole, hole & ~never, never), strict=True))


def _steadiness(judged: _Clip, subjects: Mapping[str, np.ndarray]) -> _Values:
    """E_warp of each step [T-1] and the gradient of each frame [T], in the holes."""
    if not subjects:
        return {_E_WARP: {}, _GRADIENT: {}}
    videos = np.stack([*subjects.values()])
    found = np.zeros((len(videos), 0))
    if videos.shape[1] > 1:
        found = temporal.warp_errors(videos, *judged.flow, regions=judged.hole[:-1])
    return {
        _E_WARP: dict(zip(subjects, found, strict=True)),
        _GRADIENT: {
            name: _gradient(made, judged.hole) for name, made in subjects.items()
        },
    }


def _gradient(frames: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The mean absolute difference of neighbours that both are in the hole, [T]."""
    down = np.abs(np.diff(frames, axis=1)), hole[:, 1:] & hole[:, :-1]
    across = np.abs(np.diff(frames, axis=2)), hole[:, :, 1:] & hole[:, :, :-1]
    return ssim.frame_means(*down) + ssim.frame_means(*across)


def _over_frames(
    counts: np.ndarray, values: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Means [R] over frames of clips that count so often, [R, N]; NaN without any."""
    return streaming.ratio(counts @ (values * numbers), counts @ numbers)


def _bytes(frames: np.ndarray) -> np.ndarray:
    return pixels.to_uint8(tf.constant(frames)).numpy()


def _digest(*arrays: np.ndarray) -> bytes:
    """What tells clips apart without keeping them."""
    digest = hashlib.sha256()
    for one in arrays:
        digest.update(str(one.shape).encode())
        digest.update(np.ascontiguousarray(one))
    return digest.digest()

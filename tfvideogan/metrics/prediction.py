"""How good predicted frames are, step by step after the context.

A model of prediction sees the first frames of a clip, the context, and goes on. Step +s is
s frames after the last of them:

    PSNR, SSIM       nearness to what really came; one future of many, so a dull mean of
                     all futures scores well, and so may the best of many samples
    sharpness        mean absolute difference of neighbouring pixels, over that of the real
                     frames at the same step: 1 as sharp as real, below it blurred, above
                     it noisy. No learned features
    change, frozen   whether the prediction moves on as real clips do
    diversity        how much samples of one future differ

Subjects are the model; `copied`, the last frame of the context held still; `linear`, the
last two frames of the context carried on, pixel by pixel; and, where a model gives S
samples, `best of S`, for each clip the sample with the best mean PSNR, and `mean of S`.
Compare no best of S with a figure of another S. `model - copied` and `model - linear` are
differences on the same clips: by PSNR and SSIM the model is the better one where they are
above 0.

All is NumPy in float64.

References:
  [1] Mathieu et al., Deep multi-scale video prediction beyond mean square error, ICLR 2016,
      experiments (they judge sharpness by the same gradients, as a difference in dB).
"""

import dataclasses
import functools
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from tfvideogan.core import errors
from tfvideogan.metrics import bootstrap, content, image, movement, streaming

# The context is handed through: less than a level of 0 to 255 is rounding.
SAME_FRAME = 1.0 / 255.0
# Linear extrapolation wants two frames.
LINEAR_CONTEXT = 2
BASELINES = ("copied", "linear")


@dataclasses.dataclass(eq=False)
class PredictionMetric(streaming.MeanMetric):
    """Base of metrics of the steps after the context.

    Attributes:
      context: frames that the model was given; the first of its `frames`, too.
      steps: frames after them that are judged.

    Raises:
      UserError: `context` or `steps` is less than 1.
    """

    context: int = 3
    steps: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("context", self.context), ("steps", self.steps)):
            if value < 1:
                raise errors.UserError(
                    f"`{type(self).__name__}.{name}` ({value}) must be at least 1."
                )

    def judged(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns context and judged steps of the real and the predicted clips.

        Raises:
          UserError: frames are missing, too few, or not those of the context.
        """
        name = type(self).__name__
        return real_and_predicted(
            batch, outputs, context=self.context, steps=self.steps, owner=name
        )


@dataclasses.dataclass(eq=False)
class PredictionQuality(PredictionMetric):
    """Nearness and sharpness at each step; change, frozen steps and diversity.

    Attributes:
      samples_key: of outputs [N, S, steps or more, H, W, C] in [-1, 1] that begin after
        the context; they may be missing. The best one is best by PSNR.
      measures: names of `image.MEASURES`, of each step.
      columns: steps that are reported one by one, in rising order, such as (10, 40, 200);
        all if empty. `change` and `frozen` are then of the steps from one column to the
        next: +1..+10, +11..+40 and +41..+200.

    Raises:
      UserError: there is no such measure or step.
    """

    samples_key: str = "samples"
    measures: Sequence[str] = ("PSNR", "SSIM")
    columns: Sequence[int] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        image.check_measures(self.measures, owner="PredictionQuality")
        bounds = (0, *self.columns, self.steps + 1)
        if any(one >= other for one, other in itertools.pairwise(bounds)):
            raise errors.UserError(
                f"`PredictionQuality.columns` {tuple(self.columns)} must be steps from 1 "
                f"to `steps` ({self.steps}) in rising order."
            )

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = self.judged(batch, outputs)
        past, future = np.split(image.unit_range(real), [self.context], axis=1)
        predicted = image.unit_range(model[:, self.context :])
        subjects = {
            "model": predicted,
            "copied": np.broadcast_to(past[:, -1:], future.shape),
            "linear": _extrapolated(past, self.steps),
        }
        for measure in self.measures:
            function = image.MEASURES[measure]
            values = {key: function(one, future) for key, one in subjects.items()}
            for baseline in BASELINES:
                values[f"model - {baseline}"] = values["model"] - values[baseline]
            for subject, one in values.items():
                self._add(measure, subject, one)
        for subject, frames in subjects.items():
            self._add_gradients(subject, frames)
        self._add_gradients("real", future)
        for subject, frames in (("model", predicted), ("real", future)):
            whole = np.concatenate([past[:, -1:], frames], axis=1)
            self._changes[subject] += [movement.changes(clip) for clip in whole]
        if self.samples_key in outputs:
            samples = image.unit_range(self._samples(outputs, future.shape))
            self._measure_samples(samples, future)

    def result(self) -> dict[str, float]:
        """Returns `PSNR/model/+1`, `PSNR/model/mean` and the like.

        `sharpness` and `change` are means of all clips over means of all real clips, so
        that no single dark or still clip decides; NaN where the real ones have none.
        `change` and `frozen` have the column `+1..+10`: all steps together, or those
        from one of `columns` to the next.
        """
        found = super().result()
        if found:
            numbers = self._numbers()
            ratios = self._ratios(numbers, np.ones(len(numbers)))
            found |= {name: float(value) for name, value in ratios.items()}
            for name, pair in self._changed().items():
                found[name] = movement.frozen_share(*pair)
        return found

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Returns the intervals; see `streaming.Metric`."""
        found = super().intervals()
        if found:
            (numbers,) = bootstrap.in_order(self._numbers())
            ratios = functools.partial(self._ratios, numbers)
            found |= bootstrap.intervals(bootstrap.resample(ratios, len(numbers)))
            for name, pair in self._changed().items():
                shares = movement.resampled_frozen_share(name, *pair)
                found |= bootstrap.intervals(shares)
        return found

    def merge(self, other: "PredictionQuality") -> None:
        """Adds the clips of another; see `streaming.Metric`."""
        super().merge(other)
        self._gradients.merge(other._gradients)
        for subject, clips in other._changes.items():
            self._changes[subject] += clips

    def reset(self) -> None:
        """Forgets every clip."""
        super().reset()
        self._gradients = streaming.Means()
        # Of each clip the change [steps] from one frame to the next.
        self._changes: dict[str, list[np.ndarray]] = {"model": [], "real": []}

    def _samples(
        self, outputs: Mapping[str, np.ndarray], shape: tuple[int, ...]
    ) -> np.ndarray:
        """The judged steps of the samples [N, S, steps, H, W, C]."""
        samples = outputs[self.samples_key]
        wanted = f"[{shape[0]}, S, {self.steps} or more, {_listed(shape[2:])}]"
        if samples.ndim == len(shape) + 1:
            judged = samples[:, :, : self.steps]
            if judged.shape == (shape[0], samples.shape[1], *shape[1:]):
                return judged
        raise errors.UserError(
            f"the model's `{self.samples_key}` have shape [{_listed(samples.shape)}], "
            f"but must have {wanted}: the frames after the context; set "
            "`PredictionQuality.steps` to at most their number."
        )

    def _measure_samples(self, samples: np.ndarray, future: np.ndarray) -> None:
        """Counts the best and the mean of samples [N, S, steps, H, W, C] in [0, 1]."""
        number = samples.shape[1]
        futures = np.broadcast_to(future[:, np.newaxis], samples.shape)
        best = image.psnr(samples, futures).mean(axis=2).argmax(axis=1)  # [N]
        clips = np.arange(len(samples))
        for measure in self.measures:
            one = image.MEASURES[measure](samples, futures)
            self._add(measure, f"best of {number}", one[clips, best])
            self._add(measure, f"mean of {number}", one.mean(axis=1))
        pairs = itertools.combinations(range(number), 2)
        differences = [image.l1(samples[:, a], samples[:, b]) for a, b in pairs]
        nothing = [np.full(future.shape[:2], np.nan)]
        diversity = np.mean(differences or nothing, axis=(0, 2))
        for value in diversity:
            self._means.add("diversity/samples/all", float(value))

    def _numbers(self) -> np.ndarray:
        """Of each clip the gradients and then the changes, in their order: [N, K]."""
        gradients = [self._gradients.values(name) for name in self._gradients.names]
        changes = [
            np.stack(self._changes[subject])[:, steps].mean(axis=1)
            for steps in self._segments.values()
            for subject in ("model", "real")
        ]
        return np.stack([*gradients, *changes], axis=1)

    def _ratios(self, numbers: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
        """Ratios [...] of sums over clips, of `_numbers` that count [..., N] times."""
        totals = np.moveaxis(counts @ numbers, -1, 0)
        names = self._gradients.names
        sums = dict(zip(names, totals[: len(names)], strict=True))
        found = {}
        for name, total in sums.items():
            _, subject, column = name.split("/")
            if subject != "real":
                reference = sums[f"gradient/real/{column}"]
                name = f"sharpness/{subject}/{column}"
                found[name] = streaming.ratio(total, reference)
        changes = totals[len(names) :]
        pairs = zip(self._segments, changes[::2], changes[1::2], strict=True)
        for column, model, real in pairs:
            found[f"change/model/{column}"] = streaming.ratio(model, real)
        return found

    @property
    def _segments(self) -> dict[str, slice]:
        """The steps between columns, counted from 0, by the name of their column."""
        bounds = itertools.pairwise((0, *(self.columns or (self.steps,))))
        return {f"+{first + 1}..+{stop}": slice(first, stop) for first, stop in bounds}

    def _changed(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By result `frozen/...` the changes [N, S] of its clips and of real clips."""
        real = np.stack(self._changes["real"])
        return {
            f"frozen/{subject}/{column}": (np.stack(one)[:, steps], real[:, steps])
            for subject, one in self._changes.items()
            for column, steps in self._segments.items()
        }

    def _add(self, measure: str, subject: str, values: np.ndarray) -> None:
        """Counts values [N, steps] of clips."""
        self._add_steps(self._means, f"{measure}/{subject}", values)

    def _add_gradients(self, subject: str, frames: np.ndarray) -> None:
        self._add_steps(self._gradients, f"gradient/{subject}", gradient(frames))

    def _add_steps(self, means: streaming.Means, row: str, values: np.ndarray) -> None:
        """Counts values [N, steps] in the columns +1, +2 … and their mean."""
        for clip in values:
            for step in self.columns or range(1, self.steps + 1):
                means.add(f"{row}/+{step}", float(clip[step - 1]))
            means.add(f"{row}/mean", float(clip.mean()))


class ContextDistance(PredictionMetric):
    """How far the content of predicted frames is from the last frame of the context.

    The mean L2 distance of `content.histograms`, from 0 to the root of 2: ACD that looks
    at where the clip came from. Real clips have a distance, too; one below it is a clip
    that moves too little, one above it a clip whose content fades. The results are
    `distance to context/model/+1..+10` and that of real clips.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = self.judged(batch, outputs)
        for subject, frames in (("model", model), ("real", real)):
            features = content.histograms(frames[:, self.context - 1 :])
            differences = features[:, 1:] - features[:, :1]
            distances = np.sqrt(np.square(differences).sum(axis=-1))  # [N, steps]
            for value in distances.mean(axis=1):
                name = f"distance to context/{subject}/+1..+{self.steps}"
                self._means.add(name, float(value))


def real_and_predicted(
    batch: Mapping[str, np.ndarray],
    outputs: Mapping[str, np.ndarray],
    *,
    context: int,
    steps: int,
    owner: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Looks up real and predicted clips, of one shape and with the same context.

    Args:
      batch: arrays by batch key.
      outputs: the outputs of a model.
      context: frames that the model was given; the first of its `frames`, too.
      steps: frames after them that are judged.
      owner: the metric that has the fields `context` and `steps`, for the messages.

    Returns:
      Two times [N, context + steps, H, W, C] in [-1, 1].

    Raises:
      UserError: frames are missing, too few, or not those of the context.
    """
    remedy = f"`{owner}` judges models that predict videos."
    videos = streaming.generated_and_real(batch, outputs, remedy=remedy)
    real, model = videos["real"], videos["model"]
    stop = context + steps
    for whose, frames in (("real clips", real), ("model's `frames`", model)):
        if frames.shape[1] < stop:
            raise errors.UserError(
                f"the {whose} have {frames.shape[1]} frames, but {owner} needs {stop}: "
                f"`context` ({context}) and `steps` ({steps}); lower `steps`, or judge "
                "longer clips."
            )
    real, model = real[:, :stop], model[:, :stop]
    if real.shape != model.shape:
        raise errors.UserError(
            f"the model's `frames` have shape [{_listed(model.shape)}], the real clips "
            f"[{_listed(real.shape)}]; they must be equal."
        )
    difference = image.l1(*(one[:, :context] for one in (real, model)))
    if difference.max(initial=0.0) > 2.0 * SAME_FRAME:
        raise errors.UserError(
            f"the first `context` ({context}) frames of the model's `frames` are not "
            f"those of the clips; set `{owner}.context` to the number of frames that the "
            "model is given."
        )
    return real, model


def gradient(frames: np.ndarray) -> np.ndarray:
    """Computes the mean absolute difference of neighbours, across plus down.

    Args:
      frames: [..., H, W, C], H and W at least 2.

    Returns:
      [...] float64, in the unit of `frames`.
    """
    frames = np.asarray(frames, np.float64)
    down, across = (np.abs(np.diff(frames, axis=axis)) for axis in (-3, -2))
    return down.mean(axis=(-3, -2, -1)) + across.mean(axis=(-3, -2, -1))


def _extrapolated(past: np.ndarray, steps: int) -> np.ndarray:
    """Carries the last two frames on: [N, steps, H, W, C] in [0, 1], or NaN."""
    last = past[:, -1:]
    if past.shape[1] < LINEAR_CONTEXT:
        return np.full_like(np.repeat(last, steps, axis=1), np.nan)
    ahead = np.arange(1, steps + 1).reshape(1, steps, 1, 1, 1)
    return np.clip(last + ahead * (last - past[:, -LINEAR_CONTEXT, None]), 0.0, 1.0)


def _listed(shape: tuple[int, ...]) -> str:
    return ", ".join(str(size) for size in shape)

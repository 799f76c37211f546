"""Checks the clips of a source: counts, classes, ranges, masks, flow, first problems.

report = check.check_split(source, "train", max_clips=8)
print(report.text())
report.problems  # () when all is well
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfvideogan.core import clip as clips
from tfvideogan.data import flow_doctor
from tfvideogan.data import source as sources

# A copied mask is scored over the frames of a window of this length.
COPY_FRAMES = 8
MAX_PROBLEMS = 10


@dataclasses.dataclass(frozen=True)
class Report:
    """What was found in some clips of a split.

    Attributes:
      title: source and split.
      num_clips: of the split.
      num_checked: clips that were read.
      lengths: shortest and longest, frames; of the whole split where that is known.
      class_counts: clips of each class, of the whole split where that is known.
      spec: sizes of the clips.
      pixel_range: least and greatest value of a frame.
      mask_share: mean share of a frame that the object covers, or None.
      copied_j: mean J of the first mask against those of the next seven frames, or None.
      hole_share: mean share of a frame that is missing, or None.
      longest_motion: of the flow, pixels, or None.
      examinations: of the flow, one per clip.
      problems: the first ones, one line each.
    """

    title: str
    num_clips: int
    num_checked: int
    lengths: tuple[int, int]
    class_counts: tuple[int, ...]
    spec: clips.ClipSpec
    pixel_range: tuple[int, int]
    mask_share: float | None
    copied_j: float | None
    hole_share: float | None
    longest_motion: float | None
    examinations: tuple[flow_doctor.Examination, ...]
    problems: tuple[str, ...]

    def text(self) -> str:
        """Returns the report as lines to print."""
        spec = self.spec
        lines = [
            f"{self.title}: {self.num_clips} clips, {self.num_checked} checked",
            f"  size {spec.height}x{spec.width}x{spec.channels}, "
            f"{self.lengths[0]}..{self.lengths[1]} frames "
            f"({self.lengths[0] / spec.fps:.1f}..{self.lengths[1] / spec.fps:.1f} s), "
            f"pixels {self.pixel_range[0]}..{self.pixel_range[1]}",
        ]
        if self.class_counts:
            counts = " ".join(str(count) for count in self.class_counts)
            lines.append(f"  clips of each class: {counts}")
        if self.mask_share is not None:
            text = f"  object covers {100 * self.mask_share:.1f} % of a frame"
            if self.copied_j is not None:
                text += f"; first mask copied over frames 1..{COPY_FRAMES - 1}: J "
                text += f"{self.copied_j:.3f}"
            lines.append(text)
        if self.hole_share is not None:
            lines.append(f"  holes cover {100 * self.hole_share:.1f} % of a frame")
        if self.longest_motion is not None:
            lines.append(f"  longest motion {self.longest_motion:.1f} pixels")
            table = flow_doctor.table(self.examinations)
            lines += [f"  {line}" for line in table.splitlines()]
        lines += [f"  PROBLEM: {problem}" for problem in self.problems]
        return "\n".join(lines)


def check_split(
    source: sources.ClipSource, split: str, *, max_clips: int = 8
) -> Report:
    """Reads the first clips of a split and examines them.

    Args:
      source: any.
      split: one of its splits.
      max_clips: how many are read.

    Raises:
      UserError: the source has no such split.
    """
    sources.check_split(source, split)
    found = [
        _examined(number, clip, source)
        for number, clip in enumerate(itertools.islice(source.clips(split), max_clips))
    ]
    examinations = tuple(one.examination for one in found if one.examination)
    problems = [problem for one in found for problem in one.problems]
    if examinations:
        problems += filter(None, [flow_doctor.diagnosis(examinations)])
    lengths = _known(source, "lengths", split, [one.length for one in found])
    labels = [one.label for one in found if one.label is not None]
    labels = np.asarray(_known(source, "labels", split, labels) if labels else (), int)
    inside = labels[(0 <= labels) & (labels < source.spec.num_classes)]
    return Report(
        title=f"{source.name}/{split}",
        num_clips=source.num_clips(split),
        num_checked=len(found),
        lengths=(int(min(lengths)), int(max(lengths))),
        class_counts=tuple(
            np.bincount(inside, minlength=source.spec.num_classes).tolist()
        ),
        spec=source.spec,
        pixel_range=(
            min(one.pixel_range[0] for one in found),
            max(one.pixel_range[1] for one in found),
        ),
        mask_share=_mean([one.mask_share for one in found]),
        copied_j=_mean([one.copied_j for one in found]),
        hole_share=_mean([one.hole_share for one in found]),
        longest_motion=max(
            (one.longest_motion for one in found if one.longest_motion is not None),
            default=None,
        ),
        examinations=examinations,
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


@dataclasses.dataclass(frozen=True)
class _Examined:
    """What was found in one clip, without its pixels: clips may be long."""

    length: int
    label: int | None
    pixel_range: tuple[int, int]
    mask_share: float | None
    copied_j: float | None
    hole_share: float | None
    longest_motion: float | None
    examination: flow_doctor.Examination | None
    problems: tuple[str, ...]


def _examined(
    number: int, clip: Mapping[str, np.ndarray], source: sources.ClipSource
) -> _Examined:
    spec = source.spec
    frames, masks = clip["frames"], clip.get("foreground_masks")
    if masks is not None and not getattr(source, "has_all_masks", True):
        masks = masks[:1]
    flow = clip.get("forward_flow")
    has_flow = spec.has_flow and flow is not None and "backward_flow" in clip
    return _Examined(
        length=len(frames),
        label=int(clip["labels"]) if spec.num_classes and "labels" in clip else None,
        pixel_range=(int(frames.min()), int(frames.max())),
        mask_share=None if masks is None else float(np.mean(masks)),
        copied_j=copied_mask_j(masks) if masks is not None and len(masks) > 1 else None,
        hole_share=float(np.mean(clip["holes"])) if "holes" in clip else None,
        longest_motion=(
            None
            if flow is None
            else float(np.linalg.norm(flow, axis=-1).max(initial=0))
        ),
        examination=(
            flow_doctor.examine(frames, flow, clip["backward_flow"])
            if has_flow
            else None
        ),
        problems=tuple(
            f"clip {number}: {problem}" for problem in clip_problems(clip, spec)
        ),
    )


def clip_problems(clip: Mapping[str, np.ndarray], spec: clips.ClipSpec) -> list[str]:
    """Returns what is wrong with a raw clip, one line per fault."""
    shapes = spec.with_frames(len(clip["frames"])).shapes()
    problems = []
    for key, shape in shapes.items():
        dtype = sources.raw_dtype(key).as_numpy_dtype
        if key not in clip:
            problems.append(f"has no `{key}`")
        elif np.shape(clip[key]) != shape or clip[key].dtype != dtype:
            found = f"{clip[key].dtype}{list(np.shape(clip[key]))}"
            problems.append(f"`{key}` is {found}, not {np.dtype(dtype)}{list(shape)}")
        elif dtype is np.float32 and not np.isfinite(clip[key]).all():
            problems.append(f"`{key}` has values that are not finite")
    problems += _word_problems(clip, spec)
    for key in ("foreground_masks", "holes"):
        if (most := np.max(clip.get(key, 0), initial=0)) > 1:
            problems.append(f"`{key}` holds {most}, not only 0 and 1")
    masks = clip.get("foreground_masks")
    if masks is not None and not masks[0].any():
        problems.append("the first mask is empty")
    return problems


def _word_problems(
    clip: Mapping[str, np.ndarray], spec: clips.ClipSpec
) -> Iterator[str]:
    """Yields what is wrong with the label and the caption of a raw clip."""
    label = clip.get("labels", 0)
    if spec.num_classes and not 0 <= label < spec.num_classes:
        yield f"`labels` is {label}, not one of 0..{spec.num_classes - 1}"
    if spec.caption_length and {"caption_tokens", "caption_lengths"} <= set(clip):
        tokens, length = clip["caption_tokens"], int(clip["caption_lengths"])
        if not 0 < length <= spec.caption_length:
            yield f"`caption_lengths` is {length}, not 1..{spec.caption_length}"
        elif (tokens[:length] <= 0).any() or tokens[length:].any():
            yield f"`caption_tokens` {tokens.tolist()} are not {length} words and zeros"
        elif tokens.max() >= spec.vocabulary_size:
            yield f"`caption_tokens` holds {tokens.max()}, no word of the vocabulary"


def copied_mask_j(masks: np.ndarray) -> float:
    """Returns the mean J of the first mask against the next ones [T, H, W, 1].

    J is the intersection over the union; 1 where both are empty.
    """
    first = masks[0] > 0
    scores = []
    for mask in masks[1:COPY_FRAMES] > 0:
        union = np.sum(first | mask)
        scores.append(np.sum(first & mask) / union if union else 1.0)
    return float(np.mean(scores)) if scores else 1.0


def _known(
    source: sources.ClipSource, name: str, split: str, checked: Sequence[int]
) -> Sequence[int]:
    """Returns what a source knows of all clips of a split, or else what was checked."""
    tell = getattr(source, name, None)
    return checked if tell is None else tell(split)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None

"""What every `ClipSource` promises; a data set's test calls `check_source(source)`.

Checked are: the protocol, the spec against what is read, dtypes and ranges, windows that
agree with whole clips, windows that are a function of (seed, index), batches that do not
depend on the number of workers, resuming at any step, and, where the truth is known, that
the flow is read in the right convention.
"""

import itertools

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.data import check, flow_doctor, pipeline
from tfvideogan.data import source as sources

SEED = 5


def check_source(
    source: sources.ClipSource, split: str = "train", min_warp_psnr: float = 25.0
) -> None:
    """Checks all promises on the first clips of a split; small sizes, please."""
    check_protocol(source)
    check_clips(source, split)
    check_windows(source, split)
    check_order(source, split)
    if source.spec.has_flow:
        check_flow(source, split, min_warp_psnr)


def check_protocol(source: sources.ClipSource) -> None:
    assert isinstance(source, sources.ClipSource)
    assert isinstance(source.spec, clips.ClipSpec)
    assert "\n" not in source.describe()
    assert source.is_procedural == ("procedural" in source.describe())
    if source.spec.caption_length:
        assert source.vocabulary.words == source.spec.words
    for split in source.splits:
        assert source.num_clips(split) > 0
        assert source.num_frames(split) >= source.spec.frames
    try:
        source.num_clips("no such split")
    except errors.UserError as error:
        assert all(split in str(error) for split in source.splits)
    else:
        raise AssertionError("an unknown split must be a UserError")


def check_clips(source: sources.ClipSource, split: str) -> None:
    first, again = (next(iter(source.clips(split))) for _ in range(2))
    assert set(first) == set(source.spec.shapes())
    assert check.clip_problems(first, source.spec) == []
    assert len(first["frames"]) >= source.num_frames(split)
    assert len(np.unique(first["frames"])) > 2, "the frames are empty"
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])


def check_windows(source: sources.ClipSource, split: str) -> None:
    """A window is a piece of its clip, chosen by the seed alone."""
    frames = min(source.spec.frames, source.num_frames(split))
    whole = next(iter(source.clips(split)))
    index = tf.constant(0, tf.int64)
    read = tf.function(
        lambda index, seed: source.read(split, index, frames=frames, seed=seed)
    )
    from_start = source.read(split, index, frames=frames)
    for key, shape in source.spec.with_frames(frames).shapes().items():
        np.testing.assert_array_equal(from_start[key], piece(whole, key, 0, shape))
    for number in range(4):
        seed = tf.constant([SEED, number])
        window = read(index, seed)
        repeated = read(index, seed)
        for key in window:
            np.testing.assert_array_equal(window[key], repeated[key])
        if getattr(source, "stride", 1) > 1:  # it may lie between the clip's frames
            continue
        starts = [
            start
            for start in range(len(whole["frames"]) - frames + 1)
            if np.array_equal(window["frames"], whole["frames"][start:][:frames])
        ]
        assert starts, "the window is no piece of its clip"
        for key, shape in source.spec.with_frames(frames).shapes().items():
            assert tuple(window[key].shape) == shape
            pieces = [piece(whole, key, start, shape) for start in starts]
            assert any(np.array_equal(window[key], piece) for piece in pieces)


def piece(
    whole: dict[str, np.ndarray], key: str, start: int, shape: tuple[int, ...]
) -> np.ndarray:
    """What a window from `start` holds under a key of the whole clip."""
    is_whole = key in clips.WHOLE_CLIP_KEYS
    return whole[key] if is_whole else whole[key][start:][: shape[0]]


def check_order(source: sources.ClipSource, split: str) -> None:
    """Batches are a function of (seed, step), whoever makes them."""
    num_steps, batch_size = 3, 4
    whole = _batches(source, split, num_steps, batch_size=batch_size)
    for batch in whole:
        clips.check_batch(batch, source.spec)
        assert float(tf.reduce_max(tf.abs(batch["frames"]))) <= 1.0
        if source.spec.has_masks:
            assert set(np.unique(batch["foreground_masks"])) <= {0.0, 1.0}
    resumed = _batches(source, split, 1, batch_size=batch_size, start_step=2)
    _assert_equal(resumed[0], whole[2])
    other = _batches(source, split, 1, batch_size=batch_size, seed=SEED + 1)
    assert not np.array_equal(other[0]["frames"], whole[0]["frames"])
    parts = [
        part
        for worker in range(2)
        for part in _batches(
            source,
            split,
            2,
            batch_size=batch_size,
            num_replicas=4,
            num_workers=2,
            worker=worker,
        )
    ]
    _assert_equal(_joined(parts), whole[0])


def check_flow(source: sources.ClipSource, split: str, min_warp_psnr: float) -> None:
    """The package's own reading of the flow is the best, and good."""
    examinations = [
        flow_doctor.examine(clip["frames"], clip["forward_flow"], clip["backward_flow"])
        for clip in itertools.islice(source.clips(split), 2)
    ]
    assert flow_doctor.diagnosis(examinations) is None, flow_doctor.table(examinations)
    for direction in ("forward", "backward"):
        level = flow_doctor.psnr(examinations, direction)[flow_doctor.RIGHT]
        assert level > min_warp_psnr, flow_doctor.table(examinations)


def _batches(
    source: sources.ClipSource, split: str, count: int, seed: int = SEED, **options
) -> list[dict[str, tf.Tensor]]:
    dataset = pipeline.make_dataset(source, split, seed=seed, **options)
    return list(dataset.take(count))


def _joined(parts: list[dict[str, tf.Tensor]]) -> dict[str, tf.Tensor]:
    return {key: tf.concat([part[key] for part in parts], 0) for key in parts[0]}


def _assert_equal(left: dict[str, tf.Tensor], right: dict[str, tf.Tensor]) -> None:
    assert set(left) == set(right)
    for key in left:
        np.testing.assert_array_equal(left[key], right[key])

"""Turns clips into batches whose order is a function of (seed, step) alone.

Training never ends. Its k-th example (k = step x batch size + place in the batch) is clip
`index_shuffle(k mod clips)` of epoch `k div clips`, cut and transformed by seeds folded
from (seed, k). Nothing is buffered and shuffled: a run that resumes at any step meets the
same batches as one that was never stopped, at no cost, whatever the number of workers and
replicas.

    dataset = make_dataset(source, "train", batch_size=8, seed=1, start_step=500)
    for batch in dataset:  # frames [8, T, H, W, C] float32 in [-1, 1], ...
"""

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.data import source as sources

# A callable (example, seed [2] int32) -> example; see `data/transforms.py`.
Transform = Callable[[dict[str, tf.Tensor], tf.Tensor], dict[str, tf.Tensor]]


def make_dataset(
    source: sources.ClipSource,
    split: str,
    *,
    batch_size: int,
    seed: int,
    frames: int | None = None,
    training: bool = True,
    draws: bool = False,
    start_step: int = 0,
    first_clip: int = 0,
    num_workers: int = 1,
    worker: int = 0,
    num_replicas: int = 1,
    transforms: Sequence[Transform] = (),
) -> tf.data.Dataset:
    """Makes the batches that one worker's replicas consume.

    In training, global batch number `step` is cut into `num_replicas` equal parts; this
    worker yields the parts of its own replicas, in order. Otherwise each clip is read
    once, in order, from its first frame, or, where `draws`, in a drawn order from a drawn
    frame; the last batch may be smaller, and workers take turns.

    Args:
      source: where clips come from.
      split: one of the source's splits.
      batch_size: examples of one step over all replicas of all workers.
      seed: of the run, or of what is drawn.
      frames: T of a window; the source's own by default.
      training: shuffled without end, or once in order.
      draws: whether order and windows are drawn from the seed out of training, too.
      start_step: the first step, when a training is resumed.
      first_clip: the first clip that is read once in order; not for training.
      num_workers: processes that train together.
      worker: the number of this one.
      num_replicas: replicas of all workers together (a multiple of `num_workers`).
      transforms: applied in order to every example, after conversion to floats; one
        that needs more frames than it gives has a method `frames_needed`.

    Returns:
      Batches of [batch_size / num_replicas, ...], keys, layouts and dtypes as in
      `core.clip`.

    Raises:
      UserError: the split, the number of frames or the sizes do not fit, or a transform
        does not fit the masks.
    """
    frames = source.spec.frames if frames is None else frames
    sources.check_split(source, split)
    frames = _frames_needed(frames, transforms)
    sources.check_window(source, split, frames)
    _check_masks(source, transforms)
    _check_shares(batch_size, num_replicas, num_workers, worker)
    num_clips = source.num_clips(split)
    root = seeds.fold(seeds.from_int(seed), "data", split)

    # Nothing here needs AutoGraph, and errors read better without it.
    @tf.autograph.experimental.do_not_convert
    def example(number: tf.Tensor) -> dict[str, tf.Tensor]:
        """Makes the example of a global number."""
        own = _number_seed(root, number)
        if training or draws:
            index = _shuffled(number, num_clips, root)
            window = source.read(
                split, index, frames=frames, seed=seeds.fold(own, "window")
            )
        else:
            window = source.read(split, number, frames=frames)
        result = to_model(window)
        for position, transform in enumerate(transforms):
            result = transform(result, seeds.fold(own, "transform", position))
        return result

    if training:
        numbers = _training_numbers(batch_size, start_step, num_workers, worker)
    else:
        numbers = tf.data.Dataset.range(first_clip, num_clips).shard(
            num_workers, worker
        )
    dataset = numbers.map(
        example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    dataset = dataset.batch(batch_size // num_replicas, drop_remainder=training)
    return dataset.with_options(_options()).prefetch(tf.data.AUTOTUNE)


def to_model(window: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Converts a raw window to a model's ranges: pixels [-1, 1], masks 0 or 1."""
    return {
        key: (
            pixels.to_float(value)
            if key in clip.PIXEL_KEYS
            else tf.cast(value, clip.dtype_of(key))
        )
        for key, value in window.items()
    }


def _frames_needed(frames: int, transforms: Sequence[Transform]) -> int:
    """Returns how many frames to read for `frames` behind all transforms."""
    for transform in reversed(transforms):
        if hasattr(transform, "frames_needed"):
            frames = transform.frames_needed(frames)
    return frames


def _training_numbers(
    batch_size: int, start_step: int, num_workers: int, worker: int
) -> tf.data.Dataset:
    """Returns the global numbers of this worker's examples, without end."""
    share = batch_size // num_workers
    local = tf.data.Dataset.counter(start=start_step * share, dtype=tf.int64)
    first = worker * share
    return local.map(lambda n: n // share * batch_size + first + n % share)


def _shuffled(number: tf.Tensor, num_clips: int, root: tf.Tensor) -> tf.Tensor:
    """Returns the clip of a training example: every epoch is its own permutation."""
    if num_clips == 1:  # index_shuffle refuses a single element
        return tf.zeros_like(number)
    epoch = tf.cast(number // num_clips, tf.int32)
    order = seeds.fold(root, "order", epoch)
    return tf.random.experimental.index_shuffle(
        number % num_clips, order, tf.constant(num_clips - 1, tf.int64)
    )


def _number_seed(root: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    """Folds all 62 bits of an example's number into a seed."""
    word = tf.constant(2**31, tf.int64)
    return seeds.fold(root, number % word, number // word)


def _check_masks(source: sources.ClipSource, transforms: Sequence[Transform]) -> None:
    if getattr(source, "has_all_masks", True):
        return
    for transform in transforms:
        if getattr(transform, "needs_all_masks", False):
            raise errors.UserError(
                f"{type(transform).__name__} needs the masks of all frames, but only the "
                f"first frames of {source.name} have one; leave it out of `transforms`."
            )


def _check_shares(
    batch_size: int, num_replicas: int, num_workers: int, worker: int
) -> None:
    if num_replicas < 1 or batch_size < 1 or batch_size % num_replicas:
        raise errors.UserError(
            f"`batch_size` ({batch_size}) must be a positive multiple of the number of "
            f"replicas ({num_replicas})."
        )
    if num_replicas % num_workers or not 0 <= worker < num_workers:
        raise errors.UserError(
            f"`num_replicas` ({num_replicas}) must be a multiple of `num_workers` "
            f"({num_workers}), and `worker` ({worker}) below the latter."
        )


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # Without the tuner AUTOTUNE is a call for each thread, and was as quick on two cores.
    # With it an iterator that is deleted waits for the tuner's next round, and rounds grow:
    # 9 s after a life of 12 s (TensorFlow 2.21). Each evaluation has its own iterator.
    options.autotune.enabled = False
    # Each worker makes its own share; TensorFlow must not cut it again.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return options

"""What a text-to-video model shows of itself: to metrics and to people."""

from collections.abc import Mapping
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import clip, pixels, seeds
from tfvideogan.models.text2video import painter as painters
from tfvideogan.models.text2video import swapping
from tfvideogan.ops import tokens

# Who gets whose predicate where captions are swapped.
SWAP_SEED = 0


class Predicts(Protocol):
    """What this room needs of a model."""

    spec: clip.ClipSpec

    def predict_frames(
        self,
        context: tf.Tensor,
        caption_tokens: tf.Tensor,
        lengths: tf.Tensor,
        *,
        num_frames: int,
    ) -> tf.Tensor:
        """Predicts what follows on a context."""
        ...


def evaluation_outputs(
    model: Predicts,
    batch: Mapping[str, tf.Tensor],
    *,
    context: int,
    painter: painters.Painter | None = None,
) -> dict[str, tf.Tensor]:
    """Predicts every clip from its first frames and a sentence, then from another one.

    Args:
      model: at work.
      batch: see `core.clip`.
      context: K, how many frames are given.
      painter: makes a first frame of the sentence, or None.

    Returns:
      `frames`, like those of the batch: the context, then the prediction;
      `swapped_frames`, as many, of the captions `swapped_tokens` [N, L] int32, in which
      the same things do something else (`swapping.py`); with a painter `alone_frames`, as
      many, of the sentence alone.
    """
    own = batch["caption_tokens"], batch["caption_lengths"]
    other = _swapped(model, batch)
    made = {
        "frames": _predicted(model, batch["frames"], own, context),
        "swapped_frames": _predicted(model, batch["frames"], other, context),
        "swapped_tokens": other[0],
    }
    if painter is None:
        return made
    text = tokens.decode(own[0], words=model.spec.words)
    seed = tf.range(tf.size(text, tf.int64))
    first = pixels.to_float(painter.paint(text, seed))[:, tf.newaxis]
    horizon = batch["frames"].shape[1] - 1
    rest = model.predict_frames(first, *own, num_frames=horizon)
    return made | {"alone_frames": tf.concat([first, rest], axis=1)}


def sample_clips(
    model: Predicts, batch: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Shows clips of training length; predictions begin with their only given frame.

    Returns:
      Columns [N, T, H, W, C]: `real`, `predicted`, and `swapped`, of another caption.
    """
    frames = batch["frames"]
    own = batch["caption_tokens"], batch["caption_lengths"]
    return {
        "real": frames,
        "predicted": _predicted(model, frames, own, 1),
        "swapped": _predicted(model, frames, _swapped(model, batch), 1),
    }


def _predicted(
    model: Predicts,
    frames: tf.Tensor,
    caption: tuple[tf.Tensor, tf.Tensor],
    context: int,
) -> tf.Tensor:
    given, horizon = frames[:, :context], frames.shape[1] - context
    made = model.predict_frames(given, *caption, num_frames=horizon)
    return tf.concat([given, made], axis=1)


def _swapped(
    model: Predicts, batch: Mapping[str, tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor]:
    seed = seeds.from_int(SWAP_SEED)
    return swapping.swapped(batch["caption_tokens"], seed, words=model.spec.words)

"""Terms that both MoCoGANs are trained and watched by."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds

MIN_CATEGORIES = 2


def num_categories(wanted: int | None, spec: clip.ClipSpec) -> int:
    """Returns the number of categories: the wanted one, or that of the clips' classes.

    Raises:
      UserError: it is negative or 1.
    """
    number = spec.num_classes if wanted is None else wanted
    if number < 0 or 0 < number < MIN_CATEGORIES:
        raise errors.UserError(
            f"`categories` ({number}) must be 0, for none, or at least {MIN_CATEGORIES}."
        )
    return number


def random_frames(clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Picks a frame of each clip [N, T, H, W, C]; returns [N, H, W, C]."""
    number = tf.shape(clips)[0]
    times = seeds.integers([number], seed, clips.shape[1])
    return tf.gather(clips, times, axis=1, batch_dims=1)


def category_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean cross entropy of logits [N, categories] and labels [N] int32."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


def accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Share of logits [N, categories] that are greatest at the label [N] int32."""
    found = tf.argmax(logits, axis=-1, output_type=tf.int32)
    return _share(found == labels)


def l2(weights: Sequence[keras.Variable], factor: float) -> tf.Tensor:
    """Half the squared weights times `factor`: the gradient gains `factor` · weight."""
    squares = [tf.nn.l2_loss(tf.convert_to_tensor(weight)) for weight in weights]
    return factor * tf.add_n(squares)


def lazily(step: tf.Tensor, every: int, penalty: Callable[[], tf.Tensor]) -> tf.Tensor:
    """Computes a penalty on steps that divide by `every`, times this number; else 0."""
    is_due = step % every == 0
    return tf.cond(is_due, lambda: every * penalty(), lambda: tf.constant(0.0))


def change(clips: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference of neighbouring frames of clips [N, T, H, W, C]."""
    return tf.reduce_mean(tf.abs(clips[:, 1:] - clips[:, :-1]))


def monitors(name: str, real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
    """Mean logits of a critic and the share of them with the right sign."""
    return {
        f"logits/{name}_real": tf.reduce_mean(real),
        f"logits/{name}_fake": tf.reduce_mean(fake),
        f"signs/{name}_real": _share(real > 0),
        f"signs/{name}_fake": _share(fake < 0),
    }


def _share(condition: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, tf.float32))

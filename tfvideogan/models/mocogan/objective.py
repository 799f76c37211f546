"""Terms of the losses of MoCoGANs."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors

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


def category_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean cross entropy of logits [N, categories] and labels [N] int32."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


def l2(weights: Sequence[keras.Variable], factor: float) -> tf.Tensor:
    """Half the squared weights times `factor`: the gradient gains `factor` · weight."""
    squares = [tf.nn.l2_loss(tf.convert_to_tensor(weight)) for weight in weights]
    return factor * tf.add_n(squares)

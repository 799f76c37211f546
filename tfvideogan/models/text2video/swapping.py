"""Another caption for the same picture: who is meant stays, what they do changes.

    own      the red disc is moving left and right
    other    the blue star is rotating clockwise
    swapped  the red disc is rotating clockwise

A caption has clauses, joined by "and the"; what a clause says behind "is" or "are" is its
predicate. Captions without such a verb are predicates as a whole.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.ops import tokens

VERBS = ("is", "are")
MOST_CLAUSES = 2


def swapped(
    caption_tokens: tf.Tensor, seed: tf.Tensor, *, words: Sequence[str]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives each caption the predicates of another one of the batch that differ.

    Args:
      caption_tokens: [N, L] int32.
      seed: [2] int32, of who gets whose.
      words: of the vocabulary by number.

    Returns:
      [N, L] int32 and their lengths [N]; the own caption where the whole batch says the
      same, or where clauses of the two would make more than L words.
    """
    subjects, predicates = _parts(caption_tokens, words)
    places, _ = tokens.mismatched(_joined(predicates), seed)
    others = [tf.gather(one, places) for one in predicates]
    pairs = [part for pair in zip(subjects, others, strict=True) for part in pair]
    made = _joined(pairs)  # [N, 4 L]
    length = caption_tokens.shape[1]
    fits = tf.reduce_all(made[:, length:] == 0, axis=1, keepdims=True)
    found = tf.where(fits, made[:, :length], caption_tokens)
    return found, tf.math.count_nonzero(found, axis=1, dtype=tf.int32)


def _parts(
    caption_tokens: tf.Tensor, words: Sequence[str]
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """The subjects and the predicates of each clause, [N, L] with gaps."""
    is_verb = _is_any(caption_tokens, VERBS, words)
    is_joint = tokens.joints(caption_tokens, words=words)
    clause = tf.cumsum(tf.cast(is_joint, tf.int32), axis=1)  # [N, L]
    clause = tf.minimum(clause, MOST_CLAUSES - 1)
    has_verb = tf.reduce_any(is_verb, axis=1, keepdims=True)
    subjects, predicates = [], []
    for number in range(MOST_CLAUSES):
        is_own = clause == number
        verbs = tf.cast(is_verb & is_own, tf.int32)
        is_behind = tf.cumsum(verbs, axis=1, exclusive=True) > 0
        is_predicate = (is_behind | ~has_verb) & is_own
        subjects.append(tf.where(is_own & ~is_predicate, caption_tokens, 0))
        predicates.append(tf.where(is_predicate, caption_tokens, 0))
    return subjects, predicates


def _is_any(
    caption_tokens: tf.Tensor, some: Sequence[str], words: Sequence[str]
) -> tf.Tensor:
    """Where one of some words stands, [N, L] bool; never, if the vocabulary has none."""
    numbers = [number for number, word in enumerate(words) if number and word in some]
    numbers = tf.constant(numbers or [-1], caption_tokens.dtype)
    return tf.reduce_any(caption_tokens[..., tf.newaxis] == numbers, axis=-1)


def _joined(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Puts parts [N, L] behind each other without gaps."""
    joined, _ = tokens.without(tf.concat(parts, axis=1), ())
    return joined

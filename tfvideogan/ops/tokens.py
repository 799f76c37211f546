"""Captions inside a graph: from words to numbers, and which captions do not match a clip.

    tokens, lengths = tokens.encode(text, words=spec.words, length=spec.caption_length)
    text = tokens.decode(tokens, words=spec.words)
    places, exists = tokens.mismatched(batch["caption_tokens"], seed)
    wrong = tf.gather(batch["caption_tokens"], places)

A served model takes captions as strings, and a server passes them straight into the graph:
`encode` therefore asserts what a tokenizer at the door would, with one line that names the
word, the one nearest to it and the vocabulary.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.core import seeds, signatures

# Words of a message; more of a large vocabulary helps no one.
MOST_LISTED = 200
FULL_STOP = "."
# Clauses of a caption are joined by the first of these, if the second one follows.
JOINT = ("and", "the")


def encode(
    text: tf.Tensor, *, words: Sequence[str], length: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the numbers of the words of captions, padded, and how many there are.

    Words are parted by white space. Capitals are those of a beginning sentence, and
    lowered, unless the vocabulary has some; a full stop at the end is dropped, unless it is
    a word.

    Args:
      text: [N] string, UTF-8.
      words: of the vocabulary by number; the first is the padding.
      length: L, words of a caption at most.

    Returns:
      [N, L] int32 and [N] int32.

    Raises:
      tf.errors.InvalidArgumentError: a caption is empty, too long, or has an unknown word.
    """
    said = text
    if FULL_STOP not in words:
        said = tf.strings.regex_replace(said, r"\s*\.\s*$", "")
    if all(word == word.lower() for word in words):
        said = tf.strings.lower(said, encoding="utf-8")
    parts = tf.strings.split(said)  # ragged [N, words]
    counts = tf.cast(parts.row_lengths(), tf.int32)
    matches = parts.flat_values[:, tf.newaxis] == tf.constant(words[1:])  # [M, V-1]
    is_known = tf.reduce_any(matches, axis=-1)
    is_right = (counts >= 1) & (counts <= length)
    good = tf.reduce_all(is_known) & tf.reduce_all(is_right)

    def complain() -> tf.Tensor:
        unknown = tf.boolean_mask(parts.flat_values, tf.logical_not(is_known))
        wrong_counts = tf.boolean_mask(counts, tf.logical_not(is_right))
        message = tf.cond(
            tf.size(unknown) > 0,
            lambda: _unknown(unknown[0], words),
            lambda: _wrong_count(wrong_counts[0], words, length),
        )
        with tf.control_dependencies([tf.debugging.Assert(False, [message])]):
            return tf.constant(False)

    # The usual case needs no message.
    passed = tf.cond(good, lambda: tf.constant(True), complain)
    with tf.control_dependencies([passed]):
        numbers = 1 + tf.argmax(matches, axis=-1, output_type=tf.int32)
        tokens = parts.with_flat_values(numbers).to_tensor(shape=[None, length])
    tokens = signatures.boundary(tokens, signatures.TOKENS)
    return tokens, tf.math.count_nonzero(tokens, axis=1, dtype=tf.int32)


def without(tokens: tf.Tensor, numbers: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Takes some words out of captions; the others move up.

    Args:
      tokens: [N, L] int32, padded with 0.
      numbers: of the words to take out.

    Returns:
      [N, L] int32 and the number of words that are left, [N] int32.
    """
    dropped = tf.constant([0, *numbers], tokens.dtype)
    is_kept = tf.reduce_all(tokens[..., tf.newaxis] != dropped, axis=-1)  # [N, L]
    order = tf.argsort(tf.cast(is_kept, tf.int32), direction="DESCENDING", stable=True)
    kept = tf.where(is_kept, tokens, tf.zeros_like(tokens))
    lengths = tf.reduce_sum(tf.cast(is_kept, tf.int32), axis=-1)
    return tf.gather(kept, order, batch_dims=1), lengths


def joints(tokens: tf.Tensor, *, words: Sequence[str]) -> tf.Tensor:
    """Returns where two clauses of a caption are joined, [N, L] bool.

    "the disc is moving left and right and the star is rotating clockwise" has two clauses,
    joined by its second "and"; the first one is not followed by "the".

    Args:
      tokens: [N, L] int32, padded with 0.
      words: of the vocabulary by number; without those of a joint there is none.
    """
    if not set(JOINT) <= set(words):
        return tf.zeros_like(tokens, tf.bool)
    first, second = (tokens == list(words).index(word) for word in JOINT)
    return first & tf.pad(second[:, 1:], [[0, 0], [0, 1]])


def decode(numbers: tf.Tensor, *, words: Sequence[str]) -> tf.Tensor:
    """Returns captions [N] string of the numbers [N, L] of their words, 0 for none."""
    said = tf.gather(tf.constant(["", *words[1:]]), numbers)
    return tf.strings.strip(tf.strings.reduce_join(said, axis=1, separator=" "))


def mismatched(tokens: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws for each caption one of the batch that says something else.

    A matching-aware discriminator (Reed et al., Generative Adversarial Text to Image
    Synthesis, 2016, section 4.1) sees real clips with captions that do not match. Drawn
    from all clips, as in much published code, some of these have the same text: of two
    captions every second "wrong" one is right.

    Args:
      tokens: [N, L] int32, padded with 0.
      seed: [2] int32.

    Returns:
      places: [N] int32, whose caption to take; all others are equally probable. A clip's
        own place where there is none.
      exists: [N] bool, whether there is one.
    """
    differs = tf.reduce_any(tokens[:, tf.newaxis] != tokens[tf.newaxis], axis=-1)
    scores = seeds.uniform(tf.shape(differs), seed)  # [N, N]
    scores = tf.where(differs, scores, -tf.ones_like(scores))
    exists = tf.reduce_any(differs, axis=-1)
    drawn = tf.argmax(scores, axis=-1, output_type=tf.int32)
    return tf.where(exists, drawn, tf.range(tf.shape(tokens)[0])), exists


def _unknown(word: tf.Tensor, words: Sequence[str]) -> tf.Tensor:
    """Says that a word is not in the vocabulary, and which one is nearest."""
    known = tf.constant(words[1:])
    repeated = tf.repeat(word[tf.newaxis], len(words) - 1)
    distances = tf.edit_distance(
        tf.strings.unicode_split(repeated, "UTF-8").to_sparse(),
        tf.strings.unicode_split(known, "UTF-8").to_sparse(),
        normalize=False,
    )
    nearest = known[tf.argmin(distances)]
    return tf.strings.join(
        ["`text` has the word `", word, "`, which is not in the vocabulary; the "]
        + ["nearest one is `", nearest, f"`. {_listing(words)}"]
    )


def _wrong_count(count: tf.Tensor, words: Sequence[str], length: int) -> tf.Tensor:
    """Says that a caption is empty or too long."""
    number = tf.strings.as_string(count)
    return tf.strings.join(
        ["`text` has ", number, f" words; it must have between 1 and {length}. "]
        + [_listing(words)]
    )


def _listing(words: Sequence[str]) -> str:
    """The vocabulary in a sentence."""
    listed = sorted(words[1:])
    if len(listed) > MOST_LISTED:
        return f"Some of its {len(listed)} words: {' '.join(listed[:MOST_LISTED])}."
    return f"The vocabulary: {' '.join(listed)}."

"""Captions as numbers: a vocabulary, its tokenizer and the directions that a mirror turns.

A caption is split at blanks and each word becomes its place in the vocabulary. Every
vocabulary begins with the padding and the four directions, so that an augmentation that
mirrors a clip can turn its caption without knowing the vocabulary.

    vocabulary = captions.Vocabulary(["the", "digit", "7", "is", "moving"])
    tokens, length = vocabulary.encode("the digit 7 is moving left", 18)
    vocabulary.decode(tokens)

The tokens of a whole sentence as one-hot rows are `tf.one_hot(tokens, vocabulary.size)`.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors

PADDING = ""
# Directions in pairs that change places in a mirror, at the start of every vocabulary.
DIRECTIONS = ("left", "right", "clockwise", "counterclockwise")
LEFT, RIGHT, CLOCKWISE, COUNTERCLOCKWISE = range(1, 1 + len(DIRECTIONS))
MIRRORED_PAIRS = ((LEFT, RIGHT), (CLOCKWISE, COUNTERCLOCKWISE))
# Places from one direction to the other in "left and right".
JOINED = 2


class Vocabulary:
    """Words and their numbers.

    Attributes:
      words: by number, `ClipSpec.words`; 0 is the padding, then come the directions.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Creates a vocabulary of the directions and `words`, without repetition."""
        self.words = tuple(dict.fromkeys((PADDING, *DIRECTIONS, *words)))
        self._numbers = {word: number for number, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """Number of words, the padding included."""
        return len(self.words)

    def encode(self, caption: str, length: int) -> tuple[np.ndarray, int]:
        """Returns the numbers of the words of a caption, padded, and how many they are.

        Args:
          caption: words parted by blanks.
          length: L of the result.

        Returns:
          [L] int32 and the number of words.

        Raises:
          UserError: the caption is empty or too long, or has a word that is not in the
            vocabulary; the message lists the vocabulary.
        """
        words = caption.split()
        unknown = [word for word in words if word not in self._numbers]
        if unknown:
            raise errors.UserError(
                f"The caption {caption!r} has {', '.join(map(repr, unknown))}, which is "
                f"not in the vocabulary: {' '.join(sorted(self.words[1:]))}."
            )
        if not 0 < len(words) <= length:
            raise errors.UserError(
                f"The caption {caption!r} has {len(words)} words; it must have between "
                f"1 and {length}."
            )
        tokens = np.zeros(length, np.int32)
        tokens[: len(words)] = [self._numbers[word] for word in words]
        return tokens, len(words)

    def raw(self, caption: str, length: int) -> dict[str, np.ndarray]:
        """Returns what a raw clip says of its caption; see `encode`.

        Returns:
          `caption_tokens` and `caption_lengths` as in `data/source.py`.
        """
        tokens, count = self.encode(caption, length)
        return {"caption_tokens": tokens, "caption_lengths": np.int32(count)}

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the caption of some numbers; what is padding says nothing."""
        return " ".join(self.words[int(token)] for token in tokens if token)


def mirrored(tokens: tf.Tensor) -> tf.Tensor:
    """Returns the caption of a mirrored clip: left for right, and the like.

    Two directions of a pair that are joined by one word ("left and right") are true of
    the mirrored clip as they stand and are left alone. A word is joined once: of "left and
    right starting left" the last word turns.

    Args:
      tokens: [..., L] int32.
    """
    result = tokens
    for one, other in MIRRORED_PAIRS:
        is_one, is_other = tokens == one, tokens == other
        swapped = tf.where(is_one, other, tf.where(is_other, one, result))
        is_joined = _is_joined(is_one, is_other)
        result = tf.where(is_joined, result, swapped)
    return result


def _is_joined(is_one: tf.Tensor, is_other: tf.Tensor) -> tf.Tensor:
    """Returns which words are one of two partners with one word between; [..., L] bool."""
    none = tf.zeros_like(is_one[..., :JOINED])
    behind = [tf.concat([x[..., JOINED:], none], -1) for x in (is_one, is_other)]
    has_partner = (is_one & behind[1]) | (is_other & behind[0])
    is_first = has_partner & ~tf.concat([none, has_partner[..., :-JOINED]], -1)
    return is_first | tf.concat([none, is_first[..., :-JOINED]], -1)

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


class Vocabulary:
    """Words and their numbers.

    Attributes:
      words: by number; 0 is the padding, then come the directions.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Creates a vocabulary of the directions and `words`, without repetition."""
        self.words = tuple(dict.fromkeys((PADDING, *DIRECTIONS, *words)))
        self._numbers = {word: number for number, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """Number of words, the padding included: `ClipSpec.vocabulary_size`."""
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

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the caption of some numbers; what is padding says nothing."""
        return " ".join(self.words[int(token)] for token in tokens if token)


def mirrored(tokens: tf.Tensor) -> tf.Tensor:
    """Returns the caption of a mirrored clip: left for right, and the like.

    A caption that names both directions of a pair ("left and right") is true of the
    mirrored clip as it stands and is left alone.

    Args:
      tokens: [..., L] int32.
    """
    result = tokens
    for one, other in MIRRORED_PAIRS:
        is_one, is_other = tokens == one, tokens == other
        is_single = tf.math.logical_xor(
            tf.reduce_any(is_one, -1, keepdims=True),
            tf.reduce_any(is_other, -1, keepdims=True),
        )
        result = tf.where(is_single & is_one, other, result)
        result = tf.where(is_single & is_other, one, result)
    return result

"""Captions as clauses of words, in any order.

"the red disc is moving left and right and the blue star is rotating clockwise" has two
clauses, joined by an "and" that "the" follows. Said in the other order, they describe the
same clip, so that answers are compared with them in the order that fits best [1]:

    grammar = Grammar(spec.words, spec.caption_length, num_clauses=2)
    wanted = grammar.split(batch["caption_tokens"])   # [N, 2, M]
    costs = pairwise(cross_entropy, answers, wanted)  # [N, 2, 2]
    wanted, cost = in_best_order(wanted, costs)
    grammar.join(answers)                             # [N, L]

References:
  [1] Yu et al., Permutation invariant training of deep models for speaker-independent
      multi-talker speech separation, ICASSP 2017 (the least loss over all orders).
"""

import itertools
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.ops import tokens as caption_tokens


class Grammar:
    """How captions of a vocabulary fall into clauses.

    Attributes:
      num_clauses: E, clauses of a caption at most.
      clause_length: M, words of a clause at most: as many as let E of them and the joints
        fit into a caption.
    """

    def __init__(
        self,
        words: Sequence[str],
        length: int,
        *,
        num_clauses: int = 1,
        ignored: Sequence[str] = (),
    ) -> None:
        """Stores the vocabulary.

        Args:
          words: by number; the first is the padding.
          length: L, words of a caption at most.
          num_clauses: E; with 1 a caption is taken whole, whatever it says.
          ignored: words that are taken out of every clause, or several in a row
            ("starting left"), which are taken out where they stand together. Those that
            the vocabulary does not have are in no caption.

        Raises:
          UserError: no two clauses can be joined in the vocabulary, or captions are too
            short for so many.
        """
        self.words, self.length = tuple(words), length
        self.num_clauses = num_clauses
        self.clause_length = (length + 1) // num_clauses - 1
        if self.clause_length < 1:
            raise errors.UserError(
                f"`num_clauses` ({num_clauses}) must fit into a caption of {length} words."
            )
        phrases = [
            tuple(map(self.words.index, one.split()))
            for one in ignored
            if set(one.split()) <= set(self.words)
        ]
        self._ignored = [number for one in phrases if len(one) == 1 for number in one]
        self._phrases = [one for one in phrases if len(one) > 1]
        if num_clauses > 1 and not set(caption_tokens.JOINT) <= set(self.words):
            raise errors.UserError(
                f"`num_clauses` ({num_clauses}) needs clauses that are joined by "
                f"{' '.join(caption_tokens.JOINT)!r}, but the vocabulary is "
                f"{' '.join(sorted(self.words[1:]))}; take 1."
            )

    def split(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the clauses of captions, without what is ignored.

        Args:
          tokens: [N, L] int32, padded with 0.

        Returns:
          [N, E, M] int32, padded with 0; a clause that is not there is all padding.
        """
        kept = tf.where(self._in_phrase(tokens), 0, tokens)
        is_joint = tf.zeros_like(tokens, tf.bool)
        if self.num_clauses > 1:
            is_joint = caption_tokens.joints(tokens, words=self.words)
        place = tf.cumsum(tf.cast(is_joint, tf.int32), axis=1)  # [N, L]
        clauses = [
            tf.where((place == number) & ~is_joint, kept, 0)
            for number in range(self.num_clauses)
        ]
        clauses = [caption_tokens.without(one, self._ignored)[0] for one in clauses]
        return tf.stack(clauses, axis=1)[..., : self.clause_length]  # [N, E, M]

    def join(self, clauses: tf.Tensor) -> tf.Tensor:
        """Returns the caption of clauses [N, E, M] int32: [N, L] int32.

        A clause without words is left out.
        """
        is_said = tf.reduce_any(clauses != 0, axis=-1, keepdims=True)  # [N, E, 1]
        parts = [clauses[:, 0]]
        joint = self.words.index(caption_tokens.JOINT[0]) if self.num_clauses > 1 else 0
        for number in range(1, self.num_clauses):
            is_joined = is_said[:, number] & tf.reduce_any(is_said[:, :number], axis=1)
            parts += [tf.where(is_joined, joint, 0), clauses[:, number]]
        whole, _ = caption_tokens.without(tf.concat(parts, axis=1), ())
        return tf.pad(whole, [[0, 0], [0, self.length - whole.shape[1]]])

    def text(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the words of captions [N, L] int32, padded with 0, as [N] string."""
        return caption_tokens.decode(tokens, words=self.words)

    def _in_phrase(self, tokens: tf.Tensor) -> tf.Tensor:
        """Where words of ignored phrases stand, [N, L] bool."""
        found = tf.zeros_like(tokens, tf.bool)
        for phrase in self._phrases:
            begins = _matches(tokens, phrase)
            for place in range(len(phrase)):
                found |= tf.pad(begins, [[0, 0], [place, 0]])[:, : tokens.shape[1]]
        return found


def pairwise(
    cost: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    answers: tf.Tensor,
    clauses: tf.Tensor,
) -> tf.Tensor:
    """Computes what it costs to take each answer for each clause.

    Args:
      cost: of two [N, ...], the cost of each example [N].
      answers: [N, E, ...].
      clauses: [N, E, ...].

    Returns:
      [N, E, E], of answer i and clause j.
    """
    count = answers.shape[1]
    rows = [
        tf.stack([cost(answers[:, i], clauses[:, j]) for j in range(count)], axis=1)
        for i in range(count)
    ]
    return tf.stack(rows, axis=1)


def in_best_order(clauses: tf.Tensor, costs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Brings clauses into the order in which they cost the least [1].

    Args:
      clauses: [N, E, ...], wanted ones.
      costs: [N, E, E] float32, of taking answer i for clause j.

    Returns:
      The clause that answer i stands for, [N, E, ...], and the mean cost, [N].
    """
    count = costs.shape[1]
    orders = tf.constant(list(itertools.permutations(range(count))))  # [E!, E]
    taken = tf.stack(
        [
            tf.add_n([costs[:, i, j] for i, j in enumerate(order)]) / count
            for order in itertools.permutations(range(count))
        ],
        axis=1,
    )  # [N, E!]
    best = tf.gather(orders, tf.argmin(taken, axis=1))  # [N, E]
    return tf.gather(clauses, best, batch_dims=1), tf.reduce_min(taken, axis=1)


def _matches(tokens: tf.Tensor, phrase: Sequence[int]) -> tf.Tensor:
    """Where a phrase begins, [N, L] bool."""
    length = tokens.shape[1]
    padded = tf.pad(tokens, [[0, 0], [0, len(phrase)]])
    places = [
        padded[:, place : place + length] == word for place, word in enumerate(phrase)
    ]
    return tf.reduce_all(tf.stack(places), axis=0)

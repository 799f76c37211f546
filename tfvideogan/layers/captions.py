"""Encoders of captions: words by number become a vector.

    encoder = captions.CaptionEncoder(spec.vocabulary_size)
    condition = encoder(batch["caption_tokens"], batch["caption_lengths"])  # [N, 256]

References:
  [1] Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014 (GRU);
      Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
  [2] Bowman et al., Generating Sentences from a Continuous Space, 2016, section 3.1 (word
      dropout).
  [3] The project "Videogeneration" (Casser et al., 2018): one-hot captions.
"""

import keras
import tensorflow as tf

from tfvideogan.core import errors, seeds


class CaptionEncoder(keras.layers.Layer):
    """Embedding, bidirectional GRU [1], mean over the words.

    | step                       | shape           |
    |----------------------------|-----------------|
    | tokens                     | [N, L]          |
    | embedding                  | [N, L, E]       |
    | GRU in both directions     | [N, L, 2 units] |
    | mean over the words        | [N, 2 units]    |
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        embedding: int = 64,
        units: int = 128,
        word_dropout: float = 0.1,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          vocabulary_size: number of words, the padding included.
          embedding: E, numbers in the code of a word.
          units: of the GRU in each direction.
          word_dropout: share of words that are hidden in training [2].
          **kwargs: those of `keras.layers.Layer`.

        Raises:
          UserError: the clips have no captions, or `word_dropout` is not in [0, 1).
        """
        super().__init__(**kwargs)
        if not vocabulary_size:
            raise errors.UserError(
                "the clips have no captions, but the model is given a caption; take a "
                "source with captions, such as gin/data/icons.gin."
            )
        if not 0.0 <= word_dropout < 1.0:
            raise errors.UserError(
                f"`word_dropout` ({word_dropout:g}) must be in [0, 1)."
            )
        self.word_dropout = word_dropout
        # Numbers of the size of features: Keras' own, within 0.05, are lost beside images
        # for hundreds of steps.
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            embedding,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.recurrent = keras.layers.Bidirectional(
            keras.layers.GRU(units, return_sequences=True)
        )

    def call(
        self, tokens: tf.Tensor, lengths: tf.Tensor, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the code of each caption, [N, 2 units].

        Args:
          tokens: [N, L] int32.
          lengths: [N] int32, words of each caption; of none the code is 0.
          seed: [2] int32 hides some words; None hides none, as at inference.
        """
        words = self.embedding(tokens)
        is_word = tf.sequence_mask(lengths, tf.shape(tokens)[1])  # [N, L]
        if seed is not None and self.word_dropout:
            is_seen = seeds.uniform(tf.shape(tokens), seed) >= self.word_dropout
            words *= tf.cast(is_seen, words.dtype)[..., tf.newaxis]
        states = self.recurrent(words, mask=is_word)
        weights = tf.cast(is_word, states.dtype)[..., tf.newaxis]
        counts = tf.maximum(tf.cast(lengths, states.dtype), 1.0)[:, tf.newaxis]
        return tf.reduce_sum(states * weights, axis=1) / counts


class OneHotCaption(keras.layers.Layer):
    """Each word as a one-hot row, all rows in one vector [3]; nothing is learned.

    Behind the last word stand the rows of the padding, word 0, which are not zero.
    """

    def __init__(self, vocabulary_size: int, **kwargs: object) -> None:
        """Stores the number of words, the padding included."""
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns [N, L · vocabulary_size] of tokens [N, L] int32."""
        rows = tf.one_hot(tokens, self.vocabulary_size, dtype=self.compute_dtype)
        return tf.reshape(rows, [-1, tokens.shape[1] * self.vocabulary_size])

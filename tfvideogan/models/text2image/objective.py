"""Terms of the losses of text to image."""

import tensorflow as tf

# Of the ratio's inverse: a generator that ignores its noise has the ratio 0.
_LEAST_RATIO = 1e-5
# Inside a root: features may be zero.
_EPSILON = 1e-12


def cosine(features: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Returns the cosines [N] float32 of the angles between features [N, D]."""
    features, others = (tf.cast(one, tf.float32) for one in (features, others))
    products = tf.reduce_sum(features * others, axis=-1)
    squares = [tf.reduce_sum(tf.square(one), axis=-1) for one in (features, others)]
    return products * tf.math.rsqrt(squares[0] * squares[1] + _EPSILON)


def ranking_loss(affinities: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
    """Computes how hard it is to find the caption of an image, and the image of a caption.

    Cross entropies of the right one among those of the batch with another text; the mean of
    both directions.

    Source: Zhang et al., Cross-Modal Contrastive Learning for Text-to-Image Generation,
    CVPR 2021. Where we differ: captions of the same text do not count as wrong.

    Args:
      affinities: [N, N] logits, rows of images, columns of captions.
      tokens: [N, L] int32, the captions.

    Returns:
      A float32 scalar; 0 where all captions are alike.
    """
    differs = tf.reduce_any(tokens[:, tf.newaxis] != tokens[tf.newaxis], axis=-1)
    is_own = tf.eye(tf.shape(tokens)[0], dtype=tf.bool)
    choices = tf.where(differs | is_own, affinities, affinities.dtype.min)
    right = tf.linalg.diag_part(affinities)
    losses = [tf.reduce_logsumexp(choices, axis=axis) - right for axis in (0, 1)]
    return tf.reduce_mean(tf.stack(losses))


def mode_seeking_loss(
    images: tuple[tf.Tensor, tf.Tensor], codes: tuple[tf.Tensor, tf.Tensor]
) -> tf.Tensor:
    """Computes |z1 - z2| / |G(z1) - G(z2)|, which falls as noise changes the image more.

    Source: Mao et al., Mode Seeking Generative Adversarial Networks for Diverse Image
    Synthesis, CVPR 2019, inverted as in their code. Differences are means of absolute
    values over all numbers.

    Args:
      images: of the same captions and two codes, [N, H, W, C] each.
      codes: [N, D] each.

    Returns:
      A float32 scalar.
    """
    of_images, of_codes = (
        tf.reduce_mean(tf.abs(tf.cast(one, tf.float32) - tf.cast(other, tf.float32)))
        for one, other in (images, codes)
    )
    return of_codes / (of_images + _LEAST_RATIO * of_codes)

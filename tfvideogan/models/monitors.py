"""What the training of a GAN is watched by: float32 scalars that nothing minimises."""

import tensorflow as tf


def logits(name: str, real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
    """Mean logits of a discriminator, and how often their signs are right.

    Args:
      name: of the discriminator, in the logs.
      real: [N, ...] of real samples; right are those above 0.
      fake: [N, ...] of fakes; right are those below 0.
    """
    return {
        f"logits/{name}_real": tf.reduce_mean(real),
        f"logits/{name}_fake": tf.reduce_mean(fake),
        f"signs/{name}_real": _share(real > 0),
        f"signs/{name}_fake": _share(fake < 0),
    }


def accuracy(class_logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Share of logits [N, categories] that are greatest at the label [N] int32."""
    found = tf.argmax(class_logits, axis=-1, output_type=tf.int32)
    return _share(found == labels)


def change(clips: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference of neighbouring frames of clips [N, T, H, W, C]."""
    return tf.reduce_mean(tf.abs(clips[:, 1:] - clips[:, :-1]))


def _share(condition: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, tf.float32))

"""The rows of a training step of a prediction: who is shown what, and who knows the rest.

Posterior rows know the whole clip, prior rows its first frames; `model.py` tells why.
"""

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import discriminators
from tfvideogan.models.mocogan.prediction import predictor
from tfvideogan.ops import augmentation

# How often training shows one, two and three context frames.
CONTEXT_SHARES = (0.4, 0.3, 0.3)


def rolled(
    networks: predictor.Predictor, real: tf.Tensor, seed: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Predicts the clips of a batch: posterior rows, if there are any, then prior rows.

    Args:
      networks: with a clip encoder there are posterior rows.
      real: [N, T, H, W, C] in [-1, 1].
      seed: [2] int32.

    Returns:
      `fakes` [N or 2 N, F, H, W, C], F = T - 3; `is_mean` [N] bool, which prior rows took
      the mean of the noise; with posterior rows `posterior_mean`, `posterior_log_scale`,
      `prior_mean`, `prior_log_scale` [N, F, Z], all of posterior rows.
    """
    number = tf.shape(real)[0]
    context = real[:, : predictor.MAX_CONTEXT]
    valid = random_valid(number, seeds.fold(seed, "valid"))
    horizon = real.shape[1] - predictor.MAX_CONTEXT
    shape = [number, horizon, networks.dynamics.noise]
    noise = seeds.normal(shape, seeds.fold(seed, "noise"))
    is_mean = seeds.uniform([number], seeds.fold(seed, "is_mean")) < 0.5
    noise = tf.where(is_mean[:, tf.newaxis, tf.newaxis], 0.0, noise)
    if not networks.has_posterior:
        made = networks.roll(networks.read(context, valid), noise, training=True)
        return {"fakes": made.frames, "is_mean": is_mean}
    moved, moved_valid = from_another_time(
        real, context, valid, seeds.fold(seed, "content")
    )
    scene = networks.read(
        tf.concat([moved, context], axis=0), tf.concat([moved_valid, valid], axis=0)
    )
    # Motion is read from other colours, so that its codes do not carry the look.
    recoloured = augmentation.augment(
        real, seeds.fold(seed, "recolour"), policy=("colour",)
    )
    state, posterior = networks.read_clip(recoloured, valid)
    scene = scene._replace(state=tf.concat([state, scene.state[number:]], axis=0))
    known = predictor.Posterior(
        tf.tile(posterior.mean, [2, 1, 1]),
        tf.tile(posterior.log_scale, [2, 1, 1]),
        tf.range(2 * number) < number,
    )
    own = seeds.normal(shape, seeds.fold(seed, "posterior"))
    both = tf.concat([own, noise], axis=0)
    made = networks.roll(scene, both, known, training=True)
    return {
        "fakes": made.frames,
        "is_mean": is_mean,
        "posterior_mean": posterior.mean,
        "posterior_log_scale": posterior.log_scale,
        "prior_mean": made.prior_mean[:number],
        "prior_log_scale": made.prior_log_scale[:number],
    }


def random_valid(number: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws which of three context frames are shown, [N, 3] bool."""
    draw = seeds.uniform([number], seed)[:, tf.newaxis]
    one, two, _ = CONTEXT_SHARES
    return tf.concat([draw >= one + two, draw >= one, draw >= 0.0], axis=1)


def from_another_time(
    clips: tf.Tensor, context: tf.Tensor, valid: tf.Tensor, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Replaces the context of half of the rows by one frame of any time."""
    number = tf.shape(clips)[0]
    other = discriminators.random_frames(clips, seeds.fold(seed, "time"))
    is_other = seeds.uniform([number, 1], seeds.fold(seed, "is_other")) < 0.5
    moved = tf.where(is_other[:, :, None, None, None], other, context)
    is_last = tf.range(predictor.MAX_CONTEXT) == predictor.MAX_CONTEXT - 1
    return moved, valid & (is_last | ~is_other)

"""The two rollouts of a training step: one from the posterior, one from the prior.

    posterior    encodes the whole clip, then generates it again
    prior        encodes the context alone

They run as one batch, posterior first; `model.py` tells why there are two.
"""

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models import discriminators
from tfvideogan.models.mocogan.prediction import predictor
from tfvideogan.ops import augmentation

# How often training shows one, two and three context frames.
CONTEXT_SHARES = (0.4, 0.3, 0.3)


def train(
    networks: predictor.Predictor, real: tf.Tensor, seed: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Rolls out over the clips of a batch.

    Args:
      networks: without a clip encoder there is no posterior rollout.
      real: [N, T, H, W, C] in [-1, 1].
      seed: [2] int32.

    Returns:
      `fakes` [N or 2N, F, H, W, C], F = T - 3; `is_mean` [N] bool, where the prior
      rollout took the mean of its latents; with a posterior `posterior_mean`,
      `posterior_log_scale`, `prior_mean`, `prior_log_scale` [N, F, Z], all of the
      posterior rollout.
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
        start = networks.encode_context(context, valid)
        rollout = networks.roll_out(start, noise, training=True)
        return {"fakes": rollout.frames, "is_mean": is_mean}
    other, other_valid = from_another_time(
        real, context, valid, seeds.fold(seed, "content")
    )
    start = networks.encode_context(
        tf.concat([other, context], axis=0),  # [2N, 3, H, W, C]
        tf.concat([other_valid, valid], axis=0),  # [2N, 3]
    )
    # Motion is encoded from other colours, so that its codes do not carry the look.
    recoloured = augmentation.augment(
        real, seeds.fold(seed, "recolour"), policy=("colour",)
    )
    state, posterior = networks.encode_clip(recoloured, valid)
    start = start._replace(state=tf.concat([state, start.state[number:]], axis=0))
    known = predictor.Posterior(
        tf.tile(posterior.mean, [2, 1, 1]),  # [2N, F, Z]
        tf.tile(posterior.log_scale, [2, 1, 1]),
        tf.range(2 * number) < number,
    )
    posterior_noise = seeds.normal(shape, seeds.fold(seed, "posterior"))
    both = tf.concat([posterior_noise, noise], axis=0)  # [2N, F, Z]
    rollout = networks.roll_out(start, both, known, training=True)
    return {
        "fakes": rollout.frames,
        "is_mean": is_mean,
        "posterior_mean": posterior.mean,
        "posterior_log_scale": posterior.log_scale,
        "prior_mean": rollout.prior_mean[:number],
        "prior_log_scale": rollout.prior_log_scale[:number],
    }


def random_valid(number: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Samples which of three context frames are known, [N, 3] bool; the last is."""
    draw = seeds.uniform([number], seed)[:, tf.newaxis]  # [N, 1]
    one, two, _ = CONTEXT_SHARES
    return tf.concat([draw >= one + two, draw >= one, draw >= 0.0], axis=1)  # [N, 3]


def from_another_time(
    clips: tf.Tensor, context: tf.Tensor, valid: tf.Tensor, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Replaces the context of half of the clips by one frame of any time.

    Args:
      clips: [N, T, H, W, C].
      context: [N, 3, H, W, C].
      valid: [N, 3] bool.
      seed: [2] int32.

    Returns:
      Context and validity; where the context was replaced, its last frame alone is valid.
    """
    number = tf.shape(clips)[0]
    other = discriminators.random_frames(clips, seeds.fold(seed, "time"))
    is_other = seeds.uniform([number, 1], seeds.fold(seed, "is_other")) < 0.5
    replaced = tf.where(is_other[:, :, None, None, None], other, context)
    is_last = tf.range(predictor.MAX_CONTEXT) == predictor.MAX_CONTEXT - 1
    return replaced, valid & (is_last | ~is_other)

"""Rolls a prediction forward: encoders, dynamics and generator at work together.

scene = predictor.read(context, valid)           # 1 to 3 frames, padded to 3
rolled = predictor.train_roll(scene, noise)      # unrolled, with all that losses need
frames = predictor.roll(scene, noise)            # any length, memory of one step
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.mocogan import dynamics, encoders, prediction_generator

# Frames of context that a prediction can use.
MAX_CONTEXT = 3


class Scene(NamedTuple):
    """Where a prediction starts.

    Attributes:
      content: of the scene.
      state: [M, U] of the dynamics.
      seen: [M, D], code of the last two frames.
    """

    content: encoders.Content
    state: tf.Tensor
    seen: tf.Tensor


class Rolled(NamedTuple):
    """A prediction of F frames, time on the second axis.

    Attributes:
      frames: [M, F, H, W, C] in [-1, 1].
      prior_mean: [M, F, Z], of the noise of each frame.
      prior_log_scale: likewise.
    """

    frames: tf.Tensor
    prior_mean: tf.Tensor
    prior_log_scale: tf.Tensor


class Posterior(NamedTuple):
    """Noise that is known for some rows, because their future was seen.

    Attributes:
      mean: [M, F, Z].
      log_scale: [M, F, Z].
      is_known: [M] bool; other rows draw from the prior.
    """

    mean: tf.Tensor
    log_scale: tf.Tensor
    is_known: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Predictor:
    """The networks of a prediction, which own the variables.

    Attributes:
      content_encoder: of scenes.
      pair_encoder: of motion between frames.
      dynamics: of the motion.
      generator: of the next frame.
      has_learnt_prior: whether noise is drawn from the dynamics' prior; standard normal
        otherwise.
    """

    content_encoder: encoders.ContentEncoder
    pair_encoder: encoders.PairEncoder
    dynamics: dynamics.Dynamics
    generator: (
        prediction_generator.ResidualPredictor | prediction_generator.DCGANPredictor
    )
    has_learnt_prior: bool

    def read(
        self,
        context: tf.Tensor,
        valid: tf.Tensor,
    ) -> Scene:
        """Reads context frames.

        Args:
          context: [M, K, H, W, C] in [-1, 1].
          valid: [M, K] bool: which are frames, not padding; the last ones are.
        """
        content = self.content_encoder(context, valid)
        state, seen = self.read_motion(context, valid)
        return Scene(content, state, seen)

    def read_motion(
        self, context: tf.Tensor, valid: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the state [M, U] and code [M, D] of the last frames of a context."""
        last = context[:, -1]
        pose = self.pair_encoder(last, last)
        pairs = encoders.pairs_of(self.pair_encoder, context)
        has_pair = valid[:, :-1]
        state = self.dynamics.start(pose, pairs, has_pair)
        return state, tf.where(has_pair[:, -1:], pairs[:, -1], pose)

    def roll(
        self,
        scene: Scene,
        noise: tf.Tensor,
        posterior: Posterior | None = None,
        *,
        training: bool = False,
    ) -> Rolled:
        """Predicts frame by frame.

        Args:
          scene: M rows.
          noise: [M, F, Z] standard normal; 0 gives the mean.
          posterior: of rows whose future is known.
          training: as of `keras.Layer.call`.
        """
        by_time = [noise]
        if posterior is not None:
            by_time += [posterior.mean, posterior.log_scale]

        def step(before: _Carried, now: list[tf.Tensor]) -> _Carried:
            known = None
            if posterior is not None:
                known = Posterior(now[1], now[2], posterior.is_known)
            return self._step(
                scene.content, _Carried(*before), now[0], known, training=training
            )

        found = tf.scan(
            step,
            [tf.transpose(one, [1, 0, 2]) for one in by_time],
            initializer=self._first(scene),
            parallel_iterations=1,
        )
        return Rolled(
            tf.transpose(found.frame, [1, 0, 2, 3, 4]),
            tf.transpose(found.prior_mean, [1, 0, 2]),
            tf.transpose(found.prior_log_scale, [1, 0, 2]),
        )

    def _first(self, scene: Scene) -> "_Carried":
        frame = tf.cast(scene.content.frame, tf.float32)
        maps = self.content_encoder.pictures(frame)[-1]
        nothing = tf.zeros([tf.shape(frame)[0], self.dynamics.noise])
        return _Carried(scene.state, scene.seen, frame, maps, nothing, nothing)

    def _step(
        self,
        content: encoders.Content,
        carried: "_Carried",
        noise: tf.Tensor,
        known: Posterior | None,
        *,
        training: bool,
    ) -> "_Carried":
        mean, log_scale = self.dynamics.prior(carried.state, carried.seen)
        drawn = noise
        if self.has_learnt_prior:
            drawn = mean + tf.exp(log_scale) * noise
        if known is not None:
            seen_ahead = known.mean + tf.exp(known.log_scale) * noise
            drawn = tf.where(known.is_known[:, tf.newaxis], seen_ahead, drawn)
        state, code = self.dynamics.advance(carried.state, carried.seen, drawn)
        frame, _ = self.generator(
            content, carried.maps, carried.frame, code, training=training
        )
        maps = self.content_encoder.pictures(frame)[-1]
        seen = self.pair_encoder(carried.frame, frame)
        return _Carried(state, seen, frame, maps, mean, log_scale)


class _Carried(NamedTuple):
    """What one step hands to the next, and the moments of the noise that it drew."""

    state: tf.Tensor
    seen: tf.Tensor
    frame: tf.Tensor
    maps: tf.Tensor
    prior_mean: tf.Tensor
    prior_log_scale: tf.Tensor


def padded(context: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Brings a context of any length to three frames.

    Args:
      context: [N, K, H, W, C]; K may be open. The last three frames are taken.

    Returns:
      [N, 3, H, W, C], fewer frames padded in front by repeating the first; and [N, 3]
      bool, False for padding.
    """
    context = context[:, -MAX_CONTEXT:]
    count = tf.shape(context)[1]
    times = tf.maximum(tf.range(MAX_CONTEXT) - (MAX_CONTEXT - count), 0)
    whole = tf.gather(context, times, axis=1)
    is_valid = tf.range(MAX_CONTEXT) >= MAX_CONTEXT - count
    valid = tf.repeat(is_valid[tf.newaxis], tf.shape(context)[0], axis=0)
    return tf.ensure_shape(whole, [None, MAX_CONTEXT, *context.shape[2:]]), valid

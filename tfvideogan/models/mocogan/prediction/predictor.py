"""Encoders, dynamics and generator at work together: frames to what follows on them.

    frames = predictor.predict(context, noise)   # 1 to 3 frames; as many as there is noise
    frames = predictor.swap(content, motion)     # the look of one clip, moving as another

    scene = predictor.read(*padded(context))     # the first in two steps
    rolled = predictor.roll(scene, noise)        # with all that losses need

A prediction is a loop in the graph, not a copy of its body for each frame: one frame is
traced however many there are.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.mocogan.prediction import dynamics, encoders
from tfvideogan.models.mocogan.prediction import generator as prediction_generator

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
      clip_encoder: of the noise of clips whose future is seen. With it noise is drawn from
        the dynamics' prior, which has learnt from it; without, it is standard normal.
    """

    content_encoder: encoders.ContentEncoder
    pair_encoder: encoders.PairEncoder
    dynamics: dynamics.Dynamics
    generator: (
        prediction_generator.ResidualPredictor | prediction_generator.DCGANPredictor
    )
    clip_encoder: encoders.ClipEncoder | None = None

    @property
    def has_posterior(self) -> bool:
        """Whether there is a posterior, without which `swap` and `encode` do not work."""
        return self.clip_encoder is not None

    # --- Inference

    def predict(self, context: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Predicts [M, F, H, W, C] from [M, K, H, W, C], 1 to 3 frames; see `roll`."""
        return self.roll(self.read(*padded(context)), noise).frames

    def swap(self, content: tf.Tensor, motion: tf.Tensor) -> tf.Tensor:
        """Gives the content of one clip the motion of another.

        Args:
          content: [M, K, H, W, C] in [-1, 1], 1 to 3 frames; of more the last three.
          motion: [M, T, H, W, C] in [-1, 1], T at least 4.

        Returns:
          [M, T - 3, H, W, C] in [-1, 1], moving as the motion's frames from the fourth.
        """
        scene = self.read(*padded(content))
        number = tf.shape(motion)[0]
        state, posterior = self.read_clip(motion, tf.fill([number, MAX_CONTEXT], True))
        known = Posterior(posterior.mean, posterior.log_scale, tf.fill([number], True))
        mean = tf.zeros_like(posterior.mean)
        return self.roll(scene._replace(state=state), mean, known).frames

    def encode(self, clips: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the codes of clips [M, T, H, W, C] in [-1, 1].

        Returns:
          `content_code` [M, D] of the last three frames, `motion_codes` [M, T-1, Z] of
          the transitions, `clip_code` [M, E] of the motion as a whole; float32.
        """
        content = self.content_encoder(*padded(clips))
        posterior = self.clip_encoder(encoders.pairs_of(self.pair_encoder, clips))
        return {
            "content_code": content.code,
            "motion_codes": posterior.mean,
            "clip_code": posterior.clip,
        }

    # --- Its parts

    def read(self, context: tf.Tensor, valid: tf.Tensor) -> Scene:
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

    def read_clip(
        self, clips: tf.Tensor, valid: tf.Tensor
    ) -> tuple[tf.Tensor, encoders.Posterior]:
        """Reads the motion of whole clips.

        Args:
          clips: [M, T, H, W, C] in [-1, 1].
          valid: [M, 3] bool, which of the first three frames the state may know.

        Returns:
          The state [M, U] behind the third frame, and the posterior of the transitions
          to those that follow, F = T - 3 of them.
        """
        first = MAX_CONTEXT - 1
        pairs = encoders.pairs_of(self.pair_encoder, clips)
        last = clips[:, first]
        pose = self.pair_encoder(last, last)
        state = self.dynamics.start(pose, pairs[:, :first], valid[:, :-1])
        whole = self.clip_encoder(pairs)
        return state, whole._replace(
            mean=whole.mean[:, first:], log_scale=whole.log_scale[:, first:]
        )

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
        if self.has_posterior:
            drawn = mean + tf.exp(log_scale) * noise
        if known is not None:
            seen_ahead = known.mean + tf.exp(known.log_scale) * noise
            drawn = tf.where(known.is_known[:, tf.newaxis], seen_ahead, drawn)
        state, code = self.dynamics.advance(carried.state, carried.seen, drawn)
        frame = self.generator(
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

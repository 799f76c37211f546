"""The networks of a prediction applied along time: context frames to those that follow.

    frames = predictor.predict(context, noise)   # 1 to 3 frames; as many as there is noise
    frames = predictor.swap(content, motion)     # content of one clip, motion of another

    start = predictor.encode_context(*padded(context))     # the first in two steps
    rollout = predictor.roll_out(start, noise)             # with all that losses need

One step of a rollout, from frame t - 1 to frame t:

    prior mean, log scale     = dynamics.prior(state, pair code)
    latent                    = mean + scale · noise, of the posterior where it is known
    state, motion code        = dynamics.step(state, pair code, latent)
    frame                     = generator(content, maps, frame, motion code)
    maps                      = content encoder's feature maps of the frame
    pair code                 = pair encoder(frame before, frame)

A rollout is a loop in the graph, not a copy of its body for each frame: one frame is
traced however many there are.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.mocogan.prediction import dynamics, encoders, generator

# Frames of context that a prediction can use.
MAX_CONTEXT = 3


class Start(NamedTuple):
    """Where a rollout starts.

    Attributes:
      content: of M scenes.
      state: [M, U], hidden state of the dynamics.
      pair_code: [M, P], of the last two frames.
    """

    content: encoders.Content
    state: tf.Tensor
    pair_code: tf.Tensor


class Rollout(NamedTuple):
    """A prediction of F frames, time on the second axis.

    Attributes:
      frames: [M, F, H, W, C] in [-1, 1].
      prior_mean: [M, F, Z], of the latent of each frame.
      prior_log_scale: likewise.
    """

    frames: tf.Tensor
    prior_mean: tf.Tensor
    prior_log_scale: tf.Tensor


class Posterior(NamedTuple):
    """Moments of the latents of clips whose future is known.

    Attributes:
      mean: [M, F, Z].
      log_scale: [M, F, Z].
      is_known: [M] bool; the others sample from the prior.
    """

    mean: tf.Tensor
    log_scale: tf.Tensor
    is_known: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Predictor:
    """The networks of a prediction, which own the variables.

    Attributes:
      content_encoder: of scenes.
      pair_encoder: of transitions.
      dynamics: of the motion.
      generator: of the next frame.
      clip_encoder: the posterior of clips whose future is known. With it latents are
        sampled from the dynamics' prior, which has learnt from it; without, they are
        standard normal.
    """

    content_encoder: encoders.ContentEncoder
    pair_encoder: encoders.PairEncoder
    dynamics: dynamics.Dynamics
    generator: generator.ResidualPredictor | generator.DCGANPredictor
    clip_encoder: encoders.ClipEncoder | None = None

    @property
    def has_posterior(self) -> bool:
        """Whether there is a posterior, without which `swap` and `encode` do not work."""
        return self.clip_encoder is not None

    # --- Inference

    def predict(self, context: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Predicts [M, F, H, W, C] from [M, K, H, W, C] and noise [M, F, Z]."""
        return self.roll_out(self.encode_context(*padded(context)), noise).frames

    def swap(self, content: tf.Tensor, motion: tf.Tensor) -> tf.Tensor:
        """Gives the content of one clip the motion of another.

        Args:
          content: [M, K, H, W, C] in [-1, 1], 1 to 3 frames; of more the last three.
          motion: [M, T, H, W, C] in [-1, 1], T at least 4.

        Returns:
          [M, T - 3, H, W, C] in [-1, 1], moving as the motion's frames from the fourth.
        """
        start = self.encode_context(*padded(content))
        number = tf.shape(motion)[0]
        valid = tf.fill([number, MAX_CONTEXT], True)
        state, posterior = self.encode_clip(motion, valid)
        known = Posterior(posterior.mean, posterior.log_scale, tf.fill([number], True))
        mean = tf.zeros_like(posterior.mean)
        return self.roll_out(start._replace(state=state), mean, known).frames

    def encode(self, clips: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the codes of clips [M, T, H, W, C] in [-1, 1].

        Returns:
          `content_code` [M, D] of the last three frames, `motion_codes` [M, T-1, Z] of
          the transitions, `clip_code` [M, E] of the motion as a whole; float32.
        """
        content = self.content_encoder(*padded(clips))
        posterior = self.clip_encoder(self.pair_encoder.transitions(clips))
        return {
            "content_code": content.code,
            "motion_codes": posterior.mean,
            "clip_code": posterior.clip,
        }

    # --- Encoding

    def encode_context(self, context: tf.Tensor, valid: tf.Tensor) -> Start:
        """Encodes context frames.

        Args:
          context: [M, K, H, W, C] in [-1, 1].
          valid: [M, K] bool, which are frames, not padding; the last ones are.
        """
        content = self.content_encoder(context, valid)
        last = context[:, -1]
        pose = self.pair_encoder(last, last)
        pairs = self.pair_encoder.transitions(context)
        has_pair = valid[:, :-1]
        state = self.dynamics.initial_state(pose, pairs, has_pair)
        pair_code = tf.where(has_pair[:, -1:], pairs[:, -1], pose)
        return Start(content, state, pair_code)

    def encode_clip(
        self, clips: tf.Tensor, valid: tf.Tensor
    ) -> tuple[tf.Tensor, encoders.Posterior]:
        """Encodes the motion of whole clips.

        Args:
          clips: [M, T, H, W, C] in [-1, 1].
          valid: [M, 3] bool, which of the first three frames the state may know.

        Returns:
          The hidden state [M, U] behind the third frame, and the posterior of the
          transitions to those that follow, F = T - 3 of them.
        """
        first = MAX_CONTEXT - 1
        pairs = self.pair_encoder.transitions(clips)
        last = clips[:, first]
        pose = self.pair_encoder(last, last)
        state = self.dynamics.initial_state(pose, pairs[:, :first], valid[:, :-1])
        whole = self.clip_encoder(pairs)
        return state, whole._replace(
            mean=whole.mean[:, first:], log_scale=whole.log_scale[:, first:]
        )

    # --- Rolling out

    def roll_out(
        self,
        start: Start,
        noise: tf.Tensor,
        posterior: Posterior | None = None,
        *,
        training: bool = False,
    ) -> Rollout:
        """Generates frame by frame.

        Args:
          start: of M clips.
          noise: [M, F, Z] standard normal; 0 gives the mean.
          posterior: of clips whose future is known.
          training: as of `keras.Layer.call`.
        """
        inputs = [noise]
        if posterior is not None:
            inputs += [posterior.mean, posterior.log_scale]

        def step(before: _LoopState, now: list[tf.Tensor]) -> _LoopState:
            known = None
            if posterior is not None:
                known = Posterior(now[1], now[2], posterior.is_known)
            return self._step(
                start.content, _LoopState(*before), now[0], known, training=training
            )

        found = tf.scan(
            step,
            [tf.transpose(one, [1, 0, 2]) for one in inputs],  # [F, M, Z]
            initializer=self._loop_state(start),
            parallel_iterations=1,
        )
        return Rollout(
            tf.transpose(found.frame, [1, 0, 2, 3, 4]),  # [M, F, H, W, C]
            tf.transpose(found.prior_mean, [1, 0, 2]),  # [M, F, Z]
            tf.transpose(found.prior_log_scale, [1, 0, 2]),
        )

    def _loop_state(self, start: Start) -> "_LoopState":
        frame = tf.cast(start.content.frame, tf.float32)
        maps = self.content_encoder.feature_maps(frame)[-1]
        zeros = tf.zeros([tf.shape(frame)[0], self.dynamics.noise])  # [M, Z]
        return _LoopState(start.state, start.pair_code, frame, maps, zeros, zeros)

    def _step(
        self,
        content: encoders.Content,
        before: "_LoopState",
        noise: tf.Tensor,
        known: Posterior | None,
        *,
        training: bool,
    ) -> "_LoopState":
        mean, log_scale = self.dynamics.prior(before.state, before.pair_code)
        latent = noise
        if self.has_posterior:
            latent = mean + tf.exp(log_scale) * noise
        if known is not None:
            of_posterior = known.mean + tf.exp(known.log_scale) * noise
            latent = tf.where(known.is_known[:, tf.newaxis], of_posterior, latent)
        state, motion_code = self.dynamics.step(before.state, before.pair_code, latent)
        frame = self.generator(
            content, before.maps, before.frame, motion_code, training=training
        )
        maps = self.content_encoder.feature_maps(frame)[-1]
        pair_code = self.pair_encoder(before.frame, frame)
        return _LoopState(state, pair_code, frame, maps, mean, log_scale)


class _LoopState(NamedTuple):
    """What one step hands to the next, and the moments of its prior."""

    state: tf.Tensor
    pair_code: tf.Tensor
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
    frames = tf.gather(context, times, axis=1)  # [N, 3, H, W, C]
    is_valid = tf.range(MAX_CONTEXT) >= MAX_CONTEXT - count
    valid = tf.repeat(is_valid[tf.newaxis], tf.shape(context)[0], axis=0)  # [N, 3]
    return tf.ensure_shape(frames, [None, MAX_CONTEXT, *context.shape[2:]]), valid

"""The discriminators of a prediction: of frames, and of the clips of each rollout.

All see the context, on the left of "‖" or before "|":

    image_critic        last context frame ‖ a frame, as channels       [N·K, H, W, 2C]
    prior_critic        two context frames | prior rollout, in time     [N, 2 + F, H, W, C]
    posterior_critic    two context frames | posterior rollout          [N, 2 + F, H, W, C]

so that another scene is noticed by the first, and a jump by the others.
"""

import keras
import tensorflow as tf

from tfvideogan.losses import penalties
from tfvideogan.models import discriminators
from tfvideogan.models.mocogan.prediction import predictor
from tfvideogan.ops import frames

IMAGE = "image_critic"
PRIOR, POSTERIOR = "prior_critic", "posterior_critic"
# Context frames that a discriminator of clips sees before the prediction.
SEEN_BEFORE = 2


class Discriminators:
    """The discriminators, by name.

    Attributes:
      networks: that of frames, that of prior rollouts and, if there are two kinds of
        rollouts to be judged, that of posterior ones.
    """

    def __init__(
        self, size: int, *, width: int, num_frames: int, is_dual: bool
    ) -> None:
        """Creates the networks.

        Args:
          size: the shorter side of a frame, pixels.
          width: channels behind the first layers.
          num_frames: K, frames of each clip that the discriminator of frames sees.
          is_dual: whether posterior rollouts have a discriminator of their own.
        """
        self.num_frames = num_frames
        self.networks: dict[str, keras.Model] = {
            IMAGE: discriminators.FrameDiscriminator(
                size, width=width, has_spectral_norm=True, name=IMAGE
            )
        }
        for name in (PRIOR, POSTERIOR) if is_dual else (PRIOR,):
            self.networks[name] = discriminators.ClipDiscriminator(
                size, width=width, has_spectral_norm=True, name=name
            )

    def score_frames(
        self,
        real: tf.Tensor,
        clips: tf.Tensor,
        seed: tf.Tensor,
        *,
        training: bool = False,
    ) -> tf.Tensor:
        """Scores random frames of clips beside the last context frame.

        Args:
          real: [N, T, H, W, C] in [-1, 1], whose first three frames are the context.
          clips: [M, F, H, W, C], predictions for `real`, once or several times.
          seed: [2] int32, of the frames.
          training: moves the spectral norm.

        Returns:
          Logits [M·K, 1].
        """
        number = tf.shape(clips)[0]
        images = discriminators.random_frames(clips, seed, count=self.num_frames)
        last = real[:, predictor.MAX_CONTEXT - 1]
        last = tf.tile(last, [number // tf.shape(real)[0], 1, 1, 1])  # [M, H, W, C]
        last = tf.repeat(last[:, tf.newaxis], self.num_frames, axis=1)
        both = tf.concat([images, last], axis=-1)  # [M, K, H, W, 2C]
        return self.networks[IMAGE](frames.fold_time(both), training=training)

    def score_clips(
        self, name: str, clips: tf.Tensor, *, training: bool = False
    ) -> tf.Tensor:
        """Returns logits [N, 1] of clips [N, T, H, W, C] by the network of that name."""
        return self.networks[name](clips, training=training)[0]

    def clip_inputs(self, real: tf.Tensor, fakes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what each discriminator of clips judges, [N, 2 + F, H, W, C].

        Args:
          real: [N, T, H, W, C], whose first three frames are the context.
          fakes: [M, F, H, W, C], posterior rollouts, if there are any, then prior ones.
        """
        number = tf.shape(real)[0]
        first = predictor.MAX_CONTEXT - SEEN_BEFORE
        before = real[:, first : predictor.MAX_CONTEXT]  # [N, 2, H, W, C]
        rollouts = {PRIOR: fakes[-number:], POSTERIOR: fakes[:number]}
        return {
            name: tf.concat([before, clips], axis=1)
            for name, clips in rollouts.items()
            if name in self.networks
        }

    def r1(self, real: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns R1 of the discriminator of frames at a frame of each real clip."""
        images = discriminators.random_frames(real, seed)[:, 0]
        last = real[:, predictor.MAX_CONTEXT - 1]
        both = tf.concat([images, last], axis=-1)  # [N, H, W, 2C]
        return penalties.r1_penalty(self.networks[IMAGE], both)

"""The critics of a prediction: of frames, and of clips of each kind of rows.

All see the context: frames beside its last frame, so that another scene is noticed; clips
behind its last two frames, so that a jump is.
"""

import keras
import tensorflow as tf

from tfvideogan.losses import penalties
from tfvideogan.models import discriminators
from tfvideogan.models.mocogan.prediction import predictor

IMAGE = "image_critic"
PRIOR, POSTERIOR = "prior_critic", "posterior_critic"
# Context frames that a critic of clips sees before the prediction.
SEEN_BEFORE = 2


class Discriminators:
    """The critics, by name.

    Attributes:
      networks: that of frames, that of prior rows and, if there are two kinds of rows to
        be judged, that of posterior rows.
    """

    def __init__(
        self, size: int, *, width: int, num_frames: int, is_dual: bool
    ) -> None:
        """Creates the networks.

        Args:
          size: the shorter side of a frame, pixels.
          width: channels behind the first layers.
          num_frames: frames of each clip that the critic of frames sees.
          is_dual: whether posterior rows have a critic of clips of their own.
        """
        self.num_frames = num_frames
        self.networks: dict[str, keras.Model] = {
            IMAGE: discriminators.FrameDiscriminator(
                size, width=width, has_spectral_norm=True, name=IMAGE
            )
        }
        for name in (PRIOR, POSTERIOR) if is_dual else (PRIOR,):
            self.networks[name] = discriminators.ClipDiscriminator(
                size,
                width=width,
                has_spectral_norm=True,
                name=name,
            )

    def judge_frames(
        self,
        real: tf.Tensor,
        clips: tf.Tensor,
        seed: tf.Tensor,
        *,
        training: bool = False,
    ) -> tf.Tensor:
        """Scores random frames of clips beside the last context frame of their row.

        Args:
          real: [N, T, H, W, C] in [-1, 1], whose first three frames are the context.
          clips: [M, F, H, W, C], the rows of `real` once or several times.
          seed: [2] int32, of the frames.
          training: moves the spectral norm.

        Returns:
          Logits [M * num_frames, 1].
        """
        rows = tf.shape(clips)[0]
        images = discriminators.random_frames(clips, seed, count=self.num_frames)
        last = real[:, predictor.MAX_CONTEXT - 1]
        last = tf.tile(last, [rows // tf.shape(real)[0], 1, 1, 1])
        beside = tf.repeat(last[:, tf.newaxis], self.num_frames, axis=1)
        both = tf.concat([images, beside], axis=-1)
        flat = tf.reshape(both, [-1, *both.shape[2:]])
        return self.networks[IMAGE](flat, training=training)

    def judge_clips(
        self, name: str, clips: tf.Tensor, *, training: bool = False
    ) -> tf.Tensor:
        """Returns logits [N, 1] of clips [N, T, H, W, C] by the critic of that name."""
        return self.networks[name](clips, training=training)[0]

    def shown(self, real: tf.Tensor, fakes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what each critic of clips judges, [N, 2 + F, H, W, C].

        Args:
          real: [N, T, H, W, C], whose first three frames are the context.
          fakes: [M, F, H, W, C], posterior rows, if there are any, then prior rows.
        """
        number = tf.shape(real)[0]
        first = predictor.MAX_CONTEXT - SEEN_BEFORE
        before = real[:, first : predictor.MAX_CONTEXT]
        rows = {PRIOR: fakes[-number:], POSTERIOR: fakes[:number]}
        return {
            name: tf.concat([before, clips], axis=1)
            for name, clips in rows.items()
            if name in self.networks
        }

    def r1(self, real: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns R1 of the critic of frames at a frame of each real clip."""
        images = discriminators.random_frames(real, seed)[:, 0]
        both = tf.concat([images, real[:, predictor.MAX_CONTEXT - 1]], axis=-1)
        return penalties.r1_penalty(self.networks[IMAGE], both)

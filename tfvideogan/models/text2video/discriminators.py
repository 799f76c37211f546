"""The discriminators of a rollout: of frames and of clips, both by the caption.

    frame_critic      last frame ‖ a frame, as channels        [N·J, H, W, 2C]
    clip_critic       last frame | the rollout, in time        [N, 1 + K, H, W, C]
    critic_captions   the caption that both project on, [1]    [N, D]

They are aware of captions [2]: beside real samples and fakes with the caption that belongs
to them they see real samples with the caption of another clip, whose *text* differs, and
must take these for fakes. A frame does not show a motion. The discriminator of frames
therefore reads captions without the words that a still cannot show; two captions that
differ in nothing else are the same to it.

References:
  [1] Miyato, Koyama, cGANs with Projection Discriminator, ICLR 2018, equation 3.
  [2] Reed et al., Generative Adversarial Text to Image Synthesis, ICML 2016, section 4.1.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.core import clip, seeds
from tfvideogan.layers import captions
from tfvideogan.losses import penalties
from tfvideogan.models import discriminators
from tfvideogan.ops import frames, tokens

FRAME, CLIP, CAPTIONS = "frame_critic", "clip_critic", "critic_captions"
CRITICS = (FRAME, CLIP)


class Judged(NamedTuple):
    """What one discriminator says.

    Attributes:
      real: [M, 1] logits of real samples.
      fake: [M, 1] of generated ones.
      wrong: [M, 1] of real samples with captions of others.
      is_wrong: [M] bool, whether such a caption says something else.
    """

    real: tf.Tensor
    fake: tf.Tensor
    wrong: tf.Tensor
    is_wrong: tf.Tensor


class Discriminators:
    """The discriminators by name.

    Attributes:
      networks: `FRAME`, `CLIP` and `CAPTIONS`.
    """

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        width: int,
        num_frames: int,
        unseen_words: Sequence[str],
        embedding: int,
        units: int,
    ) -> None:
        """Creates the networks.

        Args:
          spec: of a clip.
          width: channels behind the first layers.
          num_frames: J, frames of a rollout that the discriminator of frames sees.
          unseen_words: what a still cannot show; words that the vocabulary does not have
            are no fault.
          embedding: numbers in the code of a word.
          units: of the encoder of captions in each direction.
        """
        self.num_frames = num_frames
        self._unseen = [
            number for number, word in enumerate(spec.words) if word in unseen_words
        ]
        size = min(spec.height, spec.width)
        options = {"width": width, "projects": True, "has_spectral_norm": True}
        self.networks: dict[str, keras.Layer] = {
            FRAME: discriminators.FrameDiscriminator(size, name=FRAME, **options),
            CLIP: discriminators.ClipDiscriminator(size, name=CLIP, **options),
            CAPTIONS: captions.CaptionEncoder(
                spec.vocabulary_size,
                embedding=embedding,
                units=units,
                word_dropout=0.0,
                name=CAPTIONS,
            ),
        }

    def judge(
        self,
        made: Mapping[str, tf.Tensor],
        caption_tokens: tf.Tensor,
        seed: tf.Tensor,
        *,
        training: bool = False,
    ) -> dict[str, Judged]:
        """Judges rollouts and the clips that they should be, by `FRAME` and `CLIP`.

        Args:
          made: see `rollout.train`.
          caption_tokens: [N, L] int32.
          seed: [2] int32, of wrong captions and of the frames.
          training: moves the spectral norm.
        """
        said = self._said(caption_tokens)
        codes = self._codes(said)
        real = self._samples(made["real_last"], made["real"], seed)
        fake = self._samples(made["last"], made["fakes"], seed)
        found = {}
        for name in CRITICS:
            places, exists = tokens.mismatched(said[name], seeds.fold(seed, name))
            count = self._count(name)
            code = tf.repeat(codes[name], count, axis=0)  # [M, D]
            wrong = tf.repeat(tf.gather(codes[name], places), count, axis=0)
            network = self.networks[name]
            samples = tf.concat([real[name], fake[name]], axis=0)
            features = network.features(samples, training=training)  # [2M, C]
            of_real, _ = tf.split(features, 2)
            logits = network.judge(
                tf.concat([features, of_real], axis=0),
                tf.concat([code, code, wrong], axis=0),
                training=training,
            )
            is_wrong = tf.repeat(exists, count, axis=0)
            found[name] = Judged(*tf.split(logits, 3), is_wrong)
        return found

    def score(
        self, made: Mapping[str, tf.Tensor], caption_tokens: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the logits [M, 1] of rollouts alone; arguments as of `judge`."""
        codes = self._codes(self._said(caption_tokens))
        fake = self._samples(made["last"], made["fakes"], seed)
        found = {}
        for name in CRITICS:
            network = self.networks[name]
            code = tf.repeat(codes[name], self._count(name), axis=0)
            found[name] = network.judge(network.features(fake[name]), code)
        return found

    def r1(
        self, made: Mapping[str, tf.Tensor], caption_tokens: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns R1 of the discriminator of frames at real frames of each clip."""
        code = self._codes(self._said(caption_tokens))[FRAME]
        code = tf.repeat(code, self.num_frames, axis=0)
        network = self.networks[FRAME]
        real = self._samples(made["real_last"], made["real"], seed)[FRAME]
        return penalties.r1_penalty(
            lambda images: network.judge(network.features(images), code), real
        )

    def _said(self, caption_tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """What each discriminator reads, [N, L]."""
        seen, _ = tokens.without(caption_tokens, self._unseen)
        return {FRAME: seen, CLIP: caption_tokens}

    def _codes(self, said: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The codes of what each discriminator reads, [N, D]."""
        both = tf.concat([said[name] for name in CRITICS], axis=0)  # [2N, L]
        lengths = tf.math.count_nonzero(both, axis=1, dtype=tf.int32)
        codes = tf.split(self.networks[CAPTIONS](both, lengths), len(CRITICS))
        return dict(zip(CRITICS, codes, strict=True))

    def _samples(
        self, last: tf.Tensor, clips: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """What each discriminator sees of clips [N, K, H, W, C] behind a last frame."""
        last = last[:, tf.newaxis]  # [N, 1, H, W, C]
        images = discriminators.random_frames(
            clips, seeds.fold(seed, "times"), count=self.num_frames
        )
        before = tf.repeat(last, self.num_frames, axis=1)
        images = frames.fold_time(tf.concat([before, images], axis=-1))
        return {FRAME: images, CLIP: tf.concat([last, clips], axis=1)}

    def _count(self, name: str) -> int:
        return self.num_frames if name == FRAME else 1

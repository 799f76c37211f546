"""What models that make a still of a caption share, however they are trained.

class TextToImage(generating.CaptionedGAN):
    def build_networks(self, spec): ...        # begins with `check_spec(spec)`
    def render(self, tokens, lengths, clip_seeds): ...

A still shows what a sentence says of things, and not where they are going. Words about
motion are therefore taken out of every caption before anything else, in training and when
the model is served: the whole sentence about a clip makes its first frame, and two captions
that differ in motion alone do not count as different.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, signatures
from tfvideogan.models import base, noise
from tfvideogan.ops import tokens as tokens_lib

IMAGE = {
    signatures.IMAGE: "[N, H, W, C] uint8",
    signatures.IMAGE_FLOAT: "[N, H, W, C] float32 in [-1, 1]",
}
# Every element of a drawn clip has one: "the red disc ... and the blue star ...".
ARTICLE = "the"
Captions = tuple[tf.Tensor, tf.Tensor]


class CaptionOptions(Protocol):
    """What the options of such a model have in common."""

    ignored_words: Sequence[str]
    num_elements: int | None
    num_samples: int


class CaptionedGAN(base.VideoModel):
    """A generator of stills from captions and noise.

    Attributes:
      options: captions are stripped of `ignored_words`, which may have words that the
        vocabulary lacks. Evaluations make `num_samples` images of each. Served texts may
        name `num_elements` things, as many as in training, or any number if it is None.
    """

    options: CaptionOptions

    def render(
        self, tokens: tf.Tensor, lengths: tf.Tensor, clip_seeds: tf.Tensor
    ) -> tf.Tensor:
        """Generates an image for each caption and seed.

        Args:
          tokens: [N, L] int32, without the ignored words.
          lengths: [N] int32.
          clip_seeds: [N] int64.

        Returns:
          [N, H, W, C] in [-1, 1].
        """
        raise NotImplementedError(f"{type(self).__name__}.render")

    def captions(self, batch: Mapping[str, tf.Tensor]) -> Captions:
        """Returns tokens [N, L] and lengths [N] of a batch without the ignored words."""
        return self._stripped(batch["caption_tokens"])

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Generates S images for the caption of each real one.

        Returns:
          `samples` [N, S, 1, H, W, C], and the first of them, whose seed is a hash of the
          real pixels: `frames` [N, 1, H, W, C].
        """
        count = self.options.num_samples
        own = noise.seeds_of_clips(batch["frames"])
        clip_seeds = tf.reshape(noise.seeds_of_parts(own, count), [-1])  # [N·S]
        tokens, lengths = (
            tf.repeat(one, count, axis=0) for one in self.captions(batch)
        )
        images = self.render(tokens, lengths, clip_seeds)  # [N·S, H, W, C]
        samples = tf.reshape(images, [-1, count, 1, *images.shape[1:]])
        return {"frames": samples[:, 0], "samples": samples}

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows `real` stills and, of their captions, `generated` ones of fixed seeds."""
        real = batch["frames"]
        clip_seeds = tf.range(tf.shape(real)[0], dtype=tf.int64)
        made = self.render(*self.captions(batch), clip_seeds)
        return {"real": real, "generated": made[:, tf.newaxis]}

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`generate`: an image for each text and seed."""
        shown = [word for word in self.spec.words[1:] if not self._is_ignored(word)]

        def generate(*, text: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
            tokens, _ = tokens_lib.encode(
                text, words=self.spec.words, length=self.spec.caption_length
            )
            tokens, lengths = self._stripped(tokens)
            checks = [
                tf.debugging.assert_positive(
                    lengths,
                    "`text` has no word that a still could show; name what is to be seen. "
                    f"The words: {' '.join(sorted(shown))}.",
                ),
                *self._count_checks(tokens),
            ]
            with tf.control_dependencies(checks):
                image = self.render(tokens, lengths, seed)
            return {
                signatures.IMAGE: pixels.to_uint8(image),
                signatures.IMAGE_FLOAT: image,
            }

        return {
            signatures.GENERATE: signatures.ServingFunction.of(
                generate,
                [signatures.text(example=shown[0]), signatures.seed()],
                IMAGE,
                about="an image for each caption and seed",
            )
        }

    def _stripped(self, tokens: tf.Tensor) -> Captions:
        words = self.spec.words
        ignored = [place for place, word in enumerate(words) if self._is_ignored(word)]
        return tokens_lib.without(tokens, ignored)

    def _count_checks(self, tokens: tf.Tensor) -> list[tf.Operation]:
        """Refuses captions that name more than those of the training."""
        most = self.options.num_elements
        if most is None or ARTICLE not in self.spec.words:
            return []
        is_article = tokens == self.spec.words.index(ARTICLE)
        counts = tf.reduce_sum(tf.cast(is_article, tf.int32), axis=1)
        message = (
            "`text` names more things than captions of the training, which have "
            f"`{ARTICLE}` {most} times at most; name fewer, or take a model that was "
            "trained on more."
        )
        return [tf.debugging.assert_less_equal(counts, most, message)]

    def _is_ignored(self, word: str) -> bool:
        return word in self.options.ignored_words


def check_spec(spec: clip.ClipSpec) -> None:
    """Checks that clips are stills with captions.

    Raises:
      UserError: they are not.
    """
    if spec.frames != 1:
        raise errors.UserError(
            f"`frames` ({spec.frames}) must be 1 for text to image; set FRAMES = 1."
        )
    if not spec.caption_length:
        raise errors.UserError(
            "text to image needs clips with captions; take gin/data/icons.gin or another "
            "source with captions."
        )

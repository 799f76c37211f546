"""VideoCaptioner: describes clips in words, to judge clips that were made from captions.

It is no GAN. `metrics/captions.py` asks its export whether a generated clip shows what its
caption says. It learns from windows of real clips with captions, in one phase:

    captioner    clips, shifted, blurred and noised -> logits of each word
                 -> cross entropy, clauses in the order that costs least

The words of a clause are predicted independently of each other, each from the same track
through the clip (`network.py`), so that an element and a motion that were never trained
together are named as well as any others. The network takes clips of any size and length;
an export takes those of its training. With a window of one frame it names what a still can
show, if `ignored_words` holds the other words.

Augmentations do not mirror clips, which would change what is said. They blur and add noise,
so that generated frames, which are softer than real ones, are judged by what they show.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, seeds, signatures
from tfvideogan.models import base, phase
from tfvideogan.models.captioner import clauses, corruption, network
from tfvideogan.ops import augmentation
from tfvideogan.ops import tokens as caption_tokens

LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `VideoCaptioner`.

    Attributes:
      num_clauses: clauses of a caption at most, one for each element of a clip; 1 takes
        captions whole.
      ignored_words: what is taken out of captions before training and judging: words, or
        several in a row that are taken out where they stand together ("starting left").
      width: see `CaptionNetwork`.
      levels: see `CaptionNetwork`; of 64 pixels, 3 leave 8.
      units: see `CaptionNetwork`.
      augmentations: names of `augmentation.POLICIES`; empty for none.
      blur: see `corruption.corrupt`.
      noise: see `corruption.corrupt`.

    Raises:
      UserError: a number is out of its range.
    """

    num_clauses: int = 1
    ignored_words: tuple[str, ...] = ()
    width: int = 16
    levels: int = 3
    units: int = 64
    augmentations: tuple[str, ...] = ("shift",)
    blur: float = 1.0
    noise: float = 0.1

    def __post_init__(self) -> None:
        for name in ("num_clauses", "width", "levels", "units"):
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if not 0.0 <= self.blur <= 1.0:
            raise errors.UserError(f"`blur` ({self.blur}) must be in [0, 1].")
        if self.noise < 0.0:
            raise errors.UserError(f"`noise` ({self.noise}) must be 0 or more.")


class VideoCaptioner(base.VideoModel):
    """Words for each place of each clause, by cross entropy."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.99,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of the network and its training.
          optimizer: Adam(2e-3) with a weight decay of 0.01 by default.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; short, as trainings are.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.optimizer_of_captioner = optimizer or keras.optimizers.Adam(
            LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the network for the captions of `spec`.

        Raises:
          UserError: the clips have no captions, or none of so many clauses.
        """
        if not spec.words:
            raise errors.UserError(
                "the clips have no captions, but a captioner learns them; take a source "
                "with captions, such as gin/data/icons.gin."
            )
        options = self.options
        self.grammar = clauses.Grammar(
            spec.words,
            spec.caption_length,
            num_clauses=options.num_clauses,
            ignored=options.ignored_words,
        )
        self.captioner = network.CaptionNetwork(
            spec.vocabulary_size,
            clauses=options.num_clauses,
            words=self.grammar.clause_length,
            width=options.width,
            levels=options.levels,
            units=options.units,
        )
        # One clip creates every variable.
        self.captioner(clip.zeros_like_spec(spec, 1)["frames"])

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The captioner alone."""
        return {"captioner": self.captioner}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The captioner itself."""
        return ("captioner",)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of the captioner."""
        return (
            phase.Phase(
                "captioner",
                ("captioner",),
                self.captioner_losses,
                self.optimizer_of_captioner,
            ),
        )

    def captioner_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of words, the clauses in the order that costs less."""
        frames = augmentation.augment(
            batch["frames"],
            seeds.fold(seed, "augment"),
            policy=self.options.augmentations,
        )
        frames = corruption.corrupt(
            frames,
            seeds.fold(seed, "corrupt"),
            blur=self.options.blur,
            noise=self.options.noise,
        )
        logits = self.captioner(frames, training=True)
        wanted = self.grammar.split(batch["caption_tokens"])
        entropies = clauses.pairwise(
            lambda answers, words: tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(words, answers), axis=-1
            ),
            logits,
            wanted,
        )
        _, entropy = clauses.in_best_order(wanted, entropies)
        right = self._right_words(_most_probable(logits), wanted)
        return (
            {"captioner/cross_entropy": tf.reduce_mean(entropy)},
            {"caption/right": _share(tf.reduce_all(right, axis=[1, 2]))},
        )

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `right_words` [N, E, M] bool, of the captions of the batch."""
        return {"right_words": self._compared(batch["frames"], batch["caption_tokens"])}

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows what is judged, `frames`."""
        return {"frames": batch["frames"]}

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`classify` and `compare`: clips as long and as large as those of training."""
        spec = self.spec
        clips = signatures.video(
            signatures.FRAMES, spec, num_frames=spec.frames, about="a clip"
        )
        # Any word is a caption that can be compared.
        text = signatures.text(example=spec.words[1])

        def classify(*, frames: tf.Tensor) -> dict[str, tf.Tensor]:
            logits = self.captioner(pixels.to_float(frames))
            tokens = self.grammar.join(_most_probable(logits))
            return {
                "text": self.grammar.text(tokens),
                "tokens": tokens,
                "probabilities": tf.reduce_max(tf.nn.softmax(logits), axis=-1),
            }

        def compare(*, frames: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
            tokens, _ = caption_tokens.encode(
                text, words=spec.words, length=spec.caption_length
            )
            return {"right_words": self._compared(pixels.to_float(frames), tokens)}

        return {
            signatures.CLASSIFY: signatures.ServingFunction.of(
                classify,
                [clips],
                {
                    "text": "[N] string, the caption",
                    "tokens": "[N, L] int32, its words by number, 0 behind the last one",
                    "probabilities": "[N, E, M] float32, of each word of each clause",
                },
                about="what a clip shows, in words",
            ),
            signatures.COMPARE: signatures.ServingFunction.of(
                compare,
                [clips, text],
                {"right_words": "[N, E, M] bool, of each word of each clause"},
                about="which words of a caption a clip shows",
            ),
        }

    def _compared(self, frames: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
        """Which words [N, E, M] of captions [N, L] clips in [-1, 1] show."""
        answers = _most_probable(self.captioner(frames))
        return self._right_words(answers, self.grammar.split(tokens))

    def _right_words(self, answers: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """Where words [N, E, M] are the wanted ones, clauses in the better order."""
        wrong = clauses.pairwise(
            lambda one, other: tf.reduce_mean(
                tf.cast(one != other, tf.float32), axis=-1
            ),
            answers,
            wanted,
        )
        ordered, _ = clauses.in_best_order(wanted, wrong)
        return answers == ordered


def _most_probable(logits: tf.Tensor) -> tf.Tensor:
    return tf.argmax(logits, axis=-1, output_type=tf.int32)


def _share(is_so: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(is_so, tf.float32))

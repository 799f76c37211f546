"""VideoClassifier: says what happens in a clip, and so judges whoever claims to show it.

It is no GAN. `metrics/motion_score.py` asks its export whether a generated clip shows the
category it was made for, the motion control score of MoCoGAN [1]. It learns from labelled
clips by cross entropy, in one phase:

    classifier      clips, augmented as wholes -> logits -> cross entropy, smoothed labels

Clips of any size and length may be judged; an export is for those of its training. Few
clips are learnt by heart within minutes, hence the augmentation, the smoothing and the
weight decay; of what is left tells the accuracy on clips that were not seen.

[1] Tulyakov et al., MoCoGAN, CVPR 2018, section 4 (they train a classifier of expressions,
    without telling how).
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels, seeds, signatures
from tfvideogan.models import base, phase
from tfvideogan.models.classifier import network
from tfvideogan.ops import augmentation

LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2
MIN_CLASSES = 2


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `VideoClassifier`.

    Attributes:
      width: see `ActionNetwork`.
      blocks: see `ActionNetwork`.
      label_smoothing: share of a label that goes to all classes alike, in [0, 1).
      augmentations: names of `augmentation.POLICIES`; empty for none.

    Raises:
      UserError: a number is out of its range.
    """

    width: int = 16
    blocks: int = 3
    label_smoothing: float = 0.1
    augmentations: tuple[str, ...] = ("colour", "shift")

    def __post_init__(self) -> None:
        for name in ("width", "blocks"):
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if not 0.0 <= self.label_smoothing < 1.0:
            raise errors.UserError(
                f"`label_smoothing` ({self.label_smoothing}) must be at least 0 and "
                "below 1."
            )


class VideoClassifier(base.VideoModel):
    """Classes of clips by frames and their differences."""

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
          optimizer: Adam(1e-3) with a weight decay of 0.01 by default.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; short, as trainings are.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.optimizer_of_classifier = optimizer or keras.optimizers.Adam(
            LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the network for the classes of `spec`.

        Raises:
          UserError: the clips have fewer than two classes.
        """
        if spec.num_classes < MIN_CLASSES:
            raise errors.UserError(
                f"the clips have {spec.num_classes} classes, a classifier needs at least "
                f"{MIN_CLASSES}; take a source with labels, such as gin/data/shapes.gin "
                "or folders of classes in gin/data/strips.gin."
            )
        self.classifier = network.ActionNetwork(
            spec.num_classes, width=self.options.width, blocks=self.options.blocks
        )
        # One clip creates every variable.
        self.classifier(clip.zeros_like_spec(spec, 1)["frames"])

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The classifier alone."""
        return {"classifier": self.classifier}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The classifier itself."""
        return ("classifier",)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of the classifier."""
        return (
            phase.Phase(
                "classifier",
                ("classifier",),
                self.classifier_losses,
                self.optimizer_of_classifier,
            ),
        )

    def classifier_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of augmented clips and smoothed labels."""
        frames = augmentation.augment(
            batch["frames"],
            seeds.fold(seed, "augment"),
            policy=self.options.augmentations,
        )
        logits = self.classifier(frames, training=True)
        labels = batch["labels"]
        classes = self.spec.num_classes
        smoothing = self.options.label_smoothing
        shares = tf.one_hot(labels, classes) * (1.0 - smoothing) + smoothing / classes
        entropy = tf.nn.softmax_cross_entropy_with_logits(shares, logits)
        is_right = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
        return (
            {"classifier/cross_entropy": tf.reduce_mean(entropy)},
            {"category/right": tf.reduce_mean(tf.cast(is_right, tf.float32))},
        )

    # --- Inference

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns `probabilities` [N, K] of the classes, and `features` [N, D], float32."""
        return self._answers(batch["frames"])

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows what is judged, `frames`."""
        return {"frames": batch["frames"]}

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`classify`: clips as long and as large as those of training."""
        clips = signatures.video(
            signatures.FRAMES, self.spec, num_frames=self.spec.frames, about="a clip"
        )

        def classify(*, frames: tf.Tensor) -> dict[str, tf.Tensor]:
            answers = self._answers(pixels.to_float(frames))
            label = tf.argmax(answers["probabilities"], axis=-1, output_type=tf.int32)
            return {**answers, "label": label}

        return {
            signatures.CLASSIFY: signatures.ServingFunction.of(
                classify,
                [clips],
                {
                    "probabilities": "[N, K] float32, of each class",
                    "label": "[N] int32, the most probable class",
                    "features": "[N, D] float32, what the classes are predicted from",
                },
                about="what happens in a clip",
            )
        }

    def _answers(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        features = self.classifier.features(frames)
        return {
            "probabilities": tf.nn.softmax(self.classifier.classify(features)),
            "features": tf.cast(features, tf.float32),
        }

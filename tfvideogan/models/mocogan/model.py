"""MoCoGAN, the recommended design: content, category and motion to videos of any length.

    content, category, motion noise
        -> motion network      residual steps of a code with memory (MoCoGAN-HD)
        -> generator           residual blocks modulated by every code; no batch
                               statistics; colours that training does not squash
        -> image_critic        residual, of frames in full
           video_critic        residual, of clips at half size with their differences;
                               logits of being real, projected on the category, and of
                               the categories

    losses        logistic, R1 on some steps; the class head learns from fakes and labels
    inputs        clips augmented as wholes; windows from anywhere in a longer roll
    evaluated     averages of the weights

The codes and the two discriminators' tasks are those of the paper (`paper/`). Windows from
a longer roll show the discriminators the motion at any age up to the roll's, and only the
recurrent network pays for the frames before. Older motion would come to rest, so a long
video is made of many motions, each cross-faded into the next (`renderer.py`).

Sources: Tulyakov et al., MoCoGAN, CVPR 2018, for the task and the codes; Tian et al.,
MoCoGAN-HD, ICLR 2021, for residual motion; Miyato et al., 2018, for projection; Mescheder
et al., 2018, for R1; Karras et al., 2020, for the loss and the unsquashed colours; Zhao et
al., 2020, for the augmentation. Spectral norm and the hinge loss were tried first: on small
moving shapes the class head of a normalised clip discriminator was at chance after a
thousand steps (weight 0.1, rate 4e-4), and after 250 at ten times the weight and a rate of
1e-3, where the same one without it had begun to learn after 200. R1 then has to hold the
discriminator back.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import adversarial, penalties
from tfvideogan.models import discriminators, monitors, phase
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import (
    generating,
    generator,
    motion,
    objective,
    renderer,
)
from tfvideogan.ops import augmentation, frames

LEARNING_RATE = 1e-3
ADAM_BETAS = (0.0, 0.99)


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `MoCoGAN`.

    Attributes:
      content: numbers in the content code.
      motion_noise: numbers of noise for a frame.
      motion_units: numbers in a motion code.
      motion_state: numbers in the hidden state of the motion network.
      motion_memory: share of a motion code that the next frame keeps, in [0, 1).
      categories: number of categories; that of the clips' classes by default.
      width: channels of the generator's largest feature maps.
      style_units: see `ResNetGenerator`.
      critic_width: channels behind the discriminators' first layers.
      num_frames_judged: frames of each clip that the frame discriminator sees.
      roll_frames: training clips are windows of rolls of so many frames; in longer videos
        the cross-fade into a new motion ends by then, or, if a clip and a cross-fade are
        longer than a roll, behind these.
      category_weight: of the cross entropies of the categories.
      r1_weight: gamma of the R1 penalty.
      r1_every: R1 is computed on steps that divide by it, times this number.
      augmentations: names of `augmentation.POLICIES`; empty for none.
      shares_fakes: whether the clips that the discriminators judge serve the generator
        too; saves one rendering of two.
      long_multiple: evaluations generate videos of so many training clips' length.

    Raises:
      UserError: `motion_memory` is out of range.
    """

    content: int = 64
    motion_noise: int = 16
    motion_units: int = 16
    motion_state: int = 64
    motion_memory: float = 0.95
    categories: int | None = None
    width: int = 8
    style_units: int = 64
    critic_width: int = 16
    num_frames_judged: int = 2
    roll_frames: int = 32
    category_weight: float = 1.0
    r1_weight: float = 3.0
    r1_every: int = 16
    augmentations: Sequence[str] = ()
    shares_fakes: bool = False
    long_multiple: int = 16

    def __post_init__(self) -> None:
        if not 0.0 <= self.motion_memory < 1.0:
            raise errors.UserError(
                f"`motion_memory` ({self.motion_memory}) must lie in [0, 1)."
            )


class MoCoGAN(generating.GeneratingGAN):
    """Residual motion, a residual generator, and two residual discriminators."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of networks and losses.
          generator_optimizer: Adam(1e-3, 0, 0.99) by default.
          critic_optimizer: likewise; must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the four networks.

        Raises:
          UserError: the clips are too short or small, or their sides do not divide.
        """
        options = self.options
        size = min(spec.height, spec.width)
        least = discriminators.least_frames(size)
        if spec.frames < least:
            raise errors.UserError(
                f"`frames` ({spec.frames}) must be at least {least} for MoCoGAN with a "
                f"shorter side of {size}; raise FRAMES."
            )
        self.sizes = codes_lib.Sizes(
            content=options.content,
            noise=options.motion_noise,
            state=options.motion_state,
            categories=objective.num_categories(options.categories, spec),
        )
        self.motion = motion.ResidualMotion(
            self.sizes, options.motion_units, memory=options.motion_memory
        )
        self.generator = generator.ResNetGenerator(
            self.sizes,
            spec,
            width=options.width,
            style_units=options.style_units,
        )
        self.image_critic = discriminators.FrameDiscriminator(
            size, width=options.critic_width, name="image_critic"
        )
        self.video_critic = discriminators.ClipDiscriminator(
            size,
            width=options.critic_width,
            categories=self.sizes.categories,
            projects=self.has_labels,
            name="video_critic",
        )
        self.renderer = renderer.Renderer(
            self.sizes,
            self.motion,
            self.generator,
            renewal=max(
                options.roll_frames - renderer.BLEND, spec.frames, renderer.BLEND
            ),
        )
        # One forward pass creates every variable.
        fakes = self._fakes(tf.constant(1), seeds.from_int(0))
        self._score_frames(fakes["clips"], seeds.from_int(0), training=False)
        self._score_clips(fakes["clips"], fakes["labels"], training=False)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of both discriminators, then one of generator and motion network.

        On some steps R1 is a part of the former.
        """
        critic = phase.Phase(
            "critic",
            ("image_critic", "video_critic"),
            self.critic_losses,
            self.critic_optimizer,
        )
        r1 = phase.lazy_regularizer(
            "r1", self.r1_losses, joins="critic", every=self.options.r1_every
        )
        generator_ = phase.Phase(
            "generator",
            self.averaged_networks,
            self.generator_losses,
            self.generator_optimizer,
            trains_shared=self.options.shares_fakes,
        )
        return (
            (critic, r1, generator_) if self.options.r1_weight else (critic, generator_)
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor] | None:
        """Returns the fakes of the whole step if they are shared, else None."""
        if not self.options.shares_fakes:
            return None
        return self._fakes(tf.shape(batch["frames"])[0], seed)

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropies of frames and clips, and of the categories."""
        number = tf.shape(batch["frames"])[0]
        fakes = shared or self._fakes(number, seeds.fold(seed, "fakes"))
        fake_clips = tf.stop_gradient(fakes["clips"])
        both = tf.concat([batch["frames"], fake_clips], axis=0)  # [2N, T, H, W, C]
        both = self._augmented(both, seeds.fold(seed, "augment"))
        labels = self._labels(batch)
        all_labels = tf.concat([labels, fakes["labels"]], axis=0)  # [2N]
        times_seed = seeds.fold(seed, "times")
        image_logits = self._score_frames(both, times_seed, training=True)
        video_logits, class_logits = self._score_clips(both, all_labels, training=True)
        losses, logs = {}, {}
        for name, logits in (("image", image_logits), ("video", video_logits)):
            real, fake = tf.split(logits, 2)  # two of [N·K, 1] or [N, 1]
            losses[f"critic/{name}"] = adversarial.logistic_critic_loss(real, fake)
            logs |= monitors.logits(name, real, fake)
        if self.sizes.categories:
            real, fake = tf.split(class_logits, 2)  # two of [N, categories]
            losses["critic/category_fake"] = (
                self.options.category_weight
                * objective.category_loss(fake, fakes["labels"])
            )
            if self.has_labels:
                losses["critic/category_real"] = (
                    self.options.category_weight * objective.category_loss(real, labels)
                )
                logs["category/real_right"] = monitors.accuracy(real, labels)
        return losses, logs

    def r1_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """R1 of both discriminators at real clips."""
        penalty = self._r1(batch["frames"], self._labels(batch), seed)
        return {"critic/r1": self.options.r1_weight * penalty}, {}

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Both discriminators' logits of fakes, and the categories that they find."""
        number = tf.shape(batch["frames"])[0]
        fakes = shared or self._fakes(number, seeds.fold(seed, "fakes"))
        clips = self._augmented(fakes["clips"], seeds.fold(seed, "augment"))
        labels, times_seed = fakes["labels"], seeds.fold(seed, "times")
        image_logits = self._score_frames(clips, times_seed, training=False)
        video_logits, class_logits = self._score_clips(clips, labels, training=False)
        losses = {
            "generator/image": adversarial.logistic_generator_loss(image_logits),
            "generator/video": adversarial.logistic_generator_loss(video_logits),
        }
        logs = {
            "motion/change": monitors.change(fakes["clips"]),
            "motion/real_change": monitors.change(batch["frames"]),
        }
        if self.sizes.categories:
            loss = objective.category_loss(class_logits, labels)
            losses["generator/category"] = self.options.category_weight * loss
            logs["category/fake_right"] = monitors.accuracy(class_logits, labels)
        return losses, logs

    def _labels(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The clips' labels [N]; zeros, which are not used, where there are none."""
        zeros = tf.zeros(tf.shape(batch["frames"])[:1], tf.int32)
        return batch["labels"] if self.has_labels else zeros

    def _fakes(self, number: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Windows of training length from anywhere in a longer roll."""
        length = self.spec.frames
        rolled = max(self.options.roll_frames, length)
        codes = codes_lib.draw(
            self.sizes, num_clips=number, num_frames=rolled, seed=seed
        )
        motion_codes = self.motion(codes)  # [N, rolled, D]
        starts = seeds.integers(
            [number], seeds.fold(seed, "starts"), rolled - length + 1
        )
        times = starts[:, tf.newaxis] + tf.range(length)  # [N, T]
        window = tf.gather(motion_codes, times, axis=1, batch_dims=1)  # [N, T, D]
        clips = self.generator(codes, window, training=True)
        return {"clips": clips, "labels": codes.labels}

    def _augmented(self, clips: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return augmentation.augment(clips, seed, policy=self.options.augmentations)

    def _score_frames(
        self, clips: tf.Tensor, seed: tf.Tensor, *, training: bool
    ) -> tf.Tensor:
        """Logits [N·K, 1] of K random frames of each clip."""
        images = discriminators.random_frames(
            clips, seed, count=self.options.num_frames_judged
        )
        return self.image_critic(frames.fold_time(images), training=training)

    def _score_clips(
        self, clips: tf.Tensor, labels: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Logits [N, 1] of being real and [N, categories] of the categories."""
        categories = codes_lib.one_hot(labels, self.sizes) if self.has_labels else None
        return self.video_critic(clips, categories, training=training)

    def _r1(self, clips: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """R1 of both at real clips [N, T, H, W, C] with labels [N]; a scalar."""
        images = discriminators.random_frames(clips, seeds.fold(seed, "r1"))[:, 0]
        of_images = penalties.r1_penalty(self.image_critic, images)
        return of_images + penalties.r1_penalty(
            lambda one: self._score_clips(one, labels, training=False)[0], clips
        )

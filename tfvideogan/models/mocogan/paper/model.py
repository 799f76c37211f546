"""MoCoGAN as published: content and motion from separate codes, two discriminators.

    content, category, motion noise -> GRU -> generator -> image_critic, video_critic

Three updates a step, as in the released code, with new fakes for each of them:

    image_critic    one frame of each real clip against single generated frames
    video_critic    real against generated clips, and the categories
    generator       adversarial terms of both, and the categories of its clips

All losses are cross entropies on logits with weight 1; three Adams, whose L2 of 1e-5 is
part of the loss and so of the gradient (no decoupled decay).

Where we differ from the released code: its class head was never trained unless the data
had labels, and the generator then learnt from a random classifier (`is_legacy` brings
that back). Here the head learns from the generated clips, whose categories are known
(InfoGAN), and from labels where there are any. Images are frames of the same clips that
the video discriminator sees. Weights begin as in PyTorch today: in that of 2017 the bounds
of transposed kernels counted their inputs, and the gains of norms were uniform in [0, 1).

Source: Tulyakov et al., MoCoGAN: Decomposing Motion and Content for Video Generation, CVPR
2018, and its released code where the two disagree.
"""

import dataclasses
import functools
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import adversarial
from tfvideogan.models import discriminators as shared_discriminators
from tfvideogan.models import monitors, phase, weight_names
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import generating, motion, objective, renderer
from tfvideogan.models.mocogan.paper import discriminators, generator, published

LEARNING_RATE = 2e-4
ADAM_BETAS = (0.5, 0.999)
# PyTorch's; Keras has 1e-7.
EPSILON = 1e-8
CATEGORY_TO = ("rnn", "generator")
# The released code picks its fake images among the frames of so many clips for each frame
# that it wants.
CLIPS_PER_IMAGE = 2


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `PaperMoCoGAN`; the defaults are the paper's.

    Attributes:
      content: numbers in the content code.
      motion: numbers in the motion noise, and in the motion code.
      categories: number of categories; that of the clips' classes by default.
      category_to: which network the category conditions: "rnn" (the paper) or "generator"
        (the released code).
      width: channels of the widest feature maps in all networks.
      noise: standard deviation of the noise before the discriminators' convolutions.
      is_patch: whether the image discriminator scores patches or whole frames.
      l2: of all weights.
      is_legacy: whether the class head is left untrained as in the released code.
      shares_fakes: whether the clips and frames that the discriminators judge serve the
        generator too; saves a quarter of the rendering.
      has_independent_frames: whether fake images are the frames of as many clips, one of
        each, instead of being picked among all frames of many more.
      long_multiple: evaluations generate videos of so many training clips' length.

    Raises:
      UserError: `category_to` is neither.
    """

    content: int = 50
    motion: int = 10
    categories: int | None = None
    category_to: str = "rnn"
    width: int = 64
    noise: float = 0.1
    is_patch: bool = True
    l2: float = 1e-5
    is_legacy: bool = False
    shares_fakes: bool = False
    has_independent_frames: bool = False
    long_multiple: int = 16

    def __post_init__(self) -> None:
        if self.category_to not in CATEGORY_TO:
            raise errors.UserError(
                f"`category_to` ({self.category_to!r}) must be one of "
                f"{', '.join(CATEGORY_TO)}."
            )


class PaperMoCoGAN(generating.GeneratingGAN):
    """Motion network, frame generator, image and video discriminator."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        image_optimizer: keras.optimizers.Optimizer | None = None,
        video_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings of networks and losses.
          generator_optimizer: Adam(2e-4, 0.5, 0.999, 1e-8) by default.
          image_optimizer: likewise, of the image discriminator; each must be its own
            object.
          video_optimizer: likewise, of the video discriminator.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS, EPSILON
        )
        self.image_optimizer = image_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS, EPSILON
        )
        self.video_optimizer = video_optimizer or keras.optimizers.Adam(
            LEARNING_RATE, *ADAM_BETAS, EPSILON
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the four networks for clips of 16 frames of 64x64.

        Raises:
          UserError: the clips have another length or size.
        """
        _check(spec)
        options = self.options
        self.sizes = codes_lib.Sizes(
            content=options.content,
            noise=options.motion,
            state=options.motion,
            categories=objective.num_categories(options.categories, spec),
        )
        self.motion = motion.GRUMotion(
            self.sizes, takes_category=options.category_to == "rnn"
        )
        self.generator = generator.FrameGenerator(
            self.sizes,
            width=options.width,
            channels=spec.channels,
            takes_category=options.category_to == "generator",
        )
        self.image_critic = discriminators.ImageDiscriminator(
            width=options.width, noise=options.noise, is_patch=options.is_patch
        )
        self.video_critic = discriminators.VideoDiscriminator(
            width=options.width, noise=options.noise, categories=self.sizes.categories
        )
        self.renderer = renderer.Renderer(self.sizes, self.motion, self.generator)
        # One forward pass creates every variable.
        seed = seeds.from_int(0)
        made = self.renderer(self._codes(1, seed))
        self.image_critic(made[:, 0], seed)
        self.video_critic(made, seed)

    def published_weights(self) -> weight_names.Table:
        """The names of the released code."""
        return published.table(self.networks)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """One update of each discriminator, then one of generator and motion network."""
        return (
            phase.Phase(
                "image_critic",
                ("image_critic",),
                self.image_critic_losses,
                self.image_optimizer,
            ),
            phase.Phase(
                "video_critic",
                ("video_critic",),
                self.video_critic_losses,
                self.video_optimizer,
            ),
            phase.Phase(
                "generator",
                self.averaged_networks,
                self.generator_losses,
                self.generator_optimizer,
                trains_shared=self.options.shares_fakes,
            ),
        )

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor] | None:
        """Returns the fakes of the whole step if they are shared, else None."""
        if not self.options.shares_fakes:
            return None
        number = tf.shape(batch["frames"])[0]
        return self._fake_clips(number, seed) | self._fake_images(number, seed)

    def image_critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of a frame of each real clip and of generated frames."""
        number = tf.shape(batch["frames"])[0]
        fakes = shared or self._fake_images(number, seeds.fold(seed, "fakes"))
        times_seed = seeds.fold(seed, "times")
        real = shared_discriminators.random_frames(batch["frames"], times_seed)[:, 0]
        judge = functools.partial(self.image_critic, training=True)
        real_logits = judge(real, seeds.fold(seed, "real"))
        fake = tf.stop_gradient(fakes["images"])
        fake_logits = judge(fake, seeds.fold(seed, "fake"))
        losses = {
            "image_critic/adversarial": adversarial.logistic_critic_loss(
                real_logits, fake_logits
            ),
            "image_critic/l2": self._l2("image_critic"),
        }
        return losses, monitors.logits("image", real_logits, fake_logits)

    def video_critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Cross entropy of real and generated clips, and of their categories."""
        number = tf.shape(batch["frames"])[0]
        fakes = shared or self._fake_clips(number, seeds.fold(seed, "fakes"))
        judge = functools.partial(self.video_critic, training=True)
        real, real_classes = judge(batch["frames"], seeds.fold(seed, "real"))
        fake, fake_classes = judge(
            tf.stop_gradient(fakes["clips"]), seeds.fold(seed, "fake")
        )
        losses = {
            "video_critic/adversarial": adversarial.logistic_critic_loss(real, fake),
            "video_critic/l2": self._l2("video_critic"),
        }
        logs = monitors.logits("video", real, fake)
        if self.sizes.categories and not self.options.is_legacy:
            losses["video_critic/category_fake"] = objective.category_loss(
                fake_classes, fakes["labels"]
            )
            if self.has_labels:
                losses["video_critic/category_real"] = objective.category_loss(
                    real_classes, batch["labels"]
                )
                logs["category/real_right"] = monitors.accuracy(
                    real_classes, batch["labels"]
                )
        return losses, logs

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Both discriminators' logits of fakes, and the categories that they find."""
        number = tf.shape(batch["frames"])[0]
        fakes = shared
        if fakes is None:
            own = seeds.fold(seed, "fakes")
            fakes = self._fake_clips(number, own) | self._fake_images(number, own)
        image = self.image_critic(
            fakes["images"], seeds.fold(seed, "image"), training=True
        )
        video, classes = self.video_critic(
            fakes["clips"], seeds.fold(seed, "video"), training=True
        )
        losses = {
            "generator/image": adversarial.logistic_generator_loss(image),
            "generator/video": adversarial.logistic_generator_loss(video),
            "generator/l2": self._l2(*self.averaged_networks),
        }
        logs = {"motion/change": monitors.change(fakes["clips"])}
        if self.sizes.categories:
            losses["generator/category"] = objective.category_loss(
                classes, fakes["labels"]
            )
            logs["category/fake_right"] = monitors.accuracy(classes, fakes["labels"])
        return losses, logs

    def _codes(self, number: int | tf.Tensor, seed: tf.Tensor) -> codes_lib.Codes:
        return codes_lib.draw(
            self.sizes,
            num_clips=number,
            num_frames=discriminators.NUM_FRAMES,
            seed=seed,
        )

    def _fake_clips(self, number: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        codes = self._codes(number, seeds.fold(seed, "clips"))
        return {"clips": self.renderer(codes, training=True), "labels": codes.labels}

    def _fake_images(self, number: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Single frames [N, 64, 64, C]; the motion network alone runs over whole clips."""
        seed = seeds.fold(seed, "images")
        num_frames = discriminators.NUM_FRAMES
        is_one_each = self.options.has_independent_frames
        clips = number if is_one_each else number * num_frames * CLIPS_PER_IMAGE
        codes = self._codes(clips, seed)
        motion_codes = self.motion(codes)  # [clips, T, D]
        times = seeds.integers([number], seeds.fold(seed, "times"), num_frames)
        picked = tf.range(number)
        if not is_one_each:
            picked = seeds.integers([number], seeds.fold(seed, "rows"), clips)
        codes = codes_lib.Codes(*(tf.gather(part, picked) for part in codes))
        places = tf.stack([picked, times], axis=1)  # [N, 2]
        frame_codes = tf.gather_nd(motion_codes, places)[:, tf.newaxis]  # [N, 1, D]
        images = self.generator(codes, frame_codes, training=True)  # [N, 1, 64, 64, C]
        return {"images": images[:, 0]}

    def _l2(self, *names: str) -> tf.Tensor:
        weights = [v for name in names for v in self.networks[name].trainable_variables]
        return objective.l2(weights, self.options.l2)


def _check(spec: clip.ClipSpec) -> None:
    wanted = {
        "frames": discriminators.NUM_FRAMES,
        "height": generator.SIZE,
        "width": generator.SIZE,
    }
    for name, size in wanted.items():
        value = getattr(spec, name)
        if value != size:
            raise errors.UserError(
                f"`{name}` ({value}) must be {size} for MoCoGAN as published, whose "
                f"critics fit {discriminators.NUM_FRAMES} frames of {generator.SIZE}x"
                f"{generator.SIZE} only; use gin/mocogan.gin for other clips."
            )

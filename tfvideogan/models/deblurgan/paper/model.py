"""DeblurGAN as published: a residual generator, WGAN-GP, and VGG19's features.

Updates of a step, in this order:

    critic          mean score of restored minus that of sharp frames + 10 · penalty; five
                    times, each with frames of its own, restored anew
    generator       - mean score of restored frames + 100 · squared difference of conv3_3

Both Adams are alike: 1e-4, beta_1 0.5, constant and then down to 0 (`rates.py`). The critic
sees sharp or restored frames alone, never the blurred one.

The released code departs from the paper in ways that cost quality. Each is a switch:

    blocks = "one_conv"             one convolution in each residual block
    adversarial = "vanilla"         its training script always takes cross entropy, and one
                                    update of the critic
    has_released_penalty = True     one share for a batch, slopes over channels alone
    has_raw_features = True         images go into VGG19 without ImageNet's normalisation
    reuses_fakes = True             all updates of the critic see the same frames

Where we differ: the norm never uses tracked statistics, and there is no dropout when frames
are restored.

Source: Kupyn et al., DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial
Networks, CVPR 2018, sections 3 and 5, and the code published with it.
"""

import dataclasses

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import adversarial, penalties
from tfvideogan.models import monitors, phase, weight_names
from tfvideogan.models.deblurgan import restoring, served
from tfvideogan.models.deblurgan.paper import (
    discriminator,
    features,
    generator,
    objective,
    published,
)

LEARNING_RATE = 1e-4
ADAM_BETAS = (0.5, 0.999)
EPSILON = 1e-8  # PyTorch's; Keras has 1e-7.
WGAN, VANILLA = ADVERSARIAL = ("wgan-gp", "vanilla")
COUNTS = ("width", "critic_width", "num_blocks", "critic_updates", "tile")


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `PaperDeblurGAN`; the defaults are the published ones.

    Attributes:
      width: channels of the generator at full size.
      critic_width: channels of the critic's first layer.
      num_blocks: residual blocks of the generator.
      blocks: see `PaperGenerator`.
      upsampling: likewise.
      dropout: likewise.
      adversarial: "wgan-gp" or "vanilla".
      critic_updates: for one of the generator, each with frames of its own; 1 with
        "vanilla".
      penalty_weight: of the penalty on the critic's slope.
      content_weight: of the content loss.
      vgg19: path of an npz with the weights of VGG19; see `features.Features`.
      stand_in: what takes its place: "vgg16" or "random".
      has_released_penalty: see the module.
      has_raw_features: see the module.
      reuses_fakes: see the module.
      tile: largest side of what is restored at a time when served, pixels.
      overlap: pixels that two tiles share.

    Raises:
      UserError: a number is out of its range, or a name unknown.
    """

    width: int = 64
    critic_width: int = 64
    num_blocks: int = generator.NUM_BLOCKS
    blocks: str = "two_conv"
    upsampling: str = "transposed"
    dropout: float = 0.5
    adversarial: str = WGAN
    critic_updates: int = 5
    penalty_weight: float = 10.0
    content_weight: float = 100.0
    vgg19: str | None = None
    stand_in: str | None = None
    has_released_penalty: bool = False
    has_raw_features: bool = False
    reuses_fakes: bool = False
    tile: int = 256
    overlap: int = 32

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        choices = {
            "blocks": generator.BLOCKS,
            "upsampling": generator.UPSAMPLING,
            "adversarial": ADVERSARIAL,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)!r}) must be one of "
                    f"{', '.join(allowed)}."
                )
        if not 0.0 <= self.dropout < 1.0:
            raise errors.UserError(
                f"`dropout` ({self.dropout}) must be 0 or more and below 1."
            )
        served.Tiling(self.tile, self.overlap)  # refuses what is no tile


class PaperDeblurGAN(restoring.RestoringModel):
    """A residual generator and a critic of patches."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.0,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of networks and losses.
          generator_optimizer: Adam(1e-4, 0.5, 0.999) by default.
          critic_optimizer: likewise; must be its own object.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; 0, as published, judges the weights themselves.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.generator_optimizer, self.critic_optimizer = (
            given or keras.optimizers.Adam(LEARNING_RATE, *ADAM_BETAS, EPSILON)
            for given in (generator_optimizer, critic_optimizer)
        )

    @property
    def tiling(self) -> served.Tiling:
        """How large pictures are cut when served."""
        return served.Tiling(self.options.tile, self.options.overlap)

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates generator, critic and the network of the content loss.

        Raises:
          UserError: the clips have no blurred frames or are not RGB, or there are no
            weights of VGG19.
        """
        restoring.check_spec(spec)
        if spec.channels != 3:
            raise errors.UserError(
                f"`channels` ({spec.channels}) must be 3: VGG19 looks at RGB."
            )
        options = self.options
        self.generator = generator.PaperGenerator(
            spec.channels,
            width=options.width,
            blocks=options.blocks,
            upsampling=options.upsampling,
            dropout=options.dropout,
            num_blocks=options.num_blocks,
        )
        self.critic = discriminator.PaperDiscriminator(width=options.critic_width)
        self.features = features.Features(
            vgg19_path=options.vgg19,
            stand_in=options.stand_in,
            is_normalised=not options.has_raw_features,
        )
        # One forward pass creates every variable.
        blurred = clip.zeros_like_spec(spec, 1)["blurred_frames"]
        self.critic(self.restore(blurred)[:, 0])

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Generator and critic."""
        return {"generator": self.generator, "critic": self.critic}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """The generator."""
        return ("generator",)

    def published_weights(self) -> weight_names.Table:
        """The names in the released state_dicts."""
        return published.table(self.networks)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Some updates of the critic, then one of the generator."""
        options = self.options
        is_wasserstein = options.adversarial == WGAN
        return (
            phase.Phase(
                "critic",
                ("critic",),
                self.critic_losses,
                self.critic_optimizer,
                repeats=options.critic_updates if is_wasserstein else 1,
                own_batches=is_wasserstein and not options.reuses_fakes,
            ),
            phase.Phase(
                "generator",
                ("generator",),
                self.generator_losses,
                self.generator_optimizer,
            ),
        )

    def critic_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Scores of sharp and of restored frames, and the penalty on the slope."""
        options, real = self.options, _frames(batch["frames"])
        drawn = seed
        if options.reuses_fakes:  # The same in each repeat of a step.
            drawn = seeds.fold(seeds.from_int(self.seed), "fakes", self.step)
        fake = self.generator(
            _frames(batch["blurred_frames"]), seeds.fold(drawn, "fakes")
        )
        fake = tf.stop_gradient(fake)
        real_logits, fake_logits = self.critic(real), self.critic(fake)
        logs = monitors.logits("patch", real_logits, fake_logits)
        if options.adversarial == VANILLA:
            # The released code takes half of the sum of both.
            loss = 0.5 * adversarial.logistic_critic_loss(real_logits, fake_logits)
            return {"critic/logistic": loss}, logs
        penalise = penalties.gradient_penalty
        if options.has_released_penalty:
            penalise = objective.released_penalty
        penalty = penalise(self.critic, real, fake, seeds.fold(seed, "penalty"))
        losses = {
            "critic/wasserstein": adversarial.wgan_critic_loss(
                real_logits, fake_logits
            ),
            "critic/penalty": options.penalty_weight * penalty,
        }
        return losses, logs

    def generator_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The critic's scores of restored frames, and the distance of features."""
        made = self.generator(
            _frames(batch["blurred_frames"]), seeds.fold(seed, "fakes")
        )
        fool = adversarial.wgan_generator_loss
        if self.options.adversarial == VANILLA:
            fool = adversarial.logistic_generator_loss
        content = self.features.content(_frames(batch["frames"]), made)
        return {
            "generator/adversarial": fool(self.critic(made)),
            "generator/content": self.options.content_weight * content,
        }, {}

    # --- Inference

    def restore_windows(self, clips: tf.Tensor) -> tf.Tensor:
        """Restores frames [N, 1, H, W, C]; see `RestoringModel`."""
        return self.generator(clips[:, 0])


def _frames(clips: tf.Tensor) -> tf.Tensor:
    """Folds time into the batch."""
    return tf.reshape(clips, [-1, *clips.shape[2:]])  # [N·T, H, W, C]

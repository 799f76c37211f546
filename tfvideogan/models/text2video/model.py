"""Text to video: a frame and a sentence become a video of any length.

    history, caption -> generator       3-D U-Net with a network-in-network; copies pixels
                                        along a flow and paints (`generator.py`)
    last frame | rollout, caption       discriminators of frames and of clips, projected on
      -> critics                        the caption and aware of wrong ones

A step rolls out once (`rollout.py`): some frames without gradients, then K that count.
What grows with training is a schedule of numbers:

    share of predictions that are fed back     0 .. 1
    lead, frames before those that count       0 .. J
    share of the adversarial losses            0 .. 1, after a start with the others alone

so that the network first learns single steps, then to go on from its own errors, then to
look real. Prediction is deterministic: the sentence and the frames decide; what they leave
open becomes a compromise, not a choice.

References:
  [1] Casser, Fosco, Lee, Motwani, Guided Video Generation Using FCNs in an Adversarial
      Setup, 2018: the task, and the network's idea. Where we differ: see `generator.py`;
      there one frame was judged without caption, and rollouts were not trained.
  [2] Reed et al., Generative Adversarial Text to Image Synthesis, ICML 2016 (wrong
      captions).
  [3] Miyato, Koyama, cGANs with Projection Discriminator, ICLR 2018.
  [4] Bengio et al., Scheduled Sampling, NeurIPS 2015.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.layers import captions
from tfvideogan.losses import adversarial
from tfvideogan.models import discriminators as common
from tfvideogan.models import monitors, phase, ramp
from tfvideogan.models.text2video import (
    discriminators,
    generator,
    objective,
    predicting,
    rollout,
)
from tfvideogan.models.text2video import history as histories

GENERATOR_RATE, CRITIC_RATE = 1e-3, 4e-4
ADAM_BETAS = (0.9, 0.99)
CRITIC_BETAS = (0.5, 0.99)
MOST_DEPTH = 10
GENERATOR, CAPTIONS = "generator", "captions"
POSITIVE = (
    "width",
    "units",
    "narrow",
    "rollout",
    "truncate",
    "context",
    "num_frames_judged",
    "served_frames",
    "critic_width",
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `TextToVideo`.

    Attributes:
      depth: d, frames of the history, 1 to 10.
      width: b, channels of the generator at half of the sides.
      units: of the dense layers of the network-in-network.
      narrow: channels of the maps that it sees and makes.
      output_mode: "warp", "residual", "direct" or "anchored", see `generator.py`.
      embedding: numbers in the code of a word.
      caption_units: of the encoder of captions in each direction.
      word_dropout: share of words that it does not see in training.
      unseen_words: words that a still cannot show ("moving", "left"): the discriminator
        of frames does not read them. Those that the vocabulary does not have are no fault.
      critic_width: channels behind the discriminators' first layers.
      num_frames_judged: frames of each rollout that the discriminator of frames sees.
      rollout: K, frames of a training rollout that count; fewer where clips are shorter.
      truncate: frames between two cuts of the gradient.
      lead: J, most frames before them; fewer where clips are shorter than d + J + K.
      lead_start: step from which there are any.
      lead_ramp: steps until J may be reached.
      own_start: step from which predictions are fed back.
      own_ramp: steps until they always are.
      fed_noise: standard deviation of the noise on them.
      clip_norm: largest norm of the generator's gradient, or None; a rollout through time
        may explode without.
      context: frames of a clip that evaluations give.
      served_frames: F, frames of an answer of the signatures.
      painter: folder of an exported model of stills that makes first frames from text; or
        None. Only exports need it.

    Raises:
      UserError: a number is not what it may be.
    """

    depth: int = 4
    width: int = 32
    units: int = 512
    narrow: int = 16
    output_mode: str = "warp"
    embedding: int = 64
    caption_units: int = 128
    word_dropout: float = 0.1
    unseen_words: tuple[str, ...] = ()
    critic_width: int = 16
    num_frames_judged: int = 2
    rollout: int = 8
    truncate: int = 4
    lead: int = 16
    lead_start: int = 1000
    lead_ramp: int = 2000
    own_start: int = 500
    own_ramp: int = 1000
    fed_noise: float = 0.03
    clip_norm: float | None = 2.0
    context: int = 1
    served_frames: int = 10
    painter: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MOST_DEPTH:
            raise errors.UserError(
                f"`depth` ({self.depth}) must be between 1 and {MOST_DEPTH}."
            )
        if self.output_mode not in generator.OUTPUT_MODES:
            raise errors.UserError(
                f"`output_mode` ({self.output_mode!r}) must be one of "
                f"{', '.join(map(repr, generator.OUTPUT_MODES))}."
            )
        for name in POSITIVE:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least 1."
                )
        if self.lead < 0:
            raise errors.UserError(f"`lead` ({self.lead}) must not be negative.")


class TextToVideo(predicting.PredictingModel):
    """An encoder of captions, a generator of next frames, and two discriminators."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        weights: objective.LossWeights = objective.LossWeights(),
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        seed: int = 0,
        ema_decay: float = 0.999,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: the settings.
          weights: of the losses.
          generator_optimizer: Adam(1e-3, 0.9, 0.99) by default.
          critic_optimizer: Adam(4e-4, 0.5, 0.99) by default.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`.
          name: see `VideoModel`.
        """
        super().__init__(seed=seed, ema_decay=ema_decay, name=name)
        self.options = options
        self.loss_weights = weights
        self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(
            GENERATOR_RATE, *ADAM_BETAS
        )
        self.critic_optimizer = critic_optimizer or keras.optimizers.Adam(
            CRITIC_RATE, *CRITIC_BETAS
        )

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have no captions, are too short, or their sides do not
            divide.
        """
        options = self.options
        _check(spec, options)
        words = {"embedding": options.embedding, "units": options.caption_units}
        self._generators = {
            GENERATOR: generator.Generator(
                spec,
                depth=options.depth,
                width=options.width,
                units=options.units,
                narrow=options.narrow,
                output_mode=options.output_mode,
            ),
            CAPTIONS: captions.CaptionEncoder(
                spec.vocabulary_size,
                word_dropout=options.word_dropout,
                name=CAPTIONS,
                **words,
            ),
        }
        self.discriminators = discriminators.Discriminators(
            spec,
            width=options.critic_width,
            num_frames=options.num_frames_judged,
            unseen_words=options.unseen_words,
            **words,
        )
        # One step creates every variable.
        zeros = clip.zeros_like_spec(spec, 1)
        tokens, seed = zeros["caption_tokens"], seeds.from_int(0)
        code = self.encode(tokens, zeros["caption_lengths"])
        plan = self._plan()
        made = rollout.train(self.generator, zeros["frames"], code, plan, seed)
        self.discriminators.judge(made, tokens, seed)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Generator and encoder of captions, then the discriminators."""
        return self._generators | self.discriminators.networks

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """Generator and encoder of captions."""
        return tuple(self._generators)

    @property
    def generator(self) -> generator.Generator:
        """The network that makes the next frame."""
        return self._generators[GENERATOR]

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """The discriminators, then the generator; what is adversarial starts later."""
        weights = self.loss_weights
        critic = phase.Phase(
            "critic",
            tuple(self.discriminators.networks),
            self.critic_losses,
            self.critic_optimizer,
            start=weights.adversarial_start,
        )
        r1 = phase.lazy_regularizer(
            "r1", self.r1_losses, joins="critic", every=weights.r1_every
        )
        generator_ = phase.Phase(
            GENERATOR,
            self.averaged_networks,
            self.generator_losses,
            self.generator_optimizer,
            clip_norm=self.options.clip_norm,
            trains_shared=True,
        )
        adversarial_ = phase.Phase(
            "adversarial",
            (),
            self.adversarial_losses,
            joins=GENERATOR,
            start=weights.adversarial_start + weights.adversarial_delay,
        )
        regular = (critic, r1) if weights.r1 else (critic,)
        return (*regular, generator_, adversarial_)

    def shared_forward(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rolls out once for discriminators and generator."""
        code = self._generators[CAPTIONS](
            batch["caption_tokens"],
            batch["caption_lengths"],
            seed=seeds.fold(seed, "words"),
        )
        plan = self._plan()
        return rollout.train(self.generator, batch["frames"], code, plan, seed)

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Hinge losses of frames and clips, with wrong captions."""
        made = {key: tf.stop_gradient(value) for key, value in shared.items()}
        judged = self.discriminators.judge(
            made, batch["caption_tokens"], seed, training=True
        )
        losses, logs = {}, {}
        for name, one in judged.items():
            losses[f"critic/{name}"] = objective.critic_loss(*one)
            logs |= monitors.logits(name, one.real, one.fake)
            logs[f"logits/{name}_wrong"] = tf.reduce_mean(one.wrong)
        return losses, logs

    def r1_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """R1 of the discriminator of frames."""
        penalty = self.discriminators.r1(shared, batch["caption_tokens"], seed)
        return {"critic/r1": self.loss_weights.r1 * penalty}, {}

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Colours and edges of the rollout, and colours of what is copied."""
        losses = objective.likeness(self.loss_weights, shared)
        logs = {
            "motion/change": monitors.change(shared["fakes"]),
            "motion/real_change": monitors.change(shared["real"]),
            "rollout/lead": tf.cast(self._plan().most_lead, tf.float32),
        }
        return losses, logs

    def adversarial_losses(
        self, batch: phase.Batch, shared: phase.Batch | None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """What the discriminators say of the rollout."""
        weights = self.loss_weights
        share = weights.adversarial_share(self.step)
        scores = self.discriminators.score(shared, batch["caption_tokens"], seed)
        factors = {
            discriminators.FRAME: weights.frame,
            discriminators.CLIP: weights.clip,
        }
        losses = {
            f"generator/{name}": factors[name]
            * share
            * adversarial.hinge_generator_loss(logits)
            for name, logits in scores.items()
        }
        return losses, {}

    def _plan(self) -> rollout.Plan:
        """Returns how the rollout of this step goes."""
        options, step = self.options, self._step()
        lead = ramp.linear(step, start=options.lead_start, length=options.lead_ramp)
        return rollout.Plan(
            num_frames=min(options.rollout, self.spec.frames - 1),
            truncate=options.truncate,
            most_lead=tf.cast(tf.round(options.lead * lead), tf.int32),
            own_share=ramp.linear(
                step, start=options.own_start, length=options.own_ramp
            ),
            noise=options.fed_noise,
        )

    def _step(self) -> tf.Tensor:
        # Networks are built before there is a counter.
        return tf.convert_to_tensor(self.step) if self.phases else tf.constant(0)

    # --- Inference

    @property
    def is_anchored(self) -> bool:
        """Whether frames are copied from the newest given one."""
        return "to_anchor" in self.generator.outputs

    @property
    def caption_size(self) -> int:
        """Numbers in the code of a caption."""
        return 2 * self.options.caption_units

    def encode(self, caption_tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Returns the codes [N, D] float32 of captions [N, L], of so many words [N]."""
        code = self._generators[CAPTIONS](caption_tokens, lengths)
        return tf.cast(code, tf.float32)

    def continue_from(
        self,
        history: histories.History,
        caption: tf.Tensor,
        *,
        num_frames: int,
    ) -> tuple[tf.Tensor, histories.History]:
        """Predicts what follows on a history; see `rollout.predict`."""
        return rollout.predict(self.generator, history, caption, num_frames=num_frames)


def _check(spec: clip.ClipSpec, options: Options) -> None:
    if not spec.caption_length:
        raise errors.UserError(
            "Text to video needs clips with captions; take gin/data/icons.gin or another "
            "source of them."
        )
    for name in ("height", "width"):
        side = getattr(spec, name)
        if side % generator.SIDE_STEP:
            lower = max(side - side % generator.SIDE_STEP, generator.SIDE_STEP)
            raise errors.UserError(
                f"`{name}` ({side}) must be a multiple of {generator.SIDE_STEP}; use "
                f"{lower} or {lower + generator.SIDE_STEP}."
            )
    # The discriminator of clips sees one frame more.
    least = common.least_frames(min(spec.height, spec.width))
    judged = 1 + min(options.rollout, spec.frames - 1)
    if judged < least:
        raise errors.UserError(
            f"`frames` ({spec.frames}) must be at least {least} and `rollout` "
            f"({options.rollout}) at least {least - 1}: the discriminator of clips of "
            f"{spec.height}x{spec.width} needs them; raise FRAMES or `Options.rollout`."
        )

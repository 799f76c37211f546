"""The losses of the original experiments: Wasserstein with gradient penalty, and L1.

    objective = objective.Objective(foreground_critic, background_critic, ...)
    losses, monitors = objective.critic_losses(batch, shared, seed)

The critics raise real - fake; all T - 1 steps are judged in one pass, and each loss is
the mean over them. The penalty differentiates the *sum* of an example's score map, as
the original does: a whole frame has 12 x 20 scores, so its critic is held to a smaller
slope per score than that of patches.

References:
  [1] Gulrajani et al., Improved Training of Wasserstein GANs, 2017, equation 3.
  [2] VOS-ForeGAN (Palau i Puigdevall, 2020), see `model.py`.
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.losses import adversarial, penalties
from tfvideogan.losses import pixels as pixel_losses
from tfvideogan.models import monitors, phase
from tfvideogan.models.foregan.thesis import critic_inputs, discriminators, options


class Objective:
    """What critics and generators minimise; holds no variables of its own."""

    def __init__(
        self,
        foreground_critic: discriminators.PatchDiscriminator,
        background_critic: discriminators.PatchDiscriminator,
        critic_inputs: critic_inputs.CriticInputs,
        *,
        weights: options.LossWeights,
        legacy: options.Legacy,
    ) -> None:
        """Stores the critics, what they are shown, and the weights."""
        self.foreground_critic = foreground_critic
        self.background_critic = background_critic
        self.critic_inputs = critic_inputs
        self.weights = weights
        self.legacy = legacy

    def critic_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Wasserstein losses of both critics and their gradient penalties."""
        real, fake = self._critic_samples(batch, shared, seed)
        losses, logs = self._adversarial_losses("critic", real, fake)
        num_steps = shared["composites"].shape[1]
        penalties_ = self._penalties(
            self.critic_inputs.pair(real, num_steps), fake, seed
        )
        return losses | penalties_, logs

    def first_critic_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The adversarial losses alone, of the first of two legacy critic steps."""
        real, fake = self._critic_samples(batch, shared, seed)
        return self._adversarial_losses("first_critic", real, fake)[0], {}

    def generator_losses(
        self, batch: phase.Batch, shared: phase.Batch, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Reconstruction of the frames, and one adversarial term for each critic."""
        weights = self.weights
        fake = self.critic_inputs.fake(shared, seeds.fold(seed, "fake"))
        masks = shared["masks"]
        if self.legacy.missing_mask_term:
            fake.pop("mask", None)
        logits = self._score(fake)
        if self.legacy.missing_mask_term and self.critic_inputs.options.has_mask_critic:
            logits["mask"] = logits["foreground"]
        losses = {
            "generator/reconstruction": weights.reconstruction
            * pixel_losses.l1(batch["frames"][:, 1:], shared["composites"])
        }
        sign = -1.0 if self.legacy.inverted_generator_sign else 1.0
        for name, scores in logits.items():
            loss = adversarial.wgan_generator_loss(scores)
            losses[f"generator/{name}"] = sign * getattr(weights, name) * loss
        return losses, {"masks/area": tf.reduce_mean(masks)}

    def _critic_samples(
        self,
        batch: Mapping[str, tf.Tensor],
        shared: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Real samples and fakes, neither with a gradient."""
        real = self.critic_inputs.real(batch, shared, seeds.fold(seed, "real"))
        fake = self.critic_inputs.fake(shared, seeds.fold(seed, "fake"))
        return real, {name: tf.stop_gradient(value) for name, value in fake.items()}

    def _score(self, shown: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Logits by name; foregrounds and masks take one pass through the trunk."""
        logits = {"background": self.background_critic(shown["background"])}
        if "mask" in shown:
            logits["foreground"], logits["mask"] = self.foreground_critic.score_pairs(
                shown["foreground"], shown["mask"]
            )
        else:
            logits["foreground"] = self.foreground_critic(shown["foreground"])
        return logits

    def _adversarial_losses(
        self,
        prefix: str,
        real: Mapping[str, tf.Tensor],
        fake: Mapping[str, tf.Tensor],
    ) -> tuple[phase.Scalars, phase.Scalars]:
        both = {name: tf.concat([real[name], fake[name]], axis=0) for name in real}
        losses, logs = {}, {}
        for name, logits in self._score(both).items():
            count = tf.shape(real[name])[0]
            of_real, of_fake = logits[:count], logits[count:]
            loss = adversarial.wgan_critic_loss(of_real, of_fake)
            weight = getattr(self.weights, f"critic_{name}")
            losses[f"{prefix}/{name}"] = weight * loss
            mean_real, mean_fake = tf.reduce_mean(of_real), tf.reduce_mean(of_fake)
            logs |= monitors.logits(name, of_real, of_fake)
            # These scores have no zero: each side is held against the other's mean.
            logs[f"signs/{name}_real"] = _mean_true(of_real > mean_fake)
            logs[f"signs/{name}_fake"] = _mean_true(of_fake < mean_real)
        return losses, logs

    def _penalties(
        self,
        real: Mapping[str, tf.Tensor],
        fake: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
    ) -> phase.Scalars:
        """Gradient penalties; masks share the pass, and the weight, of foregrounds."""
        weights = self.weights
        background = penalties.gradient_penalty(
            lambda patches: _summed(self.background_critic(patches)),
            real["background"],
            fake["background"],
            seeds.fold(seed, "background_penalty"),
        )
        kinds = 2 if self.critic_inputs.options.has_mask_critic else 1
        foreground = penalties.gradient_penalty(
            self._score_stacked,
            _stacked(real),
            _stacked(fake),
            seeds.fold(seed, "foreground_penalty"),
        )
        return {
            # The mean over both kinds, times their number: the sum of the two means.
            "critic/foreground_penalty": weights.foreground_penalty
            * kinds
            * foreground,
            "critic/background_penalty": weights.background_penalty * background,
        }

    def _score_stacked(self, images: tf.Tensor) -> tf.Tensor:
        """Sums of scores [N, 1] of foregrounds and, behind them, as many masks."""
        if not self.critic_inputs.options.has_mask_critic:
            return _summed(self.foreground_critic(images))
        foregrounds, masks = tf.split(images, 2)  # [N, H, W, 3] each
        return tf.concat(
            [
                _summed(scores)
                for scores in self.foreground_critic.score_pairs(foregrounds, masks)
            ],
            axis=0,
        )


def _stacked(shown: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Foregrounds and, behind them, masks as grey images."""
    if "mask" not in shown:
        return shown["foreground"]
    greys = discriminators.to_grey(shown["mask"])
    return tf.concat([shown["foreground"], greys], axis=0)  # [2·N, H, W, 3]


def _mean_true(condition: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(condition, tf.float32))


def _summed(logits: tf.Tensor) -> tf.Tensor:
    """The sum of each example's score map, [N, 1]: what the penalty differentiates."""
    return tf.reduce_sum(logits, axis=[1, 2, 3])[:, tf.newaxis]

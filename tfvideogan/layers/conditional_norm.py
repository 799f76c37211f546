"""Batch normalisation whose gain and bias follow a condition: a class, a latent code.

References:
  [1] Dumoulin et al., A Learned Representation For Artistic Style, 2017, section 2.2,
      equation 5 (conditional instance norm).
  [2] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      2019, section 3 and appendix B (gains centred at 1, linear in [z; embedding]).
  [3] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, on batch norm of
      clips: statistics of one time step alone.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.layers import batch_norm, spectral_norm


class ConditionalBatchNorm(batch_norm.BatchNorm):
    """norm(x) · (1 + gain(condition)) + bias(condition), of [N, H, W, C] or clips.

    The statistics are those of `BatchNorm`: whole over replicas in training, moving ones at
    inference, and with `per_step` those of one time step [3].
    """

    def __init__(
        self,
        *,
        has_spectral_norm: bool = False,
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          has_spectral_norm: whether the linear maps to gain and bias have norm 1, as in
            [2]; see `spectral_norm.py`.
          **kwargs: `momentum`, `epsilon`, `per_step`, and those of `keras.layers.Layer`.
        """
        super().__init__(is_affine=False, **kwargs)
        self.has_spectral_norm = has_spectral_norm

    def build(
        self,
        inputs_shape: Sequence[int | None],
        condition_shape: Sequence[int | None],
    ) -> None:
        super().build(inputs_shape)
        self.gain, self.bias = (
            spectral_norm.Dense(
                inputs_shape[-1],
                use_bias=False,
                has_norm=self.has_spectral_norm,
                dtype="float32",
            )
            for _ in range(2)
        )
        self.gain.build(condition_shape)
        self.bias.build(condition_shape)

    def call(
        self, inputs: tf.Tensor, condition: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Normalises, then scales and shifts each example by its own condition.

        Args:
          inputs: [N, H, W, C] or [N, T, H, W, C].
          condition: [N, D].
          training: whether the batch's statistics serve, and move the moving ones.

        Returns:
          As `inputs`.
        """
        made = super().call(tf.cast(inputs, tf.float32), training=training)
        ones = [1] * (inputs.shape.rank - 2)
        shape = [-1, *ones, inputs.shape[-1]]
        gain, bias = (
            tf.reshape(one(condition, training=training), shape)  # [N, 1, .., 1, C]
            for one in (self.gain, self.bias)
        )
        return tf.cast(made * (1.0 + gain) + bias, inputs.dtype)

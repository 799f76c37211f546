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

import keras
import tensorflow as tf

from tfvideogan.layers import batch_norm


class ConditionalBatchNorm(batch_norm.BatchNorm):
    """norm(x) · (1 + gain(condition)) + bias(condition), of [N, H, W, C] or clips.

    The statistics are those of `BatchNorm`: whole over replicas in training, moving ones at
    inference. With `per_step` clips [N, T, H, W, C] are normalised by the statistics of
    each time step over batch and space, so that no frame tells another its contents [3];
    the moving ones are then the means of the steps', and serve clips of any length.
    """

    def __init__(
        self,
        *,
        per_step: bool = False,
        kernel_initializer: str = "orthogonal",
        **kwargs: object,
    ) -> None:
        """Stores the settings.

        Args:
          per_step: whether clips have statistics of each time step; T is static then.
          kernel_initializer: of the linear maps to gain and bias.
          **kwargs: `momentum`, `epsilon`, and those of `keras.layers.Layer`.
        """
        super().__init__(is_affine=False, **kwargs)
        self.per_step = per_step
        self.kernel_initializer = kernel_initializer

    def build(
        self,
        inputs_shape: Sequence[int | None],
        condition_shape: Sequence[int | None],
    ) -> None:
        super().build(inputs_shape)
        self.gain, self.bias = (
            keras.layers.Dense(
                inputs_shape[-1],
                use_bias=False,
                kernel_initializer=self.kernel_initializer,
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
        if training and self.per_step:
            made = self._normalise_steps(tf.cast(inputs, tf.float32))
        else:
            made = super().call(tf.cast(inputs, tf.float32), training=training)
        ones = [1] * (inputs.shape.rank - 2)
        shape = [-1, *ones, inputs.shape[-1]]
        gain = tf.reshape(self.gain(condition), shape)  # [N, 1, .., 1, C]
        bias = tf.reshape(self.bias(condition), shape)
        return tf.cast(made * (1.0 + gain) + bias, inputs.dtype)

    def _normalise_steps(self, clips: tf.Tensor) -> tf.Tensor:
        _, length, height, width, channels = clips.shape
        # A channel of a time step becomes a channel of its own.
        by_step = tf.transpose(clips, [0, 2, 3, 1, 4])  # [N, H, W, T, C]
        shape = [-1, height, width, length * channels]
        made, mean, variance = self.by_batch(
            tf.reshape(by_step, shape), tf.ones(shape[-1]), tf.zeros(shape[-1])
        )
        self.remember(
            *(
                tf.reduce_mean(tf.reshape(one, [length, channels]), axis=0)
                for one in (mean, variance)
            )
        )
        made = tf.reshape(made, [-1, height, width, length, channels])
        return tf.transpose(made, [0, 3, 1, 2, 4])  # [N, T, H, W, C]

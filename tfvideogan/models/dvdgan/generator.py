"""The generators of DVD-GAN: a latent code and a class become the frames of a clip.

    frames, states = generator(latent, labels, num_frames=12, training=True)
    more, states = generator(latent, labels, num_frames=12, states=states)

Version 2 for 64x64 with the width ch = 128, the constants 8, 8, 8, 4, 2 and, as c, the
latent code beside the embedding of the class:

    stage       op                                                   size     channels
    start       dense of c, the same for every frame                 4x4      8 ch
    group 1     ConvGRU; block; block that doubles                   8x8      8 ch
    group 2     ConvGRU; block; block that doubles                   16x16    8 ch
    group 3     ConvGRU; block; block that doubles                   32x32    4 ch
    group 4     ConvGRU; block; block that doubles                   64x64    2 ch
    output      batch norm, ReLU, conv 3x3, tanh                     64x64    3

A ConvGRU is as wide as the input of its group. c drives every conditional batch norm,
whose statistics are those of one time step, so that no frame sees a later one. Version
1 has one ConvGRU, in the first group, attention of every place of its frames to all others
behind it, and attention along H, W and T before the last block.

Where the papers leave something open, we say what we do: the state of a GRU before the
first frame is 0, or, by `starts_from_inputs`, what the inputs alone make of it; the first
feature maps have sides of 4 to 7, so that any size that divides will do; batch norm's last
gain and bias are learnt ones.

With `copies`, which is ours and for predictions, the output has one more channel: the
share in which a pixel is copied from the frame that came last, as the mask of Vondrick et
al. [4] mixes a background that stands still with a foreground.

In the ConvGRUs' places may stand the units of TrIVD-GAN [3], which warp their states
(`layers/transforming_rnn.py`).

References:
  [1] Clark et al., Adversarial Video Generation on Complex Datasets, 2019, section 3.2 and
      the appendix on architectures (version 2); Efficient Video Generation on Complex
      Datasets, 2019 (version 1).
  [2] Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis,
      2019, appendix B.
  [3] Luc et al., Transformation-based Adversarial Video Prediction on Large-Scale Data,
      2020.
  [4] Vondrick et al., Generating Videos with Scene Dynamics, 2016, section on the
      architecture of two streams.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.layers import (
    attention,
    batch_norm,
    conv_rnn,
    convolution,
    recomputation,
    spectral_norm,
    transforming_rnn,
)
from tfvideogan.models import generators
from tfvideogan.models.dvdgan import blocks

VERSIONS = ("v1", "v2")
RECURRENCES = {
    "conv_gru": conv_rnn.ConvGRU,
    "tsru_c": transforming_rnn.TSRUc,
    "tsru_p": transforming_rnn.TSRUp,
    "tsru_s": transforming_rnn.TSRUs,
}
# Channels of the start and behind each group, as multiples of the width, by the number of
# groups: [1] for 64x64 and 128x128; ours for 256x256, which [1] does not list. A smaller
# size leaves out the first ones.
CONSTANTS = {
    4: (8, 8, 8, 4, 2),
    5: (8, 8, 8, 4, 2, 1),
    6: (8, 8, 8, 8, 4, 2, 1),
}
# Added to the logits of the share that is copied: 0.88 to begin with, as most of a video
# stands still.
COPIED_FIRST = 2.0
# Of each group the state [N, H, W, F] of its recurrence; None where it starts by itself.
States = tuple[tf.Tensor | None, ...]


class Group(keras.layers.Layer):
    """A resolution: frames in, frames of twice the sides out."""

    def __init__(
        self,
        inputs: int,
        filters: int,
        *,
        recurrence: keras.layers.Layer | None = None,
        behind: keras.layers.Layer | None = None,
        between: keras.layers.Layer | None = None,
        num_steps: int | None = None,
    ) -> None:
        """Creates the blocks.

        Args:
          inputs: channels of the input.
          filters: channels of the output.
          recurrence: called as `ConvGRU`; None: frames stay on their own.
          behind: an attention of clips that follows it, or None.
          between: an attention of clips between the blocks, or None.
          num_steps: see `BatchNorm`.
        """
        super().__init__()
        self.recurrence, self.behind, self.between = recurrence, behind, between
        make = functools.partial(blocks.GeneratorBlock, inputs, num_steps=num_steps)
        self.first = make(inputs, doubles=False)
        self.second = make(filters, doubles=True)
        self.built = True

    def call(
        self,
        clips: tf.Tensor,
        condition: tf.Tensor,
        state: tf.Tensor | None = None,
        *,
        num_frames: int,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Makes frames.

        Args:
          clips: [N, T or 1, H, W, C].
          condition: [N, D].
          state: [N, H, W, F] of the recurrence, None at the first frame; without a
            recurrence it is passed on.
          num_frames: T.
          training: whether statistics are the batch's and norms move.

        Returns:
          [N, T, 2H, 2W, filters], and the last state.
        """
        x = clips
        if self.recurrence is not None:
            x, state = self.recurrence(
                x, state, num_frames=num_frames, training=training
            )
        if self.behind is not None:
            x = self.behind(x, training=training)
        x = self.first(x, condition, training=training)
        if self.between is not None:
            x = self.between(x, training=training)
        return self.second(x, condition, training=training), state


class Generator(keras.Model):
    """Maps latent codes and classes to clips."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        width: int,
        categories: int,
        version: str = "v2",
        constants: Sequence[int] | None = None,
        latent: int = 120,
        embedding: int = 120,
        recurrence: str = "conv_gru",
        activation: str = "relu",
        starts_from_inputs: bool = False,
        num_steps: int | None = None,
        copies: bool = False,
        recomputes: bool = False,
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a clip; its sides are 4 to 7 pixels, doubled some times.
          width: ch, the channels that the constants multiply.
          categories: number of classes, 0 for none.
          version: of [1]; one of `VERSIONS`.
          constants: of the start and behind each group; `CONSTANTS` by default. Of more
            than there are groups the last ones count.
          latent: numbers in a latent code.
          embedding: numbers in the embedding of a class.
          recurrence: the groups' recurrent units; one of `RECURRENCES`.
          activation: of their candidates, see `ConvGRU`.
          starts_from_inputs: see `ConvGRU`; with zeros the first frames are blank until
            all GRUs, one behind the other, have taken up their inputs.
          num_steps: T in training, if each time step is to have moving statistics of its
            own, see `BatchNorm`.
          copies: whether pixels may be those of a frame that is given.
          recomputes: whether a group's activations are made again for the gradients,
            instead of being kept.
          name: of the network.

        Raises:
          UserError: the sides do not divide, or a setting does not fit.
        """
        super().__init__(name=name)
        if version not in VERSIONS:
            raise errors.UserError(
                f"`version` ({version!r}) must be one of {', '.join(VERSIONS)}."
            )
        check_recurrence(recurrence)
        levels = generators.num_levels(spec)
        constants = constants_for(levels, constants, CONSTANTS)
        widths = [width * one for one in constants[-levels - 1 :]]
        self.small = (spec.height >> levels, spec.width >> levels)
        self.categories = categories
        self.recomputes = recomputes
        self.latent = latent
        self.copies = copies
        self.start = spectral_norm.Dense(math.prod(self.small) * widths[0])
        self.embedding = None
        if categories:
            self.embedding = spectral_norm.Embedding(categories, embedding)
        self.widths = widths
        make_recurrence = functools.partial(
            RECURRENCES[recurrence],
            activation=activation,
            starts_from_inputs=starts_from_inputs,
        )
        self.groups = [
            Group(
                widths[level],
                widths[level + 1],
                num_steps=num_steps,
                **_parts(version, level, levels, widths[level], make_recurrence),
            )
            for level in range(levels)
        ]
        self.norm = batch_norm.BatchNorm(per_step=True, num_steps=num_steps)
        self.to_colour = spectral_norm.Conv2D(spec.channels + copies, 3)
        self.built = True

    @property
    def norms(self) -> list[batch_norm.BatchNorm]:
        """Whatever has statistics of batches."""
        found = [
            norm
            for group in self.groups
            for block in (group.first, group.second)
            for norm in block.norms
        ]
        return [*found, self.norm]

    @property
    def is_causal(self) -> bool:
        """Whether a frame depends on no later one, so that clips can be gone on with."""
        return all(
            group.behind is None and group.between is None for group in self.groups
        )

    @property
    def recurrences(self) -> tuple[int | None, ...]:
        """Channels of each group's state; None for a group without a recurrence."""
        return tuple(
            None if group.recurrence is None else width
            for group, width in zip(self.groups, self.widths[:-1], strict=True)
        )

    def condition(
        self, latent: tf.Tensor, labels: tf.Tensor | None, training: bool = False
    ) -> tf.Tensor:
        """Returns c [N, D] of latent codes [N, latent] and labels [N] int32."""
        latent = tf.cast(latent, self.compute_dtype)
        if self.embedding is None:
            return latent
        embedded = self.embedding(labels, training=training)
        return tf.concat([latent, embedded], axis=-1)

    def call(
        self,
        latent: tf.Tensor,
        labels: tf.Tensor | None = None,
        num_frames: int = 1,
        states: States | None = None,
        last: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Generates the frames of clips.

        Args:
          latent: [N, latent].
          labels: [N] int32; not used without categories.
          num_frames: T.
          states: of the groups before the first frame; where they, or one of them, are
            not given, GRUs start as `starts_from_inputs` says.
          last: [N, H, W, C] in [-1, 1], the frame that pixels may be copied from; for a
            generator that `copies`.
          training: whether batch norm takes the batch's statistics.

        Returns:
          [N, T, H, W, C] float32 in [-1, 1], and the states behind the last frame.
        """
        condition = self.condition(latent, labels, training=training)
        return self.frames(condition, num_frames, states, last, training=training)

    def frames(
        self,
        condition: tf.Tensor,
        num_frames: int,
        states: States | None = None,
        last: tf.Tensor | None = None,
        *,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Generates the frames of clips with conditions [N, D]; see `call`."""
        unknown = self._unknown_states(tf.shape(condition)[0])
        states = [
            start if state is None else state
            for state, start in zip(states or unknown, unknown, strict=True)
        ]
        start = self.start(condition, training=training)
        x = tf.reshape(start, [-1, 1, *self.small, self.widths[0]])  # [N, 1, 4, 4, 8ch]
        reached = []
        for group, state in zip(self.groups, states, strict=True):
            known = () if state is None else (tf.cast(state, self.compute_dtype),)
            x, state = self._grouped(group, num_frames, training)(x, condition, *known)
            reached.append(state)
        x = tf.nn.relu(self.norm(x, training=training))
        made = convolution.on_frames(self.to_colour, x, training=training)
        return self._coloured(tf.cast(made, tf.float32), last), tuple(reached)

    def _coloured(self, made: tf.Tensor, last: tf.Tensor | None) -> tf.Tensor:
        """Frames [N, T, H, W, C] of the output's channels."""
        if not self.copies:
            return tf.tanh(made)
        share = tf.sigmoid(made[..., -1:] + COPIED_FIRST)
        return share * last[:, tf.newaxis] + (1.0 - share) * tf.tanh(made[..., :-1])

    def _unknown_states(self, number: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        """Returns None for each GRU, and zeros for what a group without one passes on."""
        rows, columns = self.small
        return tuple(
            None
            if group.recurrence is not None
            else tf.zeros([number, rows << level, columns << level, self.widths[level]])
            for level, group in enumerate(self.groups)
        )

    def _grouped(self, group: Group, num_frames: int, training: bool) -> object:
        """A group as a function of tensors, recomputed if it is to be."""

        def made(
            x: tf.Tensor, condition: tf.Tensor, *state: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            return group(x, condition, *state, num_frames=num_frames, training=training)

        is_wanted = self.recomputes and training
        return recomputation.recomputed(made) if is_wanted else made


def check_recurrence(recurrence: str) -> None:
    """Checks the name of a recurrent unit.

    Raises:
      UserError: there is none of that name.
    """
    if recurrence not in RECURRENCES:
        raise errors.UserError(
            f"`recurrence` ({recurrence!r}) must be one of {', '.join(RECURRENCES)}."
        )


def constants_for(
    levels: int,
    given: Sequence[int] | None,
    published: Mapping[int, Sequence[int]],
) -> Sequence[int]:
    """Returns at least `levels` + 1 constants: the given ones, or those of the paper.

    Args:
      levels: how often sides are doubled or halved.
      given: None for those of the paper.
      published: by the number of levels; those of the least serve fewer.

    Raises:
      UserError: there are too few.
    """
    chosen = published.get(max(levels, min(published)), ()) if given is None else given
    if len(chosen) <= levels:
        raise errors.UserError(
            f"{len(chosen)} `constants` ({', '.join(map(str, chosen))}) are too few for "
            f"the size, which wants {levels + 1}; give more, or make HEIGHT and WIDTH "
            "smaller."
        )
    return chosen


def _parts(
    version: str,
    level: int,
    levels: int,
    width: int,
    make_recurrence: Callable[[int], keras.layers.Layer],
) -> dict[str, keras.layers.Layer]:
    """What a group has beside its blocks."""
    parts = {}
    is_first = level == 0
    if version == "v2" or is_first:
        parts["recurrence"] = make_recurrence(width)
    if version == "v1" and is_first:
        parts["behind"] = attention.SelfAttention(pools=False, has_spectral_norm=True)
    if version == "v1" and level == levels - 1:
        parts["between"] = attention.SeparableAttention(has_spectral_norm=True)
    return parts

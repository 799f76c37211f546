"""The rollout of the original experiments: from the first layers to all of them.

    roller = rollout.Roller(foreground_net, background_net, options, legacy)
    conditions = roller.conditions(batch, seed)
    state = roller.start(batch, seed)
    rolled = roller.train(state, conditions, num_steps)    # [N, T-1, ...], unrolled
    rolled = roller.complete(batch, seed)                  # [N, T, ...], any length

Of the masks after the first a rollout never sees any; of the frames after the first it
sees none, except with `flow_input="next_frame"`. One step:

    colour, attention, ... = foreground generator (foreground, motion, mask)
    foreground             = attention · w + (1 - attention) · colour
    mask                   = sigmoid(alpha · conv(features or foreground))
    background             = likewise, from the background generator (background)
    composite              = mask · foreground + (1 - mask) · background

where w is the previous foreground, warped or not.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.foregan import flow_codec
from tfvideogan.models.foregan.thesis import (
    composition,
    generators,
    options,
    real_samples,
)
from tfvideogan.ops import warp

OUTPUTS = ("foregrounds", "backgrounds", "masks", "composites")


class State(NamedTuple):
    """What a rollout knows after a frame.

    Attributes:
      foreground: [N, H, W, 3] the object before black.
      background: [N, H, W, 3] the scene without it.
      mask: [N, H, W, 1].
      first_mask: [N, H, W, 1], never changed.
      carried: [N, H, W, 3], the first object moved along the flow.
      memory: of the foreground generator's recurrence.
      background_memory: of the background generator's.
    """

    foreground: tf.Tensor
    background: tf.Tensor
    mask: tf.Tensor
    first_mask: tf.Tensor
    carried: tf.Tensor
    memory: tuple[tf.Tensor, ...] = ()
    background_memory: tuple[tf.Tensor, ...] = ()


class Roller:
    """Applies two generators along time; holds no variables of its own."""

    def __init__(
        self,
        foreground_generator: generators.LayerGenerator,
        background_generator: generators.LayerGenerator,
        options: options.Options,
        legacy: options.Legacy,
    ) -> None:
        """Stores the networks and the switches."""
        self.foreground_generator = foreground_generator
        self.background_generator = background_generator
        self.options = options
        self.legacy = legacy

    @property
    def min_frames(self) -> int:
        """The shortest clip that `complete` can roll over."""
        return len(self.foreground_generator.heads) + 1

    def start(self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor) -> State:
        """Cuts the first frame in two.

        Args:
          batch: see `core.clip`; only the first frame and mask are read.
          seed: [2] int32, of the noise where the object was.
        """
        first, mask = batch["frames"][:, 0], batch["foreground_masks"][:, 0]
        if self.options.bg_fill == "noise":
            background = composition.fill_noise(first, mask, seed)
        elif self.options.bg_fill == "black":
            background = composition.fill_black(first, mask)
        else:
            background = composition.fill_rows(first, mask)
        foreground = composition.cut_out(first, mask)
        return State(foreground, background, mask, mask, foreground)

    def conditions(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """Encodes what the generators see beside their layers, [N, T-1, ...].

        Args:
          batch: see `core.clip`.
          seed: [2] int32, of the colours of next frames; None leaves them as they are.

        Returns:
          "codes" (flow, 2 channels), "motions" (flow to the frame before, pixels) and
          "next_frames", as far as the variant needs them.
        """
        conditions = {}
        if self.options.needs_flow:
            conditions |= self._flow_conditions(
                batch["forward_flow"], batch["backward_flow"]
            )
        if self.options.flow_input == "next_frame":
            following = batch["frames"][:, 1:]
            if seed is not None:
                following = real_samples.jitter_clips(
                    following, seed, real_samples.NEXT_FRAME_JITTER
                )
            conditions["next_frames"] = following
        return conditions

    def step(
        self, state: State, conditions: Mapping[str, tf.Tensor], step: int
    ) -> tuple[State, dict[str, tf.Tensor]]:
        """Rolls one frame on.

        Args:
          state: after the frame before.
          conditions: this step's share of `conditions`, [N, ...].
          step: number of the step, from 0; matters to unshared weights only.

        Returns:
          The new state, and `OUTPUTS` of the new frame.
        """
        base = carried = state.carried
        if self.options.warp == "none":
            base = state.foreground
        elif self.options.warp == "previous":
            base = warp.backward(state.foreground, conditions["motions"])
        else:
            base = carried = warp.backward(carried, conditions["motions"])
        layers = self.foreground_generator(
            self._foreground_inputs(state, conditions), state.memory, step=step
        )
        if self.options.update == "sum":
            foreground = composition.add_colour(base, layers.colour)
        else:
            foreground = _blend(base, layers)
        mask = self.foreground_generator.mask(layers, foreground, self.options.alpha)
        if self.options.dark:
            foreground = composition.cut_out(foreground, mask)
        background, background_memory = self._paint(state, conditions, step)
        new_state = State(
            foreground=foreground,
            background=background,
            mask=mask,
            first_mask=state.first_mask,
            carried=carried,
            memory=layers.state,
            background_memory=background_memory,
        )
        composite = self._composite(mask, foreground, background)
        values = (foreground, background, mask, composite)
        return new_state, dict(zip(OUTPUTS, values, strict=True))

    def train(
        self, state: State, conditions: Mapping[str, tf.Tensor], num_steps: int
    ) -> dict[str, tf.Tensor]:
        """Generates the layers of frames 1 .. T - 1, unrolled in the graph.

        Args:
          state: from `start`.
          conditions: from `conditions`.
          num_steps: T - 1.

        Returns:
          `OUTPUTS`, each [N, T-1, H, W, c] float32. With the legacy sum composites
          leave [-1, 1].
        """
        outputs = []
        for step in range(num_steps):
            now = {name: values[:, step] for name, values in conditions.items()}
            state, output = self.step(state, now, step)
            outputs.append(output)
        return {
            name: tf.stack([output[name] for output in outputs], axis=1)
            for name in OUTPUTS
        }

    def complete(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Generates the layers of clips of any length, in a loop of the graph.

        Args:
          batch: see `core.clip`; T is at least `min_frames`, which is the trained T with
            `recurrence="concat_unshared"`, whose steps have their own weights.
          seed: [2] int32, of the noise where the object was.

        Returns:
          `OUTPUTS`, each [N, T, H, W, c]; the first frame is the given one.
        """
        state = self.start(batch, seed)
        conditions = self.conditions(batch)
        num_frames = tf.shape(batch["frames"])[1]
        given = (state.foreground, state.background, state.mask, batch["frames"][:, 0])
        # Written from the first frame on, as an array without entries, which the loop of
        # the shortest clip would leave, has no shape.
        arrays = {
            name: tf.TensorArray(tf.float32, num_frames, element_shape=value.shape)
            for name, value in zip(OUTPUTS, given, strict=True)
        }
        arrays = _write(arrays, 0, dict(zip(OUTPUTS, given, strict=True)))

        def roll(
            step: int | tf.Tensor,
            state: State,
            arrays: dict[str, tf.TensorArray],
            weights_of: int,
        ) -> tuple[int | tf.Tensor, State, dict[str, tf.TensorArray]]:
            now = {name: values[:, step] for name, values in conditions.items()}
            state, output = self.step(state, now, weights_of)
            return step + 1, state, _write(arrays, step + 1, output)

        # The first steps, whose weights or empty memories differ, stand before the loop.
        num_first = self.min_frames - 1
        for step in range(num_first):
            _, state, arrays = roll(step, state, arrays, step)
        _, _, arrays = tf.while_loop(
            lambda step, *_: step < num_frames - 1,
            lambda step, state, arrays: roll(step, state, arrays, num_first),
            (tf.constant(num_first), state, arrays),
        )
        # [T, N, H, W, c] -> [N, T, H, W, c]
        return {
            name: tf.transpose(array.stack(), [1, 0, 2, 3, 4])
            for name, array in arrays.items()
        }

    def _foreground_inputs(
        self, state: State, conditions: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        parts = [state.foreground]
        if self.options.flow_input == "given":
            parts.append(conditions["codes"])
        elif self.options.flow_input == "next_frame":
            parts.append(conditions["next_frames"])
        if self.options.mask_feedback == "first":
            parts.append(state.first_mask)
        elif self.options.mask_feedback == "propagated":
            parts.append(state.mask)
        return tf.concat(parts, axis=-1)  # [N, H, W, 3 to 7]

    def _paint(
        self, state: State, conditions: Mapping[str, tf.Tensor], step: int
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """The next background and the memory of its generator."""
        inputs = state.background
        if self.options.background_flow_input:
            inputs = tf.concat([inputs, conditions["codes"]], axis=-1)  # [N, H, W, 5]
        layers = self.background_generator(inputs, state.background_memory, step=step)
        return _blend(state.background, layers), layers.state

    def _composite(
        self, mask: tf.Tensor, foreground: tf.Tensor, background: tf.Tensor
    ) -> tf.Tensor:
        if self.legacy.additive_composite:
            compose = composition.composite_additive_legacy
        else:
            compose = composition.composite
        return compose(mask, foreground, background)

    def _flow_conditions(
        self, forward: tf.Tensor, backward: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        if self.legacy.late_flow:
            forward, backward = _later(forward), _later(backward)
        if self.legacy.wrapped_flow_code:
            encode = flow_codec.encode_wrapped_legacy
        else:
            encode = flow_codec.encode_signed
        conditions = {
            "codes": encode(forward, flow_codec.LIMIT_SHARE * forward.shape[3])
        }
        if self.options.warp != "none":
            conditions["motions"] = (
                -forward if self.legacy.forward_flow_warp else backward
            )
        return conditions


def _blend(previous: tf.Tensor, layers: generators.Layers) -> tf.Tensor:
    """A · previous + (1 - A) · C."""
    return layers.colour + layers.attention * (previous - layers.colour)


def _later(flow: tf.Tensor) -> tf.Tensor:
    """The flow of the step after; the last step has none and keeps its own."""
    return tf.concat([flow[:, 1:], flow[:, -1:]], axis=1)  # [N, T-1, H, W, 2]


def _write(
    arrays: Mapping[str, tf.TensorArray],
    index: int | tf.Tensor,
    values: Mapping[str, tf.Tensor],
) -> dict[str, tf.TensorArray]:
    return {name: array.write(index, values[name]) for name, array in arrays.items()}

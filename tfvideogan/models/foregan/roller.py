"""The generators of ForeGAN at work: rolling over clips, forward, back and to the end.

    roller = Roller(foreground_generator, background_generator, mask_head)
    rolled = roller.train(batch, seed, saturation=..., bptt_steps=4)   # [N, T-1, ...]
    mask = roller.back(batch, mask, 3, saturation=...)["masks"]        # a cycle's way back
    rolled = roller.complete(batch, saturation=...)                    # [N, T, ...]

One step is explained in `rollout.py`.
"""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import background, foreground, rollout

# What `step` puts out, and how many channels each has.
OUTPUT_CHANNELS = {
    "masks": 1,
    "foregrounds": 3,
    "backgrounds": 3,
    "composites": 3,
    "residual_flow": 2,
}


class Roller:
    """Applies the three generating networks along time; holds no other variables."""

    def __init__(
        self,
        foreground_generator: foreground.ForegroundGenerator,
        background_generator: background.BackgroundGenerator,
        mask_head: foreground.MaskHead,
    ) -> None:
        """Stores the networks."""
        self.foreground_generator = foreground_generator
        self.background_generator = background_generator
        self.mask_head = mask_head
        # One function, called T times: a third of the nodes to trace and optimise.
        self.step = tf.function(self._step)
        # Likewise, as an export calls it from each of its signatures.
        self.follow = tf.function(self._follow)

    def start(
        self,
        frame: tf.Tensor,
        mask: tf.Tensor,
        blind_spot: tf.Tensor | None = None,
    ) -> rollout.State:
        """Begins a rollout at a frame [N, H, W, 3] with its mask [N, H, W, 1]."""
        batch, (height, width) = tf.shape(frame)[0], frame.shape[1:3]
        trunks = (self.foreground_generator.trunk, self.background_generator.trunk)
        states = tuple(one.initial_state(batch, height, width) for one in trunks)
        return rollout.start(frame, mask, states, blind_spot)

    def _step(
        self,
        state: rollout.State,
        frame: tf.Tensor,
        flow: tf.Tensor,
        reverse_flow: tf.Tensor,
        *,
        saturation: tf.Tensor,
        noise: tf.Tensor | None = None,
    ) -> tuple[rollout.State, dict[str, tf.Tensor]]:
        """Rolls one frame on.

        Args:
          state: after the frame before.
          frame: [N, H, W, 3] in [-1, 1], the new frame; only the mask head sees it.
          flow: [N, H, W, 2] pixels, from the new frame to the one before.
          reverse_flow: [N, H, W, 2] pixels, from the one before to the new frame.
          saturation: slope of the mask's sigmoid, a scalar.
          noise: [N, H, W, 1] for the hole; zero when None.

        Returns:
          The new state and, of the new frame, `masks` [N, H, W, 1], `foregrounds`,
          `backgrounds` and `composites` [N, H, W, 3], `residual_flow` [N, H, W, 2].
        """
        motion_ = rollout.observe_motion(state, flow, reverse_flow)
        evidence = rollout.move(state, motion_)
        guess, foreground_state = self.foreground_generator(
            rollout.foreground_inputs(evidence, motion_), state.foreground_state
        )
        moved_mask, object_ = rollout.move_object(state, flow, guess, evidence)
        if noise is None:
            noise = tf.zeros_like(moved_mask)
        scene, background_state = self.background_generator(
            evidence.background, evidence.hole, noise, state.background_state
        )
        correction = self.mask_head(
            rollout.mask_inputs(frame, object_, scene, moved_mask, evidence, motion_)
        )
        mask = rollout.correct_mask(moved_mask, correction, saturation)
        outputs = {
            "masks": mask,
            "foregrounds": object_,
            "backgrounds": scene,
            "composites": rollout.composite(mask, object_, scene),
            "residual_flow": guess["residual_flow"],
        }
        states = (foreground_state, background_state)
        state = rollout.re_anchor(state, evidence, frame, outputs, states)
        return state, outputs

    def train(
        self,
        batch: Mapping[str, tf.Tensor],
        seed: tf.Tensor,
        *,
        saturation: tf.Tensor,
        bptt_steps: int,
    ) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
        """Rolls over a training clip, unrolled in the graph.

        Args:
          batch: see `core.clip`; only the first mask is read.
          seed: [2] int32, of the noise in holes.
          saturation: slope of the masks' sigmoid, a scalar.
          bptt_steps: the gradient is cut every so many frames.

        Returns:
          The outputs of `step` as [N, T-1, ...], and the masks of all T frames.
        """
        frame, mask = first(batch)
        spot = rollout.blind_spot(mask, seeds.fold(seed, "blind spot"))
        state = self.start(frame, mask, spot)
        states, outputs = [state], []
        for t in range(batch["frames"].shape[1] - 1):
            if t and t % bptt_steps == 0:
                state = rollout.detach(state)
            state, output = self.step(
                state,
                batch["frames"][:, t + 1],
                batch["backward_flow"][:, t],
                batch["forward_flow"][:, t],
                saturation=saturation,
                noise=seeds.normal(tf.shape(state.mask), seeds.fold(seed, "noise", t)),
            )
            states.append(state)
            outputs.append(output)
        rolled = {
            key: tf.stack([output[key] for output in outputs], axis=1)
            for key in outputs[0]
        }
        return rolled, [one.mask for one in states]

    def back(
        self,
        batch: Mapping[str, tf.Tensor],
        mask: tf.Tensor,
        length: int,
        *,
        saturation: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Rolls from frame `length` with `mask` [N, H, W, 1] back to the first frame.

        Returns:
          The outputs of `step` for the first frame.
        """
        state = self.start(batch["frames"][:, length], mask)
        outputs: dict[str, tf.Tensor] = {}
        for t in reversed(range(length)):
            # Backwards in time the two flows change their roles.
            state, outputs = self.step(
                state,
                batch["frames"][:, t],
                batch["forward_flow"][:, t],
                batch["backward_flow"][:, t],
                saturation=saturation,
            )
        return outputs

    def complete(
        self, batch: Mapping[str, tf.Tensor], *, saturation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rolls over clips of any length, in a loop of the graph, without noise.

        Args:
          batch: `frames`, `foreground_masks` (its first frame), both flows.
          saturation: slope of the masks' sigmoid, a scalar.

        Returns:
          `masks`, `foregrounds`, `backgrounds`, `composites`, each [N, T, H, W, c]; the
          first frame is the given one, split by the given mask.
        """
        return self.begin(batch, saturation=saturation)[1]

    def begin(
        self, batch: Mapping[str, tf.Tensor], *, saturation: tf.Tensor
    ) -> tuple[rollout.State, dict[str, tf.Tensor]]:
        """Does as `complete`, and returns the state after the last frame with it."""
        frame, mask = first(batch)
        state = self.start(frame, mask)
        given = {
            "masks": mask,
            "foregrounds": frame,
            "backgrounds": state.background,
            "composites": frame,
            "residual_flow": state.flow_to_first,
        }
        state, rolled = self.follow(
            state,
            batch["frames"][:, 1:],
            batch["backward_flow"],
            batch["forward_flow"],
            saturation=saturation,
        )
        return state, {
            key: tf.concat([given[key][:, tf.newaxis], value], axis=1)
            for key, value in rolled.items()
        }

    def _follow(
        self,
        state: rollout.State,
        frames: tf.Tensor,
        flows: tf.Tensor,
        reverse_flows: tf.Tensor,
        *,
        saturation: tf.Tensor,
    ) -> tuple[rollout.State, dict[str, tf.Tensor]]:
        """Rolls on over K new frames, in a loop of the graph, without noise.

        Args:
          state: after the frame before the first new one.
          frames: [N, K, H, W, 3] in [-1, 1], K >= 1.
          flows: [N, K, H, W, 2] pixels, from each new frame to the one before.
          reverse_flows: [N, K, H, W, 2] pixels, the other way.
          saturation: slope of the masks' sigmoid, a scalar.

        Returns:
          The state after the last new frame, and the outputs of `step` as [N, K, ...].
        """
        count = tf.shape(frames)[1]
        size = list(frames.shape[2:4])
        arrays = {
            key: tf.TensorArray(
                tf.float32, size=count, element_shape=[frames.shape[0], *size, channels]
            )
            for key, channels in OUTPUT_CHANNELS.items()
        }

        def body(
            t: tf.Tensor, state: rollout.State, arrays: dict[str, tf.TensorArray]
        ) -> tuple[tf.Tensor, rollout.State, dict[str, tf.TensorArray]]:
            state, outputs = self.step(
                state,
                frames[:, t],
                flows[:, t],
                reverse_flows[:, t],
                saturation=saturation,
            )
            arrays = {
                key: array.write(t, outputs[key]) for key, array in arrays.items()
            }
            return t + 1, state, arrays

        _, state, arrays = tf.while_loop(
            lambda t, *_: t < count, body, (tf.constant(0), state, arrays)
        )
        # [K, N, H, W, c] -> [N, K, H, W, c]
        return state, {
            key: tf.transpose(array.stack(), [1, 0, 2, 3, 4])
            for key, array in arrays.items()
        }


def first(batch: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the first frame [N, H, W, 3] and its mask [N, H, W, 1] of a batch."""
    return batch["frames"][:, 0], batch["foreground_masks"][:, 0]

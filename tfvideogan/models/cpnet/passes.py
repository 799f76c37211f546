"""Whole clips: in one pass, or in the two of the paper.

One pass fills every frame from the frames as they were given. The two of the paper go from
the last frame to the first, then from the first to the last; in each a completed frame is
a reference, without holes, of those behind it. Frame f of N is then

    (N - f) / N of the first pass + f / N of the second.

Clips are held with time first, [T, N, ...], so that a frame can be replaced. Targets and
references are encoded for alignment once; in the two passes those that were completed are
encoded again, as references.

Published fault, off by default: `keeps_stale_features`, the second pass begins with the
frames and holes that were given, but with the references' features of what the first pass
made of them.

Source: the code published with Lee et al., ICCV 2019; section 4 of the paper.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.cpnet import alignment, filling, matching, windows

# What a pass changes of a clip.
CHANGED = ("frames", "holes", "as_reference")


class Clip(NamedTuple):
    """A clip and its features for alignment, time first.

    Attributes:
      frames: [T, N, H, W, C] in [-1, 1], see `filling.Matching.started`.
      holes: [T, N, H, W, 1].
      as_target: [T, N, h, w, F].
      as_reference: likewise.
    """

    frames: tf.Tensor
    holes: tf.Tensor
    as_target: tf.Tensor
    as_reference: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Passes:
    """How whole clips are filled; the defaults are the published ones.

    Attributes:
      passes: 1 or 2.
      window: where references are taken from.
      micro_batch: references in memory at a time; nothing but memory depends on it.
      keeps_stale_features: the published fault, see the module.
    """

    passes: int = 2
    window: windows.Window = windows.Window()
    micro_batch: int = 4
    keeps_stale_features: bool = False

    def complete(
        self,
        filler: filling.Filler,
        frames: tf.Tensor,
        holes: tf.Tensor,
        *,
        targets: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Fills clips.

        Args:
          filler: the networks.
          frames: [N, T, H, W, C] in [-1, 1]; H and W multiples of eight.
          holes: [N, T, H, W, 1], 0 or 1.
          targets: [K] int32, consecutive frames that are filled; None for all.

        Returns:
          [N, K, H, W, C] float32 in [-1, 1].
        """
        frames, holes = _swapped(frames), _swapped(holes)
        frames = filler.options.started(frames, holes)
        clip = Clip(frames, holes, *_features(filler.aligner, frames, holes))
        if targets is None:
            targets = tf.range(tf.shape(frames)[0])
        if self.passes == 1:
            made = tf.map_fn(
                lambda target: self._filled(filler, clip, target),
                targets,
                fn_output_signature=tf.TensorSpec(frames.shape[1:], tf.float32),
                parallel_iterations=1,
            )
            return _swapped(made)
        first = self._pass(filler, clip, targets[::-1])
        start = clip
        if self.keeps_stale_features:
            start = clip._replace(as_reference=first.as_reference)
        second = self._pass(filler, start, targets)
        number = tf.size(targets)
        share = tf.cast(tf.range(number) / number, tf.float32)
        share = tf.reshape(share, [-1, 1, 1, 1, 1])
        made = [tf.gather(one.frames, targets) for one in (first, second)]
        return _swapped((1.0 - share) * made[0] + share * made[1])

    def _pass(self, filler: filling.Filler, clip: Clip, order: tf.Tensor) -> Clip:
        """Fills the frames of a clip in an order; what is filled is a reference."""

        def one(number: tf.Tensor, *state: tf.Tensor) -> tuple[tf.Tensor, ...]:
            now = clip._replace(**dict(zip(CHANGED, state, strict=True)))
            target = order[number]
            frame = self._filled(filler, now, target)
            hole = tf.zeros_like(now.holes[target])
            feature = filler.aligner.encode(frame, hole).as_reference
            made = (
                _replaced(old, target, new)
                for old, new in zip(state, (frame, hole, feature), strict=True)
            )
            return (number + 1, *made)

        state = tuple(getattr(clip, name) for name in CHANGED)
        _, *state = tf.while_loop(
            lambda number, *_: number < tf.size(order),
            one,
            (tf.constant(0), *state),
            shape_invariants=(tf.TensorShape([]), *(held.shape for held in state)),
            parallel_iterations=1,
        )
        return clip._replace(**dict(zip(CHANGED, state, strict=True)))

    def _filled(
        self, filler: filling.Filler, clip: Clip, target: tf.Tensor
    ) -> tf.Tensor:
        """Fills one frame; one without holes is as it was."""
        frames, holes = clip.frames[target], clip.holes[target]

        def fill() -> tf.Tensor:
            work = filling.Filling(
                filler, filling.Target(frames, holes, clip.as_target[target])
            )
            running = self._copied(work, clip, target)
            painted, _ = work.finish(running)
            painted = tf.clip_by_value(painted, -1.0, 1.0)
            return tf.ensure_shape(tf.where(holes > 0, painted, frames), frames.shape)

        return tf.cond(tf.reduce_any(holes > 0), fill, lambda: tf.identity(frames))

    def _copied(
        self, work: filling.Filling, clip: Clip, target: tf.Tensor
    ) -> matching.Running:
        """Copies from all references, a micro-batch at a time."""
        chosen = self.window.of(target, tf.shape(clip.frames)[0])
        sources = (clip.frames, clip.holes, clip.as_reference)

        def one(start: tf.Tensor, *running: tf.Tensor) -> tuple[tf.Tensor, ...]:
            places = chosen[start : start + self.micro_batch]
            some = (_swapped(tf.gather(source, places)) for source in sources)
            added, _ = work.add(matching.Running(*running), filling.References(*some))
            return (start + self.micro_batch, *added)

        running = work.start()
        # Of references that are gathered and folded, the number of clips is not known.
        shapes = [tf.TensorShape([None, *held.shape[1:]]) for held in running]
        _, *running = tf.while_loop(
            lambda start, *_: start < tf.size(chosen),
            one,
            (tf.constant(0), *running),
            shape_invariants=(tf.TensorShape([]), *shapes),
            parallel_iterations=1,
        )
        return matching.Running(*running)


def _features(
    aligner: alignment.Aligner, frames: tf.Tensor, holes: tf.Tensor
) -> alignment.Features:
    """Encodes frames [T, N, H, W, C] one after the other."""
    side = aligner.feature_size
    spec = tf.TensorSpec([None, *side], tf.float32)
    return tf.map_fn(
        lambda one: aligner.encode(*one),
        (frames, holes),
        fn_output_signature=alignment.Features(spec, spec),
        parallel_iterations=1,
    )


def _swapped(x: tf.Tensor) -> tf.Tensor:
    """Swaps the first two axes."""
    return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])


def _replaced(clips: tf.Tensor, place: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Replaces a frame of [T, ...]."""
    place = tf.reshape(place, [1, 1])
    made = tf.tensor_scatter_nd_update(clips, place, frame[tf.newaxis])
    return tf.ensure_shape(made, clips.shape)

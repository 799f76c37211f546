"""How VINet fills a clip: frame by frame, each with the output of the one before.

    clip = filler.clip(frames, holes)               # holes hidden, binary
    filled = filler.fill(clip, time, places, None)  # the first frame
    filled = filler.fill(clip, time, places, filled.state)

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, section 3.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.vinet import options as vinet_options
from tfvideogan.models.vinet import painter, sources
from tfvideogan.ops import fill


class Clip(NamedTuple):
    """Frames [N, T, H, W, C], and holes [N, T, H, W, 1] of 0 and 1.

    In the holes stands 0, or a membrane that is held at their rim.
    """

    frames: tf.Tensor
    holes: tf.Tensor

    @classmethod
    def of(
        cls, frames: tf.Tensor, holes: tf.Tensor, *, fills_first: bool = False
    ) -> "Clip":
        """Hides what lies behind the holes, be it NaN."""
        if fills_first:
            hidden = fill.membrane_of_clips(frames, holes)
        else:
            hidden = tf.where(holes > 0, 0.0, tf.cast(frames, tf.float32))
        return cls(hidden, tf.cast(holes > 0, tf.float32))

    def at(self, time: tf.Tensor | int) -> "Clip":
        """Returns frame and holes of a time, [N, H, W, .]."""
        return Clip(*(tf.gather(one, time, axis=1) for one in self))


class State(NamedTuple):
    """What goes from a frame to the next.

    Attributes:
      previous: [N, H, W, C], the output.
      previous_holes: [N, H, W, 1], what the next step is shown of its holes.
      memory: hidden map and cell of the LSTM, [N, H/8, W/8, F]; () of a model that
        forgets them.
    """

    previous: tf.Tensor
    previous_holes: tf.Tensor
    memory: tuple[tf.Tensor, ...]


class Filled(NamedTuple):
    """A frame that was filled.

    Attributes:
      frame: [N, H, W, C] float32, as the networks made it.
      painted: the same before the previous output was blended in.
      flows: see `painter.Painted`.
      carried: flow to the previous output [N, H, W, 2] pixels; None of a first frame.
      state: for the next frame.
    """

    frame: tf.Tensor
    painted: tf.Tensor
    flows: Sequence[tf.Tensor]
    carried: tf.Tensor | None
    state: State


@dataclasses.dataclass(frozen=True)
class Filler:
    """The networks and how they are used."""

    painter: painter.Painter
    carrier: painter.Carrier
    options: vinet_options.Options
    release: vinet_options.Release

    def clip(self, frames: tf.Tensor, holes: tf.Tensor) -> Clip:
        """Hides what lies behind the holes of frames [N, T, H, W, C]."""
        return Clip.of(frames, holes, fills_first=self.options.fills_first)

    def places(self, time: tf.Tensor | int, length: tf.Tensor | int) -> tf.Tensor:
        """Returns the sources of a frame; see `sources.places`."""
        return sources.places(
            time, length, self.options.offsets, beyond_ends=self.options.beyond_ends
        )

    def fill(
        self,
        clip: Clip,
        time: tf.Tensor | int,
        places: tf.Tensor,
        state: State | None,
    ) -> Filled:
        """Fills a frame of a clip.

        Args:
          clip: see `Clip.of`.
          time: the frame's number, a scalar int32.
          places: [S] int32, the sources' numbers.
          state: after the frame before; None where there is none, for which the frame
            itself with its holes stands.
        """
        frame = clip.at(time)
        before = frame if state is None else Clip(state.previous, state.previous_holes)
        seen = [clip.at(place) for place in tf.unstack(places)]
        pyramid = self.painter.reference_encoder(self._inputs(frame))
        alike = (frame,) if self.options.matches_alike else ()
        others = [self._inputs(one) for one in (*seen, before, *alike)]
        # All at once, one behind the other along the batch.
        levels = self.painter.source_encoder(tf.concat(others, axis=0))
        pyramids = list(
            zip(*(tf.split(one, len(others)) for one in levels), strict=True)
        )
        matched = pyramids.pop() if alike else pyramid
        memory = () if state is None else state.memory
        painted = self.painter.paint(pyramid, pyramids, memory, matched=matched)
        if self.options.fills_first:
            painted = painted._replace(frame=painted.frame + frame.frames)
        made, carried = painted.frame, None
        if state is not None:
            made, carried = self.carrier.carry(
                painted.frame,
                state.previous,
                (matched[0], pyramids[-1][0]),
                painted.flows[-1],
            )
        after = self._state(frame, made, painted.state)
        return Filled(made, painted.frame, painted.flows, carried, after)

    def fill_clip(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        *,
        stop: tf.Tensor | None = None,
        goes_on: tf.Tensor | bool = False,
    ) -> tf.Tensor:
        """Fills a clip of any length, a few frames twice.

        Args:
          frames: [N, T, H, W, C] in [-1, 1], anything in the holes.
          holes: [N, T, H, W, 1], 1 = missing.
          stop: frames from this one on are sources only; None fills all.
          goes_on: whether the first frame is an output itself, which takes no warm-up.

        Returns:
          [N, stop, H, W, C] float32.
        """
        clip, length = self.clip(frames, holes), tf.shape(frames)[1]
        stop = length if stop is None else stop
        warm_up = tf.where(goes_on, 0, tf.minimum(self.options.warm_up, length))
        order = tf.concat([tf.range(warm_up - 1, -1, -1), tf.range(stop)], axis=0)
        total = warm_up + stop

        def step(number: tf.Tensor, state: State | None) -> Filled:
            time = order[number]
            return self.fill(clip, time, self.places(time, length), state)

        def body(
            number: tf.Tensor, state: State, made: tf.TensorArray
        ) -> tuple[tf.Tensor, State, tf.TensorArray]:
            filled = step(number, state)
            return number + 1, filled.state, made.write(number, filled.frame)

        first = step(tf.constant(0), None)
        made = tf.TensorArray(tf.float32, total, element_shape=first.frame.shape)
        _, _, made = tf.while_loop(
            lambda number, *_: number < total,
            body,
            (tf.constant(1), first.state, made.write(0, first.frame)),
        )
        return tf.einsum("tnhwc->nthwc", made.stack()[warm_up:])

    def _inputs(self, one: Clip) -> tf.Tensor:
        ones = [tf.ones_like(one.holes)] if self.release.ones_channel else []
        return tf.concat([one.frames, *ones, one.holes], axis=-1)

    def _state(
        self, frame: Clip, made: tf.Tensor, memory: tuple[tf.Tensor, ...]
    ) -> State:
        previous = made
        if not self.release.unpasted:
            previous = tf.where(frame.holes > 0, made, frame.frames)
        if self.release.detached:
            previous = tf.stop_gradient(previous)
            memory = tuple(map(tf.stop_gradient, memory))
        if self.release.memoryless:
            memory = ()
        return State(previous, self.options.previous_holes * frame.holes, memory)

"""The signatures of models that complete holes, for videos of any length.

    complete          frames, holes            -> the video without holes
    complete_start    frames, holes            -> what is ready, and memory
    complete_next     memory, further ones     -> what is ready now
    complete_end      memory                   -> what is missing

The memory is at most R + 2 C + B frames with their holes, as bytes, and the number of
blocks that are done (`completion_windows.py` has the letters). The first of the further
frames is the last one of the chunk before, as with every model of `core.signatures`; any
answer but the last may be empty.
"""

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures, surroundings
from tfvideogan.models import completion_windows
from tfvideogan.ops import boxes, mirror

VIDEO = {signatures.VIDEO: "[N, T, H, W, C] uint8, the video without holes"}
FRAMES, HOLES, BLOCKS = "frames", "holes", "blocks"
ABOUT_MEMORY = {
    FRAMES: "[N, S, H, W, C] uint8, references, completed and waiting frames",
    HOLES: "[N, S, H, W, 1] uint8, what was missing in them",
    BLOCKS: "[N] int32, how many blocks are done",
}
ALL_ROWS = (
    "`state_blocks` of %s must be the same for all videos of a request, but is {}"
)


class Streaming:
    """The signatures of `complete`, whole and in chunks."""

    def __init__(
        self,
        paint: completion_windows.Paint,
        spec: clip.ClipSpec,
        *,
        reach: completion_windows.Reach,
        multiple: int,
        has_fixed_size: bool = False,
    ) -> None:
        """Stores what paints.

        Args:
          paint: a window, whose sides are multiples of `multiple`.
          spec: of a training clip; length and size are free when served.
          reach: how far the model looks.
          multiple: of the sides.
          has_fixed_size: whether no size may follow from what lies in the holes.
        """
        self._paint = paint
        self._channels = spec.channels
        self._reach = reach
        self._margin = None if has_fixed_size else reach.margin
        self._multiple = multiple
        free = [None, None, None, None]
        # Traced once for all signatures: an export holds the networks once.
        self._advance = tf.function(
            self._advanced,
            input_signature=[
                tf.TensorSpec([*free, self._channels], tf.uint8),
                tf.TensorSpec([*free, 1], tf.uint8),
                tf.TensorSpec([], tf.int32),
                tf.TensorSpec([], tf.bool),
            ],
        )

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `complete`, `complete_start`, `complete_next` and `complete_end`."""
        verb, made = signatures.COMPLETE, signatures.ServingFunction.of
        given = [
            self._video(signatures.FRAMES, "T", "RGB video, anything in the holes"),
            self._video(signatures.HOLES, "T", "0 = visible, all else = missing"),
        ]
        memory = [
            self._video(signatures.STATE + FRAMES, "S", ABOUT_MEMORY[FRAMES]),
            self._video(signatures.STATE + HOLES, "S", ABOUT_MEMORY[HOLES]),
            signatures.Input(
                tf.TensorSpec([None], tf.int32, signatures.STATE + BLOCKS),
                signatures.InputRule("N", ABOUT_MEMORY[BLOCKS], minimum=0),
            ),
        ]
        handed_out = VIDEO | {
            signatures.NEXT_STATE + name: about for name, about in ABOUT_MEMORY.items()
        }
        late = f"up to {self._reach.window} frames late"
        return {
            verb: made(
                self._whole,
                given,
                VIDEO,
                about="a video with holes, the video without them",
            ),
            verb + signatures.START: made(
                self._start, given, handed_out, about=f"begins a long video; {late}"
            ),
            verb + signatures.NEXT: made(
                self._next,
                [*given, *memory],
                handed_out,
                about="goes on; frame 0 is the last one of the chunk before",
            ),
            verb + signatures.END: made(
                self._end, memory, VIDEO, about="the last frames"
            ),
        }

    def _whole(self, *, frames: tf.Tensor, holes: tf.Tensor) -> dict[str, tf.Tensor]:
        answered, *_ = self._advance(frames, holes, 0, True)
        return {signatures.VIDEO: answered}

    def _start(self, *, frames: tf.Tensor, holes: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._with_memory(*self._advance(frames, holes, 0, False))

    def _next(
        self,
        *,
        frames: tf.Tensor,
        holes: tf.Tensor,
        state_frames: tf.Tensor,
        state_holes: tf.Tensor,
        state_blocks: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        blocks = _same(state_blocks, signatures.COMPLETE + signatures.NEXT)
        frames = tf.concat([state_frames, frames[:, 1:]], axis=1)
        holes = tf.concat([state_holes, holes[:, 1:]], axis=1)
        return self._with_memory(*self._advance(frames, holes, blocks, False))

    def _end(
        self,
        *,
        state_frames: tf.Tensor,
        state_holes: tf.Tensor,
        state_blocks: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        blocks = _same(state_blocks, signatures.COMPLETE + signatures.END)
        answered, *_ = self._advance(state_frames, state_holes, blocks, True)
        return {signatures.VIDEO: answered}

    def _with_memory(
        self,
        answered: tf.Tensor,
        frames: tf.Tensor,
        holes: tf.Tensor,
        blocks: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        memory = {
            FRAMES: frames,
            HOLES: holes,
            BLOCKS: tf.fill(tf.shape(frames)[:1], blocks),
        }
        return {signatures.VIDEO: answered} | {
            signatures.NEXT_STATE + name: value for name, value in memory.items()
        }

    def _advanced(
        self, frames: tf.Tensor, holes: tf.Tensor, blocks: tf.Tensor, is_end: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Completes all blocks that can be, or at the end all frames.

        Args:
          frames: [N, S, H, W, C] uint8, the memory and what is new.
          holes: [N, S, H, W, 1] uint8.
          blocks: that are done.
          is_end: whether nothing follows.

        Returns:
          What was completed, [N, T, H, W, C] uint8, and frames, holes and blocks of the
          memory.
        """
        held = tf.shape(frames)[1]
        # A memory that is shorter than it says has never been handed out.
        blocks = tf.where(self._reach.num_kept(blocks) < held, blocks, 0)
        waiting = held - self._reach.num_kept(blocks)
        least = tf.where(is_end, 0, self._reach.window)

        def go_on(answered, frames, holes, blocks, waiting):
            del answered, frames, holes, blocks
            return waiting > least

        def body(answered, frames, holes, blocks, waiting):
            size = tf.where(waiting > self._reach.window, self._reach.block, waiting)
            first = self._reach.num_kept(blocks)
            frames = self._with_block(frames, holes, blocks, first=first, size=size)
            done = frames[:, first : first + size]
            kept = self._reach.kept(blocks, tf.shape(frames)[1], first)
            frames, holes = (tf.gather(one, kept, axis=1) for one in (frames, holes))
            answered = tf.concat([answered, done], axis=1)
            return answered, frames, holes, blocks + 1, waiting - size

        start = (frames[:, :0], frames, holes, blocks, waiting)
        free = tf.TensorShape([None, None, None, None, self._channels])
        shapes = (
            free,
            free,
            tf.TensorShape([*free[:-1], 1]),
            *[tf.TensorShape([])] * 2,
        )
        answered, frames, holes, blocks, _ = tf.while_loop(
            go_on, body, start, shape_invariants=shapes, parallel_iterations=1
        )
        return answered, frames, holes, blocks

    def _with_block(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        blocks: tf.Tensor,
        *,
        first: tf.Tensor,
        size: tf.Tensor,
    ) -> tf.Tensor:
        """Returns the frames with what was painted in a block, and early behind it.

        Args:
          frames: [N, S, H, W, C] uint8.
          holes: [N, S, H, W, 1] uint8.
          blocks: that are done.
          first: the block's first frame, of S.
          size: frames of the block.
        """
        behind = tf.minimum(self._reach.context, tf.shape(frames)[1] - first - size)
        overlap = tf.minimum(self._reach.overlap, behind)
        before = tf.minimum(self._reach.context, blocks * self._reach.block)
        sizes = [first - before, before, size, behind]
        last = first + size + overlap
        given, is_hole = frames[:, first:last], holes[:, first:last] > 0
        seen = [one[:, : tf.add_n(sizes)] for one in (frames, holes)]
        painted = self._painted_around(*seen, is_hole, sizes, overlap)
        shares = self._shares(size + overlap, is_first=blocks < 1)
        old = pixels.to_float(given)
        # Exact where a share is 1.
        blended = painted * shares + old * (1.0 - shares)
        painted = tf.where(is_hole, pixels.to_uint8(blended), given)
        return tf.concat([frames[:, :first], painted, frames[:, last:]], axis=1)

    def _painted_around(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        is_hole: tf.Tensor,
        sizes: list[tf.Tensor],
        overlap: tf.Tensor,
    ) -> tf.Tensor:
        """Returns `_painted` around the holes of block and overlap, zeros elsewhere."""
        if self._margin is None:
            return self._painted(frames, holes, sizes, overlap)
        box = boxes.with_surroundings(
            is_hole, margin=self._margin, share=surroundings.SHARE
        )

        def paint() -> tf.Tensor:
            seen = [boxes.cut(one, box) for one in (frames, holes)]
            made = self._painted(*seen, sizes, overlap)
            return boxes.put_back(made, box, like=is_hole)

        def leave() -> tf.Tensor:
            nothing = tf.zeros_like(is_hole, tf.float32)
            return tf.repeat(nothing, self._channels, axis=-1)

        return tf.cond(tf.reduce_any(is_hole), paint, leave)

    def _painted(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        sizes: list[tf.Tensor],
        overlap: tf.Tensor,
    ) -> tf.Tensor:
        """Returns what the model paints, [N, T, H, W, C] float32 in [-1, 1]."""
        height, width = tf.unstack(tf.shape(frames)[2:4])
        whole = completion_windows.Part(
            mirror.padded_clips(pixels.to_float(frames), multiple=self._multiple),
            mirror.padded_clips(
                tf.cast(holes > 0, tf.float32), multiple=self._multiple
            ),
        )
        ends = tf.cumsum(tf.stack(sizes))
        parts = [
            completion_windows.Part(
                whole.frames[:, end - length : end], whole.holes[:, end - length : end]
            )
            for end, length in zip(tf.unstack(ends, len(sizes)), sizes, strict=True)
        ]
        references, before, block, behind = parts
        window = completion_windows.Window(
            references, before, block.hidden(), behind.hidden(), overlap
        )
        painted = self._paint(window)[:, :, :height, :width]
        return tf.ensure_shape(painted, [None, None, None, None, self._channels])

    def _shares(self, length: tf.Tensor, *, is_first: tf.Tensor) -> tf.Tensor:
        """Returns the share of a window where the one before has painted, too.

        They are [length, 1, 1, 1]; the other window has the rest to 1. The first window
        has all of it.
        """
        numbers = tf.cast(tf.range(1, length + 1), tf.float32)
        rising = tf.minimum(numbers / (self._reach.overlap + 1.0), 1.0)
        shares = tf.where(is_first, tf.ones_like(rising), rising)
        return shares[:, tf.newaxis, tf.newaxis, tf.newaxis]

    def _video(self, name: str, axis: str, about: str) -> signatures.Input:
        """Returns an input of frames or holes of any size."""
        is_holes = name.endswith(HOLES)
        channels = 1 if is_holes else self._channels
        spec = tf.TensorSpec([None, None, None, None, channels], tf.uint8, name)
        layout = f"N {axis} H W {1 if is_holes else 'C'}"
        return signatures.Input(spec, signatures.InputRule(layout, about))


def _same(rows: tf.Tensor, name: str) -> tf.Tensor:
    """Returns the value of all rows [N]; a batch is as far in one video as in another."""
    message = tf.strings.format(ALL_ROWS % name, [rows])
    is_same = tf.reduce_all(tf.equal(rows, rows[0]))
    with tf.control_dependencies([tf.debugging.Assert(is_same, [message])]):
        return tf.identity(rows[0])

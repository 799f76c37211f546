"""What a model sees of a long video when it completes it, block by block.

    frame    0 ............................ start ........... start + B ..... + C
             references        before (C)   block (B)         behind (C)
             R of the past,    completed    to be completed   look-ahead
             spread over it

A video is cut into blocks of B frames, counted from its first one. A block is painted as
soon as more than the C frames behind it are known; what is left at the end, at most B + C
frames, is one block. So a clip of at most B + C frames is painted in one piece, as
`CompletionModel.complete` does it, and the windows depend on nothing but the numbers of
the frames: a video gives the same bytes in whatever chunks it is sent.

The C frames before the block are completed already, so that an answer goes on from them.
The references are frames that lie further back: every k-th from the first one on, where k
doubles as soon as there would be more than R. A model that paints some frames of the
look-ahead as well (`overlap`) has them blended with those of the following window, by
weights that rise linearly and sum to 1; what was painted early is kept where nothing is
known, in the holes, and takes no memory.

    reach = completion_windows.Reach(block=8, context=4, references=8)
    reach.num_kept(blocks)  # frames that are remembered then
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import errors, surroundings

# References are taken further apart at most so often: 2 ** 20 times the stride.
DOUBLINGS = 21


@dataclasses.dataclass(frozen=True)
class Reach:
    """How far a model looks.

    Attributes:
      block: B, frames that are completed at a time.
      context: C, frames before and behind them.
      overlap: of the frames behind, so many are painted, too, and blended with what the
        following window makes of them.
      references: R, frames of the past beside the context; 0 for none.
      stride: frames from one reference to the next in a video that has few of them.
      margin: pixels around the holes of a window that are seen of all its frames, and no
        less than `core.surroundings.SHARE` of their extent; None for whole frames.

    Raises:
      UserError: a number is out of range.
    """

    block: int = 8
    context: int = 4
    overlap: int = 2
    references: int = 8
    stride: int = 4
    margin: int | None = surroundings.MARGIN

    def __post_init__(self) -> None:
        least = {"block": 1, "context": 0, "overlap": 0, "references": 0, "stride": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {low}."
                )
        if self.margin is not None and self.margin < 0:
            raise errors.UserError(f"`margin` ({self.margin}) must not be negative.")
        most = min(self.block, self.context)
        if self.overlap > most:
            raise errors.UserError(
                f"`overlap` ({self.overlap}) must be at most `block` and `context`: "
                f"{most}."
            )

    @property
    def window(self) -> int:
        """Frames of the longest clip that is painted in one piece."""
        return self.block + self.context

    def num_kept(self, blocks: tf.Tensor) -> tf.Tensor:
        """Returns how many frames are remembered when so many blocks are done."""
        start = blocks * self.block
        past = tf.maximum(start - self.context, 0)
        return -(-past // self._step(past)) * bool(self.references) + start - past

    def kept(self, blocks: tf.Tensor, held: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        """Returns which of the frames that are held are still needed behind a block.

        Args:
          blocks: that are done, without this one.
          held: number of frames.
          first: the block's first frame, of `held`.

        Returns:
          [K] int32, places in order.
        """
        start = blocks * self.block
        past = tf.maximum(start - self.context, 0)
        following = tf.maximum(start + self.block - self.context, 0)
        # Of the frames that are held, in the video.
        numbers = tf.range(past, start + held - first)
        if not self.references:
            return tf.cast(tf.where(numbers >= following)[:, 0], tf.int32)
        numbers = tf.concat([tf.range(0, past, self._step(past)), numbers], axis=0)
        is_kept = (numbers >= following) | (numbers % self._step(following) == 0)
        return tf.cast(tf.where(is_kept)[:, 0], tf.int32)

    def _step(self, past: tf.Tensor) -> tf.Tensor:
        """Returns k: every k-th of so many frames is a reference."""
        steps = self.stride * 2 ** tf.range(DOUBLINGS)
        fit = -(-past // steps) <= max(self.references, 1)
        return steps[tf.argmax(tf.cast(fit, tf.int32))]


@dataclasses.dataclass(frozen=True)
class Part:
    """Some frames of a window.

    Attributes:
      frames: [N, T, H, W, C] float32 in [-1, 1]; T may be 0.
      holes: [N, T, H, W, 1] float32, 1 = missing in the video, exactly 0 or 1.
    """

    frames: tf.Tensor
    holes: tf.Tensor

    def hidden(self) -> "Part":
        """Returns the frames with 0 in their holes."""
        return Part(tf.where(self.holes > 0, 0.0, self.frames), self.holes)

    def completed(self) -> "Part":
        """Returns the frames as if they had never had holes."""
        return Part(self.frames, tf.zeros_like(self.holes))

    def length(self) -> tf.Tensor:
        """Returns T as a scalar int32."""
        return tf.shape(self.frames)[1]


@dataclasses.dataclass(frozen=True)
class Window:
    """What a model sees when it completes a block.

    Attributes:
      references: of the past, in order; their holes hold what was painted there.
      before: the frames before the block; their holes hold what was painted there.
      block: what is to be completed; 0 in the holes.
      behind: the look-ahead; 0 in the holes.
      overlap: scalar int32, how many of `behind` are to be painted.
    """

    references: Part
    before: Part
    block: Part
    behind: Part
    overlap: tf.Tensor


# Returns block and overlap painted, [N, T, H, W, C] in [-1, 1].
Paint = Callable[[Window], tf.Tensor]


def joined(*parts: Part) -> Part:
    """Puts parts one behind the other."""
    return Part(
        tf.concat([one.frames for one in parts], axis=1),
        tf.concat([one.holes for one in parts], axis=1),
    )

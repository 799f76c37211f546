"""Which frames a target copies from.

Source: Lee et al., ICCV 2019, section 4, and the code published with it: every second
frame within 120 before and behind, in a window that is shifted where it would leave the
clip.
"""

import dataclasses

import tensorflow as tf

from tfvideogan.core import errors

COUNTS = ("reach", "stride", "most")


@dataclasses.dataclass(frozen=True)
class Window:
    """The rule by which references are chosen; the defaults are the published ones.

    Attributes:
      reach: frames before and behind the target that the window has; at the ends of a
        clip it has them on one side.
      stride: every so many frames, counted from the target, is a reference.
      most: references; the stride grows until there are no more.
      is_released: the published fault: frames are counted from the start of the window,
        and the last frame of a clip is left out where the window is shifted. Even frames
        are the only references of clips of up to twice `reach` frames, the last is none.

    Raises:
      UserError: a number is below 1.
    """

    reach: int = 120
    stride: int = 2
    most: int = 120
    is_released: bool = False

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise errors.UserError(
                    f"`Window.{name}` ({getattr(self, name)}) must be at least 1."
                )

    def of(self, target: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Chooses references.

        Args:
          target: int32 scalar, a frame.
          length: int32 scalar, frames of the clip.

        Returns:
          [R] int32 frames, in order, without the target; none of a clip of one frame.
        """
        if self.is_released:
            return self._of_released(target, length)
        window = tf.minimum(2 * self.reach + 1, length)
        first = tf.clip_by_value(target - self.reach, 0, length - window)
        places = tf.range(first, first + window)
        others = tf.boolean_mask(places, places != target)
        # As few as this are `most` or fewer on either side together.
        stride = tf.maximum(self.stride, -(-(window - 1) // self.most))
        chosen = tf.boolean_mask(others, (others - target) % stride == 0)
        # Of a clip that is shorter than the stride, all.
        return tf.cond(tf.size(chosen) > 0, lambda: chosen, lambda: others)

    def _of_released(self, target: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        whole = 2 * self.reach
        is_early = target < self.reach
        is_late = target + self.reach > length
        start = tf.where(is_late, length - whole, target - self.reach)
        start = tf.where(is_early, 0, tf.maximum(start, 0))
        end = tf.where(is_late, length - 1, target + self.reach)
        end_of_early = tf.where(whole > length, length - 1, whole)
        end = tf.where(is_early, end_of_early, end)
        places = tf.range(start, tf.maximum(end, start), self.stride)
        return tf.boolean_mask(places, places != target)

"""Signatures of a deblurring model: blurred frames in, sharp frames out, of any size.

    restore           frames                    -> the same frames, sharp
    restore_start     frames                    -> all but the last R of them, and memory
    restore_next      memory, further frames    -> R frames late: as many as are new
    restore_end       memory                    -> the last R

The last three are there where a model looks at R frames before and behind each; without,
chunks are independent. The memory is the last 2 R frames: videos of any length need no
more. The first of the further frames is the last one of the chunk before, as with every
model of `core.signatures`. Pictures larger than a tile are restored in tiles.
"""

import dataclasses

import tensorflow as tf

from tfvideogan.core import clip, errors, signatures
from tfvideogan.models.deblurgan import windows

VIDEO = {signatures.VIDEO: "[N, T, H, W, C] uint8, the same frames, sharp"}
MEMORY = "frames"
ABOUT_MEMORY = "[N, 2 R, H, W, C] uint8, the last frames"
# Enough for a border to be mirrored at; smaller pictures show nothing.
LEAST_SIDE = 4


@dataclasses.dataclass(frozen=True)
class Tiling:
    """How large pictures are cut.

    Attributes:
      tile: largest side, pixels.
      overlap: pixels that two tiles share.

    Raises:
      UserError: a tile would consist of overlap.
    """

    tile: int
    overlap: int

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.tile:
            raise errors.UserError(
                f"`overlap` ({self.overlap}) must be 0 or more and below `tile` "
                f"({self.tile})."
            )


def serving_functions(
    restore: windows.Restore, spec: clip.ClipSpec, *, reach: int, tiling: Tiling
) -> dict[str, signatures.ServingFunction]:
    """Returns the signatures.

    Args:
      restore: of a window.
      spec: of a training clip; length and size are free when served.
      reach: R.
      tiling: of large pictures.
    """
    functions = _Functions(restore, reach, tiling)
    frames = _video(signatures.FRAMES, spec, None)
    least = {"H": LEAST_SIDE, "W": LEAST_SIDE}
    verb = signatures.RESTORE
    made = {
        verb: signatures.ServingFunction.of(
            functions.restore,
            [frames],
            VIDEO,
            at_least=least,
            about="blurred frames, sharp frames",
        )
    }
    if not reach:
        return made
    memory = _video(signatures.STATE + MEMORY, spec, 2 * reach)
    memorised = VIDEO | {signatures.NEXT_STATE + MEMORY: ABOUT_MEMORY}
    return made | {
        verb + signatures.START: signatures.ServingFunction.of(
            functions.start,
            [frames],
            memorised,
            at_least=least | {"T": reach + 1},
            about=f"begins a long video; {reach} frames late",
        ),
        verb + signatures.NEXT: signatures.ServingFunction.of(
            functions.go_on,
            [frames, memory],
            memorised,
            at_least=least | {"T": 2},
            about="goes on; frame 0 is the last one of the chunk before",
        ),
        verb + signatures.END: signatures.ServingFunction.of(
            functions.end, [memory], VIDEO, at_least=least, about="the last frames"
        ),
    }


@dataclasses.dataclass(frozen=True)
class _Functions:
    """What the signatures compute."""

    of_window: windows.Restore
    reach: int
    tiling: Tiling

    def restore(self, *, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._video(windows.padded(frames, reach=self.reach))

    def start(self, *, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        first = windows.before(frames, reach=self.reach)
        return self._with_memory(tf.concat([first, frames], axis=1))

    def go_on(
        self, *, frames: tf.Tensor, state_frames: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        return self._with_memory(tf.concat([state_frames, frames[:, 1:]], axis=1))

    def end(self, *, state_frames: tf.Tensor) -> dict[str, tf.Tensor]:
        last = windows.behind(state_frames, reach=self.reach)
        return self._video(tf.concat([state_frames, last], axis=1))

    def _with_memory(self, known: tf.Tensor) -> dict[str, tf.Tensor]:
        kept = known[:, -2 * self.reach :]
        return self._video(known) | {signatures.NEXT_STATE + MEMORY: kept}

    def _video(self, known: tf.Tensor) -> dict[str, tf.Tensor]:
        made = windows.restored_bytes(
            known,
            self.of_window,
            reach=self.reach,
            tile=self.tiling.tile,
            overlap=self.tiling.overlap,
        )
        return {signatures.VIDEO: made}


def _video(name: str, spec: clip.ClipSpec, length: int | None) -> signatures.Input:
    """Returns an input of frames of any size, uint8 [N, length, H, W, C]."""
    shape = [None, length, None, None, spec.channels]
    axis = "T" if length is None else "S"
    rule = signatures.InputRule(f"N {axis} H W C", "RGB video of any size")
    return signatures.Input(tf.TensorSpec(shape, tf.uint8, name), rule)

"""What a clip is: its sizes, the names and layouts of a batch, and their check.

A dataset *has* a `ClipSpec`; a model is *built from* one; a test makes a tiny one.

| batch key          | layout            | dtype, range, meaning                          |
|--------------------|-------------------|------------------------------------------------|
| `frames`           | [N, T, H, W, C]   | float32 [-1, 1]                                |
| `foreground_masks` | [N, T, H, W, 1]   | float32, 1 = object                            |
| `forward_flow`     | [N, T-1, H, W, 2] | float32 pixels (dx, dy), on frame t, to t+1    |
| `backward_flow`    | [N, T-1, H, W, 2] | float32 pixels (dx, dy), on frame t+1, to t    |
| `found_forward_flow`  | [N, T-1, H, W, 2] | the same, as it is found around holes       |
| `found_backward_flow` | [N, T-1, H, W, 2] | likewise                                    |
| `backgrounds`      | [N, T, H, W, C]   | float32 [-1, 1], the scene without the object  |
| `blurred_frames`   | [N, T, H, W, C]   | float32 [-1, 1], what a shaking camera sees    |
| `holes`            | [N, T, H, W, 1]   | float32, 1 = missing in what a model is given  |
| `labels`           | [N]               | int32, the class, 0 .. num_classes - 1         |
| `caption_tokens`   | [N, L]            | int32, words by number, 0 behind the last one  |
| `caption_lengths`  | [N]               | int32, words of the caption, at most L         |

`ops.warp.backward(frames[:, t], backward_flow[:, t])` approximates `frames[:, t + 1]`.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import errors

MIN_FRAMES = 1
# What has the colours of the scene.
PIXEL_KEYS = ("frames", "backgrounds", "blurred_frames")
# Flow there and back: of whole frames, and as it is found around holes.
FLOW_PAIRS = (
    ("forward_flow", "backward_flow"),
    ("found_forward_flow", "found_backward_flow"),
)
FLOW_KEYS = tuple(key for pair in FLOW_PAIRS for key in pair)
# What is said of a clip as a whole: integers, without an axis of time.
WHOLE_CLIP_KEYS = ("labels", "caption_tokens", "caption_lengths")


@dataclasses.dataclass(frozen=True)
class ClipSpec:
    """The sizes of one clip and what comes with it.

    Attributes:
      frames: number of frames T.
      height: in pixels.
      width: in pixels.
      channels: 1 (grey) or 3 (RGB).
      has_masks: whether the batch holds `foreground_masks`.
      has_flow: whether it holds `forward_flow` and `backward_flow`.
      has_found_flow: whether it holds `found_forward_flow` and
        `found_backward_flow`: what an estimator finds although pixels are missing, wrong
        in the holes and at their rims.
      has_backgrounds: whether it holds clean plates, `backgrounds`.
      has_blurred_frames: whether it holds `blurred_frames`, what a camera that shakes
        makes of `frames`.
      has_holes: whether it holds `holes`; `frames` are whole all the same.
      num_classes: number of classes of `labels`, 0 without labels.
      caption_length: words of a padded caption L, 0 without captions.
      words: the vocabulary of captions by number; the first is the padding, "". Empty
        without captions.
      fps: frames per second, for files that are played.
    """

    frames: int
    height: int
    width: int
    channels: int = 3
    has_masks: bool = False
    has_flow: bool = False
    has_found_flow: bool = False
    has_backgrounds: bool = False
    has_blurred_frames: bool = False
    has_holes: bool = False
    num_classes: int = 0
    caption_length: int = 0
    words: tuple[str, ...] = ()
    fps: float = 8.0

    def __post_init__(self) -> None:
        for name in ("frames", "height", "width"):
            value = getattr(self, name)
            if value < MIN_FRAMES:
                raise errors.UserError(
                    f"`{name}` ({value}) must be at least {MIN_FRAMES}."
                )
        if self.channels not in (1, 3):
            raise errors.UserError(
                f"`channels` ({self.channels}) must be 1 (grey) or 3 (RGB)."
            )
        if (self.caption_length > 0) != bool(self.words):
            raise errors.UserError(
                f"`caption_length` ({self.caption_length}) must be positive where there "
                f"are `words` ({len(self.words)} of them), and 0 where there are none."
            )

    @property
    def vocabulary_size(self) -> int:
        """Number of words, the padding included; 0 without captions."""
        return len(self.words)

    def with_frames(self, frames: int) -> "ClipSpec":
        """Returns the same spec with another number of frames."""
        return dataclasses.replace(self, frames=frames)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Returns the shape of each batch key without the batch axis."""
        size = (self.height, self.width)
        shapes = {"frames": (self.frames, *size, self.channels)}
        if self.has_masks:
            shapes["foreground_masks"] = (self.frames, *size, 1)
        if self.has_flow:
            shapes["forward_flow"] = (self.frames - 1, *size, 2)
            shapes["backward_flow"] = (self.frames - 1, *size, 2)
        if self.has_found_flow:
            shapes["found_forward_flow"] = (self.frames - 1, *size, 2)
            shapes["found_backward_flow"] = (self.frames - 1, *size, 2)
        if self.has_backgrounds:
            shapes["backgrounds"] = (self.frames, *size, self.channels)
        if self.has_blurred_frames:
            shapes["blurred_frames"] = (self.frames, *size, self.channels)
        if self.has_holes:
            shapes["holes"] = (self.frames, *size, 1)
        if self.num_classes:
            shapes["labels"] = ()
        if self.caption_length:
            shapes["caption_tokens"] = (self.caption_length,)
            shapes["caption_lengths"] = ()
        return shapes


def dtype_of(key: str) -> tf.DType:
    """Returns the dtype that a batch key has."""
    return tf.int32 if key in WHOLE_CLIP_KEYS else tf.float32


def zeros_like_spec(spec: ClipSpec, batch_size: int) -> dict[str, tf.Tensor]:
    """Returns a batch of zeros: mid-grey frames, no object, no motion, no words."""
    return {
        key: tf.zeros((batch_size, *shape), dtype_of(key))
        for key, shape in spec.shapes().items()
    }


def check_batch(batch: Mapping[str, tf.Tensor], spec: ClipSpec) -> None:
    """Checks keys, shapes and dtypes of a batch against a spec.

    Raises:
      UserError: a key is missing, or a shape or dtype differs.
    """
    for key, shape in spec.shapes().items():
        if key not in batch:
            raise errors.UserError(
                f"The batch has no `{key}`; it holds {', '.join(sorted(batch))}. Use a "
                "source that provides it, or a model that does not need it."
            )
        found = tuple(batch[key].shape)[1:]
        if found != shape:
            raise errors.UserError(
                f"`{key}` of the batch has shape {('N', *found)}, but the clip spec "
                f"says {('N', *shape)}."
            )
        if batch[key].dtype != dtype_of(key):
            raise errors.UserError(
                f"`{key}` of the batch is {batch[key].dtype.name}, but must be "
                f"{dtype_of(key).name}."
            )

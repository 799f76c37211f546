"""What a served model promises: verbs, and the names of what goes in and comes out.

Models declare their signatures with these names, exports check them, and the client fills
them in; none is spelt by hand.

| verb       | takes                              | answers                     |
|------------|------------------------------------|-----------------------------|
| `generate` | `seed`, `label`, `text`            | a video, or an image        |
| `predict`  | `frames` and `mask`, or `context`  | layers, or what follows     |
| `complete` | `frames`, `holes`                  | the video without holes     |
| `complete_flow` | these and both flows          | the flows, also in holes    |
| `restore`  | `frames`                           | the same frames, sharp      |
| `swap`     | `content`, `motion`                | one's content, moving alike |
| `encode`   | `clip`                             | codes                       |
| `classify` | `frames`                           | probabilities of classes    |
| `compare`  | `frames`, `text`                   | which words are right       |

| input                  | tensor                   | meaning                            |
|------------------------|--------------------------|------------------------------------|
| `frames`               | uint8 [N, T, H, W, C]    | the whole video                    |
| `context`              | uint8 [N, K, H, W, C]    | frames that the answer goes on     |
| `content`              | uint8 [N, K, H, W, C]    | whose content the answer has       |
| `motion`               | uint8 [N, T, H, W, C]    | whose motion the answer has        |
| `clip`                 | uint8 [N, T, H, W, C]    | a clip as long as the model's      |
| `mask`                 | uint8 [N, H, W, 1]       | object in the first frame, not 0   |
| `holes`                | uint8 [N, T, H, W, 1]    | what is missing in `frames`, not 0 |
| `forward_flow`         | float32 [N, T-1, H, W, 2]| pixels (dx, dy), t to t + 1        |
| `backward_flow`        | float32 [N, T-1, H, W, 2]| pixels (dx, dy), t + 1 to t        |
| `seed`                 | int64 [N]                | the same seed, the same answer     |
| `label`                | int32 [N]                | class, 0 .. num_classes - 1        |
| `text`                 | string [N]               | caption, UTF-8                     |
| `truncation`           | float32 [N]              | 0 typical .. 1 varied              |
| `other_seed`           | int64 [N]                | what an answer goes towards        |
| `other_label`          | int32 [N]                | likewise                           |
| `share`                | float32 [N]              | how far: 0 `seed` .. 1 the other   |

The main output is `video`, uint8; `video_float` is the same in [-1, 1], and `mask` the
object in every frame. Of a still they are `image` [N, H, W, C] and `image_float`. A model
may have further inputs and outputs under names of its own.

    inputs = [signatures.video("context", spec, axis="K"), signatures.seed()]
    served = signatures.ServingFunction.of(function, inputs, {"video": "..."})

A served model forgets everything between two requests, so a long video travels in chunks
with its memory as tensors. `<verb>` answers a whole video; `<verb>_start` answers the
first chunk and hands out the memory, `<verb>_next` takes it and answers one more. Each
output `next_state_<x>` of one request is the input `state_<x>` of the following one, and
the first frame of a chunk is the last one of the chunk before. A model that looks ahead
answers late: `<verb>_start` and `<verb>_next` answer what is ready, which may be no frame,
and `<verb>_end`, given the memory alone, those that are missing at last. A model that makes
frames up goes on likewise: `<verb>_start` takes what the verb takes, `<verb>_next` the
memory and, again, what it names of that, such as `text`; each answers the frames that
follow.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf

from tfvideogan.core import clip

GENERATE, PREDICT, COMPLETE, RESTORE = "generate", "predict", "complete", "restore"
COMPLETE_FLOW = "complete_flow"
SWAP, ENCODE, CLASSIFY, COMPARE = "swap", "encode", "classify", "compare"
# The signature that a server runs where none is named; a model's first one.
DEFAULT = "serving_default"

FRAMES, CONTEXT, CONTENT, CLIP, MOTION = (
    "frames",
    "context",
    "content",
    "clip",
    "motion",
)
MASK, HOLES = "mask", "holes"
FORWARD_FLOW, BACKWARD_FLOW = "forward_flow", "backward_flow"
SEED, LABEL, TEXT, TRUNCATION = "seed", "label", "text", "truncation"
OTHER_SEED, OTHER_LABEL, SHARE = "other_seed", "other_label", "share"
VIDEOS = (FRAMES, CONTEXT, CONTENT, CLIP, MOTION)
FLOWS = (FORWARD_FLOW, BACKWARD_FLOW)
# What has an entry for each frame of `frames`; flows have one less.
PER_FRAME = (FRAMES, HOLES)

VIDEO, VIDEO_FLOAT = "video", "video_float"
IMAGE, IMAGE_FLOAT = "image", "image_float"

START, NEXT, END = "_start", "_next", "_end"
STATE, NEXT_STATE = "state_", "next_state_"

# A node of that name is where a plain export begins, see `boundary`.
_BOUNDARY = "boundary_"
TOKENS = "tokens"

# What a client in any language and the batching of a server can carry.
DTYPES = (tf.uint8, tf.int32, tf.int64, tf.float32, tf.bool, tf.string)
# Of floats in a fresh process, which may sum in another order.
TOLERANCE = 1e-5
_KNOWN = {
    **dict.fromkeys((*VIDEOS, HOLES), (tf.uint8, 5)),
    **dict.fromkeys(FLOWS, (tf.float32, 5)),
    MASK: (tf.uint8, 4),
    SEED: (tf.int64, 1),
    LABEL: (tf.int32, 1),
    TEXT: (tf.string, 1),
    TRUNCATION: (tf.float32, 1),
    OTHER_SEED: (tf.int64, 1),
    OTHER_LABEL: (tf.int32, 1),
    SHARE: (tf.float32, 1),
}  # dtype and rank


@dataclasses.dataclass(frozen=True)
class InputRule:
    """What an input must be beyond its dtype; exports check it at each request.

    Attributes:
      layout: axis letters parted by spaces, such as "N T H W 3" or "N T-1 H W 2". A
        letter whose size the spec leaves open is bound by the first input that has it;
        later inputs must agree. Empty: only the sizes of the spec are checked.
      about: the input in words: meaning, unit.
      minimum: smallest value, None for no bound. NaN and infinity are never allowed.
      maximum: greatest value, None for no bound.
      example: a value that every element may have; warm-up requests are filled with it.
    """

    layout: str = ""
    about: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: int | float | bytes = 0


class Input(NamedTuple):
    """An input of a signature.

    Attributes:
      spec: its tensor; the spec's name is the input's.
      rule: what it must be beyond that.
    """

    spec: tf.TensorSpec
    rule: InputRule


@dataclasses.dataclass(frozen=True)
class ServingFunction:
    """One signature of an export.

    Attributes:
      function: takes the inputs as keyword arguments, returns a dict of tensors.
      inputs: the `tf.TensorSpec` of each input; the first axis is the batch, and open.
      outputs: what each output is, by name: layout, dtype, range, in words.
      rules: of the inputs, by name; an input without one has only its spec.
      at_least: smallest size of an open axis, by its letter; 1 by default.
      about: what the signature does, one line.
      tolerance: by how much a float of an export may differ from the model, absolutely
        below 1 and relatively above; more than 1e-5 wants a reason.
      held: what an export must hold beside the variables that the function reads: another
        SavedModel that it calls, with all its variables and tables.
    """

    function: Callable[..., Mapping[str, tf.Tensor]]
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, str]
    rules: Mapping[str, InputRule] = dataclasses.field(default_factory=dict)
    at_least: Mapping[str, int] = dataclasses.field(default_factory=dict)
    about: str = ""
    tolerance: float = TOLERANCE
    held: tuple[tf.Module, ...] = ()

    def __post_init__(self) -> None:
        """Checks that every input is batched and every rule fits one.

        Raises:
          ValueError: an input is a scalar, has a fixed batch or a dtype that does not
            travel, or another dtype or rank than its name promises; or a rule has no
            input or another rank.
        """
        for name, spec in self.inputs.items():
            if not spec.shape.rank or spec.shape[0] is not None:
                raise ValueError(
                    f"Input `{name}` has shape {spec.shape}; its first axis must be the "
                    "batch, of open size: a server joins requests along it."
                )
            if spec.dtype not in DTYPES:
                raise ValueError(
                    f"Input `{name}` is {spec.dtype.name}, but must be one of "
                    f"{', '.join(dtype.name for dtype in DTYPES)}."
                )
            dtype, rank = _KNOWN.get(name, (spec.dtype, spec.shape.rank))
            if (spec.dtype, spec.shape.rank) != (dtype, rank):
                raise ValueError(
                    f"Input `{name}` is {spec.dtype.name} of rank {spec.shape.rank}, but "
                    f"clients send {dtype.name} of rank {rank} under this name; use "
                    "another one."
                )
        for name, rule in self.rules.items():
            if name not in self.inputs:
                raise ValueError(
                    f"There is a rule for `{name}`, but the inputs are "
                    f"{', '.join(self.inputs)}."
                )
            letters, rank = rule.layout.split(), self.inputs[name].shape.rank
            if letters and len(letters) != rank:
                raise ValueError(
                    f"The layout of `{name}`, {rule.layout!r}, has {len(letters)} axes, "
                    f"but its spec has {rank}."
                )

    @classmethod
    def of(
        cls,
        function: Callable[..., Mapping[str, tf.Tensor]],
        inputs: Iterable[Input],
        outputs: Mapping[str, str],
        *,
        about: str = "",
        at_least: Mapping[str, int] | None = None,
        tolerance: float = TOLERANCE,
        held: Sequence[tf.Module] = (),
    ) -> "ServingFunction":
        """Makes one from whole inputs, see the attributes.

        Raises:
          ValueError: an input cannot be served.
        """
        named = {one.spec.name: one for one in inputs}
        specs = {name: one.spec for name, one in named.items()}
        rules = {name: one.rule for name, one in named.items()}
        return cls(
            function,
            specs,
            outputs,
            rules,
            at_least or {},
            about,
            tolerance,
            tuple(held),
        )


class Exportable(Protocol):
    """Anything that names its serving functions."""

    def serving_functions(self) -> Mapping[str, ServingFunction]:
        """Returns the signatures by verb; the first is the default one."""
        ...


def video(
    name: str,
    spec: clip.ClipSpec,
    *,
    num_frames: int | None = None,
    axis: str = "T",
    about: str = "RGB video",
) -> Input:
    """Returns an input of frames, uint8 [N, T, H, W, C].

    Args:
      name: one of `VIDEOS`.
      spec: of a clip: height, width and channels.
      num_frames: any number if None.
      axis: letter of the axis of time; inputs with one letter are equally long.
      about: the input in words.
    """
    size = [spec.height, spec.width, spec.channels]
    tensor = tf.TensorSpec([None, num_frames, *size], tf.uint8, name)
    return Input(tensor, InputRule(f"N {axis} H W C", about))


def mask(spec: clip.ClipSpec) -> Input:
    """Returns the object in the first frame, uint8 [N, H, W, 1]."""
    tensor = tf.TensorSpec([None, spec.height, spec.width, 1], tf.uint8, MASK)
    about = "of the first frame; 0 = scene, all else = object"
    return Input(tensor, InputRule("N H W 1", about))


def holes(spec: clip.ClipSpec) -> Input:
    """Returns what is missing in the frames, uint8 [N, T, H, W, 1]."""
    tensor = tf.TensorSpec([None, None, spec.height, spec.width, 1], tf.uint8, HOLES)
    return Input(tensor, InputRule("N T H W 1", "0 = visible, all else = missing"))


def flows(spec: clip.ClipSpec) -> tuple[Input, Input]:
    """Returns forward and backward flow, float32 [N, T-1, H, W, 2] in pixels.

    No motion inside a frame is longer than its diagonal, so H + W bounds the flow; what
    .flo files mark as unknown (1e9) must be filled before it is sent.
    """
    longest = float(spec.height + spec.width)
    shape = [None, None, spec.height, spec.width, 2]

    def made(name: str, about: str) -> Input:
        rule = InputRule("N T-1 H W 2", about, minimum=-longest, maximum=longest)
        return Input(tf.TensorSpec(shape, tf.float32, name), rule)

    return (
        made(FORWARD_FLOW, "pixels (dx, dy), on frame t, to t + 1"),
        made(BACKWARD_FLOW, "pixels (dx, dy), on frame t + 1, to t"),
    )


def seed(name: str = SEED) -> Input:
    """Returns what an answer is drawn from, int64 [N]."""
    return _one_each(name, InputRule("N", "any whole number"))


def label(num_classes: int, name: str = LABEL) -> Input:
    """Returns the class, int32 [N] in 0 .. num_classes - 1."""
    rule = InputRule("N", "the category", minimum=0, maximum=num_classes - 1)
    return _one_each(name, rule)


def share() -> Input:
    """Returns how far an answer is from one seed to another, float32 [N] in [0, 1]."""
    about = "0 the first seed .. 1 the other"
    return _one_each(SHARE, InputRule("N", about, minimum=0.0, maximum=1.0))


def text(about: str = "a caption, UTF-8", *, example: str = "") -> Input:
    """Returns the caption, string [N]; `example` is one that the model understands."""
    return _one_each(TEXT, InputRule("N", about, example=example.encode()))


def truncation() -> Input:
    """Returns the factor of the content code, float32 [N] in [0, 1]."""
    about = "factor of the content code"
    rule = InputRule("N", about, minimum=0.0, maximum=1.0, example=1.0)
    return _one_each(TRUNCATION, rule)


def boundary(tensor: tf.Tensor, name: str) -> tf.Tensor:
    """Returns a tensor marked as an input of plain exports, in place of all before it.

    Args:
      tensor: [N, ...], such as the numbers of a caption's words.
      name: of the input.
    """
    return tf.identity(tensor, name=_BOUNDARY + name)


def boundary_name(node: str) -> str | None:
    """Returns the name that a node of a graph was marked with, None if it was not."""
    found = re.fullmatch(rf"{_BOUNDARY}(.+?)(_\d+)?", node.rsplit("/", 1)[-1])
    return found[1] if found else None


def is_state(output: str) -> bool:
    """Whether an output is memory for the request that follows."""
    return output.startswith(NEXT_STATE)


def state_input(output: str) -> str:
    """Returns the input that takes an output of memory: `state_<x>` of `next_state_<x>`."""
    return STATE + output.removeprefix(NEXT_STATE)


def _one_each(name: str, rule: InputRule) -> Input:
    """Returns an input with one value for each example, [N]."""
    return Input(tf.TensorSpec([None], _KNOWN[name][0], name), rule)

"""What a page asks for: the fields of a signature, of the names of its inputs alone.

page = fields.of("predict", known)
page.flags    # ("input", "mask"): what is asked, by the flags of the command line
page.task     # "The object whose mask is given", a heading

A model of a family that does not exist yet gets its page from here, too.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.serving.client import choice, metadata

# In the order in which they are shown. Flags by the inputs that they fill are those of
# the client; the others are about how many, how long, and how a film is read.
_READING = ("stride", "max_frames")
_SECOND_PARTS = (signatures.START, signatures.NEXT, signatures.END)
# Codes that a page draws by itself: the same content with several motions.
CODES = ("content_noise", "start_noise", "motion_noise")
_STILL_RANK = 4  # of [N, H, W, C]
_CHANNELS = (1, 3, None)
_FLOAT = "_float"

Known = Mapping[str, metadata.Signature]


@dataclasses.dataclass(frozen=True)
class Fields:
    """What is asked for a signature, and what it answers.

    Attributes:
      verb: the name of the signature.
      inputs: of the signature.
      flags: what is asked, by the names of flags, in the order of a page.
      pictures: the outputs that can be seen, the main one first.
      codes: the outputs that are numbers.
      texts: the outputs that are words.
      lacking: inputs that a page cannot give.
      is_still: whether pictures do not move.
      is_grid: whether contents and motions are drawn, and shown crosswise.
    """

    verb: str
    inputs: frozenset[str]
    flags: tuple[str, ...]
    pictures: tuple[str, ...]
    codes: tuple[str, ...]
    texts: tuple[str, ...]
    lacking: tuple[str, ...]
    is_still: bool
    is_grid: bool

    @property
    def task(self) -> str:
        """What happens, as a heading."""
        return next(text for fits, text in _TASKS if fits(self))


def pages(known: Known) -> list[Fields]:
    """Returns the fields of the signatures that a page can call, by use."""
    verbs = [one for one in known if not one.endswith(_SECOND_PARTS)]
    if len(verbs) > 1:
        verbs = [one for one in verbs if one != signatures.DEFAULT]
    order = {name: place for place, name in enumerate(choice.VERBS)}
    verbs.sort(key=lambda name: (order.get(name, len(order)), name))
    found = [of(name, known) for name in verbs]
    return [one for one in found if one.is_grid or not one.lacking]


def of(verb: str, known: Known) -> Fields:
    """Returns the fields of a signature.

    Raises:
      UserError: the model has none of that name.
    """
    signature = metadata.find(known, verb)
    given = frozenset(signature.inputs)
    outputs = {
        name: one
        for name, one in signature.outputs.items()
        if not signatures.is_state(name)
    }
    seen = [name for name, one in outputs.items() if _is_seen(one)]
    # What is there as floats and as bytes is seen once.
    pictures = [one for one in seen if _bytes_of(one) not in seen]
    pictures.sort(key=lambda name: (_order(name), name))
    texts = [name for name, one in outputs.items() if one.dtype == tf.string]
    codes = [name for name in outputs if name not in {*seen, *texts}]
    main = outputs[pictures[0]].shape if pictures else None
    lacking = given - _filled()
    is_grid = set(CODES) <= given and lacking <= set(CODES)
    return Fields(
        verb=verb,
        inputs=given,
        flags=_flags(verb, given, known),
        pictures=tuple(pictures),
        codes=tuple(codes),
        texts=tuple(texts),
        lacking=tuple(sorted(lacking)),
        is_still=main is not None and len(main) == _STILL_RANK,
        is_grid=is_grid,
    )


def _flags(verb: str, given: frozenset[str], known: Known) -> tuple[str, ...]:
    """Returns the flags that a signature with these inputs understands."""
    fills = {flag for flag, names in choice.FLAGS.items() if given & set(names)}
    is_seeded = signatures.SEED in given
    goes_on = {verb + signatures.START, verb + signatures.NEXT} <= set(known)
    is_whole = signatures.FRAMES in given
    rows = (
        ("input", "input" in fills),
        ("motion", "motion" in fills),
        ("mask", "mask" in fills),
        ("text", "text" in fills),
        ("category", "category" in fills),
        ("samples", is_seeded and not given & {signatures.FRAMES, signatures.MOTION}),
        ("seed", is_seeded),
        ("other_category", "other_category" in fills),
        ("other_seed", "other_seed" in fills),
        ("truncation", "truncation" in fills),
        ("steps", goes_on and not is_whole),
        ("context_frames", signatures.CONTEXT in given),
        ("dilate", "dilate" in fills),
        ("crop", "crop" in fills),
        ("method", "method" in fills),
        *((name, "input" in fills) for name in _READING),
        ("fps", True),
    )
    return tuple(name for name, is_asked in rows if is_asked)


def _filled() -> set[str]:
    """Returns the inputs that some flag fills, or that are estimated."""
    by_flags = {name for names in choice.FLAGS.values() for name in names}
    return by_flags | {signatures.SEED, *choice.UNASKED}


def _is_seen(tensor: metadata.Tensor) -> bool:
    """Whether an output is grey or coloured pictures: a flow has two channels."""
    if tensor.dtype == tf.string or not choice.is_picture(tensor):
        return False
    return tensor.shape is None or tensor.shape[-1] in _CHANNELS


def _bytes_of(name: str) -> str:
    """Returns the output that has the floats of another as bytes; '' if it has none."""
    return name.removesuffix(_FLOAT) if name.endswith(_FLOAT) else ""


def _order(name: str) -> int:
    known = choice.MAIN_OUTPUTS
    return known.index(name) if name in known else len(known)


_TASKS = (
    (lambda page: page.is_grid, "Contents crossed with motions"),
    (lambda page: signatures.HOLES in page.inputs, "What is behind the mask"),
    (lambda page: signatures.MASK in page.inputs, "The object whose mask is given"),
    (lambda page: signatures.MOTION in page.inputs, "One's content, another's motion"),
    (lambda page: signatures.CONTEXT in page.inputs, "What follows on a video"),
    (lambda page: page.verb == signatures.RESTORE, "A sharp video of a blurred one"),
    (lambda page: not page.pictures, "What a video shows"),
    (lambda page: signatures.FRAMES in page.inputs, "A video of a video"),
    (lambda page: signatures.TEXT in page.inputs, "What a sentence says"),
    (lambda page: signatures.OTHER_SEED in page.inputs, "From one seed to another"),
    (lambda page: True, "Something new for each seed"),
)

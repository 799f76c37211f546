"""What the values of masks mean: decided once for a set of masks, then the same for all.

| picture                                    | object                                    |
|--------------------------------------------|-------------------------------------------|
| transparent in places                      | what is opaque                            |
| colours of the PASCAL palette, or a        | every number but 0; the palette's last    |
| palette of colours that begins with black  | colour is void                            |
| other colours on black                     | every colour, to half of its brightness   |
| greys with one bright plateau, soft or not | all above half of it                      |
| small greys: 0, 1, 2 ...                   | every number but 0                        |

Greys of which both may be meant, such as 127 and 255, or 1 and 255, are refused until it is
said what they are. The order of a palette means nothing where its colours are greys.

    seen = mask_values.merged(mask_values.seen(picture) for picture in pictures)
    values = mask_values.decided(seen)
    mask = mask_values.read(picture, values)  # [H, W] uint8, 1 = object
"""

import dataclasses
from collections.abc import Iterable

import cv2
import numpy as np
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import palettes

WHITE, IDS, ALPHA = "white", "ids", "alpha"
MEANINGS = (WHITE, IDS, ALPHA)
# The value of pixels that belong to no object.
VOID = 255
FULL = 255
DEEP_FULL = 65535
DEEP_GREY = "I"
LOSSY = ("JPEG", "MPO")
CHANNELS = 3
# Darker greys are black with noise, or numbers of objects.
DARK = 32
# A plateau is no wider.
WIDTH = 32
# More values than this are soft edges or noise, not numbers.
MANY = 16
# A share of pixels that may be an accident.
FEW = 0.01
# A plateau is a value that fills so many pixels square somewhere, but for a slope; behind
# a lossy codec but for more, and a share of all that is bright.
SQUARE = np.ones((3, 3), np.uint8)
SLOPE = 4
LOSSY_SLOPE = 6
NOISE = 16
SHARE = 0.05
WAY_OUT = (
    'say `mask_values` = "white" (all above half is the object), "ids" (every number but '
    '0, and but `mask_void`) or "alpha" (what is opaque)'
)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was found in some masks.

    Attributes:
      greys: values other than 0 of grey masks.
      plateaus: those that fill areas.
      is_coloured: whether any has colours.
      colours: plateaus of coloured masks, by their brightest channel.
      is_pascal: whether all colours are those of the PASCAL palette.
      has_background: whether coloured masks have black areas, if there are any.
      has_alpha: whether masks are transparent in places.
      has_both: whether such a one is black and white where it is opaque.
      is_lossy: whether any was compressed with loss.
    """

    greys: frozenset[int] = frozenset()
    plateaus: frozenset[int] = frozenset()
    is_coloured: bool = False
    colours: frozenset[int] = frozenset()
    is_pascal: bool = True
    has_background: bool = False
    has_alpha: bool = False
    has_both: bool = False
    is_lossy: bool = False


@dataclasses.dataclass(frozen=True)
class Values:
    """What the values of a set of masks mean.

    Attributes:
      meaning: of greys, `WHITE` or `IDS`.
      threshold: least value of the object, where white is meant.
      void: of greys, the number of no object, or None.
      colour_threshold: least brightest channel of an object; None for PASCAL's colours.
      is_coloured: whether any mask of the set is coloured.
      has_alpha: whether what is opaque is the object.
      is_given: whether a user said so.
    """

    meaning: str = WHITE
    threshold: int = 128
    void: int | None = None
    colour_threshold: int | None = None
    is_coloured: bool = False
    has_alpha: bool = False
    is_given: bool = False

    def describe(self) -> str:
        """Returns one line for logs."""
        if self.has_alpha:
            return "what is opaque is the object"
        if self.meaning == WHITE:
            text = f"greys from {self.threshold} are the object"
        else:
            text = "greys are numbers of objects"
            text += "" if self.void is None else f", {self.void} is void"
        if not self.is_coloured:
            return text
        if self.colour_threshold is None:
            return "colours are numbers of objects by the PASCAL palette"
        return f"colours as bright as {self.colour_threshold} are the object"


def seen(picture: Image.Image) -> Seen:
    """Looks at a mask, upright and decoded."""
    alpha = _alpha(picture)
    if alpha is not None:
        opaque = np.asarray(picture.convert("RGB")).max(-1)[alpha > FULL // 2]
        least = min(np.sum(opaque < DARK), np.sum(opaque > FULL // 2))
        return Seen(has_alpha=True, has_both=bool(least > FEW * opaque.size))
    is_lossy = picture.format in LOSSY
    if _indices(picture) is not None:
        return Seen()
    greys = _greys(picture)
    if greys is not None:
        plateaus = _plateaus(greys, is_lossy)
        return Seen(
            greys=frozenset(_present(greys).tolist()) - {0},
            plateaus=frozenset(plateaus.tolist()) - {0},
            is_lossy=is_lossy,
        )
    colours = np.asarray(picture.convert("RGB"))
    brightest = colours.max(-1)
    plateaus = _plateaus(brightest, is_lossy)
    return Seen(
        is_coloured=True,
        colours=frozenset(plateaus[plateaus >= DARK].tolist()),
        is_pascal=bool(palettes.is_pascal(colours).all()),
        has_background=bool((plateaus < DARK).any()),
        is_lossy=is_lossy,
    )


def merged(found: Iterable[Seen]) -> Seen:
    """Puts together what was seen in several masks."""
    found = list(found)
    return Seen(
        greys=frozenset().union(*(one.greys for one in found)),
        plateaus=frozenset().union(*(one.plateaus for one in found)),
        is_coloured=any(one.is_coloured for one in found),
        colours=frozenset().union(*(one.colours for one in found)),
        is_pascal=all(one.is_pascal for one in found),
        has_background=any(one.has_background for one in found),
        has_alpha=any(one.has_alpha for one in found),
        has_both=any(one.has_both for one in found),
        is_lossy=any(one.is_lossy for one in found),
    )


def decided(
    found: Seen,
    *,
    meaning: str | None = None,
    void: int | None = None,
) -> Values:
    """Decides what the values of a set of masks mean.

    Args:
      found: in the set, or in a sample of it.
      meaning: one of `MEANINGS` as a user says it; None decides by what was found.
      void: number of no object among numbers.

    Raises:
      UserError: more than one thing may be meant; or `meaning` is unknown.
    """
    if meaning is not None:
        if meaning not in MEANINGS:
            raise errors.UserError(
                f"`mask_values` ({meaning!r}) is unknown; {WAY_OUT}."
            )
        return Values(
            meaning=WHITE if meaning == ALPHA else meaning,
            void=void if meaning == IDS else None,
            colour_threshold=_colour_threshold(found),
            is_coloured=found.is_coloured,
            has_alpha=meaning == ALPHA,
            is_given=True,
        )
    colour_threshold = _colour_threshold(found)
    if colour_threshold is not None and not found.has_background:
        raise errors.UserError(
            "The masks are coloured all over, without a black background; make the "
            f"background black, or {WAY_OUT}."
        )
    if found.has_both:
        raise errors.UserError(
            "The masks are black and white, and transparent in places; make them opaque, "
            f"or {WAY_OUT}."
        )
    return dataclasses.replace(
        _grey_values(found, void),
        colour_threshold=colour_threshold,
        is_coloured=found.is_coloured,
        has_alpha=found.has_alpha,
    )


def check(found: Seen, values: Values) -> str | None:
    """Returns why a mask contradicts what was decided for its set, or None."""
    if values.is_given or values.has_alpha:
        return None
    if found.has_alpha:
        return "is transparent in places, other masks are not"
    if found.is_coloured and not values.is_coloured:
        return "is coloured, other masks are not"
    if values.meaning == IDS:
        bright = sorted(v for v in found.greys if v >= FULL + 1 - DARK)
        strange = [v for v in bright if v != values.void and v != values.threshold]
        return f"holds {strange[0]} beside numbers of objects" if strange else None
    if found.is_lossy:
        return None
    between = [v for v in sorted(found.plateaus) if v < values.threshold]
    if len(found.greys) > MANY:
        between = [v for v in between if v >= DARK]
    return f"has areas of {between[0]}, which is not white" if between else None


def read(picture: Image.Image, values: Values, object_id: int = 0) -> np.ndarray:
    """Returns the object of a mask as [H, W] uint8, 1 = object.

    Args:
      picture: upright and decoded.
      values: of its set.
      object_id: the object wanted; 0 takes the union of all.

    Raises:
      UserError: `object_id` is wanted of masks that have no numbers.
    """
    alpha = _alpha(picture)
    if values.has_alpha and alpha is not None:
        return _of(alpha > FULL // 2, object_id)
    indices = _indices(picture)
    greys = None if indices is not None else _greys(picture)
    if indices is None and values.is_coloured and values.colour_threshold is None:
        colours = _colours(picture)
        if palettes.is_pascal(colours).all():
            indices = palettes.codes(colours)
    if indices is not None:
        wanted = indices == object_id if object_id else indices > 0
        return (wanted & (indices != VOID)).astype(np.uint8)
    if greys is None:
        brightest = _colours(picture).max(-1)
        return _of(brightest >= (values.colour_threshold or DARK), object_id)
    if values.meaning == WHITE:
        return _of(greys >= values.threshold, object_id)
    wanted = greys == object_id if object_id else greys > 0
    return (wanted & (greys != (values.void or 0))).astype(np.uint8)


def _of(mask: np.ndarray, object_id: int) -> np.ndarray:
    if object_id > 1:
        raise errors.UserError(
            f"`object_id` ({object_id}) is wanted of masks that have no numbers, but "
            "one object; use 0."
        )
    return mask.astype(np.uint8)


def _grey_values(found: Seen, void: int | None) -> Values:
    """Decides what greys mean."""
    greys, plateaus = sorted(found.greys), sorted(found.plateaus)
    if not greys or greys == [FULL]:
        return Values()
    if len(greys) == 1:  # a mask of one grey, whatever it is
        return Values(IDS, threshold=greys[0])
    numbers = [v for v in greys if v != void]
    are_few = len(greys) <= MANY and not found.is_lossy
    if are_few and not plateaus:  # thin ones
        plateaus = greys
    if are_few and (not numbers or numbers[-1] < DARK):
        return Values(IDS, void=void if void in greys else None)
    bright = [v for v in plateaus if v >= DARK]
    dark = [v for v in plateaus if v < DARK]
    is_one = bool(bright) and bright[-1] - bright[0] < WIDTH
    if is_one and (not dark or (not are_few and bright[-1] > 2 * DARK)):
        white = FULL if bright[-1] >= FULL - NOISE else bright[-1]
        return Values(threshold=white // 2 + 1)
    if not plateaus and greys[-1] > FULL // 2:  # a few soft pixels
        return Values()
    shown = [*plateaus, *greys][:MANY]
    raise errors.UserError(
        f"The masks hold the greys {', '.join(map(str, dict.fromkeys(shown)))}, which may "
        f"be numbers of objects or shades of one; {WAY_OUT}."
    )


def _colour_threshold(found: Seen) -> int | None:
    if found.is_pascal or not found.colours:
        return None
    return min(found.colours) // 2 + 1


def _plateaus(values: np.ndarray, is_lossy: bool) -> np.ndarray:
    """Returns the values [n] that fill areas of a picture [H, W] uint8."""
    low, high = cv2.erode(values, SQUARE), cv2.dilate(values, SQUARE)
    if not is_lossy:
        # Beside black, the first step of a soft edge is as low as a number.
        is_flat = high - low <= np.where(values < DARK, 0, SLOPE)
        return _present(values[is_flat])
    flat = values[high - low <= LOSSY_SLOPE]
    steps, counts = np.unique(flat // NOISE * NOISE + NOISE // 2, return_counts=True)
    is_bright = steps >= DARK
    least = SHARE * counts[is_bright].sum()
    return steps[~is_bright | (counts >= least)]


def _present(values: np.ndarray) -> np.ndarray:
    """Returns which values there are in an array of uint8."""
    return np.flatnonzero(np.bincount(values.ravel()))


def _alpha(picture: Image.Image) -> np.ndarray | None:
    """Returns the opacity [H, W] of a picture that is transparent in places."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return None
    alpha = np.asarray(picture.convert("RGBA"))[..., -1]
    return None if (alpha == FULL).all() else alpha


def _colours(picture: Image.Image) -> np.ndarray:
    """Returns the colours [H, W, 3] of a picture; what is transparent is black."""
    colours = np.asarray(picture.convert("RGB"))
    alpha = _alpha(picture)
    if alpha is None:
        return colours
    return np.where(alpha[..., np.newaxis] > FULL // 2, colours, 0).astype(np.uint8)


def _indices(picture: Image.Image) -> np.ndarray | None:
    """Returns the indices [H, W] of a palette of colours that begins with black."""
    if picture.mode not in ("P", "PA"):
        return None
    indices = np.asarray(picture if picture.mode == "P" else picture.getchannel("P"))
    palette = np.array(picture.getpalette("RGB") or [], np.uint8).reshape(-1, CHANNELS)
    used = np.unique(indices)
    if used.max() >= len(palette):
        return indices
    colours = palette[used]
    if len(used) > 1 and (colours == colours[0]).all():  # a palette that says nothing
        return indices
    is_grey = (colours == colours[:, :1]).all()
    is_pascal = (palette[used] == palettes.pascal()[used]).all()
    begins_black = not palette[0].any() and not (is_grey and not is_pascal)
    return indices if is_pascal or begins_black else None


def _greys(picture: Image.Image) -> np.ndarray | None:
    """Returns the greys [H, W] uint8 of a picture without colours."""
    if picture.mode.startswith(DEEP_GREY):
        deep = np.asarray(picture).astype(np.int64)
        if deep.max(initial=0) <= FULL:
            return deep.astype(np.uint8)
        # What is not black stays so.
        scaled = (deep * FULL + DEEP_FULL // 2) // DEEP_FULL
        return np.maximum(scaled, deep > 0).clip(0, FULL).astype(np.uint8)
    colours = _colours(picture)
    return colours[..., 0] if (colours == colours[..., :1]).all() else None

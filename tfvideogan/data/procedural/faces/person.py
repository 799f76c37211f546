"""Who a drawn face is: colours and proportions that do not change within a clip.

Lengths are in units of half the height of the head, angles in radians. A person is a
number; all about him or her follows from it alone, not from the seed of a source, so that
splits by person are splits by identity.
"""

import dataclasses
import zlib

import numpy as np

# (R, G, B) between which colours are mixed.
SKINS = ((255, 224, 196), (238, 190, 150), (198, 140, 96), (140, 90, 60), (94, 60, 42))
HAIRS = ((30, 24, 22), (84, 52, 30), (150, 92, 40), (222, 186, 110), (150, 150, 152))
IRISES = ((70, 46, 28), (64, 100, 150), (70, 120, 80), (110, 110, 110))
LIPS = (186, 70, 76)
LIP_SHARE = (0.45, 0.75)
STYLES = ("bald", "short", "long")
STYLE_SHARES = (0.15, 0.50, 0.35)
GLASSES_SHARE = 0.25
BEARD_SHARE = 0.2
# Ranges of the proportions.
RANGES = {
    "breadth": (0.70, 0.84),
    "jaw": (0.62, 0.92),
    "eye_gap": (0.28, 0.36),
    "eye_height": (-0.16, -0.04),
    "eye_size": (0.12, 0.16),
    "brow_gap": (0.16, 0.22),
    "brow_weight": (0.025, 0.055),
    "nose_length": (0.26, 0.38),
    "nose_breadth": (0.08, 0.14),
    "mouth_height": (0.46, 0.56),
    "mouth_breadth": (0.20, 0.28),
    "lip_weight": (0.035, 0.065),
    "fringe": (-0.72, -0.48),
}
GROUND_RANGE = (60, 200)
SHIRT_RANGE = (30, 220)

Colour = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Person:
    """What stays of a face.

    Attributes:
      number: of the person.
      skin: (R, G, B), 0 to 255.
      hair: likewise, of brows and beard too.
      iris: likewise.
      lips: likewise.
      shirt: likewise.
      ground: likewise, behind the person.
      style: one of `STYLES`.
      has_glasses: whether glasses are worn.
      has_beard: whether a beard is.
      breadth: half the breadth of the head.
      jaw: breadth of the jaw as a share of that of the head.
      eye_gap: from the middle to the middle of an eye.
      eye_height: of the eyes; negative is above the middle of the head.
      eye_size: half the breadth of an eye.
      brow_gap: from an eye up to its brow.
      brow_weight: half the thickness of a brow.
      nose_length: from between the eyes to the tip.
      nose_breadth: half that of the tip.
      mouth_height: of the mouth below the middle.
      mouth_breadth: half that of a neutral mouth.
      lip_weight: thickness of a lip.
      fringe: where the hair ends on the forehead.
    """

    number: int
    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    shirt: Colour
    ground: Colour
    style: str
    has_glasses: bool
    has_beard: bool
    breadth: float
    jaw: float
    eye_gap: float
    eye_height: float
    eye_size: float
    brow_gap: float
    brow_weight: float
    nose_length: float
    nose_breadth: float
    mouth_height: float
    mouth_breadth: float
    lip_weight: float
    fringe: float

    def vector(self) -> np.ndarray:
        """Returns colours and proportions as numbers in [0, 1], for distances."""
        colours = [self.skin, self.hair, self.iris, self.lips, self.shirt, self.ground]
        shares = [
            (getattr(self, name) - low) / (high - low)
            for name, (low, high) in RANGES.items()
        ]
        worn = [STYLES.index(self.style) / (len(STYLES) - 1)]
        worn += [float(self.has_glasses), float(self.has_beard)]
        return np.concatenate(
            [np.ravel(colours) / np.iinfo(np.uint8).max, worn, shares]
        )


def person(number: int, version: int) -> Person:
    """Returns a person; `version` is that of the generator."""
    key = [0, zlib.crc32(f"faces/{version}/persons".encode())]
    bits = np.random.Philox(key=key, counter=[0, 0, 0, number])
    generator = np.random.Generator(bits)
    skin = _mixed(generator, SKINS)
    lip_share = generator.uniform(*LIP_SHARE)
    return Person(
        number=number,
        skin=skin,
        hair=_mixed(generator, HAIRS),
        iris=_mixed(generator, IRISES),
        lips=_between(skin, LIPS, lip_share),
        shirt=_plain(generator, SHIRT_RANGE),
        ground=_plain(generator, GROUND_RANGE),
        style=str(generator.choice(STYLES, p=STYLE_SHARES)),
        has_glasses=bool(generator.random() < GLASSES_SHARE),
        has_beard=bool(generator.random() < BEARD_SHARE),
        **{name: generator.uniform(*limits) for name, limits in RANGES.items()},
    )


def darker(colour: Colour, share: float) -> Colour:
    """Returns a colour mixed with black."""
    return _between(colour, (0, 0, 0), share)


def _mixed(generator: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Draws a colour between two neighbours of a row."""
    place = generator.uniform(0, len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    return _between(colours[first], colours[first + 1], place - first)


def _between(one: Colour, other: Colour, share: float) -> Colour:
    mixed = np.asarray(one) + share * (np.asarray(other) - np.asarray(one))
    return tuple(int(round(value)) for value in mixed)


def _plain(generator: np.random.Generator, limits: tuple[int, int]) -> Colour:
    return tuple(int(value) for value in generator.integers(*limits, 3))

"""Where walkers walk: persons, the four scenarios of KTH, grounds and shadows.

| scenario | what is special                                             |
|----------|-------------------------------------------------------------|
| d1       | a plain, bright ground                                      |
| d2       | the person comes nearer or goes away                        |
| d3       | other clothes than usual, often a coat                      |
| d4       | a darker ground, a soft shadow, brightness that drifts      |

A person is a number from 1 to 25: stature, clothes and manner follow from it alone, not
from the seed of a source, so that splits by person are splits by identity.
"""

import dataclasses
import zlib

import cv2
import numpy as np

from tfvideogan.data.procedural.walkers import body, gait

SCENARIOS = ("d1", "d2", "d3", "d4")
PERSONS = range(1, 26)
# Stature as a share of the screen's height, and where the feet stand.
STATURE = (0.55, 0.72)
GROUND = 0.93
MANNER = (0.9, 1.1)
# Brightness, 0 to 1: clothes are dark enough to stand out from every ground.
SKIN = (0.28, 0.42)
CLOTHES = (0.06, 0.42)
BRIGHT_GROUND = (0.58, 0.80)
DARK_GROUND = (0.48, 0.58)
GRADIENT = 0.05
CLOUDS = 0.02
CLOUD_CELLS = 4
APPROACH = (0.10, 0.25)  # in d2, by how much a person grows or shrinks from the middle
COAT_SHARE = 0.5
DRIFT = 0.03
SHADOW = 0.25
# Half axes of a shadow in units of the stature.
SHADOW_BREADTH, SHADOW_DEPTH = 0.28, 0.035


@dataclasses.dataclass(frozen=True)
class Person:
    """What stays of a person from clip to clip.

    Attributes:
      number: 1 to 25.
      stature: as a share of the screen's height.
      dress: everyday clothes.
      manner: of going.
    """

    number: int
    stature: float
    dress: body.Dress
    manner: gait.Manner


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is around a person in one clip.

    Attributes:
      scenario: one of `SCENARIOS`.
      ground: [H, W] float32 brightness.
      dress: of the person in this clip.
      approach: by what share the person grows from the clip's middle to its end.
      drift: by how much the brightness rises from the clip's middle to its end.
      has_shadow: whether a shadow lies on the ground.
    """

    scenario: str
    ground: np.ndarray
    dress: body.Dress
    approach: float = 0.0
    drift: float = 0.0
    has_shadow: bool = False


def person(number: int, version: int) -> Person:
    """Returns a person; `version` is that of the generator."""
    key = [0, zlib.crc32(f"walkers/{version}/persons".encode())]
    bits = np.random.Philox(key=key, counter=[0, 0, 0, number])
    generator = np.random.Generator(bits)
    return Person(
        number=number,
        stature=generator.uniform(*STATURE),
        dress=_dress(generator),
        manner=gait.Manner(*generator.uniform(*MANNER, 3)),
    )


def setting(
    generator: np.random.Generator,
    scenario: str,
    person_: Person,
    *,
    height: int,
    width: int,
) -> Setting:
    """Draws the setting of a clip."""
    brightness = DARK_GROUND if scenario == "d4" else BRIGHT_GROUND
    level = generator.uniform(*brightness)
    ground = level + _unevenness(generator, height, width)
    if scenario == "d2":
        approach = generator.uniform(*APPROACH) * generator.choice([-1, 1])
        return Setting(scenario, ground, person_.dress, approach=approach)
    if scenario == "d3":
        has_coat = bool(generator.random() < COAT_SHARE)
        dress = dataclasses.replace(_dress(generator), skin=person_.dress.skin)
        return Setting(scenario, ground, dataclasses.replace(dress, has_coat=has_coat))
    if scenario == "d4":
        drift = DRIFT * generator.uniform(-1, 1)
        return Setting(scenario, ground, person_.dress, drift=drift, has_shadow=True)
    return Setting(scenario, ground, person_.dress)


def cast_shadow(frames: np.ndarray, places: np.ndarray, statures: np.ndarray) -> None:
    """Darkens the ground below a person, in place.

    Args:
      frames: [T, H, W] float32.
      places: [T] complex pixels, the ground below the pelvis.
      statures: [T] pixels.
    """
    _, height, width = frames.shape
    x = np.arange(width) - places.real[:, None]
    y = np.arange(height) - places.imag[:, None]
    across = np.exp(-((x / (SHADOW_BREADTH * statures[:, None])) ** 2))
    deep = np.exp(-((y / (SHADOW_DEPTH * statures[:, None])) ** 2))
    dark = deep.astype(np.float32)[:, :, None] * across.astype(np.float32)[:, None]
    frames *= 1 - np.float32(SHADOW) * dark


def _dress(generator: np.random.Generator) -> body.Dress:
    top, legs = generator.uniform(*CLOTHES, 2)
    return body.Dress(skin=generator.uniform(*SKIN), top=top, legs=legs)


def _unevenness(generator: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Draws a gradient from top to bottom and clouds, [H, W] float32 around 0."""
    slope = GRADIENT * generator.uniform(-1, 1)
    cells = generator.normal(size=(CLOUD_CELLS, CLOUD_CELLS)).astype(np.float32)
    clouds = cv2.resize(CLOUDS * cells, (width, height), interpolation=cv2.INTER_CUBIC)
    return (clouds + slope * np.linspace(-1, 1, height)[:, None]).astype(np.float32)

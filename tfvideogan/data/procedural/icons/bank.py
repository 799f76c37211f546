"""Icons to move about: twelve drawn shapes in eight colours, or a folder of one's own.

The shapes are signed-distance fields: d(p) is the distance of a point to the outline,
negative inside, and a pixel is covered by clip(1/2 - d, 0, 1).

    icons = draw_icons()
    icons.names[:2]  # ("red disc", "green disc")
    icons = read_icons("/data/my_icons")  # apple.png, red_car.png, ...
"""

import dataclasses
import pathlib

import cv2
import numpy as np
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.data.procedural.icons import outlines

# Sides of a drawn icon; smaller ones are made from it by area.
SIZE = 64
COLOURS = {
    "red": (230, 40, 40),
    "green": (40, 190, 70),
    "blue": (60, 90, 240),
    "yellow": (250, 225, 50),
    "orange": (250, 140, 30),
    "purple": (165, 70, 215),
    "white": (245, 245, 245),
    "cyan": (50, 215, 230),
}
MIN_ICONS = 3  # one each to train, to validate and to test every motion
RGBA_CHANNELS = 4
TOP = np.iinfo(np.uint8).max


@dataclasses.dataclass(frozen=True)
class IconBank:
    """Pictures with names.

    Attributes:
      name: short, such as "icons".
      description: of where they come from, for logs and cards. The word "procedural" is
        in it if they are drawn, and only then.
      is_procedural: whether they are drawn rather than read.
      names: what captions call them; words parted by blanks.
      pictures: [S, S, 4] uint8 each: colours multiplied by the coverage, and the coverage.
    """

    name: str
    description: str
    is_procedural: bool
    names: tuple[str, ...]
    pictures: tuple[np.ndarray, ...]

    def sized(self, size: int) -> tuple[np.ndarray, ...]:
        """Returns the pictures with sides of `size` pixels."""
        return tuple(
            cv2.resize(
                picture,
                (size, size),
                interpolation=cv2.INTER_AREA
                if size < len(picture)
                else cv2.INTER_LINEAR,
            )
            for picture in self.pictures
        )


def draw_icons() -> IconBank:
    """Draws each of the twelve shapes in each of the eight colours."""
    covers = outlines.covers(SIZE)
    return IconBank(
        name="icons",
        description="procedural icons",
        is_procedural=True,
        names=tuple(f"{colour} {shape}" for shape in covers for colour in COLOURS),
        pictures=tuple(
            _multiplied(np.asarray(colour), cover)
            for cover in covers.values()
            for colour in COLOURS.values()
        ),
    )


def read_icons(root: str) -> IconBank:
    """Reads the pictures (png with an alpha channel) of a folder.

    An icon is called by its file's name, in small letters and without marks:
    `Red-car_2.png` is "the red car 2".

    Args:
      root: the folder; at least three icons, all square.

    Raises:
      UserError: the folder or a picture does not fit.
    """
    folder = pathlib.Path(root).expanduser()
    if not folder.is_dir():
        raise errors.UserError(f"`root` ({root}) is no folder of icons.")
    files = sorted(folder.glob("*.png"))
    if len(files) < MIN_ICONS:
        raise errors.UserError(
            f"{folder} has {len(files)} icons (*.png); it must have at least "
            f"{MIN_ICONS}, so that no icon is tested in a motion that it was trained in."
        )
    names = tuple(_named(file) for file in files)
    for name, file in zip(names, files, strict=True):
        if names.count(name) > 1:
            raise errors.UserError(
                f"Two icons of {folder} are both called {name!r}; rename {file.name}."
            )
    return IconBank(
        name="icon_folder",
        description=f"icons of {folder}",
        is_procedural=False,
        names=names,
        pictures=tuple(_read(file) for file in files),
    )


def _named(file: pathlib.Path) -> str:
    letters = (sign if sign.isalnum() else " " for sign in file.stem.lower())
    name = " ".join("".join(letters).split())
    if not name:
        raise errors.UserError(
            f"{file}: the name has no letter or digit to call the icon by; rename it."
        )
    return name


def _read(file: pathlib.Path) -> np.ndarray:
    """Reads one picture, [S, S, 4] uint8."""
    try:
        with Image.open(file) as image:
            has_alpha = "A" in image.getbands() or "transparency" in image.info
            pixels = np.asarray(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError) as error:
        raise errors.UserError(f"{file} is no readable picture: {error}.") from error
    if not has_alpha:
        raise errors.UserError(
            f"{file} has no alpha channel; save it with a transparent background."
        )
    if pixels.shape[0] != pixels.shape[1]:
        raise errors.UserError(
            f"{file} is {pixels.shape[1]}x{pixels.shape[0]}; icons must be square."
        )
    return _multiplied(pixels[..., :3], pixels[..., 3] / TOP)


def _multiplied(colours: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Returns colours times coverage [S, S] in [0, 1], and coverage, as uint8."""
    cover = cover[..., None]
    layers = np.concatenate([colours * cover, TOP * cover], axis=-1)
    return np.round(layers).astype(np.uint8)

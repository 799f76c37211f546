"""Casts a procedural scene: draws its camera, bodies, skins and colours.

All ranges below were chosen by looking at contact sheets, and the speeds so that a first
mask that is merely copied is clearly wrong after seven frames (`sprites.py`). Lengths are
shares of the shorter side of the screen, so that a larger screen shows the same film.
"""

import colorsys
import dataclasses

import numpy as np

from tfvideogan.data.procedural.sprites import motion, scene

RADIUS = (0.15, 0.22)
# Texels of the tile per pixel, relative to `scene.texels_per_pixel`: skins are small and
# need finer grain than the plane to show any of it.
SKIN_SCALE = 1.7
# Amplitudes of the outline's harmonics 2..5, relative to the radius.
OUTLINE = (0.22, 0.16, 0.10, 0.05)
# Share of the nominal speed with which a body or a camera moves.
SPEED_SPREAD = (0.6, 1.4)
SPIN = 0.05  # standard deviation, radians per frame
SQUASH = (0.04, 0.14)
SQUASH_RATE = (0.2, 0.5)  # radians per frame
WOBBLE = (0.06, 0.08, 0.08)  # largest amplitudes of the harmonics 0, 2 and 3
WOBBLE_RATE = (0.15, 0.45)
# Distance of a body's centre to the edge of the frame at which it bounces, in radii.
BOUNCE_MARGIN = 0.9
# A camera turns and zooms in proportion to its pan; these go with a pan of 1 % per frame.
CAMERA_PAN = 0.01
CAMERA_SPIN = 0.006
CAMERA_ZOOM = 0.08
CAMERA_ZOOM_RATE = (0.05, 0.15)
TURN = 2 * np.pi


@dataclasses.dataclass(frozen=True)
class Manner:
    """How a scene behaves.

    Attributes:
      height: of the screen, pixels.
      width: of the screen, pixels.
      num_sprites: number of bodies.
      object_speed: mean speed of a body, shares of the shorter side per frame.
      camera_speed: mean speed of the pan, likewise; 0 holds the camera still.
    """

    height: int
    width: int
    num_sprites: int
    object_speed: float
    camera_speed: float

    @property
    def side(self) -> int:
        """The shorter side of the screen in pixels."""
        return min(self.height, self.width)


def cast_scene(
    generator: np.random.Generator, tiles: np.ndarray, manner: Manner
) -> scene.Scene:
    """Draws a scene.

    Args:
      generator: seeded; the scene is a function of its state.
      tiles: [K, S, S, 3] uint8 textures.
      manner: sizes and speeds.
    """
    hue = generator.random()
    plane_tile = int(generator.integers(len(tiles)))
    camera = _camera(generator, tiles.shape[1], manner)
    sprites = tuple(
        _sprite(generator, tiles, hue, manner) for _ in range(manner.num_sprites)
    )
    return scene.Scene(
        height=manner.height,
        width=manner.width,
        camera=camera,
        tile=tiles[plane_tile],
        colours=_plane_colours(generator, hue),
        sprites=sprites,
    )


def _camera(
    generator: np.random.Generator, tile_size: int, manner: Manner
) -> motion.Camera:
    speed = manner.camera_speed * generator.uniform(*SPEED_SPREAD)
    vigour = speed / CAMERA_PAN
    return motion.Camera(
        centre=complex(manner.width - 1, manner.height - 1) / 2,
        start=complex(*generator.uniform(0, tile_size, 2)),
        velocity=_directed(generator, speed * manner.side),
        angle=generator.uniform(0, TURN),
        spin=vigour * CAMERA_SPIN * float(np.clip(generator.normal(), -2, 2)),
        zoom=vigour * CAMERA_ZOOM * generator.uniform(-1, 1),
        zoom_rate=generator.uniform(*CAMERA_ZOOM_RATE),
    )


def _sprite(
    generator: np.random.Generator, tiles: np.ndarray, plane_hue: float, manner: Manner
) -> scene.Sprite:
    radius = generator.uniform(*RADIUS) * manner.side
    phases = np.exp(1j * generator.uniform(0, TURN, len(OUTLINE)))
    outline = np.asarray(OUTLINE) * generator.uniform(0.2, 1, len(OUTLINE)) * phases
    tile = tiles[generator.integers(len(tiles))]
    skin = scene.painted_skin(
        tile,
        _body_colours(generator, plane_hue),
        radius=radius,
        outline=outline,
        offset=complex(*generator.uniform(0, tile.shape[0], 2)),
        scale=SKIN_SCALE * scene.texels_per_pixel(manner.height, manner.width),
    )
    return scene.Sprite(_pose(generator, radius, manner), skin)


def _pose(
    generator: np.random.Generator, radius: float, manner: Manner
) -> motion.SpritePose:
    corner = complex(manner.width - 1, manner.height - 1)
    low = BOUNCE_MARGIN * radius * (1 + 1j)
    high = corner - low
    share = generator.uniform(0, 1, 2)
    start = complex(
        low.real + share[0] * (high.real - low.real),
        low.imag + share[1] * (high.imag - low.imag),
    )
    speed = manner.object_speed * generator.uniform(*SPEED_SPREAD)
    return motion.SpritePose(
        low=low,
        high=high,
        start=start,
        velocity=_directed(generator, speed * manner.side),
        angle=generator.uniform(0, TURN),
        spin=SPIN * float(np.clip(generator.normal(), -2, 2)),
        squash=generator.uniform(*SQUASH),
        squash_rate=generator.uniform(*SQUASH_RATE),
        wobble=tuple(float(top * generator.uniform(0.3, 1)) for top in WOBBLE),
        wobble_rates=tuple(float(rate) for rate in generator.uniform(*WOBBLE_RATE, 3)),
        wobble_phases=tuple(float(phase) for phase in generator.uniform(0, TURN, 3)),
    )


def _directed(generator: np.random.Generator, speed: float) -> complex:
    return complex(speed * np.exp(1j * generator.uniform(0, TURN)))


def _plane_colours(generator: np.random.Generator, hue: float) -> np.ndarray:
    """Draws muted, darker colours around a hue."""
    dark = _rgb(hue - 0.05, generator.uniform(0.55, 0.8), generator.uniform(0.16, 0.3))
    light = _rgb(hue + 0.05, generator.uniform(0.3, 0.6), generator.uniform(0.6, 0.75))
    tint = _rgb(hue + 0.15, 0.6, 0.35) - _rgb(hue - 0.15, 0.6, 0.35)
    return _affine(dark, light, tint)


def _body_colours(generator: np.random.Generator, plane_hue: float) -> np.ndarray:
    """Draws saturated, bright colours opposite to the plane's hue."""
    hue = plane_hue + 0.5 + generator.uniform(-0.17, 0.17)
    side = 0.09 * generator.choice([-1, 1])
    dark = _rgb(hue - side, generator.uniform(0.85, 1), generator.uniform(0.5, 0.65))
    light = _rgb(hue + side, generator.uniform(0.5, 0.8), 1.0)
    tint = _rgb(hue + 0.2, 0.8, 0.5) - _rgb(hue - 0.2, 0.8, 0.5)
    return _affine(dark, light, tint)


def _affine(dark: np.ndarray, light: np.ndarray, tint: np.ndarray) -> np.ndarray:
    """Maps tile channels to colours: dark to light by the first, tint by the second."""
    top = np.iinfo(np.uint8).max
    columns = [light - dark, tint, np.zeros(3), (dark - tint / 2) * top]
    return np.stack(columns, axis=-1)


def _rgb(hue: float, saturation: float, value: float) -> np.ndarray:
    return np.asarray(colorsys.hsv_to_rgb(hue % 1.0, saturation, value))

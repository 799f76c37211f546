"""Draws one procedural clip: a moving body over a textured plane, with its whole truth.

Every frame is a function of the scene and of its own time alone: a window of a clip is
the same whatever is drawn around it.

    scene = Scene.drawn(generator, bank, height=64, width=64, num_sprites=1, ...)
    layers = scene.render(np.arange(8))
    layers.frames, layers.masks, layers.backgrounds
    flow = scene.flow(np.arange(7), np.arange(1, 8))
"""

import dataclasses

import cv2
import numpy as np

from tfvideogan.data.procedural.sprites import motion

# The screen size at which one texel is one pixel; larger pictures show finer grain and
# more of the texture (square root of the ratio each).
REFERENCE_SIZE = 80
# Below this size the textures are no longer shrunk: their finest grain would vanish.
MIN_SIZE = 48
# Texels of the skin per pixel: keeps the outline crisp.
SKIN_DENSITY = 2
# OpenCV counts the rows of a picture in 16 bits.
MAX_ROWS = 2**14
HARMONICS = np.arange(2, 6)
MAX_ALPHA = np.iinfo(np.uint8).max
HALF_ALPHA = 128


@dataclasses.dataclass(frozen=True)
class Sprite:
    """A body: its pose and its skin.

    Attributes:
      pose: where it is.
      skin: [S, S, 4] uint8, RGB and coverage; texel S/2 is the body's middle.
    """

    pose: motion.SpritePose
    skin: np.ndarray


@dataclasses.dataclass(frozen=True)
class Layers:
    """What a scene shows at T moments.

    Attributes:
      frames: [T, H, W, 3] uint8.
      masks: [T, H, W, 1] uint8, 1 where any sprite covers at least half of the pixel.
      backgrounds: [T, H, W, 3] uint8, without the sprites.
    """

    frames: np.ndarray
    masks: np.ndarray
    backgrounds: np.ndarray


@dataclasses.dataclass(frozen=True)
class Scene:
    """A camera over a plane and sprites above it, painted in order.

    Attributes:
      height: of the screen, pixels.
      width: of the screen, pixels.
      camera: its pose.
      tile: [S, S, 3] uint8, the plane's periodic texture.
      colours: [3, 4] affine map from tile channels to RGB.
      sprites: from back to front.
    """

    height: int
    width: int
    camera: motion.Camera
    tile: np.ndarray
    colours: np.ndarray
    sprites: tuple[Sprite, ...]

    def render(self, times: np.ndarray) -> Layers:
        """Draws the scene at `times` [T]."""
        return self._layers(self._view(times))

    def render_with_flow(
        self, times: np.ndarray
    ) -> tuple[Layers, np.ndarray, np.ndarray]:
        """Draws the scene and gives the exact motion between neighbouring `times` [T].

        The same as `render` and `flow` there and back; what they share is found once.

        Returns:
          The layers, and the forward and backward flow, [T-1, H, W, 2] float32 pixels.
        """
        view = self._view(times)
        early, late = view.part(slice(None, -1)), view.part(slice(1, None))
        forward = self._flow(early, late.times)
        return self._layers(view), forward, self._flow(late, early.times)

    def owners(self, times: np.ndarray) -> np.ndarray:
        """Returns which layer is seen: [T, H, W] int8, -1 = plane, else the sprite."""
        return self._view(times).owners()

    def flow(self, times: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the exact motion of what is seen at `times` until `targets`.

        Args:
          times: [T], the moments on whose pixels the flow is given.
          targets: [T], the moments to which it leads.

        Returns:
          [T, H, W, 2] float32 pixels (dx, dy). Where the surface is hidden at the
          target, this is still its true motion.
        """
        return self._flow(self._view(times), _as_times(targets))

    def occlusion(self, times: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns where the surface seen at `times` is not seen at `targets`.

        Returns:
          [T, H, W, 1] uint8, 1 where the flow leads out of the frame or to a pixel that
          shows another layer.
        """
        flow = self.flow(times, targets)
        end = self._screen()[None] + flow[..., 0] + 1j * flow[..., 1]
        x, y = np.rint(end.real).astype(int), np.rint(end.imag).astype(int)
        outside = (x < 0) | (x >= self.width) | (y < 0) | (y >= self.height)
        rows, columns = y.clip(0, self.height - 1), x.clip(0, self.width - 1)
        steps = np.arange(len(flow))[:, None, None]
        there = self.owners(targets)[steps, rows, columns]
        return (outside | (there != self.owners(times)))[..., None].astype(np.uint8)

    def _view(self, times: np.ndarray) -> "_View":
        points, times = self._screen(), _as_times(times)
        plane = self.camera.to_surface(points, times)
        bodies = []
        for sprite in self.sprites:
            box = self._around(sprite, times)
            body = sprite.pose.to_surface(points[box[1:]], times)
            bodies.append(_Body(box, body, _on_skin(sprite, body)))
        return _View(times, plane, tuple(bodies))

    def _around(self, sprite: Sprite, times: np.ndarray) -> "_Box":
        """Returns the places that hold a sprite wholly."""
        reach = sprite.pose.longest_stretch() * sprite.skin.shape[0] / 2 / SKIN_DENSITY
        centres = sprite.pose.centres(times)
        found = []
        for middle, length in ((centres.imag, self.height), (centres.real, self.width)):
            side = min(length, int(np.ceil(2 * reach)) + 2)
            first = np.clip(np.floor(middle - reach).astype(int), 0, length - side)
            found.append(first + np.arange(side))  # [T, 1, side]
        moments = np.arange(len(times))[:, None, None]
        return moments, found[0].swapaxes(1, 2), found[1]

    def _layers(self, view: "_View") -> Layers:
        plane = view.plane * texels_per_pixel(self.height, self.width)
        texture = _sampled(self.tile, plane, cv2.BORDER_WRAP)
        backgrounds = _coloured(texture, self.colours)
        frames = backgrounds.copy()
        masks = np.zeros((*frames.shape[:-1], 1), np.uint8)
        for body in view.bodies:
            alpha, behind = body.skin[..., 3:], frames[body.box]
            masks[body.box] |= alpha >= HALF_ALPHA
            share = alpha.astype(np.float32) / MAX_ALPHA
            mixed = behind + share * (body.skin[..., :3].astype(np.float32) - behind)
            frames[body.box] = np.round(mixed).astype(np.uint8)
        return Layers(frames, masks, backgrounds)

    def _flow(self, view: "_View", targets: np.ndarray) -> np.ndarray:
        owners, points = view.owners(), self._screen()
        moved = self.camera.to_screen(view.plane, targets)
        for number, sprite in enumerate(self.sprites):
            box = view.bodies[number].box
            there = sprite.pose.to_screen(view.bodies[number].points, targets)
            moved[box] = np.where(owners[box] == number, there, moved[box])
        motion_ = moved - points
        return np.stack([motion_.real, motion_.imag], axis=-1).astype(np.float32)

    def _screen(self) -> np.ndarray:
        """Returns the pixel centres, [H, W] complex64."""
        y, x = np.mgrid[: self.height, : self.width].astype(np.float32)
        return x + 1j * y


# Moments [T, 1, 1], rows [T, h, 1] and columns [T, 1, w]: an index into [T, H, W].
_Box = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Body:
    """A sprite at T moments, in a box that holds it wholly.

    Attributes:
      box: the places of the box.
      points: [T, h, w] complex, points of the skin.
      skin: [T, h, w, 4] uint8, colour and coverage.
    """

    box: _Box
    points: np.ndarray
    skin: np.ndarray

    def part(self, moments: slice) -> "_Body":
        """Returns the same for some of the moments."""
        points, (numbers, rows, columns) = self.points[moments], self.box
        box = (numbers[: len(points)], rows[moments], columns[moments])
        return _Body(box, points, self.skin[moments])


@dataclasses.dataclass(frozen=True)
class _View:
    """Which point of each surface is at which pixel of T moments.

    Attributes:
      times: [T, 1, 1] float32.
      plane: [T, H, W] complex, points of the plane.
      bodies: the sprites, from back to front.
    """

    times: np.ndarray
    plane: np.ndarray
    bodies: tuple[_Body, ...]

    def part(self, moments: slice) -> "_View":
        """Returns the same for some of the moments."""
        bodies = tuple(body.part(moments) for body in self.bodies)
        return _View(self.times[moments], self.plane[moments], bodies)

    def owners(self) -> np.ndarray:
        """Returns [T, H, W] int8: -1 = plane, else the sprite in front."""
        owners = np.full(self.plane.shape, -1, np.int8)
        for number, body in enumerate(self.bodies):
            is_there = body.skin[..., 3] >= HALF_ALPHA
            owners[body.box] = np.where(is_there, number, owners[body.box])
        return owners


def texels_per_pixel(height: int, width: int) -> float:
    """Returns the scale of the textures on a screen."""
    return (REFERENCE_SIZE / max(min(height, width), MIN_SIZE)) ** 0.5


def painted_skin(
    tile: np.ndarray,
    colours: np.ndarray,
    *,
    radius: float,
    outline: np.ndarray,
    offset: complex,
    scale: float,
) -> np.ndarray:
    """Paints a body's skin.

    Args:
      tile: [S, S, 3] uint8 periodic texture.
      colours: [3, 4] affine map from tile channels to RGB.
      radius: mean radius of the body in pixels.
      outline: [len(HARMONICS)] complex relative amplitudes of the outline's harmonics.
      offset: point of the tile under the middle, texels.
      scale: texels of the tile per pixel.

    Returns:
      [side, side, 4] uint8: RGB (also beyond the outline) and coverage.
    """
    reach = radius * (1 + np.abs(outline).sum())
    half = int(np.ceil(reach * SKIN_DENSITY)) + SKIN_DENSITY
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    points = (x + 1j * y) / SKIN_DENSITY
    length = np.maximum(np.abs(points), np.finfo(np.float32).eps)
    waves = outline[:, None, None] * (points / length) ** HARMONICS[:, None, None]
    edge = radius * (1 + waves.real.sum(0))
    coverage = np.clip((edge - length) * SKIN_DENSITY + 0.5, 0, 1)
    texture = _sampled(tile, (points * scale + offset)[None], cv2.BORDER_WRAP)[0]
    shade = _shade(points / edge)
    rgb = _coloured(texture, colours) * shade[..., None]
    skin = np.concatenate([rgb, coverage[..., None] * MAX_ALPHA], axis=-1)
    return np.round(np.clip(skin, 0, MAX_ALPHA)).astype(np.uint8)


# Light from the upper left, darkness towards the rim: a body, not a cut-out.
LIGHT = np.complex64(-0.35 - 0.45j)
BRIGHTEST = 1.15
RIM_DARKNESS = 0.3
RIM_POWER = 4


def _shade(points: np.ndarray) -> np.ndarray:
    """Returns the brightness of a skin; |points| is 1 at the outline."""
    rim = np.minimum(np.abs(points), 1) ** RIM_POWER
    light = np.exp(-(np.abs(points - LIGHT) ** 2))
    return (BRIGHTEST - RIM_DARKNESS) + RIM_DARKNESS * (light - rim)


def _coloured(texture: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Maps tile channels [..., W, 3] uint8 to RGB uint8."""
    tall = texture.reshape(-1, texture.shape[-2], texture.shape[-1])
    return cv2.transform(tall, colours).reshape(texture.shape)


def _on_skin(sprite: Sprite, body: np.ndarray) -> np.ndarray:
    """Samples a skin at points of a body: [T, H, W, 4] uint8, 0 where it is not."""
    middle = (sprite.skin.shape[0] - 1) / 2 * (1 + 1j)
    return _sampled(sprite.skin, body * SKIN_DENSITY + middle, cv2.BORDER_CONSTANT)


def _sampled(image: np.ndarray, points: np.ndarray, border: int) -> np.ndarray:
    """Samples an image bilinearly at complex points [T, H, W]."""
    num_frames, height, width = points.shape
    points = np.ascontiguousarray(points, np.complex64)
    tall = points.view(np.float32)  # x and y side by side
    tall = tall.reshape(num_frames * height, width, 2)
    parts = [
        cv2.remap(
            image, tall[row : row + MAX_ROWS], None, cv2.INTER_LINEAR, borderMode=border
        )
        for row in range(0, len(tall), MAX_ROWS)
    ]
    sampled = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return sampled.reshape(num_frames, height, width, -1)


def _as_times(times: np.ndarray) -> np.ndarray:
    """Returns times as [T, 1, 1] float32, to broadcast against the screen."""
    return np.asarray(times, np.float32)[:, None, None]

"""Where things are: camera and sprite poses, exact in both directions.

Points of the plane are complex numbers, x + iy in pixels, so that a rotation is a product
and a pose one line. Each pose maps the screen at time t to a surface that does not change
(the background's plane, the sprite's skin) and back. The exact flow from t to s of a
surface is therefore

    to_screen(to_surface(points, t), s) - points

Times are arrays that broadcast against the points.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Camera:
    """A camera that pans, turns and zooms over an endless plane.

    Attributes:
      centre: of the screen, complex pixels.
      start: point of the plane under the centre at time 0, complex pixels.
      velocity: of the pan, complex pixels per frame.
      angle: at time 0, radians.
      spin: radians per frame.
      zoom: amplitude of the logarithm of the zoom.
      zoom_rate: radians per frame of the zoom's oscillation.
    """

    centre: complex
    start: complex
    velocity: complex
    angle: float
    spin: float
    zoom: float
    zoom_rate: float

    def to_surface(self, points: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Maps screen points to points of the plane."""
        place = self.start + self.velocity * times
        return self._turn(times) * (points - self.centre) + place

    def to_screen(self, surface: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Maps points of the plane to the screen."""
        place = self.start + self.velocity * times
        return (surface - place) / self._turn(times) + self.centre

    def _turn(self, times: np.ndarray) -> np.ndarray:
        zoom = self.zoom * np.sin(self.zoom_rate * times)
        return np.exp(zoom + 1j * (self.angle + self.spin * times))


@dataclasses.dataclass(frozen=True)
class SpritePose:
    """A body that drifts, bounces off the frame, turns, squashes and wobbles.

    The wobble stretches each direction from the centre by its own factor. It keeps
    directions, so its inverse is exact.

    Attributes:
      low: corner of the box in which the centre moves, complex pixels.
      high: opposite corner.
      start: centre at time 0, complex pixels.
      velocity: complex pixels per frame; mirrored at the box.
      angle: at time 0, radians.
      spin: radians per frame.
      squash: share by which one axis grows while the other shrinks, in [0, 1).
      squash_rate: radians per frame.
      wobble: amplitudes of the 0th, 2nd and 3rd harmonic; their sum is below 1.
      wobble_rates: radians per frame.
      wobble_phases: radians.
    """

    low: complex
    high: complex
    start: complex
    velocity: complex
    angle: float
    spin: float
    squash: float
    squash_rate: float
    wobble: tuple[float, float, float]
    wobble_rates: tuple[float, float, float]
    wobble_phases: tuple[float, float, float]

    def centres(self, times: np.ndarray) -> np.ndarray:
        """Returns the centre of the body, complex pixels."""
        straight = self.start + self.velocity * times
        x = _mirrored(straight.real, self.low.real, self.high.real)
        y = _mirrored(straight.imag, self.low.imag, self.high.imag)
        return x + 1j * y

    def longest_stretch(self) -> float:
        """Returns a bound of how far a point of the skin is moved from the middle."""
        return (1 + abs(self.squash)) * (1 + sum(map(abs, self.wobble)))

    def to_surface(self, points: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Maps screen points to the body's skin (0 is its middle)."""
        turned = (points - self.centres(times)) * np.conj(self._turn(times))
        squash = self._squash(times)
        body = (turned - squash * np.conj(turned)) / (1 - squash * squash)
        return body / self._stretch(body, times)

    def to_screen(self, surface: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Maps points of the skin to the screen."""
        body = surface * self._stretch(surface, times)
        turned = body + self._squash(times) * np.conj(body)
        return turned * self._turn(times) + self.centres(times)

    def _turn(self, times: np.ndarray) -> np.ndarray:
        return np.exp(1j * (self.angle + self.spin * times))

    def _squash(self, times: np.ndarray) -> np.ndarray:
        return self.squash * np.sin(self.squash_rate * times)

    def _stretch(self, body: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Returns the wobble's factor in the direction of each point."""
        length = np.abs(body)
        direction = body / np.maximum(length, np.finfo(length.dtype).tiny)
        waves = [
            amplitude * np.exp(1j * (rate * times + phase))
            for amplitude, rate, phase in zip(
                self.wobble, self.wobble_rates, self.wobble_phases, strict=True
            )
        ]
        square = direction * direction
        wobble = waves[0] + (waves[1] + waves[2] * direction) * square
        return 1 + wobble.real


def _mirrored(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Folds a straight path into [low, high] as if its ends were mirrors."""
    span = max(high - low, np.finfo(np.float32).tiny)
    folded = np.mod(values - low, 2 * span)
    return low + np.minimum(folded, 2 * span - folded)

"""Camera shake: random trajectories of a shaking hand and the blur that each one makes.

    generator = np.random.default_rng(0)
    shakes = trajectories(generator, count=100, length=24.0)  # [100, 2000] complex, pixels
    kernels = point_spreads(shakes, exposures=np.full(100, 0.5))  # [100, K, K]

The camera points at x (real part to the right, imaginary part downwards) and moves at
constant speed; its velocity is pushed about by noise, drawn back to where it began, and
now and then nearly turned round.

References:
  [1] Boracchi, Foi, Modeling the Performance of Image Restoration From Motion Blur, IEEE
      Transactions on Image Processing 21(8), 2012, section II (trajectories of particles).
  [2] Kupyn et al., DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial
      Networks, CVPR 2018, section 4.2 and algorithm 1 (the ranges of what is drawn).
"""

import math

import numpy as np

ITERATIONS = 2000  # [2]
# Upper ends of what is drawn uniformly from 0 on for each trajectory, [2].
CENTRIPETAL = 0.7
BIG_SHAKE = 0.2
GAUSSIAN = 10.0
# How far all shakes count, as in the code that was published with [2].
MAX_SHAKINESS = 0.1
# A big shake turns the velocity round, but for so many radians.
TURN = 0.5


def trajectories(
    generator: np.random.Generator,
    *,
    count: int,
    length: float,
    iterations: int = ITERATIONS,
    shakiness: float | None = None,
) -> np.ndarray:
    """Draws trajectories, all at once.

    Args:
      generator: of everything that is drawn.
      count: N.
      length: of the whole path, in pixels; 0 stays in place.
      iterations: points of a trajectory.
      shakiness: factor of all shakes; None draws it between 0 and 0.1 for each.

    Returns:
      [N, iterations] complex128, pixels; the mean of each is 0.
    """
    centripetal = CENTRIPETAL * generator.uniform(size=count)
    big_shake = BIG_SHAKE * generator.uniform(size=count)
    gaussian = GAUSSIAN * generator.uniform(size=count)
    angle = 2.0 * math.pi * generator.uniform(size=count)
    strength = MAX_SHAKINESS * generator.uniform(size=count)
    if shakiness is not None:
        strength = np.full(count, shakiness)
    # The last point would need no step: [2] divides by one less, too.
    step = length / (iterations - 1)
    place = np.zeros(count, np.complex128)
    velocity = step * np.exp(1j * angle)
    path = np.zeros([count, iterations], np.complex128)
    for number in range(1, iterations):
        is_big = generator.uniform(size=count) < big_shake * strength
        turn = math.pi + generator.uniform(-TURN, TURN, count)
        noise = generator.normal(size=(2, count))
        pushed = gaussian * (noise[0] + 1j * noise[1]) - centripetal * place
        change = strength * pushed * step
        change += np.where(is_big, 2.0 * velocity * np.exp(1j * turn), 0.0)
        velocity = velocity + change
        velocity *= step / np.maximum(np.abs(velocity), np.finfo(np.float64).tiny)
        place = place + velocity
        path[:, number] = place
    return path - path.mean(axis=1, keepdims=True)


def point_spreads(path: np.ndarray, exposures: np.ndarray) -> np.ndarray:
    """Makes the blur kernels of trajectories that are exposed for a part of their time.

    Each point gives its share to the four nearest pixels, bilinearly. The part that is
    exposed lies in the middle of the time and is centred, so that a kernel blurs without
    moving the picture.

    Args:
      path: [N, I] complex, pixels.
      exposures: [N] in (0, 1], the exposed part of the time.

    Returns:
      [N, K, K] float32 with K odd and as small as holds all of them; none is negative,
      each sums to 1. A path that stays in place is the identity.
    """
    count, iterations = path.shape
    exposed = np.maximum(np.rint(exposures * iterations), 1.0)[:, np.newaxis]
    start = (iterations - exposed) // 2
    moments = np.arange(iterations)
    weights = (moments >= start) & (moments < start + exposed)
    weights = weights / exposed  # [N, I]
    path = path - np.sum(weights * path, axis=1, keepdims=True)
    reach = np.max(np.abs([path.real, path.imag]) * (weights > 0), initial=0.0)
    radius = math.ceil(reach)
    side = 2 * radius + 1
    kernels = np.zeros([count, side * side])
    for rows, columns, shares in _neighbours(path.real + radius, path.imag + radius):
        # What is not exposed may lie beyond the kernel, where it has no weight.
        places = np.clip(rows, 0, side - 1) * side + np.clip(columns, 0, side - 1)
        for kernel, place, share in zip(kernels, places, shares * weights, strict=True):
            kernel += np.bincount(place, share, minlength=side * side)
    kernels /= kernels.sum(axis=1, keepdims=True)
    return kernels.reshape(count, side, side).astype(np.float32)


def _neighbours(
    across: np.ndarray, down: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows, columns and bilinear shares of the four pixels around points."""
    left, top = np.floor(across), np.floor(down)
    right_share, bottom_share = across - left, down - top
    found = []
    for lower, vertical in ((0, 1.0 - bottom_share), (1, bottom_share)):
        for further, horizontal in ((0, 1.0 - right_share), (1, right_share)):
            rows, columns = (top + lower).astype(int), (left + further).astype(int)
            found.append((rows, columns, vertical * horizontal))
    return found

"""Winograd's minimal filtering in time: fewer products for the same convolution.

A tile of m outputs of a filter with r taps takes m r products done directly, and m + r - 1
if the inputs are first mixed as if a polynomial were evaluated at as many points [1]:

    y = A' [(G w) * (B' x)]

with small constant matrices. Here the filter runs in time only, and the product of two
numbers is a convolution of two images: with 4 taps, 10 frames of output take 19 of them
instead of 40. The map is bilinear, and its two transposes cost as much:

    input gradient   B [(G w) * (A g)]
    filter gradient  G' [(B' x) * (A g)]

All of it is exact but for rounding. Mixing costs accuracy, more with each point: with the
7 points allowed here, about twice the error of the plain convolution in float32 (root mean
square, 64 channels; `tests/ops/convolution/test_winograd.py` holds it to four times).

References:
  [1] Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, section 4;
      Winograd, Arithmetic Complexity of Computations, 1980.
  [2] Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for
      Deep Neural Networks, ACM TOMS 46 (2020).
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfvideogan.ops.convolution import planar as planes
from tfvideogan.ops.convolution.geometry import Geometry

# Where polynomials are evaluated, the first ones first; the last point of every tile is
# at infinity. Powers of two, so that the matrices A and G are exact.
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, 2.0)
MOST_POINTS = len(POINTS) + 1


class _Point(NamedTuple):
    """What one point asks of time: rows of the matrices, for all tiles that have it.

    Attributes:
      taps: [t], from the kernel's taps to one kernel in the plane (a row of G).
      mixing: [P, T], from frames to the P frames that it convolves (rows of B').
      sharing: [To, P], from those to frames of output (columns of A').
    """

    taps: np.ndarray
    mixing: np.ndarray
    sharing: np.ndarray


def forward(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves x [N, T, H, W, I]."""
    plane, scheme = geometry.plane, _scheme_of(geometry)
    image = (*plane.size, geometry.inputs)
    made = [
        planes.native_forward(plane, _mixed(point.mixing, x, image), weights)
        for point, weights in zip(scheme, _kernels(scheme, kernel), strict=True)
    ]
    sharing = np.concatenate([point.sharing for point in scheme], axis=1)
    shape = (*geometry.output, geometry.outputs)
    return _summed(sharing, made, [point.sharing.shape[1] for point in scheme], shape)


def input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Brings gradient [N, To, Ho, Wo, O] back to the input."""
    plane, scheme = geometry.plane, _scheme_of(geometry)
    image = (*plane.output, geometry.outputs)
    made = [
        planes.native_input_gradient(
            plane, _mixed(point.sharing.T, gradient, image), weights
        )
        for point, weights in zip(scheme, _kernels(scheme, kernel), strict=True)
    ]
    mixing = np.concatenate([point.mixing for point in scheme]).T
    shape = (*geometry.size, geometry.inputs)
    return _summed(mixing, made, [point.mixing.shape[0] for point in scheme], shape)


def filter_gradient(geometry: Geometry, x: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """Correlates x [N, T, H, W, I] with gradient [N, To, Ho, Wo, O]."""
    plane, scheme = geometry.plane, _scheme_of(geometry)
    images = (*plane.size, geometry.inputs), (*plane.output, geometry.outputs)
    made = [
        planes.native_filter_gradient(
            plane,
            _mixed(point.mixing, x, images[0]),
            _mixed(point.sharing.T, gradient, images[1]),
        )
        for point in scheme
    ]
    taps = np.stack([point.taps for point in scheme], axis=1)
    flat = tf.reshape(tf.stack(made), [len(scheme), -1])
    kernel = tf.matmul(tf.constant(taps, flat.dtype), flat)
    return tf.reshape(kernel, [*geometry.kernel, geometry.inputs, geometry.outputs])


def _kernels(scheme: tuple[_Point, ...], kernel: tf.Tensor) -> list[tf.Tensor]:
    """The kernel in the plane [h, w, I, O] of each point."""
    flat = tf.reshape(kernel, [kernel.shape[0], -1])
    taps = tf.constant(np.stack([point.taps for point in scheme]), kernel.dtype)
    shape = [len(scheme), *kernel.shape[1:]]
    return tf.unstack(tf.reshape(tf.matmul(taps, flat), shape))


def _mixed(
    matrix: np.ndarray, clips: tf.Tensor, image: tuple[int, int, int]
) -> tf.Tensor:
    """Frames [N·P, h, w, C] of sums of the frames of clips, by rows of a matrix [P, T]."""
    flat = tf.reshape(clips, [-1, matrix.shape[1], np.prod(image)])
    mixed = tf.matmul(tf.constant(matrix[np.newaxis], clips.dtype), flat)
    return tf.reshape(mixed, [-1, *image])


def _summed(
    matrix: np.ndarray,
    parts: list[tf.Tensor],
    counts: list[int],
    shape: tuple[int, int, int, int],
) -> tf.Tensor:
    """Clips [N, *shape] of sums of all parts, each [N·P, h, w, C], P as in `counts`."""
    size = np.prod(shape[1:])
    rows = [
        tf.reshape(part, [-1, count, size])
        for part, count in zip(parts, counts, strict=True)
    ]
    constant = tf.constant(matrix[np.newaxis], parts[0].dtype)
    return tf.reshape(tf.matmul(constant, tf.concat(rows, axis=1)), [-1, *shape])


def _scheme_of(geometry: Geometry) -> tuple[_Point, ...]:
    stride, taps = geometry.strides[0], geometry.kernel[0]
    if stride != 1 or taps > MOST_POINTS:
        raise ValueError(
            f"Winograd's way takes the stride 1 in time and at most {MOST_POINTS} taps, "
            f"not {stride} and {taps}."
        )
    return _scheme(geometry.size[0], taps, geometry.padding[0])


@functools.lru_cache
def _scheme(size: int, taps: int, padding: int) -> tuple[_Point, ...]:
    """The points for so many frames; tiles share the points that they have in common."""
    length = size + 2 * padding - taps + 1
    rows: dict[int, list[tuple[np.ndarray, ...]]] = {}
    begin = 0
    for tile in _tiles(length, MOST_POINTS + 1 - taps):
        for index, (weights, mixing, sharing) in enumerate(_matrices(tile, taps)):
            # Infinity comes last in a tile, and is one and the same in all.
            place = index if index < tile + taps - 2 else -1
            of_tile = np.zeros(size + 2 * padding), np.zeros(length)
            of_tile[0][begin : begin + len(mixing)] = mixing
            of_tile[1][begin : begin + tile] = sharing
            # Frames of zeros need not be mixed in.
            seen = of_tile[0][padding : padding + size]
            rows.setdefault(place, []).append((weights, seen, of_tile[1]))
        begin += tile
    scheme = []
    for parts in rows.values():
        weights, mixing, sharing = zip(*parts, strict=True)
        # Rows of G do not depend on the tile.
        scheme.append(_Point(weights[0], np.stack(mixing), np.stack(sharing, axis=1)))
    return tuple(scheme)


def _tiles(length: int, most: int) -> list[int]:
    """Splits a length into few parts of nearly one size, none longer than `most`."""
    count = -(-length // most)
    return [length // count + (part < length % count) for part in range(count)]


@functools.lru_cache
def _matrices(outputs: int, taps: int) -> list[tuple[np.ndarray, ...]]:
    """Rows of G and B' and columns of A' for each point of a tile (Cook-Toom, see [2]).

    Multiplying polynomials evaluates both, multiplies, and interpolates; filtering is its
    transpose. Rows of G and B' are brought near size 1 by powers of two, which A' undoes.
    """
    points = outputs + taps - 1

    def powers(count: int) -> np.ndarray:
        finite = np.vander(POINTS[: points - 1], count, increasing=True)
        return np.concatenate([finite, np.eye(1, count, count - 1)])

    mixing = np.linalg.inv(powers(points)).T
    weights, sharing = powers(taps), powers(outputs)
    sizes = [2.0 ** np.round(np.log2(np.abs(m).sum(1))) for m in (weights, mixing)]
    return list(
        zip(
            weights / sizes[0][:, np.newaxis],
            mixing / sizes[1][:, np.newaxis],
            sharing * (sizes[0] * sizes[1])[:, np.newaxis],
            strict=True,
        )
    )


FORM = planes.Form(forward, input_gradient, filter_gradient)

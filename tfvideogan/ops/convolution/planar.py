"""Ways to compute the three maps of a two-dimensional convolution.

    forward(x, w)           [N, H, W, I], [h, w, I, O] -> [N, Ho, Wo, O]
    input_gradient(g, w)    [N, Ho, Wo, O], [h, w, I, O] -> [N, H, W, I]
    filter_gradient(x, g)   -> [h, w, I, O]

All ways give the same numbers up to rounding; which one is quick depends on the sizes
and on the processor. `FORMS` names them; `None` where a way has nothing of its own.

For the kernel 4 with stride 2 and padding 1, write a tap as 2 j + a and a pixel of the
padded input as 2 m + a: the tap (j, a) of the output pixel o reads m = o + j. So the
kernel is a 2x2 kernel of stride 1 over the input in blocks of 2x2 (`space_to_depth`),
which needs no strided slices: those are slow on a CPU.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.ops.convolution.geometry import Geometry

Map = Callable[[Geometry, tf.Tensor, tf.Tensor], tf.Tensor]
BLOCK = 2
RANK = 2


class Form(NamedTuple):
    """One way to compute each of the three maps, None where it has none."""

    forward: Map | None = None
    input_gradient: Map | None = None
    filter_gradient: Map | None = None


# --- The library's own
#
# With explicit paddings TensorFlow 2.21 leaves the gradients to Eigen even where oneDNN is
# on: three to seven times slower than "SAME" or "VALID", which go to oneDNN.


def native_forward(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves x [N, H, W, I]."""
    x, padding = _as_padded(geometry, x)
    return tf.nn.conv2d(x, kernel, geometry.strides, padding)


def native_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Brings gradient [N, Ho, Wo, O] back to the input."""
    is_same = geometry.is_same
    size = geometry.size if is_same else geometry.padded
    made = tf.nn.conv2d_transpose(
        gradient,
        kernel,
        [tf.shape(gradient)[0], *size, geometry.inputs],
        geometry.strides,
        "SAME" if is_same else "VALID",
    )
    if not is_same:
        rows, columns = geometry.padding
        made = made[:, rows : size[0] - rows, columns : size[1] - columns]
    return tf.ensure_shape(made, [gradient.shape[0], *geometry.size, geometry.inputs])


def native_filter_gradient(
    geometry: Geometry, x: tf.Tensor, gradient: tf.Tensor
) -> tf.Tensor:
    """Correlates x [N, H, W, I] with gradient [N, Ho, Wo, O]."""
    x, padding = _as_padded(geometry, x)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x,
        filter_sizes=[*geometry.kernel, geometry.inputs, geometry.outputs],
        out_backprop=gradient,
        strides=[1, *geometry.strides, 1],
        padding=padding,
    )


def _as_padded(geometry: Geometry, x: tf.Tensor) -> tuple[tf.Tensor, str]:
    """Returns an input and the name of a padding that stand for the geometry's zeros."""
    if geometry.is_same:
        return x, "SAME"
    return (tf.pad(x, _paddings(geometry)) if any(geometry.padding) else x), "VALID"


def _paddings(geometry: Geometry) -> list[list[int]]:
    rows, columns = geometry.padding
    return [[0, 0], [rows, rows], [columns, columns], [0, 0]]


# --- Few channels: four sub-pixels as channels of a convolution of stride 1


def subpixel_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Computes blocks of 2x2 input pixels with a 2x2 kernel over the gradient.

    Pixels 2 m - 1 and 2 m of an axis get gradients m - 1 and m only.
    """
    made = tf.nn.conv2d(
        gradient, subpixel_kernel(kernel), 1, [[0, 0], [1, 1], [1, 1], [0, 0]]
    )
    return tf.nn.depth_to_space(made, BLOCK)[:, 1:-1, 1:-1]


def subpixel_kernel(kernel: tf.Tensor) -> tf.Tensor:
    """Rearranges [4, 4, I, O] to [2, 2, O, 4 I], gradient to blocks of pixels."""
    *_, inputs, outputs = kernel.shape
    blocks = tf.reshape(kernel, [BLOCK, BLOCK, BLOCK, BLOCK, inputs, outputs])
    turned = tf.transpose(tf.reverse(blocks, axis=[0, 2]), [0, 2, 5, 1, 3, 4])
    return tf.reshape(turned, [BLOCK, BLOCK, outputs, BLOCK * BLOCK * inputs])


# --- Stride 1: a convolution with the kernel turned round


def turned_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Convolves the gradient with the kernel turned by 180 degrees."""
    turned = tf.transpose(tf.reverse(kernel, axis=[0, 1]), [0, 1, 3, 2])
    rows, columns = (
        taps - 1 - zeros
        for taps, zeros in zip(geometry.kernel, geometry.padding, strict=True)
    )
    pads = [[0, 0], [rows, rows], [columns, columns], [0, 0]]
    return tf.nn.conv2d(gradient, turned, 1, pads)


FORMS = {
    "native": Form(native_forward, native_input_gradient, native_filter_gradient),
    "turned": Form(input_gradient=turned_input_gradient),
    "subpixel": Form(input_gradient=subpixel_input_gradient),
}

"""Ways to compute the three maps of a convolution over time and space.

    forward(x, w)           [N, T, H, W, I], [t, h, w, I, O] -> [N, To, Ho, Wo, O]
    input_gradient(g, w)    [N, To, Ho, Wo, O], w -> [N, T, H, W, I]
    filter_gradient(x, g)   -> [t, h, w, I, O]

As in `planar.py`, which explains the blocks; `FORMS` names the ways, of which
`winograd.py` holds one.
"""

import tensorflow as tf

from tfvideogan.ops import frames
from tfvideogan.ops.convolution import planar as planes
from tfvideogan.ops.convolution import winograd
from tfvideogan.ops.convolution.geometry import Geometry

# --- The library's own, which knows no padding


def native_forward(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves x [N, T, H, W, I]."""
    padded = tf.pad(x, _paddings(geometry))
    return tf.nn.conv3d(padded, kernel, [1, *geometry.strides, 1], "VALID")


def native_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Brings gradient [N, To, Ho, Wo, O] back to the input."""
    shape = [tf.shape(gradient)[0], *geometry.padded, geometry.inputs]
    strides = [1, *geometry.strides, 1]
    made = tf.nn.conv3d_transpose(gradient, kernel, shape, strides, "VALID")
    begins = [0, *geometry.padding, 0]
    made = tf.slice(made, begins, [-1, *geometry.size, geometry.inputs])
    return tf.ensure_shape(made, [gradient.shape[0], *geometry.size, geometry.inputs])


def native_filter_gradient(
    geometry: Geometry, x: tf.Tensor, gradient: tf.Tensor
) -> tf.Tensor:
    """Correlates x [N, T, H, W, I] with gradient [N, To, Ho, Wo, O]."""
    return tf.raw_ops.Conv3DBackpropFilterV2(
        input=tf.pad(x, _paddings(geometry)),
        filter_sizes=[*geometry.kernel, geometry.inputs, geometry.outputs],
        out_backprop=gradient,
        strides=[1, *geometry.strides, 1],
        padding="VALID",
    )


def _paddings(geometry: Geometry) -> list[list[int]]:
    return [[0, 0], *([zeros, zeros] for zeros in geometry.padding), [0, 0]]


# --- Few channels: taps in time and sub-pixels as channels


def subpixel_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Computes blocks of 2x2 pixels of all taps in time by one 2x2 convolution.

    What the taps give is moved and added up afterwards: padding the gradient in time
    instead would waste To / T of the work.
    """
    taps = geometry.kernel[0]
    kernels = [planes.subpixel_kernel(kernel[tap]) for tap in range(taps)]
    flat = tf.reshape(gradient, [-1, *gradient.shape[2:]])
    pads = [[0, 0], [1, 1], [1, 1], [0, 0]]
    made = tf.nn.conv2d(flat, tf.concat(kernels, axis=-1), 1, pads)
    made = frames.unfold_time(made, num_frames=geometry.output[0])
    moved = [
        tf.pad(part, [[0, 0], [tap, taps - 1 - tap], *[[0, 0]] * 3])
        for tap, part in enumerate(tf.split(made, taps, axis=-1))
    ]
    blocks = tf.add_n(moved)
    flat = tf.reshape(blocks, [-1, *blocks.shape[2:]])
    pixels = tf.nn.depth_to_space(flat, planes.BLOCK)[:, 1:-1, 1:-1]
    return tf.reshape(pixels, [-1, *geometry.size, geometry.inputs])


FORMS = {
    "native": planes.Form(
        native_forward, native_input_gradient, native_filter_gradient
    ),
    "subpixel": planes.Form(input_gradient=subpixel_input_gradient),
    "winograd": winograd.FORM,
}

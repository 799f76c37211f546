"""Ways to compute the three maps of a convolution over time and space.

    forward(x, w)           [N, T, H, W, I], [t, h, w, I, O] -> [N, To, Ho, Wo, O]
    input_gradient(g, w)    [N, To, Ho, Wo, O], w -> [N, T, H, W, I]
    filter_gradient(x, g)   -> [t, h, w, I, O]

As in `convolution_planes.py`, which explains the blocks; `FORMS` names the ways. All but
the library's own treat a tap in time as a convolution of frames and add up shifted
results: the gradient is never padded in time, which would waste To / T of the work.
"""

import tensorflow as tf

from tfvideogan.ops import convolution_planes as planes
from tfvideogan.ops import convolution_winograd, frames
from tfvideogan.ops.convolution_geometry import Geometry

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
    """Computes blocks of 2x2 pixels of all taps in time by one 2x2 convolution."""
    kernels = [planes.subpixel_kernel(kernel[tap]) for tap in range(geometry.kernel[0])]
    made = tf.nn.conv2d(
        _fold(gradient),
        tf.concat(kernels, axis=-1),
        1,
        [[0, 0], [1, 1], [1, 1], [0, 0]],
    )
    blocks = _shift_add(geometry, tf.split(made, geometry.kernel[0], axis=-1))
    flat = tf.nn.depth_to_space(_fold(blocks), planes.BLOCK)[:, 1:-1, 1:-1]
    return _unfold(geometry, flat)


# --- Small and wide: products of matrices


def matmul_input_gradient(
    geometry: Geometry, gradient: tf.Tensor, kernel: tf.Tensor
) -> tf.Tensor:
    """Multiplies the gradient by the kernel of each tap and adds the patches up."""
    parts = [
        tf.einsum("nhwo,ko->nhwk", _fold(gradient), _block_rows(kernel[tap]))
        for tap in range(geometry.kernel[0])
    ]
    patches = _fold(_shift_add(geometry, parts))
    plane = _plane(geometry)
    split = tf.split(patches, planes.BLOCK * planes.BLOCK, axis=-1)
    return _unfold(geometry, _join_patches(plane, split))


def matmul_filter_gradient(
    geometry: Geometry, x: tf.Tensor, gradient: tf.Tensor
) -> tf.Tensor:
    """Multiplies each block of the patches by the gradient."""
    plane = _plane(geometry)
    flat = tf.reshape(gradient, [-1, geometry.outputs])
    blocks = [
        frames.unfold_time(one, num_frames=geometry.size[0])
        for one in _block_patches(plane, _fold(x))
    ]
    taps = []
    for tap in range(geometry.kernel[0]):
        rows = [
            tf.matmul(
                tf.reshape(one[:, tap : tap + geometry.output[0]], [-1, one.shape[-1]]),
                flat,
                transpose_a=True,
            )
            for one in blocks
        ]
        taps.append(_from_block_rows(tf.concat(rows, axis=0), geometry.inputs))
    return tf.stack(taps)


def _block_patches(geometry: Geometry, x: tf.Tensor) -> list[tf.Tensor]:
    """What the four taps of the 2x2 block kernel see, each [N, Ho, Wo, 4 I]."""
    rows, columns = geometry.output
    blocks = tf.nn.space_to_depth(tf.pad(x, _paddings(geometry)), planes.BLOCK)
    return [
        blocks[:, row : row + rows, column : column + columns]
        for row in range(planes.BLOCK)
        for column in range(planes.BLOCK)
    ]


def _join_patches(geometry: Geometry, patches: list[tf.Tensor]) -> tf.Tensor:
    """Undoes `_block_patches` as its transpose does: adds what falls on one pixel."""
    places = [
        (row, column) for row in range(planes.BLOCK) for column in range(planes.BLOCK)
    ]
    moved = [
        tf.pad(patch, [[0, 0], [row, 1 - row], [column, 1 - column], [0, 0]])
        for (row, column), patch in zip(places, patches, strict=True)
    ]
    made = tf.nn.depth_to_space(tf.add_n(moved), planes.BLOCK)[:, 1:-1, 1:-1]
    return tf.ensure_shape(made, [None, *geometry.size, geometry.inputs])


def _block_rows(kernel: tf.Tensor) -> tf.Tensor:
    """Rearranges [4, 4, I, O] to [16 I, O], rows in the order of `_block_patches`."""
    *_, inputs, outputs = kernel.shape
    blocks = tf.reshape(
        kernel,
        [planes.BLOCK, planes.BLOCK, planes.BLOCK, planes.BLOCK, inputs, outputs],
    )
    return tf.reshape(tf.transpose(blocks, [0, 2, 1, 3, 4, 5]), [-1, outputs])


def _from_block_rows(rows: tf.Tensor, inputs: int) -> tf.Tensor:
    """Undoes `_block_rows`."""
    size = planes.BLOCK * planes.BLOCK
    outputs = rows.shape[-1]
    blocks = tf.reshape(
        rows, [planes.BLOCK, planes.BLOCK, planes.BLOCK, planes.BLOCK, inputs, outputs]
    )
    return tf.reshape(
        tf.transpose(blocks, [0, 2, 1, 3, 4, 5]), [size, size, inputs, outputs]
    )


def _plane(geometry: Geometry) -> Geometry:
    """The convolution that one tap in time is."""
    return Geometry(
        *(
            getattr(geometry, name)[1:]
            for name in ("size", "kernel", "strides", "padding")
        ),
        geometry.inputs,
        geometry.outputs,
    )


def _shift_add(geometry: Geometry, parts: list[tf.Tensor]) -> tf.Tensor:
    """Adds parts [N·To, ...] of the taps to [N, T, ...], each moved by its tap."""
    last = geometry.kernel[0] - 1
    moved = [
        tf.pad(
            frames.unfold_time(part, num_frames=geometry.output[0]),
            [[0, 0], [tap, last - tap], *[[0, 0]] * (part.shape.rank - 1)],
        )
        for tap, part in enumerate(parts)
    ]
    return tf.add_n(moved)


def _fold(clips: tf.Tensor) -> tf.Tensor:
    """Frames [N·T, ...] with their static sizes."""
    return tf.reshape(clips, [-1, *clips.shape[2:]])


def _unfold(geometry: Geometry, flat: tf.Tensor) -> tf.Tensor:
    return tf.reshape(flat, [-1, *geometry.size, geometry.inputs])


FORMS = {
    "native": planes.Form(
        native_forward, native_input_gradient, native_filter_gradient
    ),
    "subpixel": planes.Form(input_gradient=subpixel_input_gradient),
    "winograd": convolution_winograd.FORM,
    "matmul": planes.Form(
        input_gradient=matmul_input_gradient, filter_gradient=matmul_filter_gradient
    ),
}

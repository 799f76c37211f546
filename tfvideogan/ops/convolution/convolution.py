"""Convolutions that are quick on a CPU, forwards and backwards, to any order.

    y = convolution.conv2d(x, kernel, stride=2, padding=1)
    x = convolution.conv2d_transpose(y, kernel, stride=2, padding=1)
    y = convolution.conv3d(x, kernel, strides=(1, 2, 2), padding=(0, 1, 1))

    with convolution.planned_gradients():        # as every training step does
        y = convolution.conv2d(x, kernel)

TensorFlow computes the input and filter gradients of some convolutions several times
slower than the convolutions themselves; written in another way they are not. A
convolution is bilinear, and its three maps are each other's derivatives:

    forward(x, w)           derivatives: input_gradient, filter_gradient
    input_gradient(g, w)    derivatives: forward(u, w), filter_gradient(u, g)
    filter_gradient(x, g)   derivatives: input_gradient(g, v), forward(x, v)

so three custom gradients that call each other give every order (penalties on slopes
need the second), each map in the way that suits its sizes. `choose` decides while a
graph is traced; kernels have the usual layout, so checkpoints do not depend on it. On a
GPU or TPU, and for half precision, these are the plain operations. Forward-mode
differentiation does not pass.

Custom gradients are there inside `planned_gradients` only, which `VideoModel.train_step`
enters: what is exported holds none. Elsewhere gradients are those of the operations used,
right to every order, but slow.
"""

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from tfvideogan.core import shapes
from tfvideogan.ops.convolution import planar, volumetric
from tfvideogan.ops.convolution.geometry import Geometry

_BilinearMap = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

FORMS = {2: planar.FORMS, 3: volumetric.FORMS}
# Read off tools/benchmark_convolution.py: see `choose`.
THIN_CHANNELS = 4
WIDE_CHANNELS = 64
WINOGRAD_TAPS = 4
NATIVE = "native"


@dataclasses.dataclass(frozen=True)
class Plan:
    """The way in which each map is computed, by its name in `FORMS`."""

    forward: str = NATIVE
    input_gradient: str = NATIVE
    filter_gradient: str = NATIVE


PLAIN = Plan()
WHOLE = Plan("product")
# A variable of the context, because replicas run in threads of their own.
_plans_gradients = contextvars.ContextVar("plans_gradients", default=False)
# Nothing here needs AutoGraph, whose reading of the sources would double the tracing.
_as_it_is = tf.autograph.experimental.do_not_convert


@contextlib.contextmanager
def planned_gradients() -> Iterator[None]:
    """Makes the convolutions called inside compute their gradients as planned.

    What counts is where a graph is traced: a `tf.function` keeps the gradients of its
    first call.
    """
    token = _plans_gradients.set(True)
    try:
        yield
    finally:
        _plans_gradients.reset(token)


@_as_it_is
def conv2d(
    x: tf.Tensor,
    kernel: tf.Tensor,
    *,
    stride: int = 1,
    padding: int | Sequence[int] = 0,
    plan: Plan | None = None,
) -> tf.Tensor:
    """Convolves images with explicit zeros around them.

    Args:
      x: [N, H, W, I]; H, W and I are static.
      kernel: [h, w, I, O], a tensor (not a variable).
      stride: of rows and columns.
      padding: zeros on each of the four sides, or above and beside.
      plan: how to compute; `choose` decides by default, `PLAIN` is TensorFlow's way.

    Returns:
      [N, (H + 2 padding - h) // stride + 1, ..., O].

    Raises:
      ValueError: ranks or channels do not fit.
    """
    shapes.check_shape(x, "N H W I", name="x", I=kernel.shape[2])
    zeros = (padding,) * 2 if isinstance(padding, int) else padding
    geometry = _geometry(x.shape[1:], kernel.shape, (stride,) * 2, zeros)
    return _forward(x, kernel, geometry, plan)


@_as_it_is
def conv3d(
    x: tf.Tensor,
    kernel: tf.Tensor,
    *,
    strides: Sequence[int] = (1, 1, 1),
    padding: Sequence[int] = (0, 0, 0),
    plan: Plan | None = None,
) -> tf.Tensor:
    """Convolves clips with explicit zeros around them.

    Args:
      x: [N, T, H, W, I]; all but N are static.
      kernel: [t, h, w, I, O], a tensor (not a variable).
      strides: of time, rows and columns.
      padding: zeros at either end of time, rows and columns.
      plan: see `conv2d`.

    Returns:
      [N, To, Ho, Wo, O].

    Raises:
      ValueError: ranks or channels do not fit.
    """
    shapes.check_shape(x, "N T H W I", name="x", I=kernel.shape[3])
    geometry = _geometry(x.shape[1:], kernel.shape, strides, padding)
    return _forward(x, kernel, geometry, plan)


@_as_it_is
def conv2d_transpose(
    x: tf.Tensor,
    kernel: tf.Tensor,
    *,
    stride: int = 1,
    padding: int = 0,
    plan: Plan | None = None,
) -> tf.Tensor:
    """Undoes the sizes of `conv2d` with the same arguments: its input gradient.

    Args:
      x: [N, H, W, I]; H, W and I are static.
      kernel: [h, w, O, I], as Keras' `Conv2DTranspose` has it.
      stride: of rows and columns.
      padding: of the convolution that is undone; it is cut off here.
      plan: see `conv2d`; "input_gradient" is the way forwards.

    Returns:
      [N, (H - 1) stride + h - 2 padding, ..., O].

    Raises:
      ValueError: ranks or channels do not fit.
    """
    shapes.check_shape(x, "N H W I", name="x", I=kernel.shape[3])
    size = [
        (length - 1) * stride + taps - 2 * padding
        for length, taps in zip(x.shape[1:3], kernel.shape[:2], strict=True)
    ]
    image = (*size, kernel.shape[2])
    geometry = _geometry(image, kernel.shape, (stride,) * 2, (padding,) * 2)
    plan = _decide(geometry, x.dtype) if plan is None else plan
    if geometry.is_whole and plan != PLAIN:
        rows = tf.reshape(kernel, [-1, geometry.outputs])
        flat = tf.reshape(x, [-1, geometry.outputs])
        made = tf.matmul(flat, rows, transpose_b=True)
        return tf.reshape(made, [-1, *geometry.size, geometry.inputs])
    if _plans_gradients.get() and plan != PLAIN:
        return _Nested(geometry, plan).input_gradient(x, kernel)
    form = planar.FORMS[plan.input_gradient]
    return form.input_gradient(geometry, x, kernel)


def choose(geometry: Geometry) -> Plan:
    """Returns how the maps of a convolution are quickest on a CPU with oneDNN.

    Gains are TensorFlow's time over ours at batch 8, all of whose 16 frames count in the
    plane, on two cores of a Xeon with AVX512-VNNI; Winograd's of an EPYC with AVX2.

    In the plane, for 4 / 2 / 1: input gradients of three channels by sub-pixels (1.3; 0.7
    to 0.8 from 64 channels on). For 3 / 1 / 1: input gradients with the kernel turned
    round (1.5 and 1.2 for few channels, 1.0 for 128).

    In space and time: input gradients of three channels by sub-pixels (1.5); wide layers by
    Winograd's filtering in time (1.8 to 2.3, and 1.1 to 1.7 where 4x4 pixels are left).
    """
    is_plane = len(geometry.size) == planar.RANK
    if is_plane and geometry.is_dense and max(geometry.kernel) > 1:
        return Plan(input_gradient="turned")
    if not geometry.halves_the_plane:
        return PLAIN
    if geometry.inputs <= THIN_CHANNELS:
        return Plan(input_gradient="subpixel")
    is_wide = min(geometry.inputs, geometry.outputs) >= WIDE_CHANNELS
    if is_plane or not is_wide or geometry.kernel[0] != WINOGRAD_TAPS:
        return PLAIN
    return Plan("winograd", "winograd", "winograd")


def _decide(geometry: Geometry, dtype: tf.DType) -> Plan:
    """Plain operations on accelerators and in half precision, else what `choose` says."""
    has_accelerator = any(map(tf.config.list_logical_devices, ("GPU", "TPU")))
    if has_accelerator or dtype not in (tf.float32, tf.float64):
        return PLAIN
    # A kernel as large as the image is a product of matrices, and no plan.
    return WHOLE if geometry.is_whole else choose(geometry)


def _geometry(
    image: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[int],
) -> Geometry:
    """The geometry for an image's shape and a kernel's, both without the batch."""
    *size, inputs = image
    *taps, _, outputs = kernel
    if None in size:
        raise ValueError(
            f"`x` has the sizes {tuple(size)}; all but the batch must be static."
        )
    whole = [length + 2 * zeros for length, zeros in zip(size, padding, strict=True)]
    if any(tap > length for tap, length in zip(taps, whole, strict=True)):
        raise ValueError(
            f"`kernel` covers {tuple(taps)}, more than the {tuple(size)} of `x` with "
            f"its `padding` of {tuple(padding)}."
        )
    parts = (size, taps, strides, padding)
    return Geometry(*(tuple(map(int, part)) for part in parts), inputs, outputs)


def _forward(
    x: tf.Tensor,
    kernel: tf.Tensor,
    geometry: Geometry,
    plan: Plan | None,
) -> tf.Tensor:
    plan = _decide(geometry, x.dtype) if plan is None else plan
    if geometry.is_whole and plan != PLAIN:
        flat = tf.reshape(x, [x.shape[0] or -1, kernel.shape[:-1].num_elements()])
        made = tf.matmul(flat, tf.reshape(kernel, [-1, geometry.outputs]))
        return tf.reshape(made, [-1, *geometry.output, geometry.outputs])
    if _plans_gradients.get() and plan != PLAIN:
        return _Nested(geometry, plan).forward(x, kernel)
    return FORMS[len(geometry.size)][plan.forward].forward(geometry, x, kernel)


class _Nested:
    """The three maps as custom gradients of each other."""

    def __init__(self, geometry: Geometry, plan: Plan) -> None:
        forms = FORMS[len(geometry.size)]

        def way(name: str) -> _BilinearMap:
            function = getattr(forms[getattr(plan, name)], name)
            return lambda first, second: function(geometry, first, second)

        @tf.custom_gradient
        def forward(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
            def backward(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                return input_gradient(upstream, kernel), filter_gradient(x, upstream)

            return way("forward")(x, kernel), backward

        @tf.custom_gradient
        def input_gradient(
            gradient: tf.Tensor, kernel: tf.Tensor
        ) -> tuple[tf.Tensor, object]:
            def backward(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                return forward(upstream, kernel), filter_gradient(upstream, gradient)

            return way("input_gradient")(gradient, kernel), backward

        @tf.custom_gradient
        def filter_gradient(
            x: tf.Tensor, gradient: tf.Tensor
        ) -> tuple[tf.Tensor, object]:
            def backward(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                return input_gradient(gradient, upstream), forward(x, upstream)

            return way("filter_gradient")(x, gradient), backward

        self.forward = forward
        self.input_gradient = input_gradient

"""Every way to convolve gives TensorFlow's numbers, forwards and to the third order."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops.convolution import convolution
from tfvideogan.ops.convolution.geometry import Geometry

# Relative to the largest value: float32 sums in another order, deeper with each order.
TOLERANCE = {"value": 1e-5, "first": 1e-5, "second": 1e-5, "third": 3e-5}
PLANE = Geometry((8, 6), (4, 4), (2, 2), (1, 1), 3, 5)
DENSE = Geometry((5, 6), (3, 2), (1, 1), (1, 0), 3, 5)
VOLUME = Geometry((5, 4, 6), (4, 4, 4), (1, 2, 2), (0, 1, 1), 2, 3)
# Tiles of 3 and 2 frames, with a frame of zeros at either end.
TILED = Geometry((6, 4, 6), (4, 4, 4), (1, 2, 2), (1, 1, 1), 2, 3)
MAPS = ("forward", "input_gradient", "filter_gradient")


def plans(geometry: Geometry) -> list[convolution.Plan]:
    """One plan for each map of each way that is made for such strides, the rest plain."""
    unfit = ("subpixel",) if geometry.is_dense else ("turned",)
    return [
        convolution.Plan(**{name: form})
        for form, ways in convolution.FORMS[len(geometry.size)].items()
        for name in MAPS
        if form not in (convolution.NATIVE, *unfit) and getattr(ways, name) is not None
    ]


def draw(shape: tuple[int, ...], name: str) -> tf.Tensor:
    return seeds.normal(shape, seeds.fold(seeds.from_int(3), name))


def tensors(geometry: Geometry, batch: int = 2) -> tuple[tf.Tensor, tf.Tensor]:
    x = draw((batch, *geometry.size, geometry.inputs), "x")
    return x, draw((*geometry.kernel, geometry.inputs, geometry.outputs), "kernel")


@convolution.planned_gradients()
def convolve(geometry: Geometry, x, kernel, plan=None) -> tf.Tensor:
    if len(geometry.size) == 3:
        options = {"strides": geometry.strides, "padding": geometry.padding}
        return convolution.conv3d(x, kernel, **options, plan=plan)
    options = {"stride": geometry.strides[0], "padding": geometry.padding}
    return convolution.conv2d(x, kernel, **options, plan=plan)


def reference(geometry: Geometry, x, kernel) -> tf.Tensor:
    """The convolution of TensorFlow on an input padded by hand."""
    pads = [[0, 0], *([zeros] * 2 for zeros in geometry.padding), [0, 0]]
    function = tf.nn.conv3d if len(geometry.size) == 3 else tf.nn.conv2d
    strides = [1, *geometry.strides, 1]
    return function(tf.pad(x, pads), kernel, strides, "VALID")


def penalty(convolved, x, kernel) -> dict[str, tf.Tensor]:
    """Value, first, second and third order through a nonlinearity, as a critic has it."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, kernel])
        with tf.GradientTape(persistent=True) as middle:
            middle.watch([x, kernel])
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, kernel])
                value = tf.reduce_mean(tf.tanh(convolved(x, kernel)))
            first = inner.gradient(value, x), inner.gradient(value, kernel)
            slope = tf.add_n([tf.reduce_sum(tf.square(one)) for one in first])
        second = middle.gradient(slope, x), middle.gradient(slope, kernel)
        curve = tf.add_n([tf.reduce_sum(tf.square(one)) for one in second])
    third = outer.gradient(curve, x), outer.gradient(curve, kernel)
    orders = {"value": (value,), "first": first, "second": second, "third": third}
    return {
        f"{name} {place}": one
        for name, parts in orders.items()
        for place, one in enumerate(parts)
    }


def assert_alike(found: dict[str, tf.Tensor], expected: dict[str, tf.Tensor]) -> None:
    for name, value in expected.items():
        scale = float(tf.reduce_max(tf.abs(value)))
        off = float(tf.reduce_max(tf.abs(value - found[name]))) / scale
        assert found[name].shape == value.shape, name
        assert off < TOLERANCE[name.split()[0]], f"{name}: {off:.1e}"


WINOGRAD = convolution.Plan(*["winograd"] * 3)
WAYS = [(one, plan) for one in (PLANE, DENSE, VOLUME) for plan in plans(one)]
WAYS.append((TILED, WINOGRAD))


@pytest.mark.parametrize(("geometry", "plan"), WAYS)
def test_every_way_equals_tensorflow_to_the_third_order(geometry, plan):
    x, kernel = tensors(geometry)
    ours = penalty(lambda *pair: convolve(geometry, *pair, plan), x, kernel)
    theirs = penalty(lambda *pair: reference(geometry, *pair), x, kernel)
    assert_alike(ours, theirs)


@pytest.mark.parametrize(("geometry", "plan"), WAYS)
def test_a_graph_gives_the_eager_slopes(geometry, plan):
    def slopes(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            made = tf.reduce_mean(tf.tanh(convolve(geometry, x, kernel, plan)))
        return {f"first {k}": g for k, g in enumerate(tape.gradient(made, [x, kernel]))}

    pair = tensors(geometry)
    assert_alike(tf.function(slopes)(*pair), slopes(*pair))


@pytest.mark.parametrize("plan", [*plans(PLANE), convolution.PLAIN])
def test_transposed_convolution_equals_tensorflow(plan):
    image, kernel = tensors(PLANE)
    x = draw((2, *PLANE.output, PLANE.outputs), "features")

    @convolution.planned_gradients()
    def ours(x, kernel):
        return convolution.conv2d_transpose(x, kernel, stride=2, padding=1, plan=plan)

    def theirs(x, kernel):
        # SAME cuts one pixel off each side of 2 H + 2: the padding of 1.
        return tf.nn.conv2d_transpose(x, kernel, image.shape, 2, "SAME")

    assert_alike(penalty(ours, x, kernel), penalty(theirs, x, kernel))


@pytest.mark.parametrize("geometry", [PLANE, DENSE, VOLUME])
def test_elsewhere_the_gradients_are_those_of_tensorflow(geometry):
    x, kernel = tensors(geometry)
    function = convolution.conv3d if geometry is VOLUME else convolution.conv2d
    is_volume = geometry is VOLUME
    strides = (
        {"strides": geometry.strides} if is_volume else {"stride": geometry.strides[0]}
    )

    def plain(x, kernel):
        return function(x, kernel, **strides, padding=geometry.padding)

    theirs = penalty(lambda *pair: reference(geometry, *pair), x, kernel)
    assert_alike(penalty(plain, x, kernel), theirs)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
def test_other_strides_and_paddings_equal_tensorflow(stride, padding):
    geometry = Geometry((7, 9), (3, 3), (stride,) * 2, (padding,) * 2, 2, 4)
    x, kernel = tensors(geometry)
    found, expected = convolve(geometry, x, kernel), reference(geometry, x, kernel)
    assert tuple(found.shape[1:3]) == geometry.output
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [(4, 4), (3, 4, 4)])
def test_a_kernel_as_large_as_the_input_is_one_product(size):
    rank = len(size)
    geometry = Geometry(size, size, (1,) * rank, (0,) * rank, 3, 5)
    x, kernel = tensors(geometry)
    expected = penalty(lambda *pair: reference(geometry, *pair), x, kernel)
    assert_alike(penalty(lambda *pair: convolve(geometry, *pair), x, kernel), expected)
    whole = tf.function(lambda x, kernel: convolve(geometry, x, kernel))
    kinds = {
        one.type
        for one in whole.get_concrete_function(x, kernel).graph.get_operations()
    }
    assert "MatMul" in kinds and not any(kind.startswith("Conv") for kind in kinds)


def test_one_pixel_becomes_an_image_by_one_product():
    x, kernel = draw((2, 1, 1, 5), "x"), draw((4, 4, 3, 5), "kernel")
    found = convolution.conv2d_transpose(x, kernel)
    # out[h, w, o] = sum over i of x[i] kernel[h, w, o, i].
    expected = np.einsum("ni,hwoi->nhwo", x.numpy()[:, 0, 0], kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def custom_gradients(function, *specs: tf.TensorSpec) -> int:
    """How many custom gradients the graph of a function holds."""
    graph = tf.function(function).get_concrete_function(*specs).graph
    kind = "_gradient_op_type"
    found = [
        one.get_attr(kind)
        for one in graph.get_operations()
        if kind in one.node_def.attr
    ]
    return sum(one.startswith(b"CustomGradient") for one in found)


def test_custom_gradients_are_made_where_they_are_planned_only():
    specs = [tf.TensorSpec(one.shape) for one in tensors(DENSE)]

    def plain(x, kernel):
        return convolution.conv2d(x, kernel, padding=DENSE.padding)

    def both(x, kernel):
        return convolve(DENSE, x, kernel) + plain(x, kernel)

    def failing(x, kernel):
        with pytest.raises(RuntimeError), convolution.planned_gradients():
            raise RuntimeError
        return plain(x, kernel)

    assert custom_gradients(plain, *specs) == custom_gradients(failing, *specs) == 0
    # The one of the first; the second is called behind the context's end.
    assert custom_gradients(both, *specs) == 1


def kinds(geometry: Geometry, dtype: tf.DType) -> set[str]:
    """Operations of a convolution's gradient graph."""

    def gradients(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            made = convolve(geometry, x, kernel)
        return tape.gradient(made, [x, kernel])

    shapes = [one.shape for one in tensors(geometry)]
    specs = [tf.TensorSpec(shape, dtype) for shape in shapes]
    graph = tf.function(gradients).get_concrete_function(*specs).graph
    return {one.type for one in graph.get_operations()}


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_takes_the_plain_operations(dtype):
    assert "Conv2DBackpropInput" in kinds(PLANE, dtype)
    assert "Conv2DBackpropInput" not in kinds(PLANE, tf.float32)


@pytest.mark.parametrize("kind", ["GPU", "TPU"])
def test_accelerators_take_the_plain_operations(kind, monkeypatch):
    monkeypatch.setattr(
        tf.config, "list_logical_devices", lambda wanted: [kind] * (wanted == kind)
    )
    assert "Conv2DBackpropInput" in kinds(PLANE, tf.float32)


@pytest.mark.parametrize(
    ("geometry", "plan"),
    [
        # The four layers of MoCoGAN's video critic and one of its generator's.
        (
            Geometry((16, 64, 64), (4,) * 3, (1, 2, 2), (0, 1, 1), 3, 64),
            convolution.Plan(input_gradient="subpixel"),
        ),
        (
            Geometry((13, 32, 32), (4,) * 3, (1, 2, 2), (0, 1, 1), 64, 128),
            WINOGRAD,
        ),
        (
            Geometry((10, 16, 16), (4,) * 3, (1, 2, 2), (0, 1, 1), 128, 256),
            WINOGRAD,
        ),
        (
            Geometry((7, 8, 8), (4,) * 3, (1, 2, 2), (0, 1, 1), 256, 512),
            WINOGRAD,
        ),
        (
            Geometry((16, 16), (4, 4), (2, 2), (1, 1), 128, 256),
            convolution.PLAIN,
        ),
        (
            Geometry((16, 16), (3, 3), (1, 1), (1, 1), 128, 3),
            convolution.Plan(input_gradient="turned"),
        ),
        (Geometry((16, 16), (1, 1), (1, 1), (0, 0), 128, 3), convolution.PLAIN),
        # One tap in time saves nothing.
        (
            Geometry((7, 8, 8), (1, 4, 4), (1, 2, 2), (0, 1, 1), 256, 512),
            convolution.PLAIN,
        ),
        # An odd size has no blocks of 2x2.
        (Geometry((15, 16), (4, 4), (2, 2), (1, 1), 128, 256), convolution.PLAIN),
    ],
)
def test_the_choice_is_the_one_that_was_measured(geometry, plan):
    assert convolution.choose(geometry) == plan


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "is_same"),
    [
        ((8, 6), (3, 3), (1, 1), (1, 1), True),
        ((8, 6), (4, 4), (2, 2), (1, 1), True),
        ((16, 64), (3, 1), (1, 1), (1, 0), True),
        # "SAME" would set two zeros before and three behind.
        ((8, 8), (7, 7), (2, 2), (3, 3), False),
        # Five rows, two at a time, want (2 * 2 + 4 - 5) = 3 zeros.
        ((5, 6), (4, 4), (2, 2), (1, 1), False),
        ((8, 8), (4, 4), (1, 1), (0, 0), False),
    ],
)
def test_plain_maps_take_the_named_padding_that_onednn_knows(
    size, kernel, stride, padding, is_same
):
    geometry = Geometry(size, kernel, stride, padding, 3, 4)
    assert geometry.is_same == is_same
    x, weights = tensors(geometry)
    pads = [[0, 0], *([zeros, zeros] for zeros in padding), [0, 0]]
    for ours in (True, False):
        with tf.GradientTape() as tape:
            tape.watch([x, weights])
            if ours:
                made = convolution.FORMS[2]["native"].forward(geometry, x, weights)
            else:
                made = tf.nn.conv2d(x, weights, stride, pads)
            loss = tf.reduce_sum(tf.square(made))
        slopes = tape.gradient(loss, [x, weights])
        if ours:
            found = [made, *slopes]
    native = convolution.FORMS[2]["native"]
    found += [
        native.input_gradient(geometry, 2.0 * made, weights),
        native.filter_gradient(geometry, x, 2.0 * made),
    ]
    for one, expected in zip(found, [made, *slopes, *slopes], strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(one, expected, atol=1e-5 * scale)
    with tf.Graph().as_default() as graph:
        native.filter_gradient(geometry, tf.zeros(x.shape), tf.zeros(made.shape))
        kinds = {op.type: op for op in graph.get_operations()}
    assert kinds["Conv2DBackpropFilter"].get_attr("padding") in (b"SAME", b"VALID")


def test_sizes_are_those_of_a_convolution():
    # Time has 16 - 4 + 1 places, rows have (64 + 2 - 4) / 2 + 1.
    geometry = Geometry((16, 64, 64), (4,) * 3, (1, 2, 2), (0, 1, 1), 3, 64)
    assert geometry.output == (13, 32, 32)
    assert geometry.padded == (16, 66, 66)
    # 2 clips, 13 * 32 * 32 places, 64 taps, 3 -> 64 channels.
    assert geometry.multiplications(2) == 2 * 13312 * 64 * 3 * 64


@pytest.mark.parametrize(
    ("size", "kernel", "words"),
    [
        ((8, 8, 2), (4, 4, 3, 5), "axis 3 (I) is 2, but must be 3"),
        ((2, 8, 3), (4, 4, 3, 5), "`kernel` covers (4, 4), more than the (2, 8)"),
        ((None, 8, 3), (4, 4, 3, 5), "must be static"),
    ],
)
def test_what_does_not_fit_is_named(size, kernel, words):
    spec = tf.TensorSpec([None, *size])
    with pytest.raises(ValueError) as caught:
        tf.function(
            lambda x: convolution.conv2d(x, tf.zeros(kernel))
        ).get_concrete_function(spec)
    assert words in str(caught.value)


def test_batches_of_any_size_pass():
    kernel = tensors(PLANE)[1]
    x = tf.TensorSpec([None, *PLANE.size, PLANE.inputs])
    run = tf.function(lambda x: convolve(PLANE, x, kernel), input_signature=[x])
    for batch in (1, 3):
        image = tensors(PLANE, batch)[0]
        np.testing.assert_allclose(
            run(image), reference(PLANE, image, kernel), rtol=1e-4, atol=1e-5
        )


def test_replicas_add_up_their_gradients(two_devices):
    # Collectives between two threads of one eager process may deadlock or mix up.
    strategy = tf.distribute.MirroredStrategy(
        two_devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    x, start = tensors(PLANE)
    with strategy.scope():
        kernel = tf.Variable(start)

    def step():
        with tf.GradientTape() as tape:
            made = convolve(PLANE, x, tf.convert_to_tensor(kernel))
            squares = tf.reduce_sum(tf.square(made))
        gradient = tape.gradient(squares, kernel)
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, gradient)

    found = tf.function(lambda: strategy.run(step))()
    with tf.GradientTape() as tape:
        tape.watch(start)
        squares = tf.reduce_sum(tf.square(reference(PLANE, x, start)))
    expected = 2.0 * tape.gradient(squares, start)
    one = strategy.experimental_local_results(found)[0]
    np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-3)

"""Convolutions of the original networks in the forms that are fastest on a CPU.

Each function is a plain convolution or activation with the same numbers, up to the order
of sums, and with gradients of every order. A form is chosen from static shapes when the
graph is traced; where it does not apply (a GPU, an unknown batch, another precision,
other sizes) TensorFlow's own kernel serves. Kernels keep the standard layout.

| form        | for                                   | ms: TensorFlow -> here          |
|-------------|---------------------------------------|---------------------------------|
| `wide`      | 3x3 at many channels, forward         | 26.5 -> 21.8 (256 at 56x104)    |
| `thin`      | 7x7 to few channels                   | forward 27.5 -> 13.4,           |
|             |                                       | filter gradient 26.2 -> 21.4    |
| `valid`     | many channels at few places           | forward 22.1 -> 5.8, gradients  |
|             |                                       | 20.7 -> 7.7 and 24.3 -> 7.8     |
| `leaky_relu`| critics with a gradient penalty       | a penalty's work: a third less  |

Measured on two cores with AVX-512 and oneDNN: half the processor time, least of six runs.
"""

import tensorflow as tf

# Below these the forms were not measured, or do not pay.
MIN_WIDE_CHANNELS = 128
MAX_THIN_CHANNELS = 8
MIN_THIN_KERNEL = 5
MAX_FEW_PLACES = 512
_ONES = [1, 1, 1, 1]


def same(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves with stride 1 and a border of zeros, so that the size stays.

    Args:
      images: [N, H, W, C].
      kernel: [k, k, C, F] of odd k.

    Returns:
      [N, H, W, F].
    """
    size, _, channels, filters = kernel.shape
    if not _can_choose(images):
        return tf.nn.conv2d(images, kernel, 1, "SAME")
    if min(channels, filters) >= MIN_WIDE_CHANNELS:
        return wide(images, kernel)
    if filters <= MAX_THIN_CHANNELS < channels and size >= MIN_THIN_KERNEL:
        return thin(images, kernel)
    return tf.nn.conv2d(images, kernel, 1, "SAME")


def valid(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves with stride 1 and no border.

    At few places a convolution spends its time on the kernel; one product of matrices
    does not.

    Args:
      images: [N, H, W, C].
      kernel: [h, w, C, F].

    Returns:
      [N, H - h + 1, W - w + 1, F].
    """
    height, width, channels, filters = kernel.shape
    if not _can_choose(images):
        return tf.nn.conv2d(images, kernel, 1, "VALID")
    rows = images.shape[1] - height + 1
    columns = images.shape[2] - width + 1
    places = images.shape[0] * rows * columns
    if places > MAX_FEW_PLACES:
        return tf.nn.conv2d(images, kernel, 1, "VALID")
    windows = [
        images[:, top : top + rows, left : left + columns]
        for top in range(height)
        for left in range(width)
    ]
    depth = height * width * channels
    flat = tf.reshape(tf.concat(windows, axis=-1), [places, depth])
    product = tf.matmul(flat, tf.reshape(kernel, [depth, filters]))
    return tf.reshape(product, [images.shape[0], rows, columns, filters])


@tf.custom_gradient
def wide(images: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """`same` by the kernel that is made for gradients by the input.

    A convolution of stride 1 is the input gradient of one with the turned kernel, and of
    the two oneDNN is faster at the latter.
    """
    turned = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
    sizes = [*images.shape[:3], kernel.shape[3]]

    def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return (
            _by_input(change, kernel, images.shape),
            _by_filter(change, images, kernel.shape),
        )

    return _by_input(images, turned, sizes), gradient


@tf.custom_gradient
def thin(images: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """`same` to few channels F: a column of the kernel at a time, as k · F channels.

    oneDNN works on 16 output channels at once, whether there are as many or not.
    """
    size, _, channels, filters = kernel.shape
    reach, width = size // 2, images.shape[2]
    column_shape = [size, 1, channels, size * filters]
    border = [[0, 0], [0, 0], [reach, reach], [0, 0]]
    column = tf.reshape(tf.transpose(kernel, [0, 2, 1, 3]), column_shape)
    parts = tf.pad(tf.nn.conv2d(images, column, 1, "SAME"), border)
    shifted = [
        parts[:, :, shift : shift + width, shift * filters : (shift + 1) * filters]
        for shift in range(size)
    ]

    def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        padded = tf.pad(change, border)
        parts = tf.concat(
            [
                padded[:, :, 2 * reach - shift : 2 * reach - shift + width]
                for shift in range(size)
            ],
            axis=-1,
        )  # [N, H, W, k·F]
        column = _by_filter(parts, images, column_shape)
        by_kernel = tf.reshape(column, [size, channels, size, filters])
        return (
            _by_input(change, kernel, images.shape),
            tf.transpose(by_kernel, [0, 2, 1, 3]),
        )

    return tf.add_n(shifted), gradient


def leaky_relu(x: tf.Tensor, slope: float) -> tf.Tensor:
    """`tf.nn.leaky_relu` for critics that are differentiated twice.

    Its gradient does not depend on `x` but by the sign, so the second gradient has
    nothing to say of `x`. TensorFlow says so with zeros, and sends them back through all
    the layers before.
    """

    @tf.custom_gradient
    def activate(x: tf.Tensor) -> tuple[tf.Tensor, object]:
        """The activation and its gradient, in which `x` is a constant."""

        def gradient(change: tf.Tensor) -> tf.Tensor:
            """By x."""
            return tf.raw_ops.LeakyReluGrad(
                gradients=change, features=tf.stop_gradient(x), alpha=slope
            )

        return tf.nn.leaky_relu(x, slope), gradient

    return activate(x)


def _can_choose(images: tf.Tensor) -> bool:
    is_static = None not in images.shape.as_list()
    is_on_cpu = not tf.config.list_logical_devices("GPU")
    return is_static and is_on_cpu and images.dtype == tf.float32


def _by_input(change: tf.Tensor, kernel: tf.Tensor, shape: object) -> tf.Tensor:
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=list(shape),
        filter=kernel,
        out_backprop=change,
        strides=_ONES,
        padding="SAME",
    )


def _by_filter(change: tf.Tensor, images: tf.Tensor, shape: object) -> tf.Tensor:
    return tf.raw_ops.Conv2DBackpropFilter(
        input=images,
        filter_sizes=list(shape),
        out_backprop=change,
        strides=_ONES,
        padding="SAME",
    )

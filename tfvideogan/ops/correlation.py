"""The cost volume of FlowNet: how alike two feature maps are, shift by shift.

    cost = correlation.cost_volume(first, second, max_displacement=4, pad=4)
    # [N, H, W, 81]: channel 40 compares equal places, 41 the next column of `second`

Arguments and numbers are those of `tfa.layers.CorrelationCost` with kernel size 1 [2].
Each row of `first` meets a row of `second` in one matrix product, of which a band of
diagonals is kept: more multiplications than shifting and summing, but in the form that
processors are made for. Its gradient is two such products.

References:
  [1] Dosovitskiy et al., "FlowNet: learning optical flow with convolutional networks",
      ICCV 2015, section 3, equation 1.
  [2] tensorflow-addons 0.23, `tfa.layers.CorrelationCost`.
"""

import tensorflow as tf

from tfvideogan.core import shapes


def cost_volume(
    first: tf.Tensor,
    second: tf.Tensor,
    *,
    max_displacement: int,
    stride_1: int = 1,
    stride_2: int = 1,
    pad: int = 0,
) -> tf.Tensor:
    """Averages first(p) · second(p + d) over channels, for every displacement d.

    Both maps are padded with `pad` zeros. Then p runs over their rows and columns
    `max_displacement`, `max_displacement` + `stride_1`, … as far as p + d stays inside,
    and each component of d over the multiples of `stride_2` up to `max_displacement`.

    Equal to the CPU kernel of [2], values and gradients, but for `stride_1` > 1 together
    with `pad` > 0: there that kernel multiplies the padding by the stride, that is, it
    starts (`stride_1` - 1) · `pad` pixels further up and left. [1] and the source of
    the CUDA kernel of [2] (read, not run) start where this function does.

    Args:
      first: [N, H, W, C] any float dtype.
      second: the same shape and dtype.
      max_displacement: the largest displacement, pixels.
      stride_1: step between the compared places, pixels.
      stride_2: step between displacements, pixels.
      pad: zeros around both maps, pixels; `max_displacement` keeps H and W.

    Returns:
      [N, H', W', D²] in the dtype of `first`, with D = 2 (max_displacement // stride_2)
      + 1, rows of d slowest, and H' = ceil((H + 2 (pad - max_displacement)) / stride_1),
      W' alike. Sums are float32.

    Raises:
      ValueError: shapes differ, a number is out of range, or no place is left.
    """
    _check_numbers(max_displacement, stride_1, stride_2, pad)
    sizes = shapes.check_shape(first, "N H W C", name="first")
    shapes.check_shape(second, "N H W C", name="second", **sizes)
    margins = [[0, 0], [pad, pad], [pad, pad], [0, 0]]
    padded_first = tf.pad(tf.cast(first, tf.float32), margins)
    padded_second = tf.pad(tf.cast(second, tf.float32), margins)
    height, width = _sizes(padded_first)[1:3]
    rows = _num_places(height, max_displacement, stride_1, name="height")
    columns = _num_places(width, max_displacement, stride_1, name="width")
    inner = slice(max_displacement, -max_displacement or None, stride_1)
    places = padded_first[:, inner, inner]  # [N, H', W', C]
    radius = max_displacement // stride_2
    start = max_displacement - radius * stride_2
    reach = 2 * radius * stride_2 + 1
    costs = []
    for dy in range(0, reach, stride_2):
        # Rows y + dy of `second`, one for each row y of `places`.
        top = start + dy
        others = padded_second[:, top : top + (rows - 1) * stride_1 + 1 : stride_1]
        products = tf.matmul(places, others[:, :, start:], transpose_b=True)
        costs.append(_band(products, columns, stride_1)[..., :reach:stride_2])
    channels = tf.cast(_sizes(first)[3], tf.float32)
    volume = tf.cast(tf.concat(costs, axis=-1) / channels, first.dtype)
    # Lost where sizes are open; Keras compiles convolutions of unknown channels by XLA.
    return tf.ensure_shape(volume, [None, None, None, len(costs) ** 2])


def _band(products: tf.Tensor, columns: int | tf.Tensor, stride: int) -> tf.Tensor:
    """Shifts row j of each matrix [.., W', L] left by j · stride, without a gather.

    Rows that are `stride` longer, filled from the same memory, begin that much later
    each.
    """
    leading = tf.shape(products)[:2]
    length = tf.shape(products)[3]
    flat = tf.reshape(products, tf.concat([leading, [columns * length]], axis=0))
    flat = tf.pad(flat, [[0, 0], [0, 0], [0, columns * stride]])
    shape = tf.concat([leading, [columns, length + stride]], axis=0)
    return tf.reshape(flat, shape)  # [N, H', W', L + stride]


def _sizes(x: tf.Tensor) -> list[int | tf.Tensor]:
    """Sizes of all axes, numbers where known, else scalar tensors."""
    known = x.shape.as_list()
    dynamic = tf.shape(x)
    return [dynamic[axis] if size is None else size for axis, size in enumerate(known)]


def _num_places(
    size: int | tf.Tensor, max_displacement: int, stride: int, *, name: str
) -> int | tf.Tensor:
    places = (size - 2 * max_displacement + stride - 1) // stride
    if isinstance(places, int) and places < 1:
        raise ValueError(
            f"`max_displacement` ({max_displacement}) leaves no place in the padded "
            f"{name} ({size}); it must be less than half of it: raise `pad`."
        )
    return places


def _check_numbers(
    max_displacement: int, stride_1: int, stride_2: int, pad: int
) -> None:
    least = {"max_displacement": 0, "stride_1": 1, "stride_2": 1, "pad": 0}
    given = (max_displacement, stride_1, stride_2, pad)
    for (name, smallest), value in zip(least.items(), given, strict=True):
        if value < smallest:
            raise ValueError(f"`{name}` ({value}) must be {smallest} or more.")

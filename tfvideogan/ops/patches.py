"""Many small crops of a picture, for critics that judge patches.

    seed = seeds.fold(seed, "patches")
    positions = patches.draw_positions(background, size=(60, 112), count=10, seed=seed)
    real_patches = patches.gather(frames, positions, size=(60, 112))  # [N, 10, 60, 112, 3]

Positions are drawn where a mask allows it, without repetition as long as there are
enough, all images at once and with static shapes. One gather cuts all patches.

Source: the sampling of background patches in VOS-ForeGAN, which tried positions of a
grid one after another; here every pixel may be a corner.
"""

import tensorflow as tf

from tfvideogan.core import seeds, shapes

# A window counts as full when less than half a pixel is missing: means are rounded.
_HALF_PIXEL = 0.5


def coverage(mask: tf.Tensor, *, size: tuple[int, int]) -> tf.Tensor:
    """Measures how much of each possible patch lies inside the mask.

    Args:
      mask: [N, H, W, 1] in [0, 1].
      size: height and width of a patch, pixels.

    Returns:
      [N, H - height + 1, W - width + 1] float32: the mean over the patch whose upper
      left corner is there.

    Raises:
      ValueError: a patch does not fit, or the shape differs from the above.
    """
    sizes = shapes.check_shape(mask, "N H W C", name="mask", C=1)
    _check_fit(sizes, size)
    height, width = size
    mask = tf.cast(mask, tf.float32)
    rows = tf.nn.avg_pool2d(mask, ksize=(1, width), strides=1, padding="VALID")
    means = tf.nn.avg_pool2d(rows, ksize=(height, 1), strides=1, padding="VALID")
    return means[..., 0]


def draw_positions(
    mask: tf.Tensor,
    *,
    size: tuple[int, int],
    count: int,
    seed: tf.Tensor,
    touching: bool = False,
) -> tf.Tensor:
    """Draws upper left corners of patches, uniformly among those that the mask allows.

    No position is drawn twice unless fewer than `count` are allowed: then all of them
    are taken in turn. If none is, the patches with the most of the mask are taken.

    Args:
      mask: [N, H, W, 1], 1 where patches may lie; all ones means anywhere.
      size: height and width of a patch, pixels.
      count: K, patches for each image.
      seed: [2] int32.
      touching: allow every patch that meets the mask, not only those inside it.

    Returns:
      [N, K, 2] int32 (top, left). No gradient.

    Raises:
      ValueError: a patch does not fit, there are fewer positions than `count`, or the
        shape differs from the above.
    """
    share = tf.stop_gradient(coverage(mask, size=size))
    tolerance = _HALF_PIXEL / (size[0] * size[1])
    is_allowed = share > tolerance if touching else share > 1.0 - tolerance
    num_columns = tf.shape(share)[2]
    batch = tf.shape(share)[0]
    share = tf.reshape(share, [batch, -1])  # [N, P]
    is_allowed = tf.reshape(is_allowed, [batch, -1])
    if share.shape[1] is not None and share.shape[1] < count:
        raise ValueError(
            f"`count` ({count}) must be at most the number of positions of a patch of "
            f"`size` {size}, here {share.shape[1]}."
        )
    # The largest random numbers win; what is not allowed ranks below, by its share.
    draws = seeds.uniform(tf.shape(share), seed)
    _, order = tf.math.top_k(tf.where(is_allowed, draws, share - 2.0), k=count)
    num_allowed = tf.reduce_sum(tf.cast(is_allowed, tf.int32), axis=1, keepdims=True)
    period = tf.where(num_allowed > 0, tf.minimum(num_allowed, count), count)
    turns = tf.range(count)[tf.newaxis] % period  # [N, K]
    corners = tf.gather(order, turns, batch_dims=1)
    return tf.stack([corners // num_columns, corners % num_columns], axis=-1)


def gather(
    images: tf.Tensor, positions: tf.Tensor, *, size: tuple[int, int]
) -> tf.Tensor:
    """Cuts patches out of images.

    Args:
      images: [N, H, W, C] any dtype; gradients reach them.
      positions: [N, K, 2] int32 (top, left), as `draw_positions` returns them.
      size: height and width of a patch, pixels.

    Returns:
      [N, K, height, width, C] in the dtype of `images`.

    Raises:
      ValueError: a patch does not fit, or a shape differs from the above.
    """
    sizes = shapes.check_shape(images, "N H W C", name="images")
    given = shapes.check_shape(positions, "N K P", name="positions", P=2)
    _check_fit(sizes, size)
    height, width = size
    dynamic = tf.shape(images)
    rows = positions[..., 0, tf.newaxis] + tf.range(height)  # [N, K, height]
    columns = positions[..., 1, tf.newaxis] + tf.range(width)  # [N, K, width]
    places = rows[..., :, tf.newaxis] * dynamic[2] + columns[..., tf.newaxis, :]
    pixels = tf.reshape(images, [dynamic[0], dynamic[1] * dynamic[2], dynamic[3]])
    cut = tf.gather(pixels, places, batch_dims=1)  # [N, K, height, width, C]
    return tf.ensure_shape(cut, [sizes["N"], given["K"], height, width, sizes["C"]])


def _check_fit(sizes: dict[str, int | None], size: tuple[int, int]) -> None:
    for axis, length in zip("HW", size, strict=True):
        available = sizes[axis]
        if length < 1 or (available is not None and length > available):
            raise ValueError(
                f"`size` {size} must be 1 or more and fit into the image of height "
                f"{sizes['H']} and width {sizes['W']}; choose smaller patches."
            )

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.ops import tiles


def images(height=23, width=30, channels=2):
    draw = np.random.default_rng(0)
    return draw.uniform(size=(2, height, width, channels)).astype(np.float32)


@pytest.mark.parametrize("size", [(23, 30), (8, 8), (5, 30), (3, 4)])
def test_what_looks_at_pixels_alone_gives_the_same_in_tiles(size):
    given = images(*size)
    made = tiles.blended(
        lambda x: 2.0 * x[..., :1] - 1.0, given, tile=8, overlap=3, channels=1
    )
    assert made.shape == (2, *size, 1)
    np.testing.assert_allclose(made, 2.0 * given[..., :1] - 1.0, atol=1e-6)


def test_sizes_may_be_unknown_and_tiles_are_never_larger():
    seen = []

    def function(x):
        shape = tf.shape(x)
        tf.py_function(lambda one: seen.append(tuple(one.numpy())), [shape], [])
        return x

    blended = tf.function(
        lambda x: tiles.blended(function, x, tile=8, overlap=2, channels=2),
        input_signature=[tf.TensorSpec([None, None, None, 2])],
    )
    given = images()
    np.testing.assert_allclose(blended(given), given, atol=1e-6)
    # (23 - 2) / 6 and (30 - 2) / 6, rounded up.
    assert seen == [(2, 8, 8, 2)] * (4 * 5)


@pytest.mark.parametrize(
    ("size", "wanted"), [(5, [0]), (8, [0]), (9, [0, 1]), (20, [0, 6, 12])]
)
def test_tiles_begin_evenly(size, wanted):
    # 20: three tiles of 8 with at least 2 shared need 8 + 6 + 6.
    np.testing.assert_array_equal(tiles.starts(size, 8, 2), wanted)


def test_there_is_no_seam():
    # Each tile is another constant: the steps between pixels are those of the ramps.
    number = iter(np.arange(100.0))
    flat = tiles.blended(
        lambda x: tf.fill(tf.shape(x), tf.cast(next(number), tf.float32)),
        np.zeros((1, 8, 26, 1), np.float32),
        tile=8,
        overlap=2,
        channels=1,
    )
    [row] = flat[0, :1, :, 0].numpy()
    np.testing.assert_allclose(row[:6], 0.0, atol=1e-6)
    # Shares 2/3 and 1/3, then 1/3 and 2/3.
    np.testing.assert_allclose(row[5:9], [0, 1 / 3, 2 / 3, 1], atol=1e-6)


def test_an_overlap_as_large_as_a_tile_is_refused():
    with pytest.raises(
        ValueError, match=r"`overlap` \(8\) must be .* below `tile` \(8\)"
    ):
        tiles.blended(tf.identity, images(), tile=8, overlap=8, channels=2)

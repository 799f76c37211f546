import numpy as np

from tfvideogan.data.procedural.sprites import textures


def test_tiles_are_bytes_that_use_the_whole_range():
    tiles = textures.bank("test")
    assert tiles.shape == (32, 256, 256, 3)
    assert tiles.dtype == np.uint8
    assert (tiles.min((1, 2)) == 0).all() and (tiles.max((1, 2)) == 255).all()


def test_tiles_are_periodic_and_smooth():
    # Across the seam pixels differ no more than their neighbours anywhere else do.
    tiles = textures.bank("test").astype(np.int32)
    inside = np.abs(np.diff(tiles, axis=2)).mean((1, 2, 3))
    seam = np.abs(tiles[:, :, 0] - tiles[:, :, -1]).mean((1, 2))
    assert (seam < 2.5 * inside).all()
    assert inside.max() < 20


def test_splits_share_no_texture():
    one, other = textures.bank("test"), textures.bank("validation")
    assert all((tile != other).any((1, 2, 3)).all() for tile in one)


def test_the_bank_is_built_once_and_cannot_be_painted_over():
    assert textures.bank("test") is textures.bank("test")
    assert not textures.bank("test").flags.writeable

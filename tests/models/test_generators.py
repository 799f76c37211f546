"""The modulated generator: sizes, styles, colours."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import generators


@pytest.mark.parametrize(
    ("size", "levels"), [(8, 1), (16, 2), (64, 4), (96, 4), (128, 5)]
)
def test_the_smallest_picture_has_four_to_seven_pixels(size, levels):
    assert generators.num_levels(clip.ClipSpec(8, size, size)) == levels


@pytest.mark.parametrize("size", [(18, 16), (16, 18), (4, 4)])
def test_sides_that_do_not_divide_are_refused(size):
    with pytest.raises(errors.UserError, match="must be a multiple of"):
        generators.num_levels(clip.ClipSpec(1, *size))


def test_images_have_the_size_of_the_clips_and_a_code_each():
    spec = clip.ClipSpec(1, 8, 12, channels=1)
    network = generators.ModulatedGenerator(spec, width=2, style_units=3)
    latent = seeds.normal([2, 5], seeds.from_int(0))
    both = network(latent)
    assert both.shape == (2, 8, 12, 1)
    np.testing.assert_allclose(both[1:], network(latent[1:]), atol=1e-6)
    assert np.abs(both[0] - both[1]).max() > 1e-4


def test_first_maps_are_made_of_the_layout():
    network = generators.ModulatedGenerator(
        clip.ClipSpec(1, 8, 8), width=2, style_units=3
    )
    latent, layout = seeds.normal([2, 1, 5], seeds.from_int(0))
    made = network(latent, layout)
    # The style of the code without maps is the bias of the colours, 0.
    assert not network(latent, tf.zeros_like(layout)).numpy().any()
    np.testing.assert_array_equal(network(latent, latent), network(latent))
    assert np.abs(made - network(latent)).max() > 1e-4


def test_colours_are_clipped_outside_of_training_only():
    network = generators.ModulatedGenerator(
        clip.ClipSpec(1, 8, 8), width=2, style_units=3
    )
    latent = 100.0 * seeds.normal([1, 5], seeds.from_int(0))
    raw = network(latent, training=True).numpy()
    assert np.abs(raw).max() > 1.0
    np.testing.assert_allclose(network(latent), np.clip(raw, -1.0, 1.0), atol=1e-5)
    assert network(latent).dtype == tf.float32

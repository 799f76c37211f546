"""What stands in holes before the first pass."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, seeds
from tfvideogan.models.opn import model, networks, objective, options, peeling
from tfvideogan.ops import fill
from tfvideogan.pretrained import image_network


def clips():
    """Frames [1, 2, 16, 16, 3], and a hole of 8x8 pixels."""
    holes = np.zeros([1, 2, 16, 16, 1], np.float32)
    holes[:, :, 4:12, 4:12] = 1.0
    frames = seeds.uniform([1, 2, 16, 16, 3], seeds.from_int(0), -1.0, 1.0)
    return frames, tf.constant(holes)


def test_holes_start_in_the_mean_colour_or_as_a_membrane():
    frames, holes = clips()
    spoilt = tf.where(holes > 0, np.float32(np.nan), frames)
    mean = peeling.hidden(spoilt, holes)
    np.testing.assert_allclose(
        mean[0, 0, 5, 5], np.array(image_network.MEAN), rtol=1e-6
    )
    wanted = fill.membrane(frames[0], 1.0 - holes[0])
    made = peeling.hidden(spoilt, holes, fills_first=True)
    np.testing.assert_array_equal(made[0], wanted)


def test_an_untrained_decoder_adds_next_to_nothing_to_the_membrane():
    def completed(*, fills_first):
        made = model.OPN(
            options.Options(width=2, fills_first=fills_first),
            weights=objective.LossWeights(perceptual=0.0, style=0.0),
        )
        made.build_for(clip.ClipSpec(2, 16, 16, has_holes=True))
        return made.complete(*clips())

    frames, holes = clips()
    wanted = fill.membrane_of_clips(frames, holes)
    np.testing.assert_allclose(completed(fills_first=True), wanted, atol=1e-3)
    assert np.abs(completed(fills_first=False) - wanted).max() > 0.1


def test_a_place_reads_first_where_it_lies():
    """The product of keys without features falls with the distance, by hand."""
    encoder = networks.Encoder(2, copies_pixels=True)
    where = networks.positions(tf.zeros([1, 3, 5, 1]))
    keys = encoder.located(tf.zeros([1, 3, 5, 4]), where)
    length = keys.shape[-1]
    products = tf.einsum("nhwc,c->nhw", keys, keys[0, 1, 2]) / length**0.5
    waves = np.array(networks.WAVELENGTHS)
    sharpness = np.log1p(np.exp(networks.SHARPNESS))
    for row, column in ((1, 2), (0, 2), (1, 4), (2, 0)):
        cosines = [
            np.cos(2.0 * np.pi * apart / waves).sum() for apart in (row - 1, column - 2)
        ]
        expected = sharpness * sum(cosines)
        np.testing.assert_allclose(products[0, row, column], expected, rtol=1e-4)


@pytest.mark.parametrize("is_known", [True, False])
def test_pixels_come_from_where_another_frame_shows_them(is_known):
    made = model.OPN(
        options.Options(width=2, fills_first=True, copies_pixels=True),
        weights=objective.LossWeights(perceptual=0.0, style=0.0),
    )
    made.build_for(clip.ClipSpec(2, 16, 16, has_holes=True))
    # Nothing but the same place is read, and all of it is taken.
    made.encoder.sharpness.assign(1e3)
    bias = made.decoder.full.trainable_variables[-1]
    bias.assign(
        tf.one_hot(3, bias.shape[0]) * 99.0 + tf.one_hot(7, bias.shape[0]) * 99.0
    )
    frames, holes = clips()
    shown = holes[:, 1] if is_known else tf.zeros_like(holes[:, 1])
    hidden = peeling.hidden(frames, holes, fills_first=True)
    other = tf.reverse(frames[:, 1], axis=[1])
    memory = made.painter.remember(other, 1.0 - shown)
    peel = holes[:, 0] > 0
    painted = made.painter.predict(
        hidden[:, 0], 1.0 - holes[:, 0], holes[:, 0], peel, memory
    )
    wanted = other if is_known else hidden[:, 0]
    inside = np.broadcast_to(peel, wanted.shape)
    np.testing.assert_allclose(painted[inside], wanted[inside], atol=2e-2)

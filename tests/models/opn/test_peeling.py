"""What stands in holes before the first pass."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, seeds
from tfvideogan.models.opn import model, objective, options, peeling
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


@pytest.mark.long
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

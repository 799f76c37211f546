"""OPN and its consistency network against the released code, weight for weight.

tests/goldens/parity_opn.npz holds what that code made of weights and inputs by formula:
tools/parity_opn.py.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, formula_weights, source_tree
from tests.models.opn import recorded_inputs
from tfvideogan.core import clip
from tfvideogan.models import weight_names
from tfvideogan.models.opn import (
    model,
    networks,
    objective,
    peeling,
)
from tfvideogan.models.opn import options as options_lib

GOLDENS = source_tree.ROOT / "tests/goldens/parity_opn.npz"
SPEC = clip.ClipSpec(2, 16, 16, has_holes=True, has_flow=True)
NETWORK, INFERENCE = 1e-4, 1e-3
# As released, so that its results are met; a memory of 120 places in three chunks.
RELEASED = {
    "has_sampled_maps": True,
    "starts_from_black": True,
    "is_unpasted": True,
    "reference_stride": recorded_inputs.MEMORY_EVERY,
    "chunk": 50,
}


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def built(recorded):
    """The published networks at full width, with weights by formula."""
    made = model.OPN(
        options_lib.Options(consistency_width=32, **RELEASED),
        weights=objective.LossWeights(perceptual=0.0, style=0.0),
    )
    made.build_for(SPEC)
    lines = [line.split() for line in recorded["parameters"]]
    shapes = {name: [int(one) for one in sizes] for name, *sizes in lines}
    weights = formula_weights.weights(shapes)
    for weight, value in weight_names.values(made.published_weights(), weights):
        weight.variable.assign(value)
    return made


@pytest.fixture(scope="module")
def clips():
    """Frames in [-1, 1] without what is in the holes, and holes, with an axis of clips."""
    frames, holes = recorded_inputs.frames(), recorded_inputs.holes()
    frames = tf.constant(2.0 * frames - 1.0, tf.float32)
    return peeling.hidden(frames, tf.constant(holes))[tf.newaxis], holes[np.newaxis]


def unit(frames):
    """[-1, 1] as the original has it, thinned."""
    return recorded_inputs.thinned((np.asarray(frames) + 1.0) / 2.0)


def test_every_variable_has_a_name(built):
    check_parity.every_variable_has_a_name(built)


def test_the_number_of_weights_is_the_published_one(built):
    counts = {name: net.count_params() for name, net in built.networks.items()}
    assert counts == {
        "encoder": 2_008_704,
        "decoder": 1_411_718,
        "consistency": 11_156_806,
    }
    assert counts["encoder"] + counts["decoder"] == 3_420_422


def test_keys_and_values_are_those_of_the_original(built, recorded, clips):
    frames, holes = (one[0, :: recorded_inputs.MEMORY_EVERY] for one in clips)
    keys, values = built.encoder(networks.normalised(frames), 1.0 - holes, holes)
    for ours, name in ((keys, "keys"), (values, "values")):
        thinned = recorded_inputs.thinned(ours.numpy())
        check_parity.assert_close(thinned, recorded[name], NETWORK)


def test_a_pass_is_that_of_the_original(built, recorded, clips):
    frames, holes = clips[0][0], tf.constant(clips[1][0])
    every = slice(None, None, recorded_inputs.MEMORY_EVERY)
    remembered = built.painter.remember(frames[every], holes[every])
    [made] = built.painter.train(
        frames[1:2],
        holes[1:2],
        remembered.of_clips(1),
        widths=tf.constant([8.0]),
        passes=1,
    )
    clipped = tf.clip_by_value(made.frames[0], -1.0, 1.0)
    check_parity.assert_close(unit(clipped), recorded["pass"], NETWORK)


def test_a_completed_video_is_that_of_the_original(built, recorded, clips):
    made = built._completed(*clips)
    check_parity.assert_close(unit(made[0]), recorded["completed"], INFERENCE)


def test_a_consistent_video_is_that_of_the_original(built, recorded, clips):
    made = built.paint(*clips)
    check_parity.assert_close(unit(made[0]), recorded["consistent"], INFERENCE)

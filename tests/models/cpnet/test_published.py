"""The paper's networks against the released code, weight for weight, at full width.

tests/goldens/parity_cpnet.npz holds what that code made of weights and inputs by formula:
tools/parity_cpnet.py. All published faults are on.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, source_tree
from tests.models.cpnet import recorded_inputs
from tfvideogan.core import clip
from tfvideogan.models import weight_names
from tfvideogan.models.cpnet import (
    alignment,
    filling,
    matching,
    model,
    passes,
    stages,
    windows,
)

GOLDENS = source_tree.ROOT / "tests/goldens/parity_cpnet.npz"
# Of the largest number: thousands of float32 products in another order.
NETWORK = 1e-4
# The file's, the layers that the released code never calls among them, and the others.
PUBLISHED, LIVE = 21_631_385, 16_911_769
FAULTS = filling.Matching(is_raw=True, has_mixed_polarity=True, has_soft_c_mask=True)


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


def shapes_of(recorded):
    lines = [line.split() for line in recorded["parameters"]]
    return {name: tuple(map(int, sizes)) for name, *sizes in lines}


def networks_of(**options):
    """The published networks, without what training adds."""
    made = model.CPNet(model.Options(**options), matching=FAULTS)
    made.loss_weights = model.objective.LossWeights(perceptual=0.0, style=0.0)
    made.build_networks(clip.ClipSpec(2, 16, 16, has_holes=True))
    return made


@pytest.fixture(scope="module")
def built(recorded):
    made = networks_of(repeats_layers=True)
    table, shapes = made.published_weights(), shapes_of(recorded)
    # One network after the other, so that few weights are there twice.
    for name, weights in table.networks.items():
        wanted = {one for weight in weights for one in weight.names}
        arrays = recorded_inputs.weights({one: shapes[one] for one in wanted})
        part = weight_names.Table({name: weights})
        for weight, value in weight_names.values(part, arrays):
            weight.variable.assign(value)
    return made


@pytest.fixture(scope="module")
def clips():
    """Frames with ImageNet's mean in holes, the frames themselves, and holes."""
    whole = tf.constant(2.0 * recorded_inputs.frames() - 1.0)
    holes = tf.constant(recorded_inputs.holes())
    return filling.Matching().started(whole, holes), whole, holes


def assert_close(ours, theirs):
    check_parity.assert_close(
        recorded_inputs.thinned(np.asarray(ours)), theirs, NETWORK
    )


def in_unit_range(frames):
    return (np.asarray(frames) + 1.0) / 2.0


def test_every_variable_has_a_name(built):
    check_parity.every_variable_has_a_name(built)


def test_the_numbers_of_parameters_are_the_published_ones(built, recorded):
    in_file = sum(int(np.prod(one)) for one in shapes_of(recorded).values())
    assert in_file == PUBLISHED
    assert sum(one.count_params() for one in built.networks.values()) == LIVE
    # By hand: two convolutions 512 -> 512 are dead, 2 (9 · 512 · 512 + 512).
    assert PUBLISHED - LIVE == 2 * (9 * 512 * 512 + 512)


@pytest.mark.slow
def test_with_layers_of_its_own_it_has_all_published_parameters(recorded):
    """The published fault, layers that are applied twice, and its cure."""
    cured = networks_of()
    found = {name: one.count_params() for name, one in cured.networks.items()}
    # Aligner: encoder 1,740,480 and regressor 14,161,926 by spec.
    assert found["aligner"] == 1_740_160 + 14_161_926
    assert sum(found.values()) == PUBLISHED
    table = cured.published_weights()
    named = [
        one for weights in table.networks.values() for w in weights for one in w[1]
    ]
    assert set(named) == set(shapes_of(recorded))


def test_alignment_equals_the_original(built, clips, recorded):
    frames, _, holes = clips
    target, references = recorded_inputs.TARGET, list(recorded_inputs.REFERENCES)
    x = tf.image.resize(
        stages.with_mask(frames[:, target], holes[:, target]), [224] * 2
    )
    assert_close(stages.through(built.aligner.encoder, x), recorded["alignment"])
    features = filling.features(built.aligner, frames, holes)
    theta = [
        built.aligner(features.as_target[:, target], features.as_reference[:, one])
        for one in references
    ]
    check_parity.assert_close(tf.concat(theta, axis=0), recorded["theta"], NETWORK)


def test_copying_and_pasting_equal_the_original(built, clips, recorded):
    frames, _, holes = clips
    values = built.copier(frames[0, :3], holes[0, :3])
    assert_close(values[:1], recorded["values"])
    visible = matching.at_quarter(1.0 - holes[0, :3])
    scores = matching.similarity(
        values[:1], values[None, 1:], visible[:1] * visible[None, 1:], is_raw=True
    )
    running = matching.add(
        matching.start(values[:1]), scores, visible[None, 1:], values[None, 1:]
    )
    copied, c_mask = matching.finish(running)
    assert_close(copied, recorded["matched"])
    assert_close(c_mask, recorded["c_mask"])
    assert_close(
        in_unit_range(built.paster(values[:1], copied, c_mask)), recorded["decoded"]
    )


def test_a_filled_frame_equals_the_original(built, clips, recorded):
    frames, whole, holes = clips
    order = [recorded_inputs.TARGET, *recorded_inputs.REFERENCES]
    parts = (tf.gather(one, order, axis=1) for one in (frames, holes))
    filled = built.filler(*built._parted(*parts))
    hole = holes[:, order[0]]
    made = tf.where(hole > 0, filled.painted, whole[:, order[0]])
    made = np.clip(in_unit_range(made), 0.0, 1.0)
    assert_close(made, recorded["filled"])


@pytest.mark.long
@pytest.mark.slow
def test_inference_equals_the_original_script(built, clips, recorded):
    frames, _, holes = clips
    whole = passes.Passes(
        window=windows.Window(is_released=True), keeps_stale_features=True
    )
    made = whole.complete(built.filler, frames, holes)
    assert_close(in_unit_range(made)[0], recorded["inference"])


def test_the_identity_stands_in_the_bias(built, recorded):
    bias = recorded_inputs.weights({recorded_inputs.THETA_BIAS: (6,)})
    wanted = bias[recorded_inputs.THETA_BIAS] - np.array(alignment.IDENTITY)
    np.testing.assert_allclose(built.aligner.to_theta.bias, wanted, atol=1e-7)

"""The paper's network against the released code, weight for weight, at full width.

tests/goldens/parity_vinet.npz holds what that code made of weights and inputs by formula:
tools/parity_vinet.py.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, source_tree
from tests.models.vinet import recorded_inputs
from tfvideogan.core import clip, errors
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.models import weight_names
from tfvideogan.models.vinet import filling

GOLDENS = source_tree.ROOT / "tests/goldens/parity_vinet.npz"
GIN = "gin/vinet/paper.gin"
SPEC = clip.ClipSpec(4, 16, 16, has_holes=True, has_flow=True)
# Of the largest number: float32 sums in another order.
TOLERANCE = 1e-4
COUNTS = {"8": 1_093_124, "4": 1_058_564, "2": 1_021_700, "1": 984_836}
OPTIONS, RELEASE = "vinet_options.Options", "vinet_options.Release"
# What the code does that the paper does not say.
BINDINGS = {
    "single": [f"{RELEASE}.unpasted = True"],
    "double": [
        f"{RELEASE}.unpasted = True",
        f"{RELEASE}.discarded_flow = True",
        f"{OPTIONS}.double_size = True",
        f"{OPTIONS}.previous_holes = {recorded_inputs.SHARE}",
    ],
}


def build(kind):
    """The networks of the published configuration, without an optimizer."""
    config.parse([GIN], BINDINGS[kind])
    made = config.arguments(loop.run)["make_model"]()
    config.reset()
    made.build_networks(SPEC)
    return made


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def weights(recorded):
    """The original's parameters, by formula."""
    return recorded_inputs.weights(recorded["single/parameters"])


@pytest.fixture(scope="module")
def built():
    return build("single")


def count(*networks):
    return sum(
        int(np.prod(one.shape)) for net in networks for one in net.trainable_variables
    )


def test_the_paper_has_as_many_parameters_as_the_original(built, weights):
    assert count(*built.networks.values()) == 14_115_364
    assert sum(one.size for one in weights.values()) == 14_115_364


def test_flow_nets_have_as_many_parameters_as_the_original(built):
    nets = [*built.painter.flow_nets, built.carrier.flow_net]
    assert {net.name.removeprefix("flow_"): count(net) for net in nets} == COUNTS


def test_every_variable_has_a_name(built):
    check_parity.every_variable_has_a_name(built)


def test_a_missing_name_is_said(built, weights):
    less = {name: one for name, one in weights.items() if "dc6" not in name}
    with pytest.raises(errors.UserError, match="lack `decoder.dc6.weight`"):
        weight_names.values(built.published_weights(), less)


@pytest.mark.parametrize(
    "kind", ["single", pytest.param("double", marks=pytest.mark.long)]
)
def test_two_steps_are_those_of_the_original(kind, built, recorded, weights):
    model = built if kind == "single" else build(kind)
    for weight, value in weight_names.values(model.published_weights(), weights):
        weight.variable.assign(value)
    state = None
    for step in range(2):
        frames, holes = map(tf.constant, recorded_inputs.clip(kind, step))
        shown = filling.Clip.of(frames, holes)
        filled = model.filler.fill(
            shown, recorded_inputs.MIDDLE, tf.constant([0, 1, 3, 4]), state
        )
        found = {
            "frame": filled.frame,
            "hidden": filled.state.memory[0],
            "flows": tf.concat(filled.flows, axis=0),
        }
        if step:
            found |= {"raw": filled.painted, "carried": filled.carried}
        for name, value in found.items():
            check_parity.assert_close(
                recorded_inputs.thinned(value.numpy()),
                recorded[f"{kind}/{step}/{name}"],
                TOLERANCE,
            )
        state = filled.state

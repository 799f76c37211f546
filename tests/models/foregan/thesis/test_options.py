import dataclasses

import pytest

from tfvideogan.core import errors
from tfvideogan.models.foregan.thesis import options


def test_every_fault_is_off_unless_asked_for():
    assert not any(dataclasses.asdict(options.Legacy()).values())


@pytest.mark.parametrize(
    "name",
    ["mask_source", "mask_feedback", "flow_input", "warp", "bg_fill", "transform_real"],
)
def test_a_wrong_choice_lists_the_right_ones(name):
    with pytest.raises(errors.UserError, match=rf"`{name}` \('other'\) must be one of"):
        options.Options(**{name: "other"})


def test_a_mask_cannot_read_features_of_changing_width():
    with pytest.raises(errors.UserError, match="use 'features'"):
        options.Options(mask_source="recurrent", recurrence="concat_unshared")


@pytest.mark.parametrize(
    ("switches", "channels"),
    [
        ({}, 5),  # Colours and flow.
        ({"mask_feedback": "propagated"}, 6),
        ({"flow_input": "next_frame"}, 6),
        ({"flow_input": "none"}, 3),
    ],
)
def test_input_channels_are_those_of_the_experiments(switches, channels):
    assert options.Options(**switches).foreground_channels == channels


@pytest.mark.parametrize(
    ("switches", "needs_flow"),
    [
        ({}, True),
        ({"flow_input": "none"}, False),
        ({"flow_input": "next_frame"}, False),
        ({"flow_input": "none", "warp": "first"}, True),
        ({"flow_input": "none", "background_flow_input": True}, True),
    ],
)
def test_flow_is_needed_by_whoever_sees_or_follows_it(switches, needs_flow):
    assert options.Options(**switches).needs_flow == needs_flow

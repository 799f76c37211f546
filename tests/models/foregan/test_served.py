"""ForeGAN at the door: bytes, rules, and a memory that makes chunks equal the whole."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tests.models.foregan import test_model
from tfvideogan.core import pixels, signatures
from tfvideogan.models.foregan import served

CASE = check_model.Case(make_model=test_model.make_model, spec=test_model.SPEC)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


def request(frames: int) -> dict[str, tf.Tensor]:
    long = check_model.Case(CASE.make_model, CASE.spec.with_frames(frames))
    batch = long.batch()
    return {
        "frames": pixels.to_uint8(batch["frames"]),
        "mask": tf.cast(batch["foreground_masks"][:, 0] * 255.0, tf.uint8),
        "forward_flow": batch["forward_flow"],
        "backward_flow": batch["backward_flow"],
    }


def part(whole: dict[str, tf.Tensor], first: int, last: int) -> dict[str, tf.Tensor]:
    """Frames first ... last, both included, and the flows between them."""
    return {
        "frames": whole["frames"][:, first : last + 1],
        "forward_flow": whole["forward_flow"][:, first:last],
        "backward_flow": whole["backward_flow"][:, first:last],
    }


def test_chunks_joined_end_to_end_equal_the_whole(model):
    functions = model.serving_functions()
    whole = request(6)
    expected = functions["predict"].function(**whole)
    answers = [
        functions["predict_start"].function(mask=whole["mask"], **part(whole, 0, 2))
    ]
    for first, last in ((2, 3), (3, 5)):
        states = {
            f"{signatures.STATE}{key.removeprefix(signatures.NEXT_STATE)}": value
            for key, value in answers[-1].items()
            if key.startswith(signatures.NEXT_STATE)
        }
        answers.append(
            functions["predict_next"].function(**part(whole, first, last), **states)
        )
    for key in served.OUTPUTS:
        joined = np.concatenate([one[key] for one in answers], axis=1)
        assert joined.shape == expected[key].shape
        off = np.abs(joined.astype(int) - expected[key].numpy().astype(int))
        assert off.max() <= 1, key


def test_the_memory_matters(model):
    functions = model.serving_functions()
    whole = request(4)
    start = functions["predict_start"].function(mask=whole["mask"], **part(whole, 0, 2))
    states = {
        key.removeprefix("next_"): value
        for key, value in start.items()
        if key.startswith(signatures.NEXT_STATE)
    }
    last = part(whole, 2, 3)
    right = functions["predict_next"].function(**last, **states)
    states["state_mask"] = 1.0 - states["state_mask"]
    wrong = functions["predict_next"].function(**last, **states)
    assert np.abs(right["mask"].numpy().astype(int) - wrong["mask"]).max() > 50


def test_every_memory_that_comes_out_goes_in(model):
    functions = model.serving_functions()
    handed_out = {
        key.removeprefix("next_")
        for key in functions["predict_start"].outputs
        if key.startswith(signatures.NEXT_STATE)
    }
    taken = {
        key
        for key in functions["predict_next"].inputs
        if key.startswith(signatures.STATE)
    }
    assert handed_out == taken and len(taken) == 9


def test_any_value_but_zero_is_object(model):
    predict = model.serving_functions()["predict"].function
    whole = request(3)
    ones = dict(whole, mask=tf.cast(whole["mask"] > 0, tf.uint8))
    np.testing.assert_array_equal(predict(**whole)["mask"], predict(**ones)["mask"])


def test_flow_is_bounded_by_the_size_of_a_frame(model):
    rules = model.serving_functions()["predict"].rules
    # 16 + 16 pixels.
    assert (rules["forward_flow"].minimum, rules["forward_flow"].maximum) == (-32, 32)


def test_models_without_flow_ask_for_none():
    inputs = served.inputs(CASE.spec, has_flow=False)
    assert [one.spec.name for one in inputs] == ["frames", "mask"]

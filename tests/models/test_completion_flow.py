"""What completes flow is an export that another model takes along."""

import pathlib

import pytest
import tensorflow as tf

from tests import completing_toy
from tfvideogan.core import clip, errors
from tfvideogan.models import completion_flow

SPECS = {
    "frames": tf.TensorSpec([None] * 4 + [3], tf.uint8),
    "holes": tf.TensorSpec([None] * 4 + [1], tf.uint8),
    "forward_flow": tf.TensorSpec([None] * 4 + [2], tf.float32),
    "backward_flow": tf.TensorSpec([None] * 4 + [2], tf.float32),
}


def saved(folder: pathlib.Path, verb: str = "complete_flow") -> str:
    """Saves what doubles both flows and returns its folder."""
    module = tf.Module()
    module.factor = tf.Variable(2.0)

    def double(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            name: module.factor * given[name]
            for name in ("forward_flow", "backward_flow")
        }

    traced = tf.function(double).get_concrete_function(**SPECS)
    tf.saved_model.save(module, str(folder), signatures={verb: traced})
    return str(folder)


@pytest.mark.parametrize(
    ("make", "channels", "words"),
    [
        (lambda folder: str(folder / "none"), 3, "is no export; name the folder of a"),
        (
            lambda folder: saved(folder, "complete"),
            3,
            "has no signature `complete_flow`",
        ),
        (saved, 1, "takes frames of 3 channels, but the clips have 1"),
    ],
)
def test_what_completes_no_such_flow_is_refused(tmp_path, make, channels, words):
    with pytest.raises(errors.UserError) as found:
        completion_flow.FlowCompleter(make(tmp_path), channels=channels)
    assert words in str(found.value)


def test_a_model_of_holes_takes_it_along(tmp_path):
    model = completing_toy.MeanPainter(flow_completer=saved(tmp_path))
    model.build_for(clip.ClipSpec(4, 8, 8, has_holes=True))
    served = model.serving_functions()
    flow = tf.ones([1, 1, 8, 8, 2])
    answer = served["complete_flow"].function(
        frames=tf.zeros([1, 2, 8, 8, 3], tf.uint8),
        holes=tf.zeros([1, 2, 8, 8, 1], tf.uint8),
        forward_flow=flow,
        backward_flow=-3 * flow,
    )
    assert float(tf.reduce_max(answer["forward_flow"])) == 2
    assert float(tf.reduce_min(answer["backward_flow"])) == -6
    assert len(served["complete_flow"].held) == 1
    assert "complete_flow" not in model.fixed_size_functions()
    assert "complete_flow" not in completing_toy.built().serving_functions()

"""The model of flow keeps the promises of a model and completes both directions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import completion_flow
from tfvideogan.models.flow_completion import model as flow_completion

SPEC = clip.ClipSpec(3, 16, 16, has_flow=True, has_holes=True, has_found_flow=True)


def make_model(
    seed: int = 0, optimizer: keras.optimizers.Optimizer | None = None
) -> flow_completion.FlowCompletion:
    options = flow_completion.Options(width=2)
    return flow_completion.FlowCompletion(options, optimizer=optimizer, seed=seed)


CASE = check_model.Case(make_model=make_model, spec=SPEC)
# A step draws nothing at random.
CHECKS = [one for one in check_model.CHECKS if one is not check_model.the_seed_decides]


@pytest.mark.parametrize(
    "check", check_model.of_large_model(CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


def test_the_seed_decides_about_the_start():
    one, again, other = (make_model(seed) for seed in (0, 0, 1))
    for model in (one, again, other):
        model.build_for(SPEC)
    kernels = [model.network.first.kernel.numpy() for model in (one, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[2] - kernels[0]).max() > 0.1


class Adding(keras.Layer):
    """Adds (1, -2) times the unit motion, and remembers what it saw."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        self.seen = inputs
        return tf.ones_like(inputs[..., :2]) * tf.constant([1.0, -2.0])


def built() -> flow_completion.FlowCompletion:
    model = make_model()
    model.build_for(SPEC)
    model.network = Adding()
    return model


def panned(height=16, width=16, *, steps=2):
    """One grey clip that moves by (3, 4) pixels, with a hole in the middle of frame 1."""
    frames = np.full([1, steps + 1, height, width, 3], 0.5, np.float32)
    holes = np.zeros([1, steps + 1, height, width, 1], np.float32)
    holes[:, 1, 4:8, 4:8] = 1
    flow = np.broadcast_to(np.float32([3, 4]), [1, steps, height, width, 2])
    return frames, holes, flow, -flow


def test_motion_is_divided_by_its_root_mean_square_and_comes_back_in_pixels():
    model = built()
    forward, backward = model.complete(*map(tf.constant, panned()))
    # 5 pixels long, and a little that keeps still water from being divided by nothing.
    scale = np.sqrt((3**2 + 4**2) / 2 + 0.01)
    np.testing.assert_allclose(
        forward,
        np.broadcast_to([3 + scale, 4 - 2 * scale], (1, 2, 16, 16, 2)),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        backward[0, 0, 0, 0], [-3 + scale, -4 - 2 * scale], rtol=1e-5
    )
    np.testing.assert_allclose(
        model.network.seen[0, 0, 0, 0, :2], [3 / scale, 4 / scale], rtol=1e-5
    )


def test_a_step_is_unknown_where_either_frame_has_a_hole():
    model = built()
    frames, holes, forward, backward = panned(steps=3)
    frames[holes[..., 0] > 0] = np.nan
    spoilt = forward.copy()
    spoilt[:, 0, 4:8, 4:8] = spoilt[:, 1, 4:8, 4:8] = np.nan
    made, _ = model.complete(*map(tf.constant, (frames, holes, spoilt, backward)))
    assert np.isfinite(made).all()
    seen = model.network.seen.numpy()
    known = seen[..., 2]
    # Forward: the hole is in frame 1, of steps 0 and 1. Backwards they are the last ones.
    assert [int(one) for one in (1 - known).sum((2, 3)).flat] == [16, 16, 0, 0, 16, 16]
    # A membrane held by (3, 4) all around.
    np.testing.assert_allclose(seen[0, 0, 5, 5, :2], seen[0, 0, 0, 0, :2], rtol=1e-3)
    # Frame t and t + 1, each with its holes; in reverse t + 1 comes first.
    np.testing.assert_array_equal(seen[0, 0, 5, 5, 3:], [0.5] * 3 + [0] + [0] * 3 + [1])
    np.testing.assert_array_equal(seen[1, 1, 5, 5, 3:], [0.5] * 3 + [0] + [0] * 3 + [1])


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((16, 24), (16, 24)),
        ((95, 100), (95, 100)),
        ((96, 216), (48, 108)),
        ((250, 131), (125, 66)),
    ],
)
def test_large_frames_are_seen_smaller_and_answered_at_their_size(size, wanted):
    model = built()
    made, _ = model.complete(*map(tf.constant, panned(*size)))
    assert made.shape == (1, 2, *size, 2)
    assert model.network.seen.shape[2:4] == wanted


def test_losses_are_mean_distances_of_end_points_by_the_motion():
    model = built()
    frames, holes, forward, backward = panned()
    scale = np.sqrt(12.5 + 0.01)
    batch = {
        "frames": frames,
        "holes": holes,
        "found_forward_flow": forward,
        "found_backward_flow": backward,
        "forward_flow": forward,
        "backward_flow": backward,
    }
    batch = {name: tf.constant(one) for name, one in batch.items()}
    losses, logs = model.flow_losses(batch, None, seeds.from_int(0))
    # Everywhere off by (1, -2) times the scale.
    assert float(losses["flow/hole"]) == pytest.approx(np.sqrt(5), rel=1e-4)
    assert float(losses["flow/known"]) == pytest.approx(0.25 * np.sqrt(5), rel=1e-4)
    assert float(logs["end_points/hole"]) == pytest.approx(np.sqrt(5) * scale, rel=1e-4)
    # What was found is right; 0.01 keeps lengths from 0.
    assert float(logs["end_points/membrane"]) == pytest.approx(0.01, abs=0.01)


@pytest.mark.parametrize("lacking", ["has_flow", "has_holes", "has_found_flow"])
def test_clips_that_lack_something_are_refused(lacking):
    spec = clip.ClipSpec(
        3,
        16,
        16,
        **{"has_flow": True, "has_holes": True, "has_found_flow": True, lacking: False},
    )
    with pytest.raises(errors.UserError, match=r"finds_flow = True"):
        make_model().build_for(spec)


def test_one_frame_is_refused():
    with pytest.raises(errors.UserError, match="one frame has no motion"):
        make_model().build_for(SPEC.with_frames(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "`width` .0. must be at least 1"),
        ({"known": -1}, "`known` .-1. must not"),
    ],
)
def test_bad_options_are_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        flow_completion.Options(**options)


def test_colours_are_directions():
    flow = tf.constant([[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [0.0, 2.0]])[
        None, None, None
    ]
    colours = flow_completion._coloured(flow, tf.constant(2.0))
    wanted = [[1, -1, -1], [0, 1, 1], [1, 1, 1], [0, 1, -1]]
    np.testing.assert_allclose(colours[0, :, 0], [wanted] * 2, atol=0.02)


def test_an_export_answers_for_other_models(tmp_path):
    model = make_model()
    model.build_for(SPEC)
    served = model.serving_functions()["complete_flow"]
    traced = tf.function(served.function).get_concrete_function(**served.inputs)
    tf.saved_model.save(
        model.network, str(tmp_path), signatures={"complete_flow": traced}
    )
    completer = completion_flow.FlowCompleter(str(tmp_path), channels=3)
    frames, holes, *flows = panned()
    given = {
        "frames": tf.cast(frames * 255, tf.uint8),
        "holes": tf.cast(holes, tf.uint8),
        "forward_flow": tf.constant(flows[0]),
        "backward_flow": tf.constant(flows[1]),
    }
    for name, one in completer.serving_function().function(**given).items():
        np.testing.assert_allclose(one, served.function(**given)[name], atol=1e-5)

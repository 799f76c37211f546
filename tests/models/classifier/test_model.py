"""The classifier keeps the promises of a model and learns what a clip shows."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.models.classifier import model as classifier
from tfvideogan.models.classifier import network

SPEC = clip.ClipSpec(4, 8, 8, num_classes=3)


def make_model(
    seed: int = 0,
    optimizer: keras.optimizers.Optimizer | None = None,
    **options: object,
) -> classifier.VideoClassifier:
    """Returns the smallest classifier."""
    tiny = {"width": 2, "blocks": 1, "augmentations": ("shift",)}
    return classifier.VideoClassifier(
        classifier.Options(**tiny | options), optimizer=optimizer, seed=seed
    )


CASE = check_model.Case(make_model=make_model, spec=SPEC)


@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


# --- The network


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (5, 7, 12, 3), (16, 3, 3, 1)])
def test_clips_of_any_size_and_length_are_judged(shape):
    logits = network.ActionNetwork(4, width=2, blocks=3)(tf.zeros([2, *shape]))
    assert logits.shape == (2, 4)


def test_pairs_of_frames_are_averaged_and_a_last_one_stays():
    clips = tf.reshape([1.0, 3.0, 5.0, 7.0, 9.0], [1, 5, 1, 1, 1])
    found = network._halve_time(clips)
    np.testing.assert_allclose(tf.reshape(found, [-1]), [2.0, 6.0, 9.0])


def test_differences_are_seen_beside_frames():
    frames = seeds.uniform([1, 4, 8, 8, 3], seeds.from_int(0))
    built = network.ActionNetwork(2, width=2, blocks=1)
    built(frames)
    kernel = built.stem.kernel
    assert kernel.shape == (3, 3, 6, 2)
    # A still clip has no differences: their half of the kernel does not matter.
    still = tf.repeat(frames[:, :1], 4, axis=1)
    before = [built(clips).numpy() for clips in (still, frames)]
    kernel.assign(tf.concat([kernel[:, :, :3], 2.0 * kernel[:, :, 3:]], axis=2))
    np.testing.assert_array_equal(built(still), before[0])
    assert np.abs(built(frames) - before[1]).max() > 0


# --- Learning


def test_loss_is_the_cross_entropy_of_smoothed_labels():
    built = make_model(label_smoothing=0.3, augmentations=())
    built.build_for(SPEC)
    logits = tf.constant([[np.log(2.0), 0.0, 0.0], [0.0, 0.0, 0.0]], tf.float32)
    built.classifier = lambda frames, training: logits
    batch = {**CASE.batch(), "labels": tf.constant([0, 2])}
    losses, monitors = built.classifier_losses(batch, None, seeds.from_int(0))
    # Probabilities 1/2, 1/4, 1/4 and thirds; shares of the labels 0.8, 0.1, 0.1.
    expected = (0.8 * np.log(2) + 0.2 * np.log(4) + np.log(3)) / 2
    assert float(losses["classifier/cross_entropy"]) == pytest.approx(expected)
    # The first is right; of equals the first is taken, and that is wrong.
    assert float(monitors["category/right"]) == 0.5


def moving_dots(number: int, seed: int) -> dict[str, tf.Tensor]:
    """Clips of a dot that moves right (0), down (1) or not at all (2)."""
    generator = np.random.default_rng(seed)
    frames = np.full((number, 4, 8, 8, 3), -1.0, np.float32)
    labels = np.arange(number) % 3
    for clip_frames, label in zip(frames, labels, strict=True):
        x, y = generator.integers(0, 4, 2)
        for time, frame in enumerate(clip_frames):
            frame[y + time * (label == 1), x + time * (label == 0)] = 1.0
    return {"frames": tf.constant(frames), "labels": tf.constant(labels, tf.int32)}


def test_directions_are_learnt():
    adam = keras.optimizers.Adam(1e-2)
    built = make_model(width=8, blocks=2, augmentations=(), optimizer=adam)
    built.build_for(SPEC)
    step = tf.function(built.train_step)
    for number in range(60):
        step(moving_dots(24, seed=number))
    unseen = moving_dots(48, seed=1000)
    outputs = built.evaluation_outputs(unseen)
    found = np.argmax(outputs["probabilities"], axis=1)
    assert np.mean(found == unseen["labels"]) > 0.9


# --- What is judged and served


def test_probabilities_are_of_each_class(model):
    found = model.evaluation_outputs(CASE.batch())["probabilities"].numpy()
    assert found.shape == (2, 3) and found.min() > 0
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)


def test_served_clips_are_bytes_of_fixed_size(model):
    served = model.serving_functions()["classify"]
    assert served.inputs["frames"].shape.as_list() == [None, 4, 8, 8, 3]
    frames = pixels.to_uint8(CASE.batch()["frames"])
    answers = served.function(frames=frames)
    expected = model.evaluation_outputs({"frames": pixels.to_float(frames)})
    np.testing.assert_allclose(answers["probabilities"], expected["probabilities"])
    greatest = np.argmax(expected["probabilities"], axis=1)
    np.testing.assert_array_equal(answers["label"], greatest)
    np.testing.assert_allclose(answers["features"], expected["features"])


def test_features_are_what_the_classes_are_told_by(model):
    answers = model.evaluation_outputs(CASE.batch())
    kernel, bias = model.classifier.logits.get_weights()
    logits = answers["features"] @ kernel + bias
    np.testing.assert_allclose(
        answers["probabilities"], tf.nn.softmax(logits), rtol=1e-5
    )
    assert answers["features"].shape == (2, len(kernel))


@pytest.mark.parametrize("classes", [0, 1])
def test_clips_without_classes_are_refused(classes):
    spec = clip.ClipSpec(4, 8, 8, num_classes=classes)
    with pytest.raises(errors.UserError, match=f"have {classes} classes"):
        make_model().build_for(spec)


@pytest.mark.parametrize(
    ("option", "value"), [("width", 0), ("blocks", 0), ("label_smoothing", 1.0)]
)
def test_settings_without_meaning_are_refused(option, value):
    with pytest.raises(errors.UserError, match=rf"`{option}` \({value}\) must be"):
        make_model(**{option: value})

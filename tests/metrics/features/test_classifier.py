"""A classifier on disk gives probabilities and features of clips of its size."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.metrics.features import classifier

SHAPE = [None, 3, 2, 2, 1]


class Brightness(tf.Module):
    """Features are the means of the first and the last frame, 0 to 255."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = tf.Variable(gain)

    @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.uint8, "frames")])
    def classify(self, frames):
        means = tf.reduce_mean(tf.cast(frames, tf.float32), axis=[2, 3, 4]) * self.gain
        features = tf.stack([means[:, 0], means[:, -1]], axis=1)
        return {"probabilities": tf.nn.softmax(features), "features": features}

    @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.uint8, "frames")])
    def without_features(self, frames):
        return {"probabilities": self.classify(frames)["probabilities"]}


def save(path, module, function) -> str:
    tf.saved_model.save(module, str(path), signatures={"classify": function})
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    module = Brightness()
    path = tmp_path_factory.mktemp("exports") / "brightness" / "1"
    return save(path, module, module.classify)


def clips(*shades: int) -> np.ndarray:
    column = np.array(shades, np.uint8).reshape(1, -1, 1, 1, 1)
    return np.broadcast_to(column, (1, len(shades), 2, 2, 1))


def test_features_and_probabilities_are_those_of_the_export(folder):
    found = classifier.Classifier(folder)
    np.testing.assert_allclose(found.features(clips(5, 9, 5)), [[5.0, 5.0]])
    np.testing.assert_allclose(found.probabilities(clips(5, 9, 5)), [[0.5, 0.5]])
    assert found.size == (3, 2, 2, 1) and found.min_frames == 3


def test_name_and_identity_are_of_the_weights(folder, tmp_path):
    found = classifier.Classifier(folder)
    assert found.name == f"brightness-{found.identity[:8]}"
    assert not found.is_reference
    other = Brightness(gain=2.0)
    path = save(tmp_path / "brightness" / "1", other, other.classify)
    assert classifier.Classifier(path).identity != found.identity
    assert classifier.Classifier(folder, name="mine").name == "mine"


def test_clips_of_another_size_are_named(folder):
    with pytest.raises(
        errors.UserError, match="4 frames of 2x2x1 .*, but .* 3 frames of 2x"
    ):
        classifier.Classifier(folder).features(clips(1, 2, 3, 4))


def test_an_export_without_features_only_classifies(tmp_path):
    module = Brightness()
    found = classifier.Classifier(save(tmp_path, module, module.without_features))
    assert found.probabilities(clips(1, 2, 3)).shape == (1, 2)
    with pytest.raises(errors.UserError, match="no `features`; export it again"):
        found.features(clips(1, 2, 3))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(errors.UserError, match=r"saved_model.pb; give the folder"):
        classifier.Classifier(str(tmp_path))

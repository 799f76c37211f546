"""The motion score is what a classifier on disk says of the first frames of clips."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import motion_score

SHAPE = [None, 3, 2, 2, 1]


class Brightness(tf.Module):
    """Class 1 where the last of three frames is brighter than the first."""

    @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.uint8, "frames")])
    def classify(self, frames):
        means = tf.reduce_mean(tf.cast(frames, tf.float32), axis=[2, 3, 4])
        is_brighter = tf.cast(means[:, -1] > means[:, 0], tf.float32)
        return {"probabilities": tf.stack([1.0 - is_brighter, is_brighter], axis=1)}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "frames")])
    def other(self, frames):
        return {"probabilities": frames}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("classifier"))
    module = Brightness()
    tf.saved_model.save(module, path, signatures={"classify": module.classify})
    return path


def clip(*shades: float, size: int = 2) -> np.ndarray:
    frames = np.array(shades, np.float32).reshape(1, -1, 1, 1, 1)
    return np.broadcast_to(frames, (1, len(shades), size, size, 1))


UP, DOWN = clip(-1, 0, 1), clip(1, 0, -1)


def test_generated_and_real_clips_are_classified(folder):
    clips = [
        ({"frames": real, "labels": np.array([label])}, {"frames": made})
        for real, made, label in ((UP, UP, 1), (UP, DOWN, 1), (DOWN, UP, 0))
    ]
    expected = {"motion score/model/T": 1 / 3, "motion score/real/T": 1.0}
    check_metric.check_metric(
        lambda: motion_score.MotionScore(folder), clips, expected=expected
    )


def test_only_the_beginning_of_a_long_clip_counts(folder):
    # Brighter after three frames, as bright as in the beginning after four.
    long = clip(-1, 0, 1, -1)
    metric = motion_score.MotionScore(folder)
    metric.update({"frames": long, "labels": np.array([1])}, {"frames": long})
    assert metric.result() == {"motion score/model/T": 1.0, "motion score/real/T": 1.0}


def test_pixels_reach_the_classifier_as_bytes(folder):
    # 0.001 is less than half of a level: rounded, both frames are alike.
    faint = clip(0.0, 0.0, 0.001)
    batch = {"frames": faint, "labels": np.array([1])}
    metric = motion_score.MotionScore(folder)
    metric.update(batch, {"frames": UP})
    assert metric.result() == {"motion score/model/T": 1.0, "motion score/real/T": 0.0}


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(errors.UserError, match=r"saved_model.pb; give the folder"):
        motion_score.MotionScore(str(tmp_path))


def test_models_that_do_not_classify_are_named(tmp_path):
    module = Brightness()
    path = str(tmp_path / "other")
    tf.saved_model.save(module, path, signatures={"predict": module.other})
    with pytest.raises(errors.UserError, match="has the signatures predict; "):
        motion_score.MotionScore(path)
    path = str(tmp_path / "numbers")
    tf.saved_model.save(module, path, signatures={"classify": module.other})
    with pytest.raises(errors.UserError, match=r"takes `frames` float32 \(None, 3\)"):
        motion_score.MotionScore(path)


@pytest.mark.parametrize(
    ("batch", "made", "words"),
    [
        ({"frames": UP}, UP, "no `labels`"),
        ({"frames": UP, "labels": [1]}, None, "generate videos of labelled"),
        ({"frames": UP, "labels": [1]}, UP[:, :2], "model: the clips have 2 frames"),
        (
            {"frames": clip(0, 1, 1, size=4), "labels": [1]},
            UP,
            "real: the clips have 3 frames of 4x4x1 .*, but",
        ),
        ({"frames": UP, "labels": [2]}, UP, "knows the classes 0 to 1"),
    ],
)
def test_clips_that_cannot_be_classified_are_named(folder, batch, made, words):
    batch = {key: np.asarray(value) for key, value in batch.items()}
    outputs = {} if made is None else {"frames": made}
    with pytest.raises(errors.UserError, match=words):
        motion_score.MotionScore(folder).update(batch, outputs)

"""What predictions show: the context handed through, and who is asked with what."""

import numpy as np
import tensorflow as tf

from tfvideogan.models import noise, prediction

SIZE = (4, 4, 3)


def predict(context, clip_seeds, *, frames, temperature=1.0):
    """The last frame, and on top step by step a tenth of the temperature."""
    steps = tf.range(1.0, frames + 1.0) * 0.1 * temperature
    return context[:, -1:] + steps[tf.newaxis, :, tf.newaxis, tf.newaxis, tf.newaxis]


def by_seed(context, clip_seeds, *, frames, temperature=1.0):
    """Frames that are the last digit of the seed, or 0 without noise."""
    digits = tf.cast(clip_seeds % 10, tf.float32) * temperature
    return tf.tile(digits[:, None, None, None, None], [1, frames, *SIZE])


def clips() -> tf.Tensor:
    """Two clips of five frames, each frame of one level."""
    levels = tf.constant([[0.0, 0.1, 0.2, 0.3, 0.4], [0.5, 0.4, 0.3, 0.2, 0.1]])
    return tf.broadcast_to(levels[:, :, None, None, None], [2, 5, *SIZE])


def levels(frames: tf.Tensor) -> np.ndarray:
    """The level of each frame."""
    return frames[..., 0, 0, 0].numpy()


def test_frames_are_the_context_and_a_prediction_without_noise():
    found = prediction.evaluation_outputs(
        predict, clips(), context=2, num_samples=3, long_frames=4
    )
    np.testing.assert_allclose(
        levels(found["frames"]), [[0.0, 0.1, 0.1, 0.1, 0.1], [0.5, 0.4, 0.4, 0.4, 0.4]]
    )
    # With noise a tenth is added each time, and the context is left out.
    assert found["samples"].shape == (2, 3, 3, *SIZE)
    np.testing.assert_allclose(
        levels(found["samples"])[:, 1], [[0.2, 0.3, 0.4], [0.5, 0.6, 0.7]], atol=1e-6
    )
    np.testing.assert_allclose(
        levels(found["long_frames"])[0], [0.2, 0.3, 0.4, 0.5], atol=1e-6
    )


def test_samples_of_a_clip_have_seeds_of_their_own():
    found = prediction.evaluation_outputs(
        by_seed, clips(), context=2, num_samples=3, long_frames=1
    )
    first = noise.seeds_of_clips(clips()).numpy()
    expected = (first[:, np.newaxis] + np.arange(3)) % 10
    np.testing.assert_array_equal(levels(found["samples"])[..., 0], expected)
    np.testing.assert_array_equal(levels(found["long_frames"])[:, 0], expected[:, 0])


def test_people_see_the_same_seeds_each_time_behind_the_context():
    found = prediction.sample_clips(by_seed, clips(), context=2)
    assert list(found) == ["real", "predicted", "drawn_1", "drawn_2"]
    for column in found.values():
        assert column.shape == (2, 5, *SIZE)
        np.testing.assert_array_equal(column[:, :2], clips()[:, :2])
    ends = {name: levels(column)[:, -1].tolist() for name, column in found.items()}
    assert ends["predicted"] == [0.0, 0.0]
    assert (ends["drawn_1"], ends["drawn_2"]) == ([0.0, 1.0], [2.0, 3.0])

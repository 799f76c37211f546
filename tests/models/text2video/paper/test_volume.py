"""Where the frames of a history come in the generator's input."""

import numpy as np
import tensorflow as tf

from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video.paper import volume


def channels(align: str, *, frames: int) -> list[list[float]]:
    """The channels of one pixel of two colours after 1 to 4 frames, D = 3."""
    # Frame 1 has the colours (0.1, 0.15), frame 2 (0.2, 0.25) and so on.
    number = np.arange(1, frames + 1, dtype=np.float32)
    colours = np.stack([number / 10, number / 10 + 0.05], axis=-1)
    context = tf.constant(colours.reshape(1, frames, 1, 1, 2))
    history = histories.of_context(volume.signed(context), 3)
    made = volume.channels(history, align=align)
    assert made.shape == (1, 1, 1, 6)
    return np.round(made[0, 0, 0].numpy(), 3).tolist()


def test_aligned_right_the_newest_frame_is_last():
    assert np.allclose(channels("right", frames=1), [0, 0, 0, 0, 0.1, 0.15])
    assert np.allclose(channels("right", frames=2), [0, 0, 0.1, 0.15, 0.2, 0.25])


def test_aligned_left_the_oldest_frame_is_first():
    assert np.allclose(channels("left", frames=1), [0.1, 0.15, 0, 0, 0, 0])
    assert np.allclose(channels("left", frames=2), [0.1, 0.15, 0.2, 0.25, 0, 0])


def test_a_full_history_loses_its_oldest_frame_however_it_is_aligned():
    for align in volume.ALIGNMENTS:
        found = channels(align, frames=4)
        assert np.allclose(found, [0.2, 0.25, 0.3, 0.35, 0.4, 0.45])


def test_ranges_are_each_other_s_inverse():
    frames = tf.constant([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(volume.unit(frames), [0.0, 0.5, 1.0])
    np.testing.assert_allclose(volume.signed(volume.unit(frames)), frames)

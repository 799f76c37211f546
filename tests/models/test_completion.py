import numpy as np
import pytest
import tensorflow as tf

from tests import completing_toy
from tfvideogan.core import clip, errors
from tfvideogan.models import completion


def test_what_lies_behind_a_hole_never_reaches_the_network():
    frames = np.full([1, 2, 3, 3, 3], 0.5, np.float32)
    holes = np.zeros([1, 2, 3, 3, 1], np.float32)
    holes[:, 0, 1, 1] = 1
    frames[:, 0, 1, 1] = np.nan
    made = completing_toy.built().complete(tf.constant(frames), tf.constant(holes))
    np.testing.assert_allclose(made[0, 0, 1, 1], 0.5, atol=1e-6)
    np.testing.assert_array_equal(
        np.where(holes > 0, 0, made), np.where(holes > 0, 0, frames)
    )


def test_sides_become_multiples_by_mirroring():
    seen = []

    class Looking(completing_toy.MeanPainter):
        def paint(self, frames, holes):
            seen.append((frames.shape, holes.numpy()))
            return super().paint(frames, holes)

    model = Looking(multiple=4)
    model.build_for(clip.ClipSpec(4, 8, 8, has_holes=True))
    holes = np.zeros([1, 2, 5, 6, 1], np.float32)
    holes[:, :, 3] = 1
    made = model.complete(tf.zeros([1, 2, 5, 6, 3]), tf.constant(holes))
    assert made.shape == (1, 2, 5, 6, 3)
    [(shape, padded)] = seen
    assert shape == (1, 2, 8, 8, 3)
    # The row of holes 3 is mirrored at the last row, 4.
    assert padded[0, 0, :, 0, 0].tolist() == [0, 0, 0, 1, 0, 1, 0, 0]


def test_clips_without_holes_are_refused():
    with pytest.raises(errors.UserError, match="no `holes` to complete"):
        completion.check_spec(clip.ClipSpec(4, 8, 8))


def test_samples_show_holes_in_grey():
    batch = {"frames": tf.ones([1, 1, 2, 2, 3]), "holes": tf.ones([1, 1, 2, 2, 1])}
    shown = completing_toy.built().sample_clips(batch)
    assert not np.any(shown["given"]) and np.all(shown["true"] == 1)

"""What an untrained paster adds to: copied pixels, or a membrane."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.cpnet import alignment, filling, model, objective
from tfvideogan.ops import fill


def test_holes_that_no_reference_shows_start_as_a_membrane(monkeypatch):
    made = model.CPNet(
        model.Options(width=2, alignment_width=2, alignment_size=32, sharpness=10.0),
        matching=filling.Matching(copies_pixels=True, fills_first=True),
        weights=objective.LossWeights(perceptual=0.0, style=0.0),
    )
    made.build_for(clip.ClipSpec(2, 32, 32, has_holes=True))
    identity = tf.constant([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    monkeypatch.setattr(alignment.Aligner, "call", lambda *_: identity)
    # The left half of the hole is one in both frames, the right half in the target alone.
    holes = np.zeros([1, 2, 32, 32, 1], np.float32)
    holes[:, :, 8:16, 8:16] = 1.0
    holes[:, 0, 8:16, 16:24] = 1.0
    frames = seeds.uniform([1, 2, 32, 32, 3], seeds.from_int(0), -1.0, 1.0)
    painted = made._filled(frames, tf.constant(holes)).painted.numpy()[0]
    membrane = fill.membrane(frames[0, :1], tf.constant(1.0 - holes[0, :1]))[0]
    np.testing.assert_allclose(painted[8:16, 8:16], membrane[8:16, 8:16], atol=1e-5)
    shown = frames[0, 1, 8:16, 16:24]
    np.testing.assert_allclose(painted[8:16, 16:24], shown, atol=1e-3)


def test_a_membrane_needs_a_paster_that_adds():
    with pytest.raises(errors.UserError, match="fills_first` needs `copies_pixels`"):
        filling.Matching(fills_first=True)

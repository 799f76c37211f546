import numpy as np
import pytest

from tests import completing_toy, served_toy
from tfvideogan.core import clip, errors
from tfvideogan.library import filling


def test_what_a_frame_shows_is_propagated_and_the_rest_is_the_models():
    # A still scene of two greys; one hole is there in one frame only, the other in all.
    frames = np.full([1, 4, 32, 32, 3], 0.2, np.float32)
    frames[:, :, :, 16:] = -0.6
    holes = np.zeros([1, 4, 32, 32, 1], np.float32)
    holes[:, 2, 20:24, 4:8] = 1.0
    holes[:, :, 4:8, 4:8] = 1.0
    made = filling.further_outputs(completing_toy.built())(
        {"frames": frames, "holes": holes}
    )["auto"]
    known = holes[..., 0] == 0
    np.testing.assert_array_equal(made[known], frames[known])
    # To the nearest byte.
    np.testing.assert_allclose(made[:, 2, 20:24, 4:8], 0.2, atol=1 / 255)
    # The toy paints the mean of what it sees: 0.2 for a little less than half of the
    # pixels, -0.6 for 512 of 1024 in each frame.
    mean = (0.2 * (512 - 16) - 0.6 * 512) / (1024 - 16)
    np.testing.assert_allclose(made[:, :, 4:8, 4:8], mean, atol=1.5 / 255)


def test_models_that_fill_no_holes_are_refused():
    model = served_toy.TalkingGAN()
    model.build_for(clip.ClipSpec(4, 8, 8))
    with pytest.raises(
        errors.UserError, match="is for models that fill holes, but Talk"
    ):
        filling.further_outputs(model)

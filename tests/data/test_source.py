import numpy as np
import pytest
import tensorflow as tf

from tests.data import toy_source
from tfvideogan.core import errors
from tfvideogan.data import source


def test_an_unknown_split_is_named_with_the_known_ones():
    with pytest.raises(errors.UserError, match=r"'dev'.*of toy.*train, test"):
        source.check_split(toy_source.ToySource(), "dev")


@pytest.mark.parametrize("frames", [0, 6])
def test_a_window_must_fit_into_the_shortest_clip(frames):
    with pytest.raises(errors.UserError, match=rf"\({frames}\).*between 1 and 5"):
        source.check_window(toy_source.ToySource(), "train", frames)


def test_windows_start_at_zero_without_a_seed():
    assert int(source.window_start(9, 3, None)) == 0


def test_all_starts_are_drawn_and_none_beyond():
    # 5 frames, windows of 3: 0, 1 and 2.
    drawn = [int(source.window_start(5, 3, tf.constant([1, i]))) for i in range(60)]
    assert set(drawn) == {0, 1, 2}
    assert np.bincount(drawn).min() > 8

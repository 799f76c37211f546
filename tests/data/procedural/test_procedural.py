import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import clip, errors
from tfvideogan.data.procedural import procedural


class Dots(procedural.Procedural):
    """A grey level per clip that grows with time."""

    name, version = "dots", 1

    def __init__(self, *, frames=2, clip_frames=5, seed=0, **num_clips):
        spec = clip.ClipSpec(frames, 4, 6, channels=1, num_classes=2)
        super().__init__(
            spec,
            {"train": 6, "test": 3} | num_clips,
            clip_frames=clip_frames,
            seed=seed,
        )

    def render(self, split, index, start=0, frames=None):
        level = self.generator(split, index).integers(0, 200, (4, 6, 1))
        moments = self.times(start, frames)[:, None, None, None]
        return {
            "frames": (level + moments).astype(np.uint8),
            "labels": np.asarray(index % 2, np.int32),
        }


def test_a_subclass_that_draws_keeps_the_promises_of_a_source():
    check_source.check_source(Dots())


@pytest.mark.parametrize(
    "other", [Dots(seed=1).generator("train", 3), Dots().generator("test", 3)]
)
def test_seeds_and_splits_share_no_random_numbers(other):
    mine = Dots().generator("train", 3)
    assert mine.integers(2**62) != other.integers(2**62)


def test_random_numbers_depend_on_the_clip_and_on_nothing_drawn_before():
    source = Dots()
    first = source.generator("train", 3).integers(2**62)
    assert source.generator("train", 2).integers(2**62) != first
    assert source.generator("train", 3).integers(2**62) == first


def test_the_generator_version_is_part_of_the_identity():
    class NewDots(Dots):
        version = 2

    new = NewDots().generator("train", 3).integers(2**62)
    assert Dots().generator("train", 3).integers(2**62) != new


def test_describe_names_what_the_clips_depend_on():
    text = Dots(seed=4).describe()
    assert text.startswith("procedural dots, generator 1, seed 4, 6 training clips")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"frames": 9, "clip_frames": 8}, ["`frames` (9)", "`clip_frames` (8)"]),
        ({"seed": -1}, ["`seed` (-1)", "negative"]),
        ({"test": 0}, ["dots/test (0)", "at least 1"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        Dots(**arguments)
    assert all(word in str(raised.value) for word in words)


def test_a_window_longer_than_a_clip_is_refused():
    with pytest.raises(errors.UserError, match=r"`frames` \(6\) .* between 1 and 5"):
        Dots().read("train", tf.constant(0, tf.int64), frames=6)

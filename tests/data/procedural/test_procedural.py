import dataclasses
import inspect

import numpy as np
import pytest

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.procedural import procedural


@dataclasses.dataclass(kw_only=True, eq=False)
class Dots(procedural.Procedural):
    """A grey level per clip that grows with time, faster with more `speed`."""

    name, version = "dots", 1

    frames: int = 2
    height: int = 4
    width: int = 6
    num_train_clips: int = 6
    clip_frames: int = 5
    speed: int = 1

    def __post_init__(self):
        super().__post_init__()
        self.spec = self.make_spec(channels=1, num_classes=2)

    def render(self, split, index, start=0, frames=None):
        level = self.generator(split, index).integers(0, 200, (4, 6, 1))
        moments = self.speed * self.times(start, frames)[:, None, None, None]
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
        ({"num_test_clips": 0}, ["dots/test (0)", "at least 1"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        Dots(**arguments)
    assert all(word in str(raised.value) for word in words)


def test_the_spec_has_the_settings_and_what_the_subclass_says():
    spec = Dots(frames=3, height=8, fps=5.0).spec
    assert (spec.frames, spec.height, spec.width, spec.fps) == (3, 8, 6, 5.0)
    assert (spec.channels, spec.num_classes) == (1, 2)


def test_the_constructor_takes_inherited_settings_and_own_ones_by_name():
    names = list(inspect.signature(Dots).parameters)
    assert {"seed", "num_validation_clips", "speed"} <= set(names)
    with pytest.raises(TypeError, match="heigth"):
        Dots(heigth=4)


def test_each_split_has_the_clips_asked_for():
    source = Dots(num_train_clips=4, num_validation_clips=3, num_test_clips=2)
    assert [source.num_clips(split) for split in source.splits] == [4, 3, 2]

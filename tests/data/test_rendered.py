import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import clip, errors
from tfvideogan.data import rendered, source


class Ramps(rendered.RenderedSource):
    """Frame t of clip i has the level 10 i + t; clips of "test" are shorter."""

    name = "ramps"
    is_procedural = False
    spec = clip.ClipSpec(2, 4, 6, channels=1, num_classes=3)
    splits = ("train", "test")

    def describe(self):
        return "ramps"

    def num_clips(self, split):
        source.check_split(self, split)
        return 3

    def num_frames(self, split):
        source.check_split(self, split)
        return {"train": 5, "test": 4}[split]

    def render(self, split, index, start=0, frames=None):
        stop = self.num_frames(split) if frames is None else start + frames
        levels = 10 * index + np.arange(start, stop)[:, None, None, None]
        shape = (stop - start, 4, 6, 1)
        return {
            "labels": np.asarray(index, np.int32),
            "frames": np.broadcast_to(levels, shape).astype(np.uint8),
        }


def levels(window):
    return np.asarray(window["frames"])[:, 0, 0, 0].tolist()


@pytest.mark.long
def test_a_subclass_that_renders_keeps_the_promises_of_a_source():
    check_source.check_source(Ramps())


def test_whole_clips_come_in_order():
    found = [levels(one) for one in Ramps().clips("test")]
    assert found == [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]


def test_a_window_has_the_frames_asked_for_and_the_keys_of_the_spec():
    read = tf.function(lambda index: Ramps().read("train", index, frames=3))
    window = read(tf.constant(2, tf.int64))
    assert levels(window) == [20, 21, 22] and int(window["labels"]) == 2
    assert list(window) == ["frames", "labels"]


def test_a_window_begins_wherever_it_fits_into_the_clips_of_its_split():
    starts = {
        levels(
            Ramps().read(
                "test",
                tf.constant(0, tf.int64),
                frames=3,
                seed=tf.constant([1, number]),
            )
        )[0]
        for number in range(20)
    }
    assert starts == {0, 1}  # four frames hold a window of three twice


def test_a_window_longer_than_a_clip_is_refused():
    with pytest.raises(errors.UserError, match=r"`frames` \(6\) .* between 1 and 5"):
        Ramps().read("train", tf.constant(0, tf.int64), frames=6)


def test_a_subclass_without_render_says_so():
    with pytest.raises(NotImplementedError):
        rendered.RenderedSource().render("train", 0)

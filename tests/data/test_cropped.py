import pytest
import tensorflow as tf

from tests.data import toy_source
from tfvideogan.core import errors, seeds
from tfvideogan.data import cropped


class Half(cropped.CroppedSource):
    """Clips of the toy, cut."""

    name = "half"

    def __init__(self, crop, given=None):
        self.crop = crop
        self.take_over(given or toy_source.ToySource(), has_holes=True)


def test_what_the_other_source_says_is_handed_on():
    given = toy_source.ToySource()
    given.has_all_masks = False
    made = Half(2, given)
    assert (made.spec.height, made.spec.width) == (2, 2)
    assert made.spec.has_holes and made.spec.frames == given.spec.frames
    assert (made.has_all_masks, made.has_plain_ground) == (False, True)
    assert made.splits == given.splits
    assert made.num_clips("train") == given.num_clips("train")
    whole = Half(None, given)
    assert whole.spec.height == given.spec.height


def test_a_crop_is_drawn_or_in_the_middle():
    made = Half(2)
    height, width = (
        toy_source.ToySource().spec.height,
        toy_source.ToySource().spec.width,
    )
    corner = made.corner(None)
    assert [int(one) for one in corner] == [(height - 2) // 2, (width - 2) // 2]
    rows = tf.reshape(tf.range(height * width), [1, height, width, 1])
    top, left = (int(one) for one in corner)
    expected = [top * width + left, top * width + left + 1]
    assert made.cut(rows, corner)[0, 0, :, 0].numpy().tolist() == expected
    corners = {
        tuple(int(one) for one in made.corner(seeds.from_int(seed)))
        for seed in range(200)
    }
    # Every place is drawn, and none beyond.
    assert corners == {
        (top, left) for top in range(height - 1) for left in range(width - 1)
    }
    assert Half(None).cut(rows, corner) is rows


def test_a_crop_larger_than_the_frames_is_refused():
    with pytest.raises(errors.UserError, match="`crop` \\(99\\) must be at most"):
        Half(99)

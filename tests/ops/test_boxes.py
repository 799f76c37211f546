import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import surroundings
from tfvideogan.media import boxes as boxes_of_arrays
from tfvideogan.ops import boxes


def inside(*spots, size=(9, 12)):
    """Bools [1, H, W, 1] that are set there."""
    found = np.zeros([1, *size, 1], bool)
    for spot in spots:
        found[0][spot] = True
    return found


def numbers(box):
    return [int(one) for one in box]


def test_a_box_is_what_is_set_and_its_margin():
    found = boxes.around(tf.constant(inside(np.s_[3:5, 10])), margin=2)
    assert numbers(found) == [1, 8, 7, 12]
    picture = tf.reshape(tf.range(108.0), [1, 9, 12, 1])
    back = boxes.put_back(boxes.cut(picture, found), found, like=picture)
    np.testing.assert_array_equal(back[0, 1:7, 8:], picture[0, 1:7, 8:])
    assert not np.any(back[0, :, :8])


def test_a_box_of_places_cuts_their_pixels():
    places = tf.constant(inside(np.s_[1, 2], size=(3, 4)))
    picture = tf.reshape(tf.range(6 * 8 * 2.0), [1, 6, 8, 2])
    found = boxes.cut(picture, boxes.around(places, margin=0), scale=2)
    np.testing.assert_array_equal(found, picture[:, 2:4, 4:6])


def test_boxes_within_boxes():
    outer = boxes.Box(*map(tf.constant, (2, 3, 8, 12)))
    inner = boxes.Box(*map(tf.constant, (1, 2, 4, 5)))
    assert numbers(boxes.within(outer, inner)) == [3, 5, 6, 8]


def test_clips_are_cut_and_put_back():
    clip = tf.reshape(tf.range(2 * 3 * 5 * 6 * 1.0), [2, 3, 5, 6, 1])
    box = boxes.Box(*map(tf.constant, (1, 0, 4, 2)))
    back = boxes.put_back(boxes.cut(clip, box), box, like=clip)
    wanted = np.zeros([2, 3, 5, 6, 1])
    wanted[:, :, 1:4, :2] = clip[:, :, 1:4, :2]
    np.testing.assert_array_equal(back, wanted)


@pytest.mark.parametrize(
    "hole, wanted",
    [
        # 32 pixels on each side.
        (np.s_[100:110], (68, 142)),
        # A quarter of 200 is more.
        (np.s_[150:350], (100, 400)),
        # What a border takes is on the other side.
        (np.s_[0:10], (0, 74)),
        (np.s_[490:500], (426, 500)),
        # No more than there is; all of it where nothing is set.
        (np.s_[5:495], (0, 500)),
        (np.s_[0:0], (0, 500)),
    ],
)
def test_holes_are_seen_with_their_surroundings(hole, wanted):
    is_hole = np.zeros([2, 3, 500, 1, 1], bool)
    is_hole[1, 2, hole] = True
    found = boxes.with_surroundings(
        tf.constant(is_hole), margin=surroundings.MARGIN, share=surroundings.SHARE
    )
    assert (int(found.top), int(found.bottom)) == wanted
    rows, columns = boxes_of_arrays.around(is_hole.any(axis=(0, 1))[..., 0])
    assert (rows.start, rows.stop) == wanted and columns == slice(0, 1)

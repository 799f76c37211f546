import functools

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import errors, seeds
from tfvideogan.data.holes import holed
from tfvideogan.data.panning import panned, trajectories
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.ops import warp

FIRST = tf.constant(0, tf.int64)


def make(**options):
    stills = functools.partial(
        sprites.Sprites,
        frames=1,
        height=32,
        width=40,
        clip_frames=2,
        flow="exact",
        num_train_clips=4,
        num_test_clips=2,
    )
    return panned.Panned(make_stills=stills, frames=3, clip_frames=4, **options)


@pytest.mark.parametrize(
    "options", [{}, {"height": 24, "width": 28, "has_objects": True}]
)
def test_it_is_a_source_with_the_right_flow(options):
    source = make(**options)
    check_source.check_protocol(source)
    check_source.check_clips(source, "train")
    check_source.check_flow(source, "train", min_warp_psnr=30.0)
    if options:
        check_source.check_order(source, "train")


@pytest.mark.parametrize("has_objects", [False, True])
def test_frames_warped_by_the_flow_are_their_neighbours(has_objects):
    quick = trajectories.Limits(periods=(8.0, 16.0))
    source = make(has_objects=has_objects, motion=quick)
    window = source.read("train", FIRST, frames=3)
    frames = tf.cast(window["frames"], tf.float32)
    for given, wanted, flow, reverse in (
        (frames[:-1], frames[1:], "backward_flow", "forward_flow"),
        (frames[1:], frames[:-1], "forward_flow", "backward_flow"),
    ):
        made, inside = warp.backward_with_validity(given, window[flow])
        hidden = warp.occlusion(window[flow], window[reverse])
        seen = (inside * (1 - hidden)).numpy() > 0
        error = np.abs(made - wanted)[np.repeat(seen, 3, axis=-1)]
        still = np.abs(given - wanted)[np.repeat(seen, 3, axis=-1)]
        assert seen.mean() > 0.7
        # Two interpolations of bytes; without flow it is many times that.
        assert error.mean() < 1.5
        assert still.mean() > 5 * error.mean()


def test_a_still_that_does_not_move_is_shown_as_it_is():
    still = trajectories.Limits(rotation=0.0, scale=0.0, translation=0.0, shear=0.0)
    source = make(motion=still)
    window = source.read("test", FIRST, frames=2)
    [frame] = source.stills.read("test", FIRST, frames=1)["frames"]
    np.testing.assert_array_equal(window["frames"], [frame, frame])
    assert not window["forward_flow"].numpy().any()


def test_objects_hide_the_ground():
    window = make(has_objects=True).read("train", FIRST, frames=3)
    masks = window["foreground_masks"].numpy()
    assert 0.03 < masks.mean() < 0.5
    differs = window["frames"].numpy() != window["backgrounds"].numpy()
    inside = np.repeat(masks, 3, axis=-1) > 0
    # One pixel of soft edge.
    assert differs[inside].mean() > 0.9
    assert differs[~inside].mean() < 0.1
    assert np.any(window["forward_flow"][:, 16, 20] != window["forward_flow"][:, 0, 0])


def test_the_seed_decides_and_longer_windows_begin_like_shorter_ones():
    read = functools.partial(make(has_objects=True).read, "train", FIRST)
    one, again, other = (read(frames=2, seed=seeds.from_int(n)) for n in (1, 1, 2))
    long, short = read(frames=4), read(frames=2)
    for key in one:
        np.testing.assert_array_equal(one[key], again[key])
        np.testing.assert_array_equal(long[key][: len(short[key])], short[key])
    assert np.any(one["frames"] != other["frames"])


def test_moved_stills_can_have_holes():
    source = holed.Holed(make_whole=make)
    window = source.read("train", FIRST, frames=2)
    assert {"holes", "forward_flow", "backward_flow"} < set(window)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"height": 33}, r"`Panned.height` \(33\) must be None or 1 to 32"),
        ({"width": 0}, r"`Panned.width` \(0\) must be None or 1 to 40"),
        ({"seed": -1}, r"`Panned.seed` \(-1\) must be 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        make(**options)


def test_windows_are_no_longer_than_clips():
    with pytest.raises(errors.UserError, match=r"`frames` \(5\) must be at most"):
        panned.Panned(make_stills=make, frames=5, clip_frames=4)

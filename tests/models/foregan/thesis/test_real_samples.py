import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import real_samples as samples

SEED = tf.constant([13, 14])


def frames(count=3):
    return seeds.uniform([count, 8, 10, 3], SEED, -1.0, 1.0)


def test_no_jitter_changes_nothing():
    found = samples.jitter_colours(frames(), SEED, samples.Jitter())
    np.testing.assert_allclose(found, frames(), atol=2e-6)


def test_jitter_stays_in_range_differs_between_examples_and_repeats():
    same = tf.repeat(frames(1), 3, axis=0)
    found = samples.jitter_colours(same, SEED, samples.OBJECT_JITTER).numpy()
    assert np.abs(found).max() <= 1
    assert np.abs(found[0] - found[1]).max() > 0.01
    again = samples.jitter_colours(same, SEED, samples.OBJECT_JITTER)
    np.testing.assert_array_equal(found, again)


def test_hue_turns_colours_and_keeps_greys():
    jitter = samples.Jitter(hue=0.5)
    grey = tf.fill([2, 4, 4, 3], 0.3)
    # The columns of the YIQ matrix are rounded to four digits.
    found = samples.jitter_colours(grey, SEED, jitter)
    np.testing.assert_allclose(found, grey, atol=2e-3)
    red = tf.constant([0.5, -0.5, -0.5]) * tf.ones([2, 4, 4, 3])
    assert np.abs(samples.jitter_colours(red, SEED, jitter) - red).max() > 0.1


def test_brightness_scales_light_so_black_stays_black():
    jitter = samples.Jitter(brightness=0.3)
    black = tf.fill([1, 4, 4, 3], -1.0)
    np.testing.assert_array_equal(samples.jitter_colours(black, SEED, jitter), black)


def test_clips_draw_for_every_frame():
    clips = tf.repeat(frames(1)[:, tf.newaxis], 4, axis=1)
    found = samples.jitter_clips(clips, SEED, samples.NEXT_FRAME_JITTER).numpy()
    assert found.shape == clips.shape
    assert np.abs(found[:, 0] - found[:, 1]).max() > 0.01


def square(count):
    mask = np.zeros((count, 40, 40, 1), np.float32)
    mask[:, 12:28, 12:28] = 1
    return tf.constant(mask)


def test_moved_squares_keep_their_centre_and_scale_within_bounds():
    moved = samples.move(square(64), SEED, max_shift=0.0, fill=0.0).numpy()
    areas = moved.sum(axis=(1, 2, 3)) / 16**2
    assert 0.75**2 * 0.95 < areas.min() < 0.7 and 1.4 < areas.max() < 1.25**2 * 1.05
    rows = np.arange(40).reshape(1, -1, 1, 1)
    centres = (moved * rows).sum(axis=(1, 2, 3)) / moved.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(centres, 19.5, atol=0.05)


def test_shift_is_vertical_and_bounded():
    moved = samples.move(square(64), SEED, max_shift=0.1, fill=0.0).numpy()
    place = np.arange(40)
    mass = moved.sum(axis=(1, 2, 3))
    down = (moved * place.reshape(1, -1, 1, 1)).sum(axis=(1, 2, 3)) / mass - 19.5
    across = (moved * place.reshape(1, 1, -1, 1)).sum(axis=(1, 2, 3)) / mass - 19.5
    assert 2.0 < np.abs(down).max() < 4.1  # 0.1 of 40 pixels.
    assert np.abs(across).max() < 0.1


def test_half_are_mirrored():
    ramp = tf.range(40.0)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    ramps = ramp * tf.ones([64, 40, 1, 1])
    moved = samples.move(ramps, SEED, max_shift=0.0, fill=0.0).numpy()
    falling = (moved[:, 20, 25, 0] < moved[:, 20, 15, 0]).mean()
    assert 0.25 < falling < 0.75  # 0.5, four standard errors.


def test_what_comes_from_outside_is_filled():
    moved = samples.move(tf.zeros([16, 20, 20, 3]), SEED, max_shift=0.0, fill=-1.0)
    shrunk = moved.numpy()[:, 0, 0, 0]
    assert np.any(shrunk == -1)
    assert np.all(moved.numpy()[:, 10, 10] == 0)


def test_probability_tells_how_many_move():
    images = square(64)
    stay = samples.move(images, SEED, max_shift=0.0, fill=0.0, probability=0.0)
    np.testing.assert_array_equal(stay, images)
    some = samples.move(images, SEED, max_shift=0.0, fill=0.0, probability=0.45)
    is_moved = np.abs(some - images).max(axis=(1, 2, 3)) > 0
    assert 0.2 < is_moved.mean() < 0.7

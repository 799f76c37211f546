"""Each view shows the layer it names, in its range."""

import numpy as np
import tensorflow as tf

from tfvideogan.models.foregan import outputs

ROLLED = {
    "composites": tf.fill([1, 1, 1, 1, 3], 0.5),
    "foregrounds": tf.fill([1, 1, 1, 1, 3], -1.0),
    "backgrounds": tf.fill([1, 1, 1, 1, 3], 1.0),
    "masks": tf.fill([1, 1, 1, 1, 1], 0.25),
}


def values(views):
    return {name: float(view[0, 0, 0, 0, 0]) for name, view in views.items()}


def test_metrics_judge_the_composite_as_frames():
    assert values(outputs.evaluation_outputs(ROLLED)) == {
        "frames": 0.5,
        "foreground_masks": 0.25,
        "foregrounds": -1.0,
        "backgrounds": 1.0,
    }


def test_masks_and_errors_are_shown_in_the_range_of_frames():
    found = values(outputs.sample_clips(tf.fill([1, 1, 1, 1, 3], -0.25), ROLLED))
    # The mask 2 · 0.25 - 1, the error |0.5 + 0.25| - 1.
    assert (found["mask"], found["error"]) == (-0.5, -0.25)
    assert (found["real"], found["composite"]) == (-0.25, 0.5)
    assert (found["foreground"], found["background"]) == (-1.0, 1.0)


def test_bytes_reach_from_black_to_white():
    found = outputs.to_uint8(ROLLED)
    assert {view.dtype for view in found.values()} == {tf.uint8}
    # 127.5 · (0.5 + 1) = 191.25; a quarter of 255 is 63.75.
    expected = {"video": 191, "foreground": 0, "background": 255, "mask": 64}
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_frames_stay_in_their_order():
    times = tf.reshape(tf.constant([-1.0, 0.0, 1.0]), [1, 3, 1, 1, 1])
    rolled = {name: tf.broadcast_to(times, [1, 3, 1, 1, 3]) for name in ROLLED}
    rolled["masks"] = 0.5 + 0.5 * times
    views = outputs.evaluation_outputs(rolled) | outputs.to_uint8(rolled)
    for name, view in views.items():
        by_time = np.ravel(view[0, :, 0, 0, 0]).astype(float)
        assert list(by_time) == sorted(set(by_time)), name

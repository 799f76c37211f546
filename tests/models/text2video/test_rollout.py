"""Rollouts go on from themselves, at work and in training."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny
from tfvideogan.core import seeds
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import rollout
from tfvideogan.ops import affine, warp

SEED = seeds.from_int(4)
CAPTION = tf.zeros([3, 1])
# What is fed back is clipped to [-1, 1], so that clips count in hundredths.
UNIT = 0.01


class Toy:
    """A generator of frames that are `factor` times the last one, and `more` units."""

    outputs = ("frame",)

    def __init__(self, *, more: float = 0.0, depth: int = 2) -> None:
        self.factor, self.more, self.depth = tf.Variable(1.0), more, depth

    def __call__(self, history, caption, training=False):
        return {"frame": self.factor * history.frames[-1] + UNIT * self.more}


def counting(frames: int = 12) -> tf.Tensor:
    """Three clips [3, T, 1, 1, 1] whose frame t is 1 + t units."""
    times = UNIT * (1.0 + np.arange(frames, dtype=np.float32))
    return tf.constant(np.tile(times[:, None, None, None], [3, 1, 1, 1, 1]))


def plan(**changes: object) -> rollout.Plan:
    fresh = rollout.Plan(
        num_frames=4,
        truncate=2,
        most_lead=tf.constant(0),
        own_share=tf.constant(1.0),
        noise=0.0,
    )
    return fresh._replace(**changes)


def flat(values: tf.Tensor) -> np.ndarray:
    return np.round(np.asarray(values)[..., 0, 0, 0] / UNIT, 2)  # in units


# --- Inference


def test_a_rollout_goes_on_from_its_own_frames():
    history = histories.of_context(counting(1), 2)
    made, _ = rollout.predict(Toy(more=2.0), history, CAPTION, num_frames=25)
    np.testing.assert_array_equal(flat(made), [1.0 + 2.0 * np.arange(1, 26)] * 3)


@pytest.fixture(scope="module")
def generator():
    return tiny.generator(depth=2)


@pytest.fixture(scope="module")
def context():
    return seeds.uniform([3, 3, 8, 8, 3], SEED, -1.0, 1.0)


def anchored(context: tf.Tensor) -> histories.History:
    return histories.of_context(context, 2, is_anchored=True)


@pytest.fixture(scope="module")
def whole(generator, context):
    return rollout.predict(generator, anchored(context), CAPTION, num_frames=5)


def test_what_follows_does_not_depend_on_how_much_is_asked_for(
    generator, context, whole
):
    made, history = rollout.predict(generator, anchored(context), CAPTION, num_frames=2)
    np.testing.assert_array_equal(made, whole[0][:, :2])
    further, last = rollout.predict(generator, history, CAPTION, num_frames=3)
    np.testing.assert_array_equal(further, whole[0][:, 2:])
    np.testing.assert_array_equal(last.frames, whole[1].frames)
    np.testing.assert_array_equal(last.valid, whole[1].valid)
    np.testing.assert_array_equal(last.anchor.motion, whole[1].anchor.motion)


def test_a_frame_depends_on_the_last_d_and_the_anchor_alone(generator, context, whole):
    others = tf.concat([-context[:, :1], context[:, 1:]], axis=1)
    made, _ = rollout.predict(generator, anchored(others), CAPTION, num_frames=1)
    np.testing.assert_array_equal(made, whole[0][:, :1])
    _, at_two = rollout.predict(generator, anchored(context), CAPTION, num_frames=3)
    again = histories.of_context(whole[0][:, 1:3], 2)._replace(anchor=at_two.anchor)
    made, _ = rollout.predict(generator, again, CAPTION, num_frames=1)
    np.testing.assert_allclose(made, whole[0][:, 3:4], atol=1e-6)


class Sliding:
    """Copies everything from half a pixel to the right, of the anchor or the last frame."""

    depth = 1

    def __init__(self, *, is_anchored: bool) -> None:
        self.outputs = ("frame", "copy", "to_anchor") if is_anchored else ("frame",)

    def __call__(self, history, caption, training=False):
        last = history.frames[-1]
        size = last.shape[1:3]
        moved = tf.constant([[[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]])
        if "to_anchor" not in self.outputs:
            return {"frame": warp.backward(last, affine.to_flow(moved, *size))}
        to_anchor = affine.compose(moved, history.anchor.motion, side=max(size))
        flow = affine.to_flow(to_anchor, *size)
        copy = warp.backward(history.anchor.frame, flow)
        return {"frame": copy, "copy": copy, "to_anchor": to_anchor}


def slid(*, is_anchored: bool) -> np.ndarray:
    """A row of pixels behind eight frames, of which one was 1 and the others 0."""
    row = tf.one_hot([6], 12)[:, tf.newaxis, tf.newaxis, :, tf.newaxis]
    history = histories.of_context(row, 1, is_anchored=is_anchored)
    made, _ = rollout.predict(
        Sliding(is_anchored=is_anchored), history, CAPTION[:1], num_frames=8
    )
    return made.numpy()[0, -1, 0, :, 0]


def test_what_is_copied_from_the_anchor_is_resampled_once():
    # Half a pixel eight times is four pixels, which needs no resampling at all.
    np.testing.assert_allclose(slid(is_anchored=True), np.eye(12)[2], atol=1e-6)
    # From frame to frame each pixel becomes the mean of two, eight times: a binomial.
    expected = math.comb(8, 4) / 2**8
    assert slid(is_anchored=False)[2] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("own_share", [0.0, 1.0])
def test_a_frame_of_the_clip_that_is_fed_is_the_next_anchor(own_share):
    seen = []

    class Watching(Sliding):
        def __call__(self, history, caption, training=False):
            seen.append(flat(history.anchor.frame))
            return super().__call__(history, caption)

    tf.config.run_functions_eagerly(True)
    shares = plan(own_share=tf.constant(own_share))
    made = rollout.train(Watching(is_anchored=True), counting(), CAPTION, shares, SEED)
    tf.config.run_functions_eagerly(False)
    expected = flat(made["last"])
    for time, found in enumerate(seen):
        np.testing.assert_array_equal(found, expected + time * (1.0 - own_share))


# --- Training


def test_fed_with_the_clip_an_error_does_not_grow():
    shares = {"own_share": tf.constant(0.0)}
    made = rollout.train(Toy(more=2.0), counting(), CAPTION, plan(**shares), SEED)
    np.testing.assert_array_equal(flat(made["fakes"]), flat(made["real"]) + 1.0)


def test_fed_with_itself_it_does():
    made = rollout.train(Toy(more=2.0), counting(), CAPTION, plan(), SEED)
    errors = flat(made["fakes"]) - flat(made["real"])
    np.testing.assert_allclose(errors, [[1.0, 2.0, 3.0, 4.0]] * 3)
    np.testing.assert_array_equal(made["last"], made["real_last"])
    np.testing.assert_array_equal(flat(made["real"])[:, 0] - flat(made["last"]), 1.0)


def test_before_the_frames_that_count_there_is_a_lead_of_own_ones():
    found = []
    for number in range(40):
        drifting = Toy(more=2.0)
        made = rollout.train(
            drifting,
            counting(),
            CAPTION,
            plan(most_lead=tf.constant(3)),
            seeds.from_int(number),
        )
        # One error for each frame of the lead, the same number in all clips.
        (lead,) = set(flat(made["last"]) - flat(made["real_last"]))
        found.append(lead)
    assert set(found) == {0.0, 1.0, 2.0, 3.0}
    # Half of the steps have none, and a quarter of the others draw 0: 25 of 40, +- 3 each.
    assert 16 <= found.count(0.0) <= 34


def test_a_frame_alone_is_the_first_of_its_clip():
    seen = []

    class Watching(Toy):
        def __call__(self, history, caption, training=False):
            known = history.valid.numpy().sum(axis=1)
            seen.append((flat(history.frames[-1]), known))
            return super().__call__(history, caption)

    tf.config.run_functions_eagerly(True)
    for number in range(24):
        rollout.train(Watching(), counting(), CAPTION, plan(), seeds.from_int(number))
    tf.config.run_functions_eagerly(False)
    firsts = seen[::4]
    alone = [frame for frames, counts in firsts for frame in frames[counts == 1]]
    others = [frame for frames, counts in firsts for frame in frames[counts == 2]]
    assert alone and set(alone) == {1.0}
    assert len(set(others)) > 2


@pytest.mark.parametrize("frames", [2, 5, 7])
def test_short_clips_have_short_histories_and_leads(frames):
    toy, long_lead = Toy(depth=4), tf.constant(9)
    for number in range(4):
        changes = {"num_frames": min(4, frames - 1), "most_lead": long_lead}
        made = rollout.train(
            toy, counting(frames), CAPTION, plan(**changes), seeds.from_int(number)
        )
        # No frame is asked for that there is not.
        assert flat(made["real"]).max() <= frames
        np.testing.assert_allclose(np.diff(flat(made["real"])), 1.0, atol=1e-3)


@pytest.mark.parametrize(
    ("truncate", "slope"), [(4, 10.0), (3, 7.0), (2, 6.0), (1, 4.0)]
)
def test_gradients_are_cut_every_few_frames(truncate, slope):
    # 1, 2, 3, 4 for a^n at a = 1; behind a cut the count starts again.
    toy = Toy()
    clips = tf.ones([1, 6, 1, 1, 1])
    with tf.GradientTape() as tape:
        made = rollout.train(toy, clips, CAPTION, plan(truncate=truncate), SEED)
        total = tf.reduce_sum(made["fakes"])
    assert float(tape.gradient(total, toy.factor)) == slope


def test_gradients_do_not_reach_the_lead():
    toy = Toy()
    with tf.GradientTape() as tape:
        made = rollout.train(
            toy, counting(), CAPTION, plan(most_lead=tf.constant(3)), SEED
        )
        total = tf.reduce_sum(made["last"])
    assert tape.gradient(total, toy.factor) is None


def test_noise_is_on_what_is_fed_back():
    made = rollout.train(
        Toy(), tf.zeros([3, 6, 4, 4, 3]), CAPTION, plan(noise=0.1), SEED
    )
    fakes = made["fakes"].numpy()
    np.testing.assert_array_equal(fakes[:, 0], 0.0)
    # 144 numbers: three standard deviations of a standard deviation.
    assert fakes[:, 1].std() == pytest.approx(0.1, abs=0.018)

"""What a rollout gets and what it makes of it, with generators that the test controls."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import flow_codec
from tfvideogan.models.foregan.thesis import generators, options, rollout

SEED = tf.constant([15, 16])
SIZE = (8, 8)
FRAMES = 4
# Instance norm lifts the rounding of small features, and every step builds on the last.
ROUNDING = 2e-4


@pytest.fixture(autouse=True)
def same_weights():
    keras.utils.set_random_seed(0)


@dataclasses.dataclass
class Obedient:
    """A generator that answers with constants and remembers what it was shown."""

    colour: float = 0.5
    attention: float = 0.25
    mask_value: float = 0.5
    heads: tuple[int, ...] = (0,)
    shown: list[tf.Tensor] = dataclasses.field(default_factory=list)

    def __call__(self, inputs, state=(), step=0):
        self.shown.append(inputs)
        ones = tf.ones_like(inputs[..., :1])
        return generators.Layers(
            colour=tf.repeat(self.colour * ones, 3, axis=-1),
            attention=self.attention * ones,
            features=ones,
            joined=ones,
            state=(ones * (step + 1.0),),
        )

    def mask(self, layers, foreground, alpha):
        return self.mask_value * layers.features


def make_batch(frames=FRAMES):
    """A random clip with a square object; flow grows by one pixel a step."""
    mask = np.zeros((1, frames, *SIZE, 1), np.float32)
    mask[:, :, 2:6, 2:6] = 1
    pace = tf.reshape(tf.range(1.0, frames), [1, -1, 1, 1, 1])
    flow = pace * tf.ones([1, frames - 1, *SIZE, 2])
    return {
        "frames": seeds.uniform([1, frames, *SIZE, 3], SEED, -1.0, 1.0),
        "foreground_masks": tf.constant(mask),
        "forward_flow": flow,
        "backward_flow": -flow,
    }


def make_roller(foreground=None, background=None, legacy=None, **switches):
    return rollout.Roller(
        foreground or Obedient(),
        background or Obedient(colour=-0.5),
        options.Options(**switches),
        legacy or options.Legacy(),
    )


def roll(roller, batch):
    state = roller.start(batch, SEED)
    steps = batch["frames"].shape[1] - 1
    return roller.train(state, roller.conditions(batch, SEED), steps)


def test_one_step_meets_its_equations():
    roller, batch = make_roller(bg_fill="row_replicate"), make_batch()
    start = roller.start(batch, SEED)
    rolled = roll(roller, batch)
    foreground = 0.25 * start.foreground + 0.75 * 0.5
    background = 0.25 * start.background + 0.75 * -0.5
    for name, expected in (
        ("foregrounds", foreground),
        ("backgrounds", background),
        ("masks", 0.5 * tf.ones([1, *SIZE, 1])),
        ("composites", 0.5 * foreground + 0.5 * background),
    ):
        np.testing.assert_allclose(rolled[name][:, 0], expected, atol=1e-6)
        assert rolled[name].shape[1] == FRAMES - 1


def test_legacy_composite_lies_one_too_low_where_the_foreground_is_black():
    generators = {
        "foreground": Obedient(colour=-1.0, attention=0.0, mask_value=0.0),
        "background": Obedient(colour=0.3, attention=0.0),
    }
    legacy = options.Legacy(additive_composite=True)
    faulty = roll(make_roller(**generators, legacy=legacy), make_batch())
    cured = roll(make_roller(**generators), make_batch())
    np.testing.assert_allclose(cured["composites"], 0.3, atol=1e-6)
    np.testing.assert_allclose(faulty["composites"], 0.3 - 1, atol=1e-6)


def test_dark_foreground_is_black_outside_its_mask():
    generator = Obedient(colour=0.6, attention=0.0, mask_value=0.25)
    rolled = roll(make_roller(generator, dark=True), make_batch())
    # 0.25 · 0.6 + 0.75 · (-1)
    np.testing.assert_allclose(rolled["foregrounds"], -0.6, atol=1e-6)


def test_sum_of_the_first_experiments():
    roller, batch = make_roller(update="sum"), make_batch()
    expected = roller.start(batch, SEED).foreground + 0.5 - 1.0
    np.testing.assert_allclose(
        roll(roller, batch)["foregrounds"][:, 0], expected, atol=1e-6
    )


@pytest.mark.parametrize(
    ("feedback", "expected"), [("first", (1.0, 1.0)), ("propagated", (1.0, 0.5))]
)
def test_mask_feedback_is_the_first_or_the_previous_mask(feedback, expected):
    generator = Obedient(mask_value=0.5)
    roll(make_roller(generator, mask_feedback=feedback), make_batch())
    # Inside the object; the mask is the last channel.
    found = [float(shown[0, 3, 3, -1]) for shown in generator.shown[:2]]
    np.testing.assert_allclose(found, expected)


def test_background_sees_flow_only_if_asked_to():
    for switch, channels in ((False, 3), (True, 5)):
        generator = Obedient()
        roller = make_roller(background=generator, background_flow_input=switch)
        roll(roller, make_batch())
        assert generator.shown[0].shape[-1] == channels


def test_a_step_is_told_the_flow_of_its_own_transition():
    conditions = make_roller().conditions(make_batch())
    limit = flow_codec.LIMIT_SHARE * SIZE[1]
    for step in range(FRAMES - 1):
        np.testing.assert_allclose(
            conditions["codes"][:, step], np.tanh((step + 1.0) / limit), atol=1e-6
        )


def test_late_flow_tells_a_step_the_next_transition():
    legacy = options.Legacy(late_flow=True)
    conditions = make_roller(legacy=legacy).conditions(make_batch())
    limit = flow_codec.LIMIT_SHARE * SIZE[1]
    for step, pace in enumerate((2.0, 3.0, 3.0)):
        np.testing.assert_allclose(
            conditions["codes"][:, step], np.tanh(pace / limit), atol=1e-6
        )


def test_wrapped_code_tells_the_fastest_motion_as_none():
    legacy = options.Legacy(wrapped_flow_code=True)
    batch = make_batch()
    batch["forward_flow"] *= 100.0
    conditions = make_roller(legacy=legacy).conditions(batch)
    np.testing.assert_array_equal(
        conditions["codes"], tf.zeros_like(conditions["codes"])
    )


def moving_square():
    """A textured square 6 pixels wide that moves right by 3 on black, then by 5 left."""
    texture = seeds.uniform([1, 6, 6, 3], SEED, -0.9, 1.0)
    places = (4, 7, 2)
    frames, masks = [], []
    for left in places:
        frame, mask = np.full((1, 14, 16, 3), -1.0), np.zeros((1, 14, 16, 1))
        frame[:, 4:10, left : left + 6] = texture
        mask[:, 4:10, left : left + 6] = 1
        frames.append(frame)
        masks.append(mask)
    moves = np.diff(places)
    forward = [masks[t] * [moves[t], 0] for t in (0, 1)]
    backward = [masks[t + 1] * [-moves[t], 0] for t in (0, 1)]
    clip = {
        "frames": frames,
        "foreground_masks": masks,
        "forward_flow": forward,
        "backward_flow": backward,
    }
    return {
        name: tf.cast(tf.stack(values, axis=1), tf.float32)
        for name, values in clip.items()
    }


def psnr_inside(warped, batch):
    """PSNR inside the object of frame 1, dB."""
    mask = batch["foreground_masks"][:, 1]
    error = tf.reduce_sum(mask * (warped - batch["frames"][:, 1]) ** 2)
    mean = error / (3.0 * tf.reduce_sum(mask)) + 1e-12
    return float(10.0 * tf.math.log(4.0 / mean) / tf.math.log(10.0))


@pytest.mark.parametrize("warp", ["previous", "first"])
def test_warped_foreground_follows_the_object_and_faults_lose_it(warp):
    batch = moving_square()
    # The generator keeps all of the warped foreground.
    keep = Obedient(attention=1.0)
    cured = roll(make_roller(keep, warp=warp), batch)["foregrounds"][:, 0]
    assert psnr_inside(cured, batch) > 40
    for fault in ("forward_flow_warp", "late_flow"):
        legacy = options.Legacy(**{fault: True})
        roller = make_roller(keep, warp=warp, legacy=legacy)
        faulty = roll(roller, batch)["foregrounds"][:, 0]
        assert psnr_inside(faulty, batch) < 25, fault


def test_first_foreground_is_carried_past_what_was_generated():
    # Nothing is kept, so what is generated is flat; what is carried is not.
    batch = moving_square()
    for warp, is_flat in (("previous", True), ("first", False)):
        half = Obedient(colour=0.0, attention=0.0)
        rolled = roll(make_roller(half, warp=warp), batch)
        assert np.all(rolled["foregrounds"] == 0)
        half.attention = 1.0
        state = make_roller(half, warp=warp).start(batch, SEED)
        flat = state._replace(foreground=tf.zeros_like(state.foreground))
        roller = make_roller(half, warp=warp)
        again = roller.train(flat, roller.conditions(batch), 1)["foregrounds"]
        assert np.all(again == 0) == is_flat


def test_no_mask_and_no_frame_but_the_first_is_read():
    batch = make_batch()
    spoilt = dict(batch)
    for name in ("frames", "foreground_masks"):
        values = batch[name].numpy()
        values[:, 1:] = np.nan
        spoilt[name] = tf.constant(values)
    for name, value in roll(make_roller(), spoilt).items():
        assert np.all(np.isfinite(value)), name


def test_next_frames_are_an_input_when_flow_is_not():
    generator = Obedient()
    batch = make_batch()
    roller = make_roller(generator, flow_input="next_frame")
    conditions = roller.conditions(batch)
    assert set(conditions) == {"next_frames"}
    np.testing.assert_array_equal(conditions["next_frames"], batch["frames"][:, 1:])
    jittered = roller.conditions(batch, SEED)["next_frames"]
    assert np.abs(jittered - batch["frames"][:, 1:]).max() > 0.01
    roll(roller, batch)
    assert generator.shown[0].shape[-1] == 6


@pytest.mark.parametrize("bg_fill", ["black", "noise", "row_replicate"])
def test_the_first_background_differs_from_the_frame_on_the_object_only(bg_fill):
    batch = make_batch()
    state = make_roller(bg_fill=bg_fill).start(batch, seeds.fold(SEED, "hole"))
    changed = np.abs(state.background - batch["frames"][:, 0]).max(axis=-1) > 0
    inside = batch["foreground_masks"][:, 0, ..., 0].numpy() > 0
    assert not np.any(changed & ~inside)
    assert changed[inside].mean() > 0.9


@pytest.mark.long
@pytest.mark.parametrize("frames", [2, 5])
def test_complete_is_the_rollout_behind_the_given_frame(frames):
    roller = make_roller(
        generators.LayerGenerator(mask_source="features", width=1 / 16, num_blocks=1),
        generators.LayerGenerator(width=1 / 16, num_blocks=1),
        mask_feedback="propagated",
        warp="first",
        alpha=1.0,
    )
    batch = make_batch(frames)
    rolled = roll(roller, batch)
    # N and T are open, as in an export.
    shapes = {name: [None, None, *value.shape[2:]] for name, value in batch.items()}
    signature = {name: tf.TensorSpec(shape) for name, shape in shapes.items()}
    complete = tf.function(lambda batch: roller.complete(batch, SEED), [signature])
    whole = complete(batch)
    first = roller.start(batch, SEED)
    for name, given in (
        ("foregrounds", first.foreground),
        ("backgrounds", first.background),
        ("masks", first.mask),
        ("composites", batch["frames"][:, 0]),
    ):
        np.testing.assert_array_equal(whole[name][:, 0], given)
        np.testing.assert_allclose(whole[name][:, 1:], rolled[name], atol=ROUNDING)


def test_unshared_weights_roll_beyond_the_trained_length():
    def make(mask_source):
        return generators.LayerGenerator(
            recurrence="concat_unshared",
            num_steps=2,
            width=1 / 16,
            num_blocks=1,
            mask_source=mask_source,
        )

    roller = make_roller(
        make("features"),
        make(None),
        recurrence="concat_unshared",
        background_recurrence="concat_unshared",
        alpha=1.0,
    )
    whole = tf.function(roller.complete)(make_batch(6), SEED)
    for name in rollout.OUTPUTS:
        np.testing.assert_allclose(
            whole[name][:, 1:], roll(roller, make_batch(6))[name], atol=ROUNDING
        )

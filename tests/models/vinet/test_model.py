import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model, completion_cases
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.vinet import filling, model, objective, options
from tfvideogan.ops import fill

SPEC = clip.ClipSpec(4, 16, 16, has_holes=True, has_flow=True)
NARROW = {
    "widths": (4, 4, 6, 6),
    "flow_widths": (4,) * 5,
    "context_widths": (4,) * 6,
    "search_range": 1,
    "targets": 2,
    "offsets": (-2, 2),
    "warm_up": 2,
}
BETTER = {
    "beyond_ends": True,
    "random_targets": True,
    "fills_first": True,
    "matches_alike": True,
}


def make_model(seed=0, release=None, weights=None, **changes):
    return model.VINet(
        options.Options(**NARROW | changes),
        release=options.Release(**release or {}),
        weights=weights,
        seed=seed,
    )


def make_better(seed=0):
    weights = objective.LossWeights(by_area=True, alignment=1.0, guidance=0.5)
    return make_model(seed, weights=weights, **BETTER)


def built(spec=SPEC, **changes):
    """A model without optimizers and averages."""
    made = make_model(**changes)
    made.spec = spec
    keras.utils.set_random_seed(0)
    made.build_networks(spec)
    return made


@pytest.fixture(scope="module")
def made():
    """A model whose weights no test changes."""
    return built()


def filler_of(made, *, warm_up=None, **release):
    """The same networks, used otherwise."""
    changed = made.options
    if warm_up is not None:
        changed = dataclasses.replace(changed, warm_up=warm_up)
    return dataclasses.replace(
        made.filler, options=changed, release=options.Release(**release)
    )


def clip_of(shape, seed=1, size=6):
    """Frames with a square hole that moves by a pixel each frame."""
    count, length, height, width = shape
    frames = seeds.uniform([*shape, 3], seeds.from_int(seed), -1.0, 1.0)
    holes = np.zeros([*shape, 1], np.float32)
    for time in range(length):
        holes[:, time, 2 : 2 + size, 1 + time : 1 + time + size] = 1.0
    return frames, tf.constant(holes)


# A frame takes half a second of CPU even at these widths: what trains is in the long run.
PAPER_CASE = check_model.Case(make_model, SPEC)
BETTER_CASE = check_model.Case(make_better, SPEC)
# Nothing is drawn in a step of the paper's: its seed decides about the start alone.
CHECKS = [one for one in check_model.CHECKS if one is not check_model.the_seed_decides]


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch):
    check(BETTER_CASE, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_files(check, monkeypatch, tmp_path):
    check(BETTER_CASE, monkeypatch, str(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS, ids=check_model.name)
def test_conformance_as_published(check, monkeypatch):
    check(PAPER_CASE, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_files_as_published(check, monkeypatch, tmp_path):
    check(PAPER_CASE, monkeypatch, str(tmp_path))


# --- Schedule


def test_stages_follow_one_another():
    staged = make_model(sources_start=3, recurrence_start=5)
    staged.phases = staged.make_phases()
    active = [staged.active_phases(step) for step in (0, 2, 3, 4, 5, 99)]
    assert active == [
        *[("single",)] * 2,
        *[("sources",)] * 2,
        *[("recurrence",)] * 2,
    ]


def weights_of(made):
    return {
        name: [one.numpy() for one in network.trainable_variables]
        for name, network in made.networks.items()
    }


@pytest.mark.long
def test_each_stage_changes_what_it_sees():
    """The carrier learns with recurrence alone; one source reaches all but it."""
    made = make_model(sources_start=1, recurrence_start=2)
    made.build_for(SPEC)
    batch = check_model.Case(make_model, SPEC).batch()
    for stage in ("single", "sources", "recurrence"):
        before = weights_of(made)
        with check_model.eagerly():
            logs = made.train_step(batch, active=(stage,))
        changed = {
            name
            for name, values in weights_of(made).items()
            if any(map(np.any, map(np.subtract, values, before[name])))
        }
        assert changed == {"painter"} | (
            {"carrier"} if stage == "recurrence" else set()
        )
        assert (f"{stage}/flow" in logs) == (stage == "recurrence")


def test_a_single_source_stands_in_all_places(made, monkeypatch):
    seen, fill = [], filling.Filler.fill

    def spying(self, shown, time, numbers, state):
        seen.append((int(time), numbers.numpy().tolist()))
        return fill(self, shown, time, numbers, state)

    monkeypatch.setattr(filling.Filler, "fill", spying)
    batch = check_model.Case(make_model, SPEC).batch()
    made.single_losses(batch, None, seeds.from_int(0))
    made.sources_losses(batch, None, seeds.from_int(0))
    # Frame 1 of 4 (3 free places, halved); -2 lies before the clip and is mirrored to 1.
    assert seen == [(1, [3, 3]), (1, [1, 3])]


# --- Inference


@pytest.mark.parametrize("shape", [(1, 1, 9, 13), (2, 2, 17, 8)])
def test_any_size_is_completed_and_known_pixels_stay(shape, made):
    frames, holes = clip_of(shape)
    completed = made.complete(frames, holes)
    assert completed.shape == frames.shape
    known = np.broadcast_to(holes.numpy() == 0, frames.shape)
    np.testing.assert_array_equal(completed.numpy()[known], frames.numpy()[known])


def test_no_hole_is_identity_and_all_holes_are_painted(made):
    frames, holes = clip_of((1, 2, 8, 8))
    whole = made.complete(frames, tf.zeros_like(holes))
    np.testing.assert_array_equal(whole, frames)
    painted = made.complete(frames, tf.ones_like(holes)).numpy()
    assert np.isfinite(painted).all() and np.abs(painted).max() <= 1


def test_nothing_behind_a_hole_is_seen(made):
    frames, holes = clip_of((1, 3, 8, 16))
    poisoned = tf.where(holes > 0, np.nan, frames)
    np.testing.assert_array_equal(
        made.complete(frames, holes)[holes[..., 0] > 0],
        made.complete(poisoned, holes)[holes[..., 0] > 0],
    )
    batch = PAPER_CASE.batch() | {"holes": clip_of((2, 4, 16, 16))[1]}
    clip_seen = filling.Clip.of(
        tf.where(batch["holes"] > 0, np.nan, batch["frames"]), batch["holes"]
    )
    assert np.isfinite(clip_seen.frames).all()


def test_an_untrained_decoder_adds_nothing_to_a_membrane():
    filler = built(fills_first=True).filler
    frames, holes = clip_of((1, 3, 8, 16))
    spoilt = tf.where(holes > 0, np.float32(np.nan), frames)
    filled = filler.fill(filler.clip(spoilt, holes), 1, filler.places(1, 3), None)
    wanted = fill.membrane(frames[:, 1], 1.0 - holes[:, 1])
    np.testing.assert_allclose(filled.frame, wanted, atol=1e-6)


@pytest.mark.long
def test_a_clip_is_filled_in_order_with_a_state(made):
    """Frame by frame with the state gives the clip, and nothing later is looked at."""
    filler = filler_of(made, warm_up=0)
    frames, holes = clip_of((1, 6, 8, 16))
    whole = filler.fill_clip(frames, holes)
    hidden, state = filling.Clip.of(frames, holes), None
    for time in range(6):
        filled = filler.fill(hidden, time, filler.places(time, 6), state)
        np.testing.assert_allclose(filled.frame, whole[:, time], atol=1e-5)
        state = filled.state
    changed = tf.concat([frames[:, :5], -frames[:, 5:]], axis=1)
    after = filler.fill_clip(changed, holes)
    # Sources reach two frames ahead: frame 3 is the first that sees frame 5.
    np.testing.assert_allclose(after[:, :3], whole[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - whole[:, 3]).max() > 5e-6
    # Recurrence: what the first frame was shows in the last one.
    changed = tf.concat([-frames[:, :1], frames[:, 1:]], axis=1)
    assert np.abs(filler.fill_clip(changed, holes)[:, 5] - whole[:, 5]).max() > 1e-5


def test_a_clip_begins_backwards(made):
    filler = filler_of(made, warm_up=3)
    frames, holes = clip_of((1, 4, 8, 8))
    hidden, state = filling.Clip.of(frames, holes), None
    for time in (2, 1, 0, 0):
        filled = filler.fill(hidden, time, filler.places(time, 4), state)
        state = filled.state
    np.testing.assert_allclose(
        filler.fill_clip(frames, holes)[:, 0], filled.frame, atol=1e-5
    )


def test_a_long_video_goes_on_from_the_outputs_before(made):
    frames, holes = clip_of((1, 6, 8, 8))
    hidden = tf.where(holes > 0, 0.0, frames)
    # At the start of a video nothing lies before the block: as in a whole clip.
    start = completion_cases.window(hidden[:, :4], holes[:, :4], before=0, block=2)
    whole = made.filler.fill_clip(frames[:, :4], holes[:, :4])
    np.testing.assert_allclose(made.paint_window(start), whole[:, :2], atol=1e-6)
    # Later the outputs before it are known frames, and there is no warm-up.
    shown = tf.concat([frames[:, :2], hidden[:, 2:]], axis=1)
    later = completion_cases.window(shown, holes, before=2, block=2)
    missing = tf.concat([tf.zeros_like(holes[:, :2]), holes[:, 2:]], axis=1)
    known, state = filling.Clip.of(shown, missing), None
    for time in range(3):
        filled = made.filler.fill(known, time, made.filler.places(time, 6), state)
        state = filled.state
    np.testing.assert_allclose(made.paint_window(later)[:, 0], filled.frame, atol=1e-5)


# --- The release's faults and their cures


def first_two(filler, frames, holes):
    """The first frames of a clip of three, filled."""
    hidden = filling.Clip.of(frames, holes)
    first = filler.fill(hidden, 0, filler.places(0, 3), None)
    return first, filler.fill(hidden, 1, filler.places(1, 3), first.state)


def test_a_channel_of_ones_is_a_fault_of_the_release(made):
    for has_ones, model_built in (
        (True, built(release={"ones_channel": True})),
        (False, made),
    ):
        kernel = model_built.painter.reference_encoder.levels[0][0].kernel
        assert kernel.shape[2] == 4 + has_ones


@pytest.mark.parametrize("is_memoryless", [True, False])
def test_memory_is_used_unless_as_released(is_memoryless, made):
    filler = filler_of(made, memoryless=is_memoryless)
    frames, holes = clip_of((1, 3, 8, 8))
    first, filled = first_two(filler, frames, holes)
    assert (first.state.memory == ()) == is_memoryless
    if is_memoryless:
        return
    other = first.state._replace(memory=tuple(map(tf.ones_like, first.state.memory)))
    changed = filler.fill(filling.Clip.of(frames, holes), 1, filler.places(1, 3), other)
    # What the decoder sees of it; that it sees it is a part of the parity.
    hidden, _ = changed.state.memory
    assert np.abs(hidden - filled.state.memory[0]).max() > 0.1


@pytest.mark.parametrize("is_unpasted", [True, False])
def test_the_next_frame_sees_known_pixels_unless_as_released(is_unpasted, made):
    frames, holes = clip_of((1, 3, 8, 8))
    first, _ = first_two(filler_of(made, unpasted=is_unpasted), frames, holes)
    known = np.broadcast_to(holes[:, 0].numpy() == 0, frames[:, 0].shape)
    previous = first.state.previous.numpy()[known]
    assert np.array_equal(previous, frames[:, 0].numpy()[known]) != is_unpasted
    np.testing.assert_array_equal(
        first.state.previous.numpy()[~known], first.frame.numpy()[~known]
    )


@pytest.mark.parametrize("is_discarded", [True, False])
def test_the_refined_flow_carries_unless_as_released(is_discarded):
    spec = clip.ClipSpec(3, 16, 16, has_holes=True, has_flow=True)
    made = built(spec, double_size=True, release={"discarded_flow": is_discarded})
    # The finest flow net adds (1, 0) pixels of half of the size.
    made.carrier.flow_net.to_flow.kernel.assign(
        tf.zeros_like(made.carrier.flow_net.to_flow.kernel)
    )
    made.carrier.flow_net.to_flow.bias.assign([1.0, 0.0])
    last = made.carrier.flow_net.context[-1]
    last.kernel.assign(tf.zeros_like(last.kernel))
    frames, holes = clip_of((1, 3, 16, 16))
    _, filled = first_two(made.filler, frames, holes)
    # From a quarter of the size: at once, or by half of it, where a pixel is two here.
    coarse = filled.flows[-1]
    if is_discarded:
        wanted = 4.0 * tf.image.resize(coarse, [16, 16])
    else:
        half = 2.0 * tf.image.resize(coarse, [8, 8]) + [1.0, 0.0]
        wanted = 2.0 * tf.image.resize(half, [16, 16])
    np.testing.assert_allclose(filled.carried, wanted, atol=1e-5)


@pytest.mark.parametrize("is_uniform", [True, False])
def test_flow_biases_begin_at_zero_unless_as_released(is_uniform):
    networks = built(release={"uniform_biases": is_uniform})
    for net in (*networks.painter.flow_nets, networks.carrier.flow_net):
        biases = np.concatenate([one.bias.numpy() for one in net.estimator])
        assert (biases.min() >= 0) and (biases.max() < 1)
        assert (biases.std() > 0.1) == is_uniform
        assert np.any(biases) == is_uniform


@pytest.mark.parametrize("is_detached", [True, False])
def test_gradients_pass_through_the_recurrence_unless_as_released(is_detached, made):
    filler = filler_of(made, detached=is_detached)
    frames, holes = clip_of((1, 3, 8, 8))
    hidden = filling.Clip.of(frames, holes)
    with tf.GradientTape() as tape:
        first = filler.fill(hidden, 0, filler.places(0, 3), None)
        loss = tf.reduce_sum(first.state.previous) + tf.add_n(
            [tf.reduce_sum(one) for one in first.state.memory]
        )
    kernel = made.painter.decoder.to_frame.kernel
    assert (tape.gradient(loss, kernel) is None) == is_detached


# --- Refusals


@pytest.mark.parametrize(
    ("spec", "changes", "message"),
    [
        (clip.ClipSpec(4, 16, 16), {}, "have no `holes`"),
        (clip.ClipSpec(4, 16, 16, has_holes=True), {}, "need clips with flow"),
        (clip.ClipSpec(1, 16, 16, has_holes=True), {}, "`targets` .2. must be at most"),
        (clip.ClipSpec(4, 12, 16, has_holes=True), {}, "multiples of 8"),
        (
            clip.ClipSpec(4, 24, 16, has_holes=True),
            {"double_size": True},
            "multiples of 16",
        ),
    ],
)
def test_clips_that_do_not_fit_are_refused(spec, changes, message):
    with pytest.raises(errors.UserError, match=message):
        make_model(**changes).build_for(spec)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": (4, 4)}, "`widths` .4, 4. must be 4 numbers"),
        ({"offsets": (-1, 0)}, "must name other frames than 0"),
        ({"sources_start": 5}, "must not be before"),
        ({"targets": 0}, "`targets` .0. must be at least 1"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(errors.UserError, match=message):
        make_model(**changes)

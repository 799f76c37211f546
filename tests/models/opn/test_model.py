import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model, completion_cases
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.opn import (
    consistency,
    memory,
    model,
    networks,
    objective,
    peeling,
)
from tfvideogan.models.opn import options as options_lib
from tfvideogan.ops import distance
from tfvideogan.pretrained import weights

# Of so many frames the seeds of `check_model` draw different ones.
SPEC = clip.ClipSpec(4, 16, 16, has_holes=True)
FLOW_SPEC = clip.ClipSpec(2, 16, 16, has_holes=True, has_flow=True)
WITHOUT_VGG = objective.LossWeights(perceptual=0.0, style=0.0)
OURS = objective.LossWeights(perceptual=0.0, style=0.0, read=1.0)
BETTER = {
    "peel": "by_height",
    "references": "by_visibility",
    "reference_stride": 1,
    "most_references": 2,
    "objective": "by_area",
    "widens_peels": True,
    "fills_first": True,
    "reads_pixels": True,
    "train_references": 1,
}


def make_better(seed=0, **options):
    options = {"width": 2, "train_passes": 2, "chunk": 16, **BETTER, **options}
    return model.OPN(options_lib.Options(**options), weights=OURS, seed=seed)


def make_paper(seed=0, **options):
    options = {"width": 2, "train_passes": 2, "chunk": 16, **options}
    return model.OPN(options_lib.Options(**options), weights=WITHOUT_VGG, seed=seed)


def make_tcn(seed=0, **options):
    return make_paper(seed, consistency_width=2, reference_stride=2, **options)


CASES = {
    "better": check_model.Case(make_better, SPEC),
    "paper": check_model.Case(make_paper, SPEC),
    "tcn": check_model.Case(make_tcn, FLOW_SPEC),
}


# The published forms share nearly all of their code with the better one.
PUBLISHED = [pytest.param(name, marks=pytest.mark.long) for name in ("paper", "tcn")]


@pytest.mark.parametrize("name", ["better", *PUBLISHED])
@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, name, monkeypatch):
    check(CASES[name], monkeypatch)


@pytest.mark.parametrize("name", ["better", PUBLISHED[1]])
@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_files(check, name, monkeypatch, tmp_path):
    check(CASES[name], monkeypatch, str(tmp_path))


# --- Completing


@pytest.fixture(scope="module")
def better():
    return made_active(make_better())


@pytest.fixture(scope="module")
def tcn():
    return made_active(make_tcn(), FLOW_SPEC)


def made_active(built, spec=SPEC):
    """A built model whose weights are not what they start with."""
    built.build_for(spec)
    for name, network in built.networks.items():
        for number, one in enumerate(network.trainable_variables):
            seed = seeds.fold(seeds.from_int(number), name)
            one.assign_add(0.1 * seeds.normal(one.shape, seed))
    return built


def clips(length=3, height=16, width=16, seed=0):
    return seeds.uniform([1, length, height, width, 3], seeds.from_int(seed), -1.0, 1.0)


def square(length=3, height=16, width=16, margin=4):
    holes = np.zeros([1, length, height, width, 1], np.float32)
    holes[:, :, margin : height - margin, margin : width - margin] = 1.0
    return tf.constant(holes)


@pytest.mark.parametrize("name", ["better", "tcn"])
@pytest.mark.parametrize("size", [(1, 16, 16), (2, 13, 19)])
def test_any_size_is_completed_and_known_pixels_stay(name, size, request):
    built = request.getfixturevalue(name)
    frames, holes = clips(*size), square(*size)
    made = built.complete(frames, holes)
    assert made.shape == frames.shape
    known = np.broadcast_to(holes.numpy() == 0, frames.shape)
    np.testing.assert_array_equal(made[known], frames[known])
    assert np.abs(made[~known] - frames[~known]).min() > 0
    assert float(tf.reduce_max(tf.abs(made))) <= 1.0


@pytest.mark.parametrize("name", ["better", "tcn"])
def test_a_block_of_a_long_video_is_completed_from_its_window(name, request):
    built = request.getfixturevalue(name)
    frames, holes = clips(5), square(5)
    hidden = tf.where(holes > 0, 0.0, frames)
    shown = tf.concat([frames[:, :2], hidden[:, 2:]], axis=1)
    missing = tf.concat([tf.zeros_like(holes[:, :2]), holes[:, 2:]], axis=1)
    window = completion_cases.window(shown, holes, before=2, block=2)
    made = built.paint_window(window)
    np.testing.assert_allclose(made, built.paint(shown, missing)[:, 2:4], atol=1e-5)


def test_without_holes_nothing_changes(better):
    frames = clips()
    np.testing.assert_array_equal(
        better.complete(frames, tf.zeros([1, 3, 16, 16, 1])), frames
    )


def test_holes_everywhere_are_painted(better):
    made = better.complete(clips(), tf.ones([1, 3, 16, 16, 1]))
    assert np.isfinite(made).all()


def test_what_lies_behind_holes_is_never_seen(better):
    frames, holes = clips(), square()
    broken = tf.where(holes > 0, np.nan, frames)
    np.testing.assert_array_equal(
        better.complete(frames, holes), better.complete(broken, holes)
    )


# --- Networks


def test_a_gain_lets_a_signal_through_the_gates():
    frames = seeds.normal([1, 64, 64, 3], seeds.from_int(0))
    maps = tf.zeros([1, 64, 64, 1])

    def spread(gain):
        keras.utils.set_random_seed(0)
        encoder = networks.Encoder(16, gain=gain)
        decoder = networks.Decoder(16, gain=gain)
        made = decoder(encoder(frames, 1.0 - maps, maps)[1])
        return float(tf.math.reduce_std(made))

    assert spread(1.0) < 0.001
    assert 0.1 < spread(2.0) < 2.0


# --- Passes


@pytest.mark.parametrize("width", [2.0, 3.0, 8.0])
def test_a_hole_takes_as_many_passes_as_it_has_peels(better, width, monkeypatch):
    seen = []
    predict = better.painter._predict_around

    def recorded(frames, visible, holes, peel, memory):
        seen.append(distance.inside(holes).numpy().max())
        return predict(frames, visible, holes, peel, memory)

    monkeypatch.setattr(better.painter, "_predict_around", recorded)
    frames, holes = clips()[0], square()[0]
    hidden = peeling.hidden(frames, holes)
    remembered = better.painter.remember(hidden[1:], holes[1:]).of_clips(1)
    better.painter.complete(hidden[:1], holes[:1], remembered, width=tf.constant(width))
    # 8 x 8 pixels are 4 deep: each pass leaves what lies deeper than its peel.
    assert len(seen) == np.ceil(4 / width)
    np.testing.assert_allclose(seen, 4 - width * np.arange(len(seen)))


def test_windows_give_what_the_whole_gives():
    built = made_active(make_better())
    frames, holes = clips(2, 320, 336)[0], np.zeros([2, 320, 336, 1], np.float32)
    holes[:, 150:170, 160:172] = 1.0
    holes = tf.constant(holes)
    hidden = peeling.hidden(frames, holes)
    remembered = built.painter.remember(hidden[1:], holes[1:]).of_clips(1)
    peel = (distance.inside(holes) <= 4) & (holes > 0)
    given = (hidden[:1], 1.0 - holes[:1], holes[:1], peel[:1], remembered)
    whole = built.painter.predict(*given)
    cut = built.painter._predict_around(*given)
    inside = np.broadcast_to(peel[:1], whole.shape)
    np.testing.assert_allclose(cut[inside], whole[inside], atol=1e-5)
    # Far from the peel nothing was computed, and nothing is added to the frame.
    np.testing.assert_array_equal(cut[:, :8], hidden[:1, :8])
    np.testing.assert_array_equal(cut[:, :, :8], hidden[:1, :, :8])


def test_on_whole_frames_the_answer_is_the_same_and_all_places_ask(better):
    hidden, holes = peeling.hidden(clips()[0], square()[0]), square()[0]
    remembered = better.painter.remember(hidden[1:], holes[1:]).of_clips(1)
    given, width = (hidden[:1], holes[:1], remembered), tf.constant(2.0)
    around = better.painter.complete(*given, width=width)

    def complete(*given):
        with better.painter.on_whole_frames():
            return better.painter.complete(*given, width=width)

    traced = tf.function(complete).get_concrete_function(*given)
    np.testing.assert_allclose(traced(*given), around, atol=1e-5)
    assert np.max(np.abs(around - hidden[:1])) > 0.01
    # Nothing is chosen, whose number the hole would say.
    functions = traced.graph.as_graph_def().library.function
    operations = {node.op for one in functions for node in one.node_def}
    assert "Conv2D" in operations and "TopKV2" not in operations


def test_the_memory_holds_nothing_of_holes(better):
    """Infinite keys and values where holes are change nothing."""
    hidden, holes = peeling.hidden(clips()[0], square()[0]), square()[0]
    remembered = better.painter.remember(hidden[1:], holes[1:]).of_clips(1)
    is_known = remembered.is_known[..., tf.newaxis]
    # 2 x 2 of 4 x 4 places in each of two frames.
    assert np.sum(~remembered.is_known.numpy()) == 2 * 4
    broken = memory.Memory(
        *(tf.where(is_known, one, np.nan) for one in remembered[:2]),
        remembered.is_known,
    )
    made = [
        better.painter.complete(hidden[:1], holes[:1], one, width=tf.constant(2.0))
        for one in (remembered, broken)
    ]
    assert np.isfinite(made[1]).all()
    np.testing.assert_array_equal(*made)


def test_only_the_peel_asks(better):
    """With nothing that asks, the memory does not matter."""
    hidden, holes = peeling.hidden(clips()[0], square()[0]), square()[0]
    remembered = better.painter.remember(hidden[1:], holes[1:]).of_clips(1)
    other = memory.Memory(remembered.keys, 2.0 + remembered.values, remembered.is_known)
    for peel, is_same in ((tf.zeros_like(holes[:1]), True), (holes[:1], False)):
        made = [
            better.painter.predict(
                hidden[:1], 1.0 - holes[:1], holes[:1], peel > 0, one
            )
            for one in (remembered, other)
        ]
        assert np.array_equal(*made) == is_same


# --- Memory


def test_sampled_maps_overlook_a_hole_that_touches_a_place():
    hole = np.zeros([1, 8, 8, 1], np.float32)
    hole[0, 0, 0] = 1.0  # The corner of the first place.
    hole[0, 5, 5] = 1.0  # The middle of the last.
    wanted = [[True, False], [False, True]]
    np.testing.assert_array_equal(memory.touched(hole)[0, ..., 0], wanted)
    wanted = [[False, False], [False, True]]
    found = memory.touched(hole, has_sampled_maps=True)
    np.testing.assert_array_equal(found[0, ..., 0], wanted)


def test_every_candidate_but_the_target_is_read():
    candidates = tf.constant([0, 5, 10])
    np.testing.assert_array_equal(memory.every_nth(candidates, 5), [0, 2])
    np.testing.assert_array_equal(memory.every_nth(candidates, 6), [0, 1, 2])


def test_references_are_those_that_show_the_hole():
    # Of four places the target (1) lacks three. Frame 0 shows two of them, frame 2 none,
    # frame 3 the third, frame 4 one of the first two.
    is_known = tf.constant(
        [
            [True, True, False, True],
            [False, False, False, True],
            [False, False, False, True],
            [False, False, True, True],
            [True, False, False, True],
        ]
    )
    hole = tf.constant([True, True, True, False])
    for most, wanted in ((1, [0]), (2, [0, 3]), (9, [0, 3, 4, 2])):
        found = memory.by_visibility(
            tf.range(5), tf.constant(1), is_known=is_known, hole=hole, most=most
        )
        assert sorted(found.numpy()) == sorted(wanted)
        np.testing.assert_array_equal(found[:2], wanted[:2])


def test_candidates_of_long_clips_are_few(better):
    np.testing.assert_array_equal(better._candidates(tf.constant(3)), [0, 1, 2])
    # 100 frames: every seventh makes 15.
    assert len(better._candidates(tf.constant(100))) == 15


@pytest.mark.parametrize(("height", "wanted"), [(240, 8.0), (480, 16.0), (64, 4.0)])
def test_peels_are_as_wide_as_the_frames_are_high(better, height, wanted):
    assert float(better._peel_width(height)) == pytest.approx(wanted)
    assert float(make_paper()._peel_width(height)) == 8.0


# --- Losses


def test_peels_are_so_wide_that_the_passes_reach_the_middle(better):
    holes = square(margin=0)[0, :1]
    holes = tf.concat([holes[:, :, :8], tf.zeros_like(holes[:, :, 8:])], axis=2)
    # 8 deep: two passes of 4.
    assert better._widened(tf.constant(1.0), holes).numpy().tolist() == [4.0]
    assert better._widened(tf.constant(5.0), holes).numpy().tolist() == [5.0]
    published = make_paper()
    assert published._widened(tf.constant(1.0), holes).numpy().tolist() == [1.0]


@pytest.mark.parametrize("passes", [1, 2])
def test_clips_are_completed_in_as_many_passes_as_in_training(passes, monkeypatch):
    built = make_better(train_passes=passes, peel="fixed", peel_width=1.0)
    built.build_for(SPEC)
    seen, predict = [], built.painter._predict_around
    monkeypatch.setattr(
        built.painter,
        "_predict_around",
        lambda *given: seen.append(1) or predict(*given),
    )
    built._completed_clip(clips()[0], square()[0], tf.constant([1]))
    assert len(seen) == passes


def test_the_published_losses_by_hand():
    truth = tf.zeros([1, 4, 4, 3])
    holes = np.zeros([1, 4, 4, 1], np.float32)
    holes[0, 1:3, 1:3] = 1.0
    predicted = tf.fill([1, 4, 4, 3], 0.5)
    one = peeling.Pass(predicted, tf.constant(holes) > 0, None)
    weights = objective.LossWeights(perceptual=0.0, style=0.0)
    found = objective.published(truth, tf.constant(holes), [one, one], weights, None)
    # 0.5 of [-1, 1] is 0.25 of [0, 1]; 4 of 16 pixels are the peel; two passes.
    assert float(found["peel"]) == pytest.approx(2 * 100 * 0.25 * 4 / 16)
    assert float(found["valid"]) == pytest.approx(2 * 0.25 * 12 / 16)
    # Along rows 4 steps of 12 cross the rim, and 4 along columns.
    assert float(found["variation"]) == pytest.approx(2 * 0.01 * 0.25 * (4 + 4) / 12)


def test_losses_by_area_by_hand():
    truth, holes = tf.zeros([1, 4, 4, 3]), np.zeros([1, 4, 4, 1], np.float32)
    holes[0, 1:3, 1:3] = 1.0
    frames = tf.where(holes > 0, 0.5, truth)
    one = peeling.Pass(tf.fill([1, 4, 4, 3], 0.2), tf.constant(holes) > 0, frames)
    weights = objective.LossWeights(peel=1.0, perceptual=0.0, style=0.0)
    found = objective.by_area(truth, tf.constant(holes), [one], weights, None)
    assert float(found["peel"]) == pytest.approx(0.25)
    assert float(found["valid"]) == pytest.approx(0.1)
    assert set(found) == {"peel", "valid"}


def test_what_was_read_is_judged_in_peels_and_half_as_much_elsewhere():
    truth, holes = tf.zeros([1, 4, 4, 3]), np.zeros([1, 4, 4, 1], np.float32)
    holes[0, 1:3, 1:3] = 1.0
    peels = [np.zeros_like(holes) for _ in range(2)]
    peels[0][0, 1:3, 1], peels[1][0, 1:3, 2] = 1.0, 1.0
    # In the peels 0.4 and 0.8 off, where it is visible 0.2 and 0.6.
    passes = [
        peeling.Pass(
            truth, peel > 0, truth, tf.where(peel > 0, inside, outside) + truth
        )
        for peel, inside, outside in zip(peels, (0.4, 0.8), (0.2, 0.6), strict=True)
    ]
    weights = objective.LossWeights(perceptual=0.0, style=0.0, read=10.0)
    found = objective.by_area(truth, tf.constant(holes), passes, weights, None)
    # In [0, 1] differences are half as large.
    assert float(found["read"]) == pytest.approx(10 * 0.5 * (0.6 + 0.5 * 0.4))


def test_missing_weights_of_vgg_are_left_out_and_said(monkeypatch, caplog):
    monkeypatch.setattr(weights, "is_there", lambda name: False)
    assert objective.features(objective.LossWeights()) is None
    assert "get_weights vgg16" in caplog.text
    caplog.clear()
    assert objective.features(WITHOUT_VGG) is None
    assert not caplog.text


# --- Consistency


def test_the_first_frame_passes_unless_it_starts_from_black(tcn):
    frames, holes = clips(), square()
    made = consistency.run(tcn.consistency, frames, holes)
    np.testing.assert_array_equal(made[:, 0], frames[:, 0])
    assert np.abs(made[:, 1] - frames[:, 1]).max() > 0
    black = consistency.run(tcn.consistency, frames, holes, starts_from_black=True)
    assert np.abs(black[:, 0] - frames[:, 0]).max() > 0


def test_known_pixels_pass_unless_they_are_left_unpasted(tcn):
    frames, holes = clips(), square()
    known = np.broadcast_to(holes.numpy() == 0, frames.shape)
    made = consistency.run(tcn.consistency, frames, holes).numpy()
    np.testing.assert_array_equal(made[known], frames[known])
    other = consistency.run(tcn.consistency, frames, holes, is_unpasted=True)
    assert np.abs(other[known] - frames[known]).max() > 0.01


def test_a_steady_video_has_no_temporal_loss():
    frames = tf.tile(clips(1), [1, 3, 1, 1, 1])
    batch = {
        "frames": frames,
        "holes": square(),
        "forward_flow": tf.zeros([1, 2, 16, 16, 2]),
        "backward_flow": tf.zeros([1, 2, 16, 16, 2]),
    }
    found = objective.consistency(frames, frames, batch, objective.LossWeights())
    # A smooth L1: 0.001 where frames are equal, 10 times, of half of the range.
    assert float(found["temporal"]) == pytest.approx(0.005, rel=1e-3)
    assert float(found["fidelity"]) == float(found["truth"]) == 0.0
    flicker = frames + tf.reshape([0.0, 0.5, 0.0], [1, 3, 1, 1, 1])
    found = objective.consistency(flicker, frames, batch, objective.LossWeights())
    assert float(found["temporal"]) == pytest.approx(10 * 0.5 * 0.5, rel=1e-3)
    # The second of two judged frames is as given.
    assert float(found["fidelity"]) == pytest.approx(0.5 * 0.5 / 2, rel=1e-3)


def test_the_schedule_is_data():
    built = make_tcn(completer_steps=5, consistency_start=5)
    built.build_for(FLOW_SPEC)
    assert built.active_phases(4) == ("completer",)
    assert built.active_phases(5) == ("consistency",)
    alone = make_tcn(completer_steps=0)
    alone.build_for(FLOW_SPEC)
    assert alone.active_phases(0) == ("consistency",)


@pytest.mark.parametrize(("number", "wanted"), [(None, 4), (2, 2), (9, 4)])
def test_references_in_training_are_drawn_from_all_others(number, wanted, monkeypatch):
    spec = clip.ClipSpec(5, 8, 8, has_holes=True)
    made = make_better(train_references=number, train_passes=1)
    made.build_for(spec)
    # Each frame in a grey of its own, and no holes, so that all are remembered.
    greys = tf.reshape(tf.range(5.0) / 5.0, [1, 5, 1, 1, 1])
    batch = {
        "frames": greys + tf.zeros([1, 5, 8, 8, 3]),
        "holes": tf.zeros([1, 5, 8, 8, 1]),
    }
    remember, seen = made.painter.remember, []

    def recorded(frames, holes):
        seen.append(np.rint(5 * frames.numpy()[:, 0, 0, 0]).astype(int).tolist())
        return remember(frames, holes)

    monkeypatch.setattr(made.painter, "remember", recorded)
    for name in range(8):
        made.completer_losses(batch, None, seeds.from_int(name))
    assert all(len(set(one)) == wanted for one in seen)
    assert len({tuple(sorted(one)) for one in seen}) > 3


# --- Settings


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("peel", "square"),
        ("references", "all"),
        ("objective", "l2"),
        ("width", 0),
        ("train_passes", 0),
        ("train_references", 0),
        ("consistency_width", -1),
        ("completer_steps", 0),
    ],
)
def test_settings_without_meaning_are_refused(option, value):
    with pytest.raises(errors.UserError, match=f"`{option}` .*{value}"):
        make_paper(**{option: value})


def test_pixels_are_read_into_filled_frames_only():
    with pytest.raises(errors.UserError, match="set `fills_first` to True"):
        make_better(fills_first=False)


@pytest.mark.parametrize(
    "change", [{"reads_pixels": False}, {"objective": "published"}]
)
def test_what_is_not_read_is_not_judged(change):
    with pytest.raises(errors.UserError, match="set `reads_pixels` to True and"):
        make_better(**change)


def test_a_negative_weight_is_refused():
    with pytest.raises(errors.UserError, match=r"style` \(-1\) must not"):
        objective.LossWeights(style=-1.0)


@pytest.mark.parametrize(
    ("make", "spec", "words"),
    [
        (make_paper, clip.ClipSpec(3, 16, 16), "no `holes` to complete"),
        (make_paper, clip.ClipSpec(3, 16, 16, 1, has_holes=True), "must be 3"),
        (
            make_paper,
            clip.ClipSpec(3, 18, 16, has_holes=True),
            r"`height` .18. .* use 20",
        ),
        (make_tcn, SPEC, "needs clips of two frames or more, with flow"),
    ],
)
def test_clips_that_do_not_fit_are_refused(make, spec, words):
    with pytest.raises(errors.UserError, match=words):
        make().build_for(spec)

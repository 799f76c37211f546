"""The model as a whole: conformance, targets, losses, any size, published faults."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model, completion_cases
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.cpnet import (
    alignment,
    filling,
    model,
    networks,
    objective,
    passes,
    windows,
)
from tfvideogan.pretrained import weights

SPEC = clip.ClipSpec(3, 16, 16, has_holes=True)
# As gin/cpnet.gin has them.
OURS = {"search": 2, "refiner_width": 2, "sharpness": 10.0, "antialiases": True}


def make_model(seed=0, *, has_two_passes=True, neighbourhood=0, **options):
    options = {
        "width": 2,
        "alignment_width": 2,
        "alignment_size": 32,
        "num_references": 2,
        "alignment_steps": 0,
        **options,
    }
    whole = passes.Passes()
    if not has_two_passes:
        window = windows.Window(reach=4, stride=1, most=4)
        whole = passes.Passes(passes=1, window=window, micro_batch=2)
    return model.CPNet(
        model.Options(**options),
        matching=filling.Matching(
            neighbourhood=neighbourhood,
            copies_pixels=neighbourhood > 0,
            fills_first=neighbourhood > 0,
        ),
        passes=whole,
        weights=objective.LossWeights(perceptual=0.0, style=0.0),
        seed=seed,
    )


def make_ours(seed=0):
    return make_model(seed, has_two_passes=False, neighbourhood=3, **OURS)


class OffTies(check_model.Case):
    """What is painted differs from known pixels; equal ones have slopes of rounding.

    An untrained decoder adds exactly 0 at some of them, where the slope of the absolute
    difference has either sign.
    """

    def build(self, seed=0):
        built = super().build(seed)
        bias = built.networks["paster"].trainable_variables[-1]
        bias.assign_add([0.05, -0.03, 0.04])
        return built


CASES = {
    "ours": OffTies(make_ours, SPEC),
    "paper": check_model.Case(make_model, SPEC),
}


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASES["ours"], monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_files(check, monkeypatch, tmp_path):
    check(CASES["ours"], monkeypatch, str(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance_of_the_published_form(check, monkeypatch):
    check(CASES["paper"], monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_files_of_the_published_form(check, monkeypatch, tmp_path):
    check(CASES["paper"], monkeypatch, str(tmp_path))


@pytest.fixture(scope="module")
def built():
    made = make_ours()
    made.build_for(SPEC)
    return made


def clips(length=3, size=(16, 16), share=0.3):
    frames = seeds.uniform([1, length, *size, 3], seeds.from_int(3), -1.0, 1.0)
    drawn = seeds.uniform([1, length, *size, 1], seeds.from_int(4))
    return frames, tf.cast(drawn < share, tf.float32)


# --- Whole clips


def test_a_block_of_a_long_video_is_filled_from_its_window(built):
    frames, holes = clips(5)
    shown = tf.where(holes > 0, 0.0, frames)
    shown = tf.concat([frames[:, :2], shown[:, 2:]], axis=1)
    missing = tf.concat([tf.zeros_like(holes[:, :2]), holes[:, 2:]], axis=1)
    window = completion_cases.window(shown, holes, before=2, block=2)
    made = built.paint_window(window)
    np.testing.assert_allclose(made, built.paint(shown, missing)[:, 2:4], atol=1e-5)


@pytest.mark.parametrize(
    ("length", "size"), [(1, (16, 16)), (2, (13, 11)), (3, (3, 5))]
)
def test_any_length_and_size_keeps_what_is_known(built, length, size):
    frames, holes = clips(length, size)
    made = built.complete(frames, holes).numpy()
    assert made.shape == frames.shape
    assert np.abs(made).max() <= 1.0
    is_known = np.broadcast_to(holes == 0, frames.shape)
    np.testing.assert_array_equal(made[is_known], frames.numpy()[is_known])
    assert np.abs(made - frames)[~is_known].max() > 1e-3


@pytest.mark.parametrize("has_two_passes", [False, True])
def test_no_holes_change_nothing_and_full_ones_are_painted(has_two_passes):
    made = make_model(has_two_passes=has_two_passes)
    made.build_for(SPEC)
    frames, _ = clips(2)
    nothing, everything = tf.zeros([1, 2, 16, 16, 1]), tf.ones([1, 2, 16, 16, 1])
    np.testing.assert_array_equal(made.complete(frames, nothing), frames)
    assert np.all(np.isfinite(made.complete(frames, everything)))


def test_an_untrained_model_of_ours_copies_what_stood_still(built):
    """Two equal frames, each with a hole that the other has not."""
    frame = tf.image.resize(clips(1, (4, 4))[0][:, 0], [16, 16])
    frames = tf.stack([frame, frame], axis=1)
    left = np.zeros((1, 2, 16, 16, 1), np.float32)
    left[:, 0, 4:12, 2:6] = left[:, 1, 4:12, 10:14] = 1.0
    made = built.complete(frames, left)
    grey = float(tf.reduce_mean(tf.abs(tf.where(left > 0, frames, 0.0))))
    off = float(tf.reduce_mean(tf.abs(made - frames)))
    assert off < grey / 3


def test_what_is_hidden_may_be_nan(built):
    frames, holes = clips()
    spoilt = tf.where(holes > 0, np.nan, frames)
    np.testing.assert_array_equal(
        built.complete(spoilt, holes), built.complete(frames, holes)
    )


def test_clips_without_holes_or_of_one_frame_are_refused():
    for spec, message in (
        (clip.ClipSpec(3, 16, 16), "no `holes`"),
        (clip.ClipSpec(1, 16, 16, has_holes=True), r"`frames` \(1\)"),
    ):
        with pytest.raises(errors.UserError, match=message):
            make_model().build_for(spec)


@pytest.mark.parametrize(
    ("name", "value"), [("width", 0), ("alignment_size", 16), ("sharpness", 0.0)]
)
def test_numbers_out_of_range_are_refused(name, value):
    with pytest.raises(errors.UserError, match=rf"`{name}` \({value}\)"):
        model.Options(**{name: value})


def test_grey_clips_are_completed():
    made = make_model()
    made.build_for(clip.ClipSpec(2, 16, 16, channels=1, has_holes=True))
    frames, holes = clips(2)
    assert made._filled(frames[..., :1], holes).painted.shape == (1, 16, 16, 1)


# --- Training


def test_alignment_comes_first():
    made = make_model(alignment_steps=5)
    made.build_for(SPEC)
    assert [made.active_phases(step) for step in (0, 4, 5)] == [
        ("alignment",),
        ("alignment",),
        ("completion",),
    ]


def test_every_frame_may_be_the_target_and_none_is_its_own_reference(built):
    # Frame t is of colour t / 10.
    colours = tf.range(3, dtype=tf.float32) / 10.0
    frames = tf.ones([40, 3, 16, 16, 3]) * colours[:, None, None, None]
    batch = {"frames": frames, "holes": tf.zeros([40, 3, 16, 16, 1])}
    truth, target, references = built._drawn(batch, seeds.from_int(5))
    np.testing.assert_array_equal(truth, target.frames)
    first = np.round(10 * truth[:, 0, 0, 0].numpy()).astype(int)
    others = np.round(10 * references.frames[:, :, 0, 0, 0].numpy()).astype(int)
    assert set(first) == {0, 1, 2}
    for one, rest in zip(first, others, strict=True):
        assert {one, *rest} == {0, 1, 2}


def test_losses_have_the_published_weights_and_hand_numbers():
    truth = tf.fill([1, 8, 8, 3], -1.0)
    painted = tf.fill([1, 8, 8, 3], 0.0)  # 0.5 away in [0, 1]
    holes = tf.concat([tf.ones([1, 8, 4, 1]), tf.zeros([1, 8, 4, 1])], axis=2)
    never_seen = tf.concat([tf.ones([1, 4, 8, 1]), tf.zeros([1, 4, 8, 1])], axis=1)
    painted = tf.where(never_seen > 0, 1.0, painted)  # 1 away there
    filled = filling.Filled(painted, never_seen, None)
    found = objective.of_pixels(truth, holes, filled)
    # Outside of the hole, half of the rows are 1 away, half 0.5.
    for name, wanted in {"seen": 0.5, "unseen": 1.0, "known": 0.75}.items():
        np.testing.assert_allclose(found[name], wanted, rtol=1e-6)
    # One step of 1 of seven, in every column.
    np.testing.assert_allclose(objective.variation(painted), 0.5 / 7, rtol=1e-6)
    by_default = objective.LossWeights()
    assert (by_default.alignment, by_default.seen, by_default.unseen) == (2, 10, 20)
    assert (by_default.known, by_default.perceptual, by_default.style) == (6, 0.01, 24)
    assert by_default.variation == 0.1


def test_without_vgg16_there_is_a_warning_and_no_loss(monkeypatch, caplog):
    monkeypatch.setattr(weights, "is_there", lambda name: False)
    assert objective.features(objective.LossWeights()) is None
    assert "no perceptual and no style loss" in caplog.text


# --- Published faults


def test_masks_of_references_are_those_of_targets(built, monkeypatch):
    """The published fault and its cure."""
    frames, holes = clips()
    target, references = built._parted(filling.Matching().started(frames, holes), holes)
    seen = []

    def note(self, frames, masks):
        seen.append(masks.numpy())
        return tf.zeros([frames.shape[0], 4, 4, 4])

    identity = tf.constant([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]] * 2)
    monkeypatch.setattr(alignment.Aligner, "call", lambda *_: identity)
    monkeypatch.setattr(networks.Copier, "call", note)
    for is_mixed in (True, False):
        seen.clear()
        filler = filling.Filler(
            built.aligner,
            built.copier,
            built.paster,
            filling.Matching(has_mixed_polarity=is_mixed),
        )
        filler(target, references)
        of_target, of_references = seen
        np.testing.assert_array_equal(of_target, holes[:, 0])
        wanted = 1.0 - holes[0, 1:] if is_mixed else holes[0, 1:]
        np.testing.assert_array_equal(of_references, wanted)


def test_an_enlarged_c_mask_is_hard():
    """The published fault: seen and unseen pixels overlap."""
    frames, _ = clips(2)
    # Sixteen columns are four places, the first of which no reference shows.
    hole = tf.concat([tf.ones([1, 2, 16, 4, 1]), tf.zeros([1, 2, 16, 12, 1])], axis=3)
    found = []
    for is_soft in (True, False):
        made = make_model()
        made.matching = filling.Matching(has_soft_c_mask=is_soft)
        made.build_networks(SPEC)
        found.append(made._filled(frames, hole).never_seen[0, 0, :, 0].numpy())
    # Between the middles of two places, at columns 1.5 and 5.5, in steps of a quarter.
    np.testing.assert_allclose(found[0][:7], [1, 1, 0.875, 0.625, 0.375, 0.125, 0])
    np.testing.assert_array_equal(found[1][:7], [1, 1, 1, 1, 0, 0, 0])

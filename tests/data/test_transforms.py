import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import captions, pipeline, transforms
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.media import flow as optical_flow

SEED = seeds.from_int(0)


@pytest.fixture(scope="module")
def example():
    source = sprites.Sprites(frames=4, height=32, width=40, flow="exact")
    window = source.read("train", tf.constant(2, tf.int64), frames=4)
    return pipeline.to_model(window)


def warp_error(example) -> float:
    """How badly the backward flow of an example predicts its frames."""
    errors_ = []
    for t in range(3):
        warped = optical_flow.sampled(
            example["frames"][t].numpy(), example["backward_flow"][t].numpy()
        )
        errors_.append(np.abs(warped - example["frames"][t + 1].numpy()).mean())
    return np.mean(errors_)


def transposed(example, seed):
    """Transposes a square part."""
    square = transforms.RandomCrop(28, 28)(example, seed)
    return transforms.Transposition(1.0)(square, seed)


ALWAYS = {
    "flip": transforms.HorizontalFlip(1.0),
    "upside down": transforms.VerticalFlip(1.0),
    "transposition": transposed,
    "channels": transforms.ChannelPermutation(),
    "reversal": transforms.TimeReversal(1.0),
    "jitter": transforms.ColourJitter(0.2, 0.3, 0.3),
    "crop": transforms.RandomCrop(24, 30),
}


@pytest.mark.parametrize("name", ALWAYS)
def test_flow_still_predicts_the_frames(example, name):
    for candidate in (example, ALWAYS[name](example, SEED)):
        still = np.abs(np.diff(candidate["frames"], axis=0)).mean()
        assert warp_error(candidate) < 0.6 * still


@pytest.mark.parametrize("name", ALWAYS)
def test_the_object_stays_where_frame_and_plate_differ(example, name):
    result = ALWAYS[name](example, SEED)
    differs = np.abs(result["frames"] - result["backgrounds"]).sum(-1) > 1e-3
    masks = result["foreground_masks"][..., 0].numpy() > 0
    assert (differs & masks).sum() / (differs | masks).sum() > 0.75


@pytest.mark.parametrize("name", ALWAYS)
def test_eager_and_graph_agree(example, name):
    eager = ALWAYS[name](example, SEED)
    graph = tf.function(ALWAYS[name])(example, SEED)
    for key in eager:
        assert graph[key].shape == eager[key].shape
        np.testing.assert_allclose(graph[key], eager[key], atol=1e-6)


def test_a_flip_mirrors_columns_and_turns_horizontal_flow():
    frames = tf.reshape(tf.range(6.0), (1, 1, 6, 1))
    flow = tf.reshape(tf.range(12.0), (1, 1, 6, 2))
    result = transforms.HorizontalFlip(1.0)(
        {"frames": frames, "forward_flow": flow}, SEED
    )
    np.testing.assert_array_equal(result["frames"][0, 0, :, 0], [5, 4, 3, 2, 1, 0])
    np.testing.assert_array_equal(result["forward_flow"][0, 0, 0], [-10, 11])


def test_upside_down_rows_are_mirrored_and_vertical_flow_turns():
    frames = tf.reshape(tf.range(3.0), (1, 3, 1, 1))
    flow = tf.reshape(tf.range(6.0), (1, 3, 1, 2))
    result = transforms.VerticalFlip(1.0)(
        {"frames": frames, "forward_flow": flow}, SEED
    )
    np.testing.assert_array_equal(result["frames"][0, :, 0, 0], [2, 1, 0])
    np.testing.assert_array_equal(result["forward_flow"][0, 0, 0], [4, -5])


def test_a_transposition_swaps_rows_and_columns_and_refuses_what_is_not_square(example):
    frames = tf.reshape(tf.range(4.0), (1, 2, 2, 1))
    flow = tf.reshape(tf.range(8.0), (1, 2, 2, 2))
    given = {"frames": frames, "forward_flow": flow}
    result = transforms.Transposition(1.0)(given, SEED)
    np.testing.assert_array_equal(result["frames"][0, :, :, 0], [[0, 2], [1, 3]])
    # What went (2, 3) in the first row's second place goes (3, 2) in the second row's.
    np.testing.assert_array_equal(result["forward_flow"][0, 1, 0], [3, 2])
    with pytest.raises(errors.UserError, match="square frames, not 32x40"):
        transforms.Transposition(1.0)(example, SEED)


def test_orders_of_channels_are_all_drawn_and_alike_for_all_pictures():
    colours = tf.constant([[[[-1.0, 0.0, 1.0]]]])
    found = set()
    for number in range(60):
        made = transforms.ChannelPermutation()(
            {"frames": colours, "blurred_frames": 0.5 * colours},
            seeds.from_int(number),
        )
        np.testing.assert_array_equal(made["blurred_frames"], 0.5 * made["frames"])
        found.add(tuple(made["frames"][0, 0, 0].numpy()))
    assert len(found) == 6 and all(sorted(one) == [-1, 0, 1] for one in found)


@pytest.mark.parametrize("name", ["flip", "reversal"])
def test_flow_that_is_found_around_holes_turns_as_flow_does(example, name):
    pairs = clip.FLOW_PAIRS
    found = dict(zip(pairs[1], (example[key] for key in pairs[0]), strict=True))
    result = ALWAYS[name](example | found, SEED)
    assert np.any(result["forward_flow"] != example["forward_flow"])
    for there, found_there in zip(*pairs, strict=True):
        np.testing.assert_array_equal(result[found_there], result[there])


@pytest.mark.parametrize("name", ["flip", "reversal"])
def test_a_mirrored_clip_is_described_anew(name):
    tokens = tf.constant([7, captions.LEFT, 0])
    result = ALWAYS[name](
        {"frames": tf.zeros([2, 4, 6, 1]), "caption_tokens": tokens, "labels": 3}, SEED
    )
    np.testing.assert_array_equal(result["caption_tokens"], [7, captions.RIGHT, 0])
    assert int(result["labels"]) == 3


def test_a_crop_leaves_label_and_caption_alone():
    tokens = tf.constant([7, captions.LEFT, 0])
    example = {"frames": tf.zeros([2, 24, 30, 1]), "caption_tokens": tokens}
    result = ALWAYS["crop"](example | {"labels": tf.constant(3)}, SEED)
    np.testing.assert_array_equal(result["caption_tokens"], tokens)
    assert int(result["labels"]) == 3


def test_two_flips_or_reversals_are_none(example):
    for name in ("flip", "reversal"):
        twice = ALWAYS[name](ALWAYS[name](example, SEED), SEED)
        for key in example:
            np.testing.assert_array_equal(twice[key], example[key])


def test_a_reversal_swaps_the_flows(example):
    result = ALWAYS["reversal"](example, SEED)
    np.testing.assert_array_equal(
        result["forward_flow"][0], example["backward_flow"][-1]
    )
    np.testing.assert_array_equal(
        result["backward_flow"][-1], example["forward_flow"][0]
    )


def test_half_of_the_examples_are_flipped(example):
    flip = tf.function(transforms.HorizontalFlip(0.5))
    flipped = [
        bool(
            tf.reduce_any(
                flip(example, seeds.fold(SEED, i))["frames"] != example["frames"]
            )
        )
        for i in range(40)
    ]
    assert 10 <= sum(flipped) <= 30


def test_no_probability_no_change(example):
    for transform in (transforms.HorizontalFlip(0.0), transforms.TimeReversal(0.0)):
        for key, value in transform(example, SEED).items():
            np.testing.assert_array_equal(value, example[key])


def test_jitter_of_nothing_is_identity_and_masks_are_left_alone(example):
    same = transforms.ColourJitter(0.0, 0.0, 0.0)(example, SEED)
    np.testing.assert_allclose(same["frames"], example["frames"], atol=1e-5)
    changed = ALWAYS["jitter"](example, SEED)
    assert np.abs(changed["frames"] - example["frames"]).max() > 0.05
    assert np.abs(changed["frames"]).max() <= 1.0
    np.testing.assert_array_equal(
        changed["foreground_masks"], example["foreground_masks"]
    )


def test_brightness_alone_is_one_shift_for_all_frames():
    frames = tf.zeros((3, 2, 2, 3))
    result = transforms.ColourJitter(0.2, 0.0, 0.0)({"frames": frames}, SEED)["frames"]
    assert len(np.unique(result)) == 1
    assert 0 < abs(float(result[0, 0, 0, 0])) <= 0.4


def test_crops_are_pieces_and_differ_by_seed(example):
    tops = set()
    for i in range(6):
        cut = ALWAYS["crop"](example, seeds.fold(SEED, i))["frames"].numpy()
        assert cut.shape == (4, 24, 30, 3)
        places = [
            (y, x)
            for y in range(9)
            for x in range(11)
            if np.array_equal(cut, example["frames"][:, y : y + 24, x : x + 30])
        ]
        assert len(places) == 1
        tops.add(places[0])
    assert len(tops) > 1


def test_a_crop_that_does_not_fit_is_named(example):
    with pytest.raises(errors.UserError, match="33x20 does not fit .* 32x40"):
        transforms.RandomCrop(33, 20)(example, SEED)


def test_a_probability_above_one_is_refused():
    with pytest.raises(errors.UserError, match=r"`probability` \(1.5\)"):
        transforms.HorizontalFlip(1.5)


def counted(frames: int) -> dict:
    """Frame t has the value t; its mask is 1 at odd moments."""
    moments = tf.range(frames, dtype=tf.float32)[:, None, None, None]
    return {
        "frames": tf.broadcast_to(moments, [frames, 2, 2, 1]),
        "foreground_masks": tf.broadcast_to(moments % 2, [frames, 2, 2, 1]),
        "labels": tf.constant(3),
    }


def test_a_changed_speed_takes_every_kth_frame():
    change = transforms.SpeedChange((1, 3))
    assert change.frames_needed(4) == 10
    found = set()
    for number in range(40):
        result = change(counted(10), seeds.from_int(number))
        moments = result["frames"][:, 0, 0, 0].numpy()
        assert result["frames"].shape == (4, 2, 2, 1) and int(result["labels"]) == 3
        (step,) = set(np.diff(moments))
        found.add((int(step), int(moments[0])))
        np.testing.assert_array_equal(
            result["foreground_masks"][:, 0, 0, 0], moments % 2
        )
    # At normal speed four frames begin at 0..6; at triple speed they take all ten.
    assert {start for step, start in found if step == 1} == set(range(7))
    assert {start for step, start in found if step == 3} == {0}
    assert {step for step, _ in found} == {1, 3}


def test_a_changed_speed_is_the_same_in_a_graph():
    change = transforms.SpeedChange((1, 2))
    eager, graph = change(counted(7), SEED), tf.function(change)(counted(7), SEED)
    np.testing.assert_array_equal(eager["frames"], graph["frames"])


def test_flow_does_not_survive_a_change_of_speed(example):
    with pytest.raises(errors.UserError, match="SpeedChange.*`forward_flow`"):
        transforms.SpeedChange()(example, SEED)
    with pytest.raises(errors.UserError, match=r"`strides` \(\[0\]\)"):
        transforms.SpeedChange((0,))

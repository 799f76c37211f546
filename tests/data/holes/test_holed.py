import functools

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tests.data import toy_source
from tfvideogan.core import clip, errors, seeds
from tfvideogan.data import pipeline, transforms
from tfvideogan.data.holes import holed, random_shapes
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.media import inpainting

FIRST = tf.constant(0, tf.int64)
MOVING = random_shapes.RandomShapes(static=0.0, speeds=(2.0, 3.0))


def make(frames=2, **options):
    whole = functools.partial(
        sprites.Sprites,
        frames=frames,
        height=24,
        width=32,
        clip_frames=6,
        flow="exact",
        num_train_clips=4,
        num_test_clips=2,
    )
    return holed.Holed(make_whole=whole, **{"dilation": (0, 1), **options})


@pytest.mark.parametrize("options", [{}, {"crop": 16}])
def test_it_is_a_source(options):
    source = make(**options)
    check_source.check_protocol(source)
    check_source.check_clips(source, "train")
    if not options:
        check_source.check_order(source, "train")


def test_batches_have_the_spec_and_holes_of_zeros_and_ones():
    source = make(crop=16)
    batch = next(iter(pipeline.make_dataset(source, "train", batch_size=2, seed=0)))
    shapes = {key: tuple(value.shape[1:]) for key, value in batch.items()}
    assert shapes == source.spec.shapes()
    assert batch["holes"].dtype == tf.float32
    assert set(np.unique(batch["holes"])) == {0.0, 1.0}


def test_flow_is_found_without_what_lies_behind_the_holes(monkeypatch):
    source = make(finds_flow=True, frames=3)
    check_source.check_clips(source, "train")
    window = source.read("test", FIRST, frames=3)
    hidden = np.where(window["holes"] > 0, 0, window["frames"]).astype(np.uint8)
    wanted = inpainting.estimate_flow(hidden, window["holes"].numpy())
    for key, one in zip(clip.FLOW_PAIRS[1], wanted, strict=True):
        np.testing.assert_array_equal(window[key], one)
    np.testing.assert_array_equal(
        window["forward_flow"],
        make(frames=3).read("test", FIRST, frames=3)["forward_flow"],
    )
    assert not make().spec.has_found_flow


def test_frames_stay_whole():
    source = make()
    window = source.read("test", FIRST, frames=2)
    whole = source.whole.read("test", FIRST, frames=2)
    for key, value in whole.items():
        np.testing.assert_array_equal(window[key], value)


def test_holes_turn_with_the_frames():
    window = make(families=[MOVING]).read("train", FIRST, frames=2)
    example = pipeline.to_model(window)
    flipped = transforms.HorizontalFlip(probability=1.0)(example, seeds.from_int(0))
    backwards = transforms.TimeReversal(probability=1.0)(example, seeds.from_int(0))
    holes = example["holes"].numpy()
    np.testing.assert_array_equal(flipped["holes"], holes[:, :, ::-1])
    np.testing.assert_array_equal(backwards["holes"], holes[::-1])
    assert np.any(holes != holes[:, :, ::-1])
    assert np.any(holes != holes[::-1])


def test_the_seed_decides():
    read = functools.partial(make().read, "train", FIRST, frames=2)
    one, again, other = (read(seed=seeds.from_int(n))["holes"] for n in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.any(one != other)


def test_a_longer_window_begins_like_a_shorter_one():
    source = make(families=[MOVING], occlusion=0.5)
    for index in range(4):
        read = functools.partial(source.read, "train", tf.constant(index, tf.int64))
        long, short = read(frames=6)["holes"], read(frames=2)["holes"]
        np.testing.assert_array_equal(long[:2], short)


def test_splits_and_clips_have_holes_of_their_own():
    source = make()
    holes = [
        source.read(split, tf.constant(index, tf.int64), frames=1)["holes"].numpy()
        for split in ("train", "test")
        for index in (0, 1)
    ]
    assert len({one.tobytes() for one in holes}) == len(holes)


@pytest.mark.parametrize("independent", [0.0, 1.0])
def test_frames_share_their_holes_or_each_has_its_own(independent):
    still = random_shapes.RandomShapes(static=1.0)
    source = make(families=[still], independent=independent)
    holes = source.read("train", FIRST, frames=6)["holes"].numpy()
    assert len({one.tobytes() for one in holes}) == (6 if independent else 1)


def test_runs_of_whole_frames_are_missing():
    source = make(frames=4, occlusion=1.0)
    for index in range(4):
        window = source.read("train", tf.constant(index, tf.int64), frames=6)
        missing = window["holes"].numpy().all(axis=(1, 2, 3))
        # At most half of 4 frames, in one run, among the first 4.
        assert 1 <= missing.sum() <= 2
        assert not missing[4:].any()
        places = np.flatnonzero(missing)
        assert places[-1] - places[0] == len(places) - 1


def test_shares_of_families_are_their_weights():
    small, large = (random_shapes.RandomShapes(least_side=s) for s in (0.1, 0.9))
    source = make(families=[small, large], weights=[1.0, 3.0])
    root = seeds.from_int(0)
    draw = lambda number: source._family_number(seeds.fold(root, number))  # noqa: E731
    numbers = tf.function(lambda: tf.map_fn(draw, tf.range(400)))()
    # The deviation of a share of .75 is .022.
    assert abs(np.mean(numbers) - 0.75) < 0.07


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"families": []}, "`Holed.families` must name at least one"),
        ({"weights": [0.5, 0.5]}, r"`Holed.weights` .* as many numbers .* \(1\)"),
        ({"crop": 25}, r"`crop` \(25\) must be at most .* 24x32"),
        ({"crop": 0}, r"`Holed.crop` \(0\) must be None or at least 1"),
        ({"dilation": (3, 1)}, r"`Holed.dilation` \(3, 1\) must be a lower and"),
        ({"coverage": (0.1, 1.5)}, r"`Holed.coverage` \(0.1, 1.5\) .* 0 to 1"),
        ({"independent": 2.0}, r"`Holed.independent` \(2.0\) must be between"),
        ({"occlusion": 0.5, "frames": 1}, r"`occlusion` \(0.5\) must be 0 for clips"),
        ({"seed": -1}, r"`Holed.seed` \(-1\) must be 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        make(**options)


def test_clips_with_holes_are_no_whole_ones():
    with pytest.raises(errors.UserError, match="have holes already"):
        holed.Holed(make_whole=make)


def test_sizes_need_not_fit_anything():
    source = holed.Holed(make_whole=toy_source.ToySource, coverage=(0.25, 0.5))
    holes = source.read("train", FIRST, frames=2)["holes"].numpy()
    # 6 to 12 of 24 pixels.
    assert all(6 <= one.sum() <= 12 for one in holes)

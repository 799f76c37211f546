import functools

import numpy as np
import pytest
import tensorflow as tf
from scipy import signal

from tests import check_source
from tests.data import toy_source
from tfvideogan.core import errors, seeds
from tfvideogan.data import pipeline
from tfvideogan.data.blur import blurred
from tfvideogan.data.procedural.sprites import sprites

FIRST = tf.constant(0, tf.int64)


def make(frames=2, **options):
    options = {"length": 12.0, "num_shakes": 8, **options}
    sharp = functools.partial(
        sprites.Sprites,
        frames=frames,
        height=24,
        width=32,
        clip_frames=6,
        flow="exact",
        num_train_clips=4,
        num_test_clips=2,
    )
    return blurred.Blurred(make_sharp=sharp, **options)


@pytest.mark.long
@pytest.mark.parametrize("options", [{}, {"crop": 16}, {"kind": "average"}])
def test_it_is_a_source(options):
    source = make(**options)
    check_source.check_protocol(source)
    check_source.check_clips(source, "train")
    if not options:
        check_source.check_order(source, "train")


def test_a_path_of_no_length_blurs_nothing():
    window = make(length=0.0).read("train", FIRST, frames=2, seed=seeds.from_int(1))
    np.testing.assert_array_equal(window["blurred_frames"], window["frames"])


@pytest.mark.parametrize("gamma", [1.0, 2.2])
def test_frames_are_convolved_in_light_and_in_colour(gamma):
    source = make(gamma=gamma)
    window = source.read("test", FIRST, frames=2)
    kernels = source.kernels("test")[source.kernel_numbers(FIRST, 2)]
    reach = kernels.shape[1] // 2
    for frame, found, kernel in zip(
        window["frames"].numpy(), window["blurred_frames"].numpy(), kernels, strict=True
    ):
        light = (frame / 255.0) ** gamma
        light = np.pad(light, [(reach, reach), (reach, reach), (0, 0)], "reflect")
        for channel in range(3):
            made = signal.convolve2d(light[..., channel], kernel, "valid")
            wanted = 255.0 * np.clip(made, 0, 1) ** (1 / gamma)
            # Half a byte of rounding, and a little of float32.
            assert np.abs(found[..., channel] - wanted).max() < 0.6


def test_a_crop_is_blurred_by_what_lies_around_it():
    whole, cut = make(), make(crop=16)
    full = whole.read("test", FIRST, frames=2)["blurred_frames"].numpy()
    crop = cut.read("test", FIRST, frames=2)["blurred_frames"].numpy()
    # In the middle of 24 x 32; transforms of other sizes round otherwise.
    inner = full[:, 4:20, 8:24].astype(int)
    assert np.abs(crop - inner).max() <= 1


def test_sharp_frames_flow_and_masks_are_cut_alike():
    source = make(crop=16)
    window = source.read("train", FIRST, frames=2, seed=seeds.from_int(3))
    whole = next(iter(source.sharp.clips("train")))
    places = [
        (t, top, left)
        for t in range(5)
        for top in range(9)
        for left in range(17)
        if np.array_equal(
            window["frames"], whole["frames"][t : t + 2, top:, left:][:, :16, :16]
        )
    ]
    [(t, top, left)] = places
    rows, columns = slice(top, top + 16), slice(left, left + 16)
    for key in ("foreground_masks", "backgrounds"):
        np.testing.assert_array_equal(window[key], whole[key][t : t + 2, rows, columns])
    flow = whole["forward_flow"][t : t + 1, rows, columns]
    np.testing.assert_array_equal(window["forward_flow"], flow)


def test_the_seed_decides_and_frames_are_shaken_each_for_itself():
    source = make(num_shakes=50)
    read = functools.partial(source.read, "train", FIRST, frames=2)
    one, again, other = (read(seed=seeds.from_int(n)) for n in (1, 1, 2))
    np.testing.assert_array_equal(one["blurred_frames"], again["blurred_frames"])
    assert np.any(one["blurred_frames"] != other["blurred_frames"])
    numbers = source.kernel_numbers(FIRST, 6).numpy()
    assert len(set(numbers)) > 2
    np.testing.assert_array_equal(source.kernel_numbers(FIRST, 2), numbers[:2])


def test_no_two_splits_share_a_shake():
    source = make()
    assert source.kernels("train").shape != source.kernels("test").shape or np.any(
        source.kernels("train") != source.kernels("test")
    )


def test_means_are_of_light_around_the_sharp_frame():
    source = make(kind="average", spans=(3,), gamma=2.0)
    assert source.num_frames("test") == 4
    whole = next(iter(source.sharp.clips("test")))["frames"] / 255.0
    window = source.read("test", FIRST, frames=2)
    np.testing.assert_array_equal(
        window["frames"], np.rint(whole[1:3] * 255).astype(np.uint8)
    )
    wanted = [np.sqrt((whole[t : t + 3] ** 2).mean(axis=0)) * 255 for t in (0, 1)]
    found = window["blurred_frames"].numpy()
    assert np.abs(found - np.stack(wanted)).max() < 0.6
    assert window["forward_flow"].shape[0] == 1


def test_batches_have_the_spec():
    source = make(crop=16)
    dataset = pipeline.make_dataset(source, "train", batch_size=2, seed=0)
    batch = next(iter(dataset))
    shapes = {key: tuple(value.shape[1:]) for key, value in batch.items()}
    assert shapes == source.spec.shapes()
    assert batch["blurred_frames"].dtype == tf.float32


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "defocus"}, r"`Blurred.kind` \(defocus\) must be one of shake"),
        ({"crop": 25}, r"`crop` \(25\) must be at most .* 24x32"),
        ({"length": -1.0}, r"`Blurred.length` \(-1.0\)"),
        ({"exposures": (0.0,)}, "`Blurred.exposures`"),
        ({"kind": "average", "spans": (4,)}, "odd numbers of frames"),
        ({"kind": "average", "spans": (7,)}, r"`spans` \(7\) must leave windows of 2"),
        ({"gamma": 0.0}, "`Blurred.gamma`"),
    ],
)
def test_settings_without_meaning_are_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        make(**options)


def test_blurred_clips_are_not_blurred_again():
    with pytest.raises(errors.UserError, match="blurred frames already"):
        blurred.Blurred(make_sharp=make)
    with pytest.raises(errors.UserError, match="those of sprites have none"):
        make(kind="given")


def test_given_pairs_are_cut_alike():
    source = blurred.Blurred(make_sharp=make, kind="given", crop=8)
    assert source.describe() == f"{source.sharp.describe()}, cut to 8x8"
    window = source.read("train", FIRST, frames=2, seed=seeds.from_int(2))
    whole = source.sharp.read("train", FIRST, frames=2, seed=seeds.from_int(2))
    corners = [
        (top, left)
        for top in range(17)
        for left in range(25)
        if all(
            np.array_equal(window[key], whole[key][:, top : top + 8, left : left + 8])
            for key in ("frames", "blurred_frames")
        )
    ]
    assert len(corners) == 1


def test_captions_and_classes_stay():
    toy = blurred.Blurred(make_sharp=toy_source.ToySource, length=0.0, num_shakes=2)
    assert toy.splits == ("train", "test")
    assert toy.is_procedural and "camera shakes" in toy.describe()

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tests.data import mnist_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets import mnist
from tfvideogan.data.procedural.digits import moving_digits

SMALL = {"frames": 3, "clip_frames": 6, "num_train_clips": 5, "num_test_clips": 4}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return mnist.read_digits(mnist_tree.write(tmp_path_factory.mktemp("mnist")))


@pytest.mark.parametrize("motion", moving_digits.MOTIONS)
def test_moving_digits_keep_the_promises_of_a_source(digits, motion):
    source = moving_digits.MovingDigits(digits, motion=motion, **SMALL)
    check_source.check_source(source)
    assert source.name == "moving_mnist" and not source.is_procedural


def test_a_frame_is_the_digits_at_their_places(digits):
    source = moving_digits.MovingDigits(digits, num_digits=1, **SMALL)
    clip, paths = source.render("train", 2), source.paths("train", 2)
    (label,) = source.labels("train", 2)
    for t in range(6):
        x, y = np.floor(paths.positions[t, 0]).astype(int)
        digit = clip["frames"][t, y : y + 28, x : x + 28, 0]
        # mnist_tree draws the label as 128 + label in the middle of the digit.
        assert digit[10, 10] == 128 + label
        assert clip["frames"][t].sum() == digit.sum()
        number = int(digit[6, 10]) + 256 * int(digit[6, 11])
        np.testing.assert_array_equal(digit, mnist_tree.pictures(1, number)[0][0])


def test_splits_show_digits_of_their_own(digits):
    source = moving_digits.MovingDigits(digits, num_digits=1, **SMALL)
    for split in source.splits:
        own = {picture.tobytes() for picture in digits.splits[split].pictures}
        for index in range(4):
            frame = source.render(split, index)["frames"][0, ..., 0]
            x, y = np.floor(source.paths(split, index).positions[0, 0]).astype(int)
            assert frame[y : y + 28, x : x + 28].tobytes() in own


def test_a_window_does_not_depend_on_what_is_drawn_around_it(digits):
    source = moving_digits.MovingDigits(digits, motion="stochastic", **SMALL)
    whole = source.render("train", 1)["frames"]
    window = source.render("train", 1, start=2, frames=3)["frames"]
    np.testing.assert_array_equal(window, whole[2:5])


def test_a_longer_clip_begins_like_a_shorter_one(digits):
    short, long = (
        moving_digits.MovingDigits(digits, motion="stochastic", clip_frames=length)
        for length in (20, 40)
    )
    frames = long.render("test", 3)["frames"]
    np.testing.assert_array_equal(short.render("test", 3)["frames"], frames[:20])


def test_another_seed_split_or_index_is_another_clip(digits):
    source = moving_digits.MovingDigits(digits, **SMALL)
    other = moving_digits.MovingDigits(digits, seed=1, **SMALL)
    starts = [
        source.paths("train", 0).positions,
        source.paths("train", 1).positions,
        source.paths("validation", 0).positions,
        other.paths("train", 0).positions,
    ]
    assert len({start.tobytes() for start in starts}) == 4


def test_stochastic_digits_are_enlarged_and_added(digits):
    source = moving_digits.MovingDigits(digits, motion="stochastic", **SMALL)
    assert source.spec.channels == 1
    frames = np.concatenate([source.render("train", i)["frames"] for i in range(5)])
    assert frames.max() == 255  # two digits of at least 128 overlap somewhere
    single = moving_digits.MovingDigits(
        digits, motion="stochastic", num_digits=1, **SMALL
    )
    rows = np.flatnonzero(single.render("train", 0)["frames"][0].any((1, 2)))
    assert np.ptp(rows) + 1 == pytest.approx(20 * 32 / 28, abs=1.5)


def test_the_official_file_can_be_the_test_split(digits, tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (20, 3, 64, 64), np.uint8)
    np.save(tmp_path / "mnist_test_seq.npy", array)
    source = moving_digits.MovingDigits(digits, test_file=str(tmp_path), **SMALL)
    assert (source.num_clips("test"), source.num_frames("test")) == (3, 20)
    clip = next(source.clips("test"))
    np.testing.assert_array_equal(clip["frames"][..., 0], array[:, 0])
    window = source.read("test", tf.constant(2, tf.int64), frames=4)
    np.testing.assert_array_equal(window["frames"][..., 0], array[:4, 2])
    assert source.num_clips("train") == 5
    assert "3 test clips read from" in source.describe()


def test_an_official_file_of_another_size_is_refused(digits, tmp_path):
    np.save(tmp_path / "mnist_test_seq.npy", np.ones((20, 3, 32, 32), np.uint8))
    with pytest.raises(errors.UserError, match=r"are 32x32; `height` \(64\)"):
        moving_digits.MovingDigits(digits, test_file=str(tmp_path), **SMALL)


def test_clips_stay_the_same_as_long_as_the_version_does(digits):
    # Recorded once, on purpose: a change here is a change of `version`.
    assert moving_digits.MovingDigits.version == 1
    place = moving_digits.MovingDigits(digits).paths("train", 7).positions[0, 0]
    assert place == pytest.approx([4.118, 19.568], abs=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"motion": "orbit"}, ["`motion` ('orbit')", "bounce, stochastic"]),
        ({"num_digits": 0}, ["`num_digits` (0)", "at least 1"]),
        ({"height": 20}, ["`digit_size` (28)", "(20)"]),
        ({"combine": "xor"}, ["`combine` ('xor')", "max, sum"]),
        ({"frames": 21}, ["`frames` (21)", "`clip_frames` (20)"]),
    ],
)
def test_bad_arguments_are_named(digits, options, words):
    with pytest.raises(errors.UserError) as raised:
        moving_digits.MovingDigits(digits, **options)
    assert all(word in str(raised.value) for word in words)

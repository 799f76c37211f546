import numpy as np
import pytest

from tests import check_source
from tests.data import films, ucf101_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets.ucf101 import ucf101
from tfvideogan.media import reader


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return ucf101_tree.write(tmp_path_factory.mktemp("data") / "UCF")


@pytest.fixture
def make(root, tmp_path):
    def made(**options) -> ucf101.Ucf101:
        options = {"root": root, "frames": 3, "height": 12, "width": 16, **options}
        return ucf101.Ucf101(cache_dir=str(tmp_path / "cache"), **options)

    return made


def groups(source: ucf101.Ucf101, split: str) -> set[int]:
    """The groups of a split's clips, read off their grey: 50 per class, 4 per group."""
    known = (*ucf101_tree.TRAIN_GROUPS, *ucf101_tree.TEST_GROUPS)
    found = set()
    for clip in source.clips(split):
        grey = float(clip["frames"][0, -3:].mean()) - 50 * (int(clip["labels"]) + 1)
        # MPEG-4 is lossy: the nearest group.
        found.add(min(known, key=lambda group: abs(4 * group - grey)))
    return found


def test_ucf101_keeps_the_promises_of_a_source(make):
    source = make()
    check_source.check_source(source)
    assert source.splits == ("train", "test") and source.spec.num_classes == 3
    assert "UCF-101, split 1" in source.describe()


def test_labels_are_those_of_the_lists_whatever_the_spelling(make):
    source = make()
    assert source.actions == ("ApplyEyeMakeup", "HandStandPushups", "YoYo")
    labels = [int(clip["labels"]) for clip in source.clips("train")]
    assert labels == [0] * 6 + [1] * 6 + [2] * 6


def test_splits_share_no_group(make):
    source = make(validation_groups=(12,))
    assert groups(source, "train") == {8, 16}
    assert groups(source, "validation") == {12}
    assert groups(source, "test") == {1, 4}


def test_test_films_are_trained_on_only_when_asked(make):
    source = make(with_test=True)
    assert source.num_clips("train") == 18 + 12 and source.num_clips("test") == 12
    assert "train and test together" in source.describe()


def test_every_second_frame_can_be_kept(make, root):
    source = make(keep=2)
    assert source.num_frames("train") == 3 and source.spec.fps == 12.5
    clip = next(source.clips("train"))
    path = f"{root}/UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi"
    frames, _ = reader.read_video(path, height=12, width=16)
    np.testing.assert_array_equal(clip["frames"], frames[::2])


def test_a_damaged_film_is_left_out_only_within_the_tolerance(tmp_path):
    root = ucf101_tree.write(tmp_path / "UCF")
    path = tmp_path / "UCF/UCF-101/YoYo/v_YoYo_g08_c01.avi"
    films.truncate(path, 0.3)
    options = {"frames": 3, "height": 12, "width": 16, "cache_dir": str(tmp_path / "c")}
    with pytest.raises(errors.UserError, match="v_YoYo_g08_c01.avi") as raised:
        ucf101.Ucf101(root, **options)
    assert "\n" not in str(raised.value)
    source = ucf101.Ucf101(root, max_damaged=0.05, **options)
    assert source.num_clips("train") == 17


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": 4}, ["`split` (4)", "1, 2, 3"]),
        ({"keep": 0}, ["`keep` (0)"]),
        ({"frames": 7}, ["`frames` 7", "longest has 6"]),
    ],
)
def test_bad_arguments_are_named(make, options, words):
    with pytest.raises(errors.UserError) as raised:
        make(**options)
    assert all(word in str(raised.value) for word in words)

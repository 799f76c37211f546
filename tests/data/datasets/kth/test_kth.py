import itertools

import numpy as np
import pytest

from tests import check_source
from tests.data import kth_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets.kth import kth


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return kth_tree.write(tmp_path_factory.mktemp("data") / "KTH")


@pytest.fixture
def make(root, tmp_path):
    def made(**options) -> kth.Kth:
        options = {"frames": 4, "height": 24, "width": 32, **options}
        options = {"actions": ("walking", "boxing"), **options}
        return kth.Kth(root, cache_dir=str(tmp_path / "cache"), **options)

    return made


def ids(source: kth.Kth, split: str) -> list[str]:
    """The names of the clips of a split, whose walls tell the person."""
    return [int(np.median(clip["frames"])) - 150 for clip in source.clips(split)]


def test_kth_keeps_the_promises_of_a_source(make):
    source = make()
    check_source.check_source(source)
    assert source.spec.channels == 1 and source.spec.fps == 25
    assert "KTH, split 16-9" in source.describe()


def test_a_clip_is_one_range_of_its_film(make):
    source = make(actions=("walking",))
    clips = list(source.clips("train"))
    assert [len(clip["frames"]) for clip in clips] == [12] * 6  # three people
    film = kth_tree.film("walking", 1)[..., :1].astype(int)
    for clip, start in zip(clips, (0, 16), strict=False):
        expected = film[start : start + 12]
        assert np.abs(clip["frames"] - expected).mean() < 6  # MPEG-4 is lossy
        # The frames of the gap are empty; those of a clip show a person.
        assert (clip["frames"].min((1, 2, 3)) < 90).all()


def test_captions_name_action_and_direction(make):
    clips = list(make().clips("train"))
    said = {make().vocabulary.decode(clip["caption_tokens"]) for clip in clips}
    assert said == {
        "a person is boxing",
        "a person is walking to the right",
        "a person is walking to the left",
    }
    by_label = {int(clip["labels"]) for clip in clips}
    assert by_label == {0, 5}  # boxing is the first of six actions, walking the last


def test_walking_alone_is_captioned_by_direction(make):
    source = make(actions=("walking",))
    for split in source.splits:
        said = [
            source.vocabulary.decode(c["caption_tokens"]) for c in source.clips(split)
        ]
        # The ranges of each of three people go to the right, then to the left.
        assert said == 3 * [
            "a person is walking to the right",
            "a person is walking to the left",
        ]
    assert source.spec.num_classes == 6


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("16-9", {"train": {1, 2, 16}, "test": {17, 22, 25}}),
        ("20-5", {"train": {1, 2, 16, 17}, "test": {22, 25}}),
        ("recognition", {"train": {16, 17}, "validation": {1, 25}, "test": {2, 22}}),
    ],
)
def test_the_published_splits_share_no_person(make, protocol, expected):
    source = make(protocol=protocol, actions=("boxing",))
    found = {split: set(ids(source, split)) for split in source.splits}
    for split, people in expected.items():  # MPEG-4 may miss a grey by one
        assert all(min(abs(one - p) for p in people) <= 1 for one in found[split])
        assert source.num_clips(split) == 2 * len(people)


def test_every_protocol_places_every_person_once():
    for name, split in kth.PROTOCOLS.items():
        people = sorted(itertools.chain(*split.values()))
        assert people == list(range(1, 26)), name


def test_people_can_be_taken_out_of_training_for_validation(make):
    source = make(validation_persons=(16,))
    assert source.splits == ("train", "validation", "test")
    assert source.num_clips("validation") == 4 and source.num_clips("train") == 8


def test_clips_come_in_colour_and_other_sizes(make):
    source = make(height=12, width=12, channels=3)
    clip = next(source.clips("train"))
    assert clip["frames"].shape == (12, 12, 12, 3)
    cropped = next(make(height=12, width=12, fit="crop").clips("train"))["frames"]
    assert cropped.shape == (12, 12, 12, 1)


def test_every_fifth_frame_as_in_the_source_document(make):
    source = make(stride=5, frames=3)
    assert source.spec.fps == 5 and source.num_frames("train") == 3


def test_windows_of_openstl(tmp_path):
    root = kth_tree.write(tmp_path / "KTH", actions=("running", "boxing"))
    source = kth.Kth(
        root,
        frames=5,
        height=24,
        width=32,
        eval_frames=5,
        actions=("running", "boxing"),
        openstl_windows=True,
        cache_dir=str(tmp_path / "cache"),
    )
    # Of 12 frames, boxing gives the windows 0..4 and 5..9; running those from 0, 3, 6.
    # 3 people, 2 ranges each.
    assert source.num_clips("train") == 3 * 2 * (2 + 3)
    assert {len(clip["frames"]) for clip in source.clips("train")} == {5}


def complaint(make, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        make(**options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_folder_shows_the_expected_tree(tmp_path):
    with pytest.raises(
        errors.UserError, match=r"gone does not exist; expected <root>/wa"
    ):
        kth.Kth(str(tmp_path / "gone"))


def test_missing_films_are_counted_and_the_first_is_named(tmp_path):
    root = kth_tree.write(tmp_path / "KTH", actions=("walking", "boxing"))
    first = tmp_path / "KTH/boxing/person01_boxing_d1_uncomp.avi"
    first.unlink()
    (tmp_path / "KTH/boxing/person25_boxing_d1_uncomp.avi").unlink()
    with pytest.raises(errors.UserError) as raised:
        kth.Kth(root, cache_dir=str(tmp_path / "cache"))
    assert "2 of the 12 films" in str(raised.value) and str(first) in str(raised.value)


def test_a_damaged_film_is_named(tmp_path):
    root = kth_tree.write(tmp_path / "KTH", actions=("walking",))
    path = tmp_path / "KTH/walking/person02_walking_d1_uncomp.avi"
    path.write_bytes(b"")
    options = {"frames": 4, "height": 24, "width": 32, "cache_dir": str(tmp_path / "c")}
    with pytest.raises(
        errors.UserError, match="person02_walking_d1_uncomp.avi is empty"
    ):
        kth.Kth(root, **options)
    source = kth.Kth(root, max_damaged=0.2, **options)
    assert source.num_clips("train") == 4 and "2 damaged" in source.describe()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocol": "50-50"}, ["`protocol` ('50-50')", "16-9, 20-5, recognition"]),
        ({"actions": ("flying",)}, ["`actions` ('flying',)", "walking"]),
        ({"validation_persons": (17,)}, ["`validation_persons` (17,)", "16-9"]),
        ({"openstl_windows": True}, ["`openstl_windows` needs `eval_frames`"]),
        ({"actions": ("jogging",)}, ["names no film of jogging"]),
        ({"frames": 13}, ["`frames` 13", "longest has 12"]),
    ],
)
def test_bad_arguments_are_named(make, options, words):
    text = complaint(make, **options)
    assert all(word in text for word in words)

import itertools

import numpy as np
import pytest

from tests import check_source
from tests.data import films, gifcap_file
from tfvideogan.core import errors
from tfvideogan.data import motion_captions
from tfvideogan.data.datasets import gifcap

SMALL = {"height": 16, "width": 16}
CLAUSES = [
    f"the digit {digit} is {motion}"
    for digit, motion in itertools.product(range(10), motion_captions.MOTIONS)
]
ONE = [f"{clause} ." for clause in CLAUSES]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Every digit in every motion, once."""
    name = "gifcap_mnist_1elems_periods[8,12]_caplen18.h5"
    return gifcap_file.write(tmp_path_factory.mktemp("gifcap") / name, ONE)


def text(source, clip) -> str:
    return source.vocabulary.decode(clip["caption_tokens"])


def test_a_file_keeps_the_promises_of_a_source(path):
    source = gifcap.Gifcap(path, frames=4, **SMALL)
    check_source.check_source(source)
    assert source.spec.caption_length == 18 and source.spec.channels == 1


def test_every_clip_has_its_frames_and_its_sentence(path):
    source = gifcap.Gifcap(path, **SMALL)
    found = {}
    for split in source.splits:
        for clip in source.clips(split):
            assert clip["frames"].shape == (10, 16, 16, 1)
            assert clip["frames"][:, 0, 3, 0].tolist() == list(range(1, 41, 4))
            found[clip["frames"][0, -1, 0, 0]] = text(source, clip)
    assert [found[number] for number in range(60)] == CLAUSES


def test_the_words_are_those_of_the_file_without_the_full_stop(path):
    words = gifcap.Gifcap(path, **SMALL).vocabulary.words
    assert set(words) == set(gifcap_file.NUMBERS) - {" ", "."} | {""}
    # Behind the directions they come in the order of the file's numbers.
    assert words[5:9] == ("1", "2", "3", "4") and words[-3:] == (
        "0",
        "rotating",
        "inplace",
    )


def test_splits_share_no_element_and_motion(path):
    source = gifcap.Gifcap(path, **SMALL)
    said = {
        split: {text(source, clip) for clip in source.clips(split)}
        for split in source.splits
    }
    # One of ten digits per motion is for testing, one for validation.
    assert {split: len(found) for split, found in said.items()} == {
        "train": 48,
        "validation": 6,
        "test": 6,
    }
    assert len(set.union(*said.values())) == 60
    for split in ("validation", "test"):
        motions = {clause.split(" is ")[1] for clause in said[split]}
        assert motions == set(motion_captions.MOTIONS)


def test_clips_with_pairs_of_two_splits_are_left_out(tmp_path):
    # Of digit 0 to and fro, which is for testing; of 5, for validation; of 7, trained.
    firsts = [CLAUSES[6 * digit] for digit in (0, 5, 7)]
    said = [f"{one} and {other} ." for one, other in itertools.product(firsts, CLAUSES)]
    path = gifcap_file.write(tmp_path / "a.h5", said)
    source = gifcap.Gifcap(path, **SMALL)
    pairs = {
        split: {
            (clause.element, clause.motion)
            for clip in source.clips(split)
            for clause in motion_captions.parsed(text(source, clip))
        }
        for split in source.splits
    }
    for one, other in itertools.combinations(source.splits, 2):
        assert not pairs[one] & pairs[other]
    # Each of the three meets all the pairs of its own split.
    counts = {split: source.num_clips(split) for split in source.splits}
    assert counts == {"train": 48, "validation": 6, "test": 6}
    assert "left out: 120 with pairs" in source.describe()


def test_more_elements_can_be_held_out(path):
    source = gifcap.Gifcap(path, held_out=3, **SMALL)
    assert [source.num_clips(split) for split in source.splits] == [24, 18, 18]


def test_other_sizes_are_fitted(path):
    clip = next(gifcap.Gifcap(path, height=8, width=8).clips("train"))
    assert clip["frames"].shape == (10, 8, 8, 1)
    # The mean of two rows, one of them black.
    assert abs(int(clip["frames"][9, 0, 0, 0]) - 37 / 2) <= 1


def test_describe_names_the_file_and_what_was_left_out(path):
    said = gifcap.Gifcap(path, **SMALL).describe()
    assert path in said and "48 train, 6 validation, 6 test clips; left out: 0" in said


def complaint(path, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        gifcap.Gifcap(str(path), **(SMALL | options))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    assert f"{tmp_path / 'a.h5'} does not exist" in complaint(tmp_path / "a.h5")


@pytest.mark.parametrize("fault", ["empty", "text", "truncated"])
def test_what_is_no_whole_hdf5_file_is_named(tmp_path, fault):
    path = tmp_path / "a.h5"
    gifcap_file.write(path, ONE)
    if fault == "truncated":
        films.truncate(path)
    else:
        path.write_bytes(b"" if fault == "empty" else b"no HDF5")
    assert f"{path} (" in complaint(path) and "is damaged or no HDF5" in complaint(path)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (
            {"dict_values": None},
            ["has no dict_values", "holds captions, dict_keys, gifs"],
        ),
        ({"gifs": np.zeros((60, 4, 4), np.uint8)}, ["gifs uint8 (60, 4, 4)"]),
        ({"gifs": np.zeros((60, 9, 4, 4))}, ["gifs float64", "not gifs uint8 (N, 10,"]),
        ({"captions": gifcap_file.captions(ONE[1:])}, ["captions float64 (59, 18)"]),
        ({"dict_values": np.arange(9)}, ["dict_values int64 (9,)"]),
        ({"dict_values": np.zeros(26, int)}, ["one number to two words"]),
        ({"dict_values": np.arange(5, 31)}, ["the number 1, which is no word"]),
        ({"captions": np.full((60, 18), 1.5)}, ["the number 1.5, which is no word"]),
        (
            {"captions": gifcap_file.captions(["the digit 3 is up ."] * 60)},
            ["'the digit 3 is up' says of no element how it moves"],
        ),
        (
            {"captions": gifcap_file.captions(ONE[:12] * 5)},
            ["`held_out` (1)", "a third of the 2 elements"],
        ),
    ],
)
def test_what_a_file_lacks_is_named(tmp_path, others, words):
    path = gifcap_file.write(tmp_path / "a.h5", ONE, **others)
    text = complaint(path)
    assert str(path) in text and all(word in text for word in words)


def test_a_split_without_clips_is_named(tmp_path):
    # Number 0 is (digit 0, motion 0), which is for testing, and so on to digit 2.
    said = [f"{CLAUSES[0]} and {CLAUSES[7]} .", *[f"{CLAUSES[n]} ." for n in (1, 14)]]
    path = gifcap_file.write(tmp_path / "a.h5", said)
    assert "No clip of" in complaint(path) and "gifcap/" in complaint(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"frames": 11}, ["`frames` (11) must be between 1 and 10"]),
        ({"held_out": 0}, ["`held_out` (0)"]),
        ({"held_out": 4}, ["`held_out` (4)", "a third of the 10 elements"]),
    ],
)
def test_bad_arguments_are_named(path, options, words):
    text = complaint(path, **options)
    assert all(word in text for word in words)

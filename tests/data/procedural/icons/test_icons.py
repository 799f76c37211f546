import collections

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tests.data.procedural.icons import test_bank
from tfvideogan.core import errors
from tfvideogan.data import motion_captions, transforms
from tfvideogan.data.procedural.icons import bank, icons

BANK = bank.draw_icons()
SMALL = {"frames": 3, "height": 16, "width": 16, "icon_size": 8, "clip_frames": 6}


@pytest.mark.parametrize("num_icons", [1, 2])
def test_icons_keep_the_promises_of_a_source(num_icons):
    check_source.check_source(icons.Icons(BANK, num_icons=num_icons, **SMALL))


def test_icons_of_which_all_is_said_keep_them_too():
    # Whole clips as windows: a later window may have another caption.
    options = SMALL | {"frames": 6}
    check_source.check_source(icons.Icons(BANK, num_icons=2, says="all", **options))


def test_icons_of_a_folder_keep_them_too(tmp_path):
    for name, colour in (("a", (250, 90, 0, 255)), ("b", (0, 190, 60, 255))):
        test_bank.write(tmp_path, name, colour=colour)
    test_bank.write(tmp_path, "blue_box", colour=(40, 80, 250, 255))
    source = icons.Icons(bank.read_icons(str(tmp_path)), **SMALL)
    check_source.check_source(source)
    said = {source.caption("train", index) for index in range(6)}
    assert any(caption.startswith("the blue box is ") for caption in said)


@pytest.mark.parametrize("says", ["motion", "all"])
@pytest.mark.parametrize("num_icons", [1, 2])
def test_captions_mean_what_they_were_made_of(num_icons, says):
    source = icons.Icons(BANK, num_icons=num_icons, says=says, **SMALL)
    for index in range(60):
        clip = source.render("train", index)
        said = source.vocabulary.decode(clip["caption_tokens"])
        assert said == source.caption("train", index)
        assert len(said.split()) == clip["caption_lengths"]
        assert source.parsed(said) == source.elements("train", index)


def test_the_longest_caption_fits_exactly():
    # "the red disc is moving left and right", and twice that with an "and" between.
    one, two = (icons.Icons(BANK, num_icons=n, **SMALL) for n in (1, 2))
    assert (one.spec.caption_length, two.spec.caption_length) == (8, 17)
    # "the red disc is moving left and right starting right quickly".
    one, two = (icons.Icons(BANK, num_icons=n, says="all", **SMALL) for n in (1, 2))
    assert (one.spec.caption_length, two.spec.caption_length) == (11, 23)
    assert set(one.vocabulary.words) - set(icons.Icons(BANK).vocabulary.words) == {
        "starting",
        "slowly",
        "quickly",
    }


def test_the_caption_of_a_window_is_that_of_its_first_frame():
    source = icons.Icons(BANK, says="all", **(SMALL | {"clip_frames": 30}))
    index = next(i for i in range(6) if source.elements("train", i)[0][1] == 0)
    said = set()
    for start in range(12):
        clip = source.render("train", index, start, 3)
        caption = source.vocabulary.decode(clip["caption_tokens"])
        assert caption == source.caption("train", index, start)
        said.add(caption.split()[9])
    assert said == {"left", "right"}  # twelve frames are a period or more


def test_a_sentence_about_something_else_is_refused():
    source = icons.Icons(BANK, **SMALL)
    with pytest.raises(errors.UserError, match="'the red dog is sleeping' says of no"):
        source.parsed("the red dog is sleeping")
    with pytest.raises(errors.UserError, match="no icon 'red dog' .* 'red disc'"):
        source.parsed("the red dog is moving up and down")


def test_splits_share_no_icon_colour_and_motion():
    source = icons.Icons(BANK, **SMALL)
    seen = {}
    for split, count in (("train", 468), ("validation", 54), ("test", 54)):
        seen[split] = {source.elements(split, index)[0] for index in range(count)}
        assert len(seen[split]) == count
    # 12 shapes x 8 colours x 6 motions.
    assert len(set.union(*seen.values())) == 576
    trained = [(*BANK.names[icon].split(), motion) for icon, motion in seen["train"]]
    for part, count in enumerate((8, 12, 6)):
        assert len({triple[part] for triple in trained}) == count


@pytest.mark.parametrize("split", ["train", "test"])
def test_triples_and_motions_are_balanced_over_consecutive_clips(split):
    source = icons.Icons(BANK, **SMALL)
    count = {"train": 468, "test": 54}[split]
    drawn = [source.elements(split, count + index)[0] for index in range(count)]
    assert set(collections.Counter(drawn).values()) == {1}
    motions = [motion for _, motion in drawn]
    assert all(sorted(motions[i : i + 6]) == list(range(6)) for i in range(0, count, 6))


def test_icons_are_where_their_paths_say_in_their_colours():
    source = icons.Icons(BANK, **SMALL)
    for index in range(4):  # the motions without a turn
        ((icon, motion),) = source.elements("train", index)
        frames = source.render("train", index)["frames"]
        cover = BANK.sized(8)[icon][..., 3]
        corners = np.floor(source.paths("train", index).positions[:, 0]).astype(int)
        colour = bank.COLOURS[BANK.names[icon].split()[0]]
        for frame, (x, y) in zip(frames, corners, strict=True):
            part = frame[y : y + 8, x : x + 8]
            assert (part[cover == 255] == colour).all()
            assert frame.sum() == part.sum(), "nothing is drawn elsewhere"
        assert motion == index


def test_the_second_icon_covers_the_first():
    source = icons.Icons(BANK, num_icons=2, height=8, width=8, icon_size=8, frames=1)
    _, (icon, _) = source.elements("train", 0)
    frames = source.render("train", 0, 0, 1)["frames"]
    solid = BANK.sized(8)[icon][..., 3] == 255
    assert (frames[0][solid] == BANK.sized(8)[icon][solid][:, :3]).all()


def test_a_flip_turns_rotations_and_leaves_left_and_right():
    source = icons.Icons(BANK, **SMALL)
    flip = transforms.HorizontalFlip(probability=1.0)
    turned = {}
    for index in range(6):
        clip = source.render("train", index)
        result = flip(
            {key: tf.constant(clip[key]) for key in clip}, tf.constant([0, 1])
        )
        ((_, before),) = source.elements("train", index)
        said = source.vocabulary.decode(result["caption_tokens"].numpy())
        ((_, after),) = source.parsed(said)
        turned[motion_captions.MOTIONS[before]] = motion_captions.MOTIONS[after]
    assert turned == {
        "moving left and right": "moving left and right",
        "moving up and down": "moving up and down",
        "rotating clockwise": "rotating counterclockwise",
        "rotating counterclockwise": "rotating clockwise",
        "rotating inplace clockwise": "rotating inplace counterclockwise",
        "rotating inplace counterclockwise": "rotating inplace clockwise",
    }


def test_a_flip_turns_the_first_direction_and_not_left_and_right():
    source = icons.Icons(BANK, num_icons=2, says="all", **SMALL)
    flip = transforms.HorizontalFlip(probability=1.0)
    turned = 0
    for index in range(24):
        clip = source.render("train", index)
        result = flip(
            {key: tf.constant(clip[key]) for key in clip}, tf.constant([0, 1])
        )
        said = source.vocabulary.decode(result["caption_tokens"].numpy())
        before = motion_captions.parsed(source.caption("train", index))
        for one, other in zip(before, motion_captions.parsed(said), strict=True):
            turns = {0: 0, 1: 1, 2: 3, 3: 2, 4: 5, 5: 4}
            assert other.motion == turns[one.motion]
            sign = -1 if one.motion == 0 else 1
            assert (other.heading, other.pace) == (sign * one.heading, one.pace)
            turned += one.motion == 0
    assert turned > 2


def test_describe_tells_drawn_icons_from_read_ones():
    text = icons.Icons(BANK, **SMALL).describe()
    assert text.startswith("procedural icons, generator 1; 1 per clip with captions")


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version.
    assert icons.Icons.version == 1
    source = icons.Icons(BANK)
    place = source.paths("test", 7).positions[0, 0]
    np.testing.assert_allclose(place, [11.2037, 35.3518], atol=1e-3)
    assert source.caption("test", 7) == "the green diamond is moving up and down"
    two = icons.Icons(BANK, num_icons=2)
    place = two.paths("train", 100).positions[0]
    np.testing.assert_allclose(
        place, [[35.0294, 5.1428], [26.2098, 10.4242]], atol=1e-3
    )
    assert two.caption("train", 100) == (
        "the yellow house is rotating inplace clockwise and "
        "the white tree is rotating inplace counterclockwise"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_icons": 3}, ["`num_icons` (3)", "1 or 2"]),
        ({"icon_size": 17}, ["`icon_size` (17)", "between 1 and", "(16)"]),
        ({"periods": (1, 4)}, ["`periods` (1, 4)", "from 2 on"]),
        ({"says": "much"}, ["`says` ('much')", "motion, all"]),
        ({"says": "all", "periods": (4, 5)}, ["`periods` (4, 5)", "2 frames apart"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        icons.Icons(BANK, **(SMALL | arguments))
    assert all(word in str(raised.value) for word in words)

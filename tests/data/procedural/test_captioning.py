import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.data import motion_captions
from tfvideogan.data.procedural import bouncing, captioning
from tfvideogan.data.procedural.digits import captioned_digits, strokes
from tfvideogan.data.procedural.icons import bank, icons

PERIODS = {-1: 12, 0: 10, 1: 8}  # slow, middling, quick
T = 201
SOURCES = [
    lambda: icons.Icons(bank.draw_icons(), num_icons=2, says="all", clip_frames=T),
    lambda: captioned_digits.CaptionedDigits(
        strokes.draw_digits(), num_digits=2, says="all", clip_frames=T
    ),
]


def followed(clause, position, rotation, room, frames):
    """Where an element goes of which its place and its clause are known, step by step."""
    period = PERIODS[clause.pace]
    positions, rotations = [], []
    place = np.array(position)
    way = clause.heading
    middle = room / 2
    x, y = (place - middle) / middle
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    turn = {2: 1, 3: -1, 4: 1, 5: -1}.get(clause.motion, 0) * 2 * np.pi / period
    for _ in range(frames):
        positions.append(place.copy())
        rotations.append(rotation)
        if clause.motion < 2:
            along = clause.motion
            # Half a period from wall to wall.
            place[along] += way * room[along] / (period / 2)
            if not 0 <= place[along] <= room[along]:
                wall = 0 if place[along] < 0 else room[along]
                place[along], way = 2 * wall - place[along], -way
        elif clause.motion < 4:
            angle += turn
            place = middle + radius * middle * [np.cos(angle), np.sin(angle)]
        else:
            rotation += turn
    return np.array(positions), np.array(rotations)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("start", [0, 7])
def test_one_frame_and_its_caption_determine_all_that_follows(make, start):
    source = make()
    motions = set()
    for index in range(12):
        paths = source.paths("train", index)
        clauses = motion_captions.parsed(source.caption("train", index, start))
        for element, clause in enumerate(clauses):
            positions, rotations = followed(
                clause,
                paths.positions[start, element],
                paths.rotations[start, element],
                source._stage.room[element],
                T - start,
            )
            # A hundredth of a pixel for 200 additions.
            expected = paths.positions[start:, element]
            np.testing.assert_allclose(positions, expected, atol=1e-2)
            np.testing.assert_allclose(rotations, paths.rotations[start:, element])
            motions.add(clause.motion)
    assert motions == set(range(6))


@pytest.mark.parametrize("make", SOURCES)
def test_the_elements_of_a_clip_that_all_is_said_of_are_different_ones(make):
    source = make()
    for index in range(0, 2400, 48):  # every round has another distance
        for split in ("train", "test"):
            said = motion_captions.parsed(source.caption(split, index))
            assert len({clause.element for clause in said}) == 2


def test_headings_and_paces_are_balanced():
    source = icons.Icons(bank.draw_icons(), says="all")
    said = [motion_captions.parsed(source.caption("train", i))[0] for i in range(240)]
    headings = np.array([one.heading for one in said if one.motion < 2])
    paces = np.array([one.pace for one in said])
    # Of 80 and 240 draws: four standard deviations.
    assert abs((headings == 1).mean() - 1 / 2) < 4 * np.sqrt(1 / 4 / 80)
    assert set(headings) == {-1, 1}
    for pace in (-1, 0, 1):
        assert abs((paces == pace).mean() - 1 / 3) < 4 * np.sqrt(2 / 9 / 240)
    assert all(one.heading == 0 for one in said if one.motion >= 2)


def test_periods_are_whole_ranges_or_three_paces():
    assert list(captioning.periods((8, 12), "motion")) == [8, 9, 10, 11, 12]
    assert list(captioning.periods((8, 12), "all")) == [8, 10, 12]


def test_the_longest_clause_is_to_and_fro():
    # "the red disc is moving left and right", and "starting right slowly".
    names = ["disc", "red disc"]
    assert captioning.longest(names, "motion") == 8
    assert captioning.longest(names, "all") == 11


def test_a_direction_is_that_of_the_first_frame_of_the_window():
    stage = bouncing.Stage((20, 20), np.array([[10, 10]]))
    paths = bouncing.periodic(
        stage, np.random.default_rng(0), num_frames=9, motions=[0], periods=(8,)
    )
    said = [
        captioning.caption([("dot", 0)], paths, start, says="all", periods=(8, 10, 12))
        for start in (0, 4, 8)
    ]
    # Half a period later it goes the other way, after a whole one again the first.
    assert said[0] == said[2] != said[1]
    assert {one.split()[-2] for one in said} == {"left", "right"}
    assert {one.split()[-1] for one in said} == {"quickly"}


@pytest.mark.parametrize(
    ("periods", "says", "words"),
    [
        ((8, 9), "all", "(8, 9) must be at least 2 frames apart"),
        ((9, 8), "all", "smaller one first"),
        ((8, 12), "nothing", "`says` ('nothing')"),
    ],
)
def test_bad_arguments_are_named(periods, says, words):
    with pytest.raises(errors.UserError) as raised:
        captioning.check(periods, says)
    assert words in str(raised.value)

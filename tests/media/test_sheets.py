import numpy as np
import pytest

from tfvideogan.media import sheets


def raw_clip():
    frames = np.zeros((5, 4, 6, 3), np.uint8)
    frames[..., 1] = np.arange(5)[:, None, None]
    masks = np.zeros((5, 4, 6, 1), np.uint8)
    masks[:, :2] = 1
    flow = np.full((4, 4, 6, 2), [3, 0], np.float32)
    return {
        "frames": frames,
        "foreground_masks": masks,
        "forward_flow": flow,
        "backward_flow": -flow,
        "backgrounds": frames,
    }


def test_a_sheet_has_a_row_for_each_picture_and_a_column_for_each_moment():
    sheet = sheets.contact_sheet([raw_clip(), raw_clip()], num_columns=3)
    assert sheet.shape == (2 * 4 * 4, 3 * 6, 3)
    # Moments 0, 2 and 4: the green of the first row.
    np.testing.assert_array_equal(sheet[0, ::6, 1], [0, 2, 4])


def test_the_object_is_veiled_in_red():
    film = sheets.side_by_side(raw_clip())
    assert film.shape == (5, 4, 4 * 6, 3)
    np.testing.assert_array_equal(film[0, 0, 6], [127, 20, 20])
    np.testing.assert_array_equal(film[0, 3, 6], [0, 0, 0])


def test_names_stand_over_their_columns():
    film = np.full((2, 4, 3 * 90, 3), 7, np.uint8)
    named = sheets.headed(film, ["real", "", "a name that is much too long for it"])
    np.testing.assert_array_equal(named[:, sheets.HEADING :], film)
    heading = named[:, : sheets.HEADING]
    np.testing.assert_array_equal(heading[0], heading[1])
    inked = [
        heading[0, :, start : start + 90].any(axis=(0, 2)) for start in (0, 90, 180)
    ]
    assert inked[0].any() and not inked[1].any() and inked[2].any()
    # The short one begins at the left and is small, the long one fits.
    assert inked[0][:10].any() and not inked[0][45:].any()
    assert inked[2][60:].any() and not inked[2][-1]


def test_words_stand_beside_a_film():
    film = np.full((2, 40, 6, 3), 7, np.uint8)
    made = sheets.beside(film, ["one", "a line that is far too long for it"], width=90)
    assert made.shape == (2, 40, 96, 3)
    np.testing.assert_array_equal(made[:, :, :6], film)
    inked = made[0, :, 6:].any(axis=2)
    # Two lines of 18 rows about the middle of 40; the short one ends at the left.
    assert inked[2:20].any() and inked[20:38].any()
    assert not inked[2:18, 45:].any() and not inked[:, -1].any()


def test_holes_are_grey():
    clip = {key: raw_clip()[key] for key in ("frames", "foreground_masks")}
    film = sheets.side_by_side(
        {"frames": clip["frames"], "holes": clip["foreground_masks"]}
    )
    assert film.shape == (5, 4, 2 * 6, 3)
    np.testing.assert_array_equal(film[1, 0, 6], [128, 128, 128])
    np.testing.assert_array_equal(film[1, 3, 6], [0, 1, 0])


def test_a_clip_of_frames_alone_is_shown():
    sheet = sheets.contact_sheet([{"frames": raw_clip()["frames"]}], num_columns=2)
    assert sheet.shape == (4, 12, 3)


@pytest.mark.parametrize(
    ("vector", "colour"),
    [
        ([0, 0], [255, 255, 255]),
        ([5, 0], [255, 0, 0]),  # to the right: red, hue 0
        ([-5, 0], [0, 255, 255]),  # to the left: the opposite hue
    ],
)
def test_hue_is_direction_and_strength_is_length(vector, colour):
    flow = np.broadcast_to(np.float32(vector), (1, 2, 2, 2))
    np.testing.assert_array_equal(sheets.flow_colours(flow)[0, 0, 0], colour)


def film(*values):
    """Frames of 1x2 pixels, each of one grey."""
    return np.array(values, np.uint8)[:, None, None, None] + np.zeros(
        (1, 1, 2, 1), np.uint8
    )


def test_films_play_together_and_stand_still_when_they_are_over():
    grid = sheets.grid([[film(1, 2, 3), None], [film(7), film(8, 9)]])
    assert grid.shape == (3, 2 * (1 + sheets.GAP), 2 * (2 + sheets.GAP), 1)
    below, right = 1 + sheets.GAP, 2 + sheets.GAP
    assert grid[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert grid[:, below, 0, 0].tolist() == [7, 7, 7]
    assert grid[:, below, right, 0].tolist() == [8, 9, 9]
    # Nothing else is bright: two pixels in each of three places.
    assert np.count_nonzero(grid) == 3 * 3 * 2


@pytest.mark.parametrize(
    ("number", "lengths", "num_empty"),
    [
        (1, [1], 0),
        (2, [2], 0),
        (3, [2, 2], 1),
        (4, [2, 2], 0),
        (5, [3, 3], 1),
        (9, [3, 3, 3], 0),
        (10, [4, 4, 4], 2),
    ],
)
def test_films_stand_near_a_square(number, lengths, num_empty):
    rows = sheets.near_square([film(one) for one in range(number)])
    assert [len(row) for row in rows] == lengths
    flat = [one for row in rows for one in row]
    assert [int(one[0, 0, 0, 0]) for one in flat[:number]] == list(range(number))
    assert flat[number:] == [None] * num_empty


def test_a_veil_lies_over_the_object_only():
    mask = np.zeros((4, 6, 1), np.uint8)
    mask[2:, 3:] = 1
    shown = sheets.veiled(np.zeros((4, 6, 3), np.uint8), mask)
    # Half of (255, 40, 40), cut off to whole numbers.
    assert shown[3, 5].tolist() == [127, 20, 20]
    assert not shown[:2].any() and not shown[:, :3].any()

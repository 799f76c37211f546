import zlib

import numpy as np
import pytest

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.procedural import shapes

SMALL = {"frames": 4, "height": 16, "width": 24, "clip_frames": 8, "num_train_clips": 8}
# The circle of side 8 in the published strips, read off a file.
CIRCLE = [
    "01111100",
    "11111110",
    "11111110",
    "11111111",
    "11111110",
    "11111110",
    "01111100",
    "00010000",
]


def test_shapes_keep_the_promises_of_a_source():
    check_source.check_source(shapes.Shapes(**SMALL))


def test_circles_are_those_of_the_published_strips():
    corners = np.zeros((1, 2), np.int64)
    shape = shapes.Shape(0, "circle", 8, np.zeros(3, np.uint8), corners)
    drawn = ["".join(str(int(cell)) for cell in row) for row in shape.stencil()]
    assert drawn == CIRCLE


@pytest.mark.parametrize(
    # Areas in the published strips: squares of 64, 100, 144 and 196 pixels and circles
    # of 47, 79, 111 and 151.
    ("kind", "areas"),
    [("square", [64, 100, 144, 196]), ("circle", [47, 79, 111, 151])],
)
def test_areas_are_those_of_the_published_strips(kind, areas):
    source = shapes.Shapes()
    found = set()
    for index in range(64):
        if source.shape("train", index).kind == kind:
            frame = source.render("train", index, 0, 1)["frames"][0]
            found.add(int(frame.any(-1).sum()))
    assert sorted(found) == areas


def test_what_is_drawn_is_what_is_known():
    source = shapes.Shapes(**SMALL)
    for index in range(8):
        shape = source.shape("test", index)
        frames = source.render("test", index)["frames"]
        centres = source.trajectory("test", index)
        for frame, (x, y), centre in zip(frames, shape.corners, centres, strict=True):
            rows, columns = np.nonzero(frame.any(-1))
            assert (columns.min(), rows.min()) == (x, y)
            assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == shape.side
            assert (frame[rows, columns] == shape.colour).all()
            assert tuple(centre) == (x + (shape.side - 1) / 2, y + (shape.side - 1) / 2)


@pytest.mark.parametrize(("label", "along"), [(0, 1), (1, 0)])
def test_classes_run_from_one_side_to_the_other_and_end_level(label, along):
    source = shapes.Shapes()
    for index in range(label, 20, 2):
        shape = source.shape("train", index)
        assert shape.label == label
        first, last = shape.corners[0], shape.corners[-1]
        # From two free rows (or columns) at the end to one free one at the beginning.
        assert first[along] == 64 - 2 - shape.side and last[along] == 1
        assert first[1 - along] == last[1 - along]
        assert shape.corners.min() >= 1 and (shape.corners + shape.side).max() <= 62


def test_the_curve_is_that_of_its_control_points():
    # Corners of [0, 16] with the middle three at (0, 16): at half time the weights are
    # 1, 4, 6, 4, 1 sixteenths: x = 1/16 * 16, y = 14/16 * 16.
    points = np.asarray([[0, 0], [0, 16], [0, 16], [0, 16], [16, 0]])
    curve = shapes._bezier(points, 3)
    np.testing.assert_array_equal(curve, [[0, 0], [1, 14], [16, 0]])


def test_classes_and_kinds_are_balanced_over_consecutive_clips():
    source = shapes.Shapes()
    drawn = [source.shape("train", index) for index in range(40, 60)]
    counts = {(s.label, s.kind): 0 for s in drawn}
    for shape in drawn:
        counts[shape.label, shape.kind] += 1
    assert set(counts.values()) == {5} and len(counts) == 4


def test_another_screen_shows_shapes_of_the_same_share():
    # 8 of 64 is 4 of 32 and 16 of 128.
    assert [shapes._scaled(8, shorter) for shorter in (32, 64, 128)] == [4, 8, 16]
    assert [shapes._scaled(side, 16) for side in shapes.SIDES] == [2, 2, 4, 4]


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version.
    assert shapes.Shapes.version == 1
    source = shapes.Shapes()
    sums = [zlib.crc32(source.render("test", index)["frames"]) for index in range(4)]
    assert sums == [3308431109, 1561761860, 2328191173, 4006129950]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"height": 12}, ["`height` (12)", "at least 16"]),
        ({"frames": 1, "clip_frames": 1}, ["`clip_frames` (1)", "at least 2"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        shapes.Shapes(**arguments)
    assert all(word in str(raised.value) for word in words)

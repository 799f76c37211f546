"""What every family of holes promises, and what each of them looks like."""

import zlib

import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.data.holes import (
    borders,
    family,
    objects,
    overlays,
    random_shapes,
    squares,
    strokes,
)

SIZE = (6, 24, 32)
FAMILIES = [
    random_shapes.RandomShapes(),
    strokes.Strokes(),
    squares.Squares(),
    objects.Objects(),
    overlays.Boxes(),
    overlays.Logos(),
    overlays.Captions(),
    borders.Borders(),
]
# Of the first four draws of each, on x86-64 with NumPy 2.4 and OpenCV 5.0: they make a
# change known, here or in a library.
CHECKSUMS = [
    617568161,
    2244553544,
    154792424,
    525504531,
    3115600108,
    3891682332,
    729016344,
    2182071451,
]
each = pytest.mark.parametrize("chosen", FAMILIES, ids=lambda one: one.name)


def drawn(chosen, number=0, size=SIZE):
    generator = np.random.Generator(np.random.Philox(key=[3, number]))
    borrowed = np.zeros((SIZE[0], *size[1:]), np.uint8)
    for t, mask in enumerate(borrowed):
        mask[2:8, t : t + 9] = 1
    return chosen.draw(generator, size, borrowed[: size[0]])


@each
def test_holes_are_zeros_and_ones_and_some_of_each(chosen):
    for number in range(20):
        masks = drawn(chosen, number)
        assert masks.dtype == np.uint8
        assert masks.shape in (SIZE, (1, *SIZE[1:]))
        assert set(np.unique(masks)) == {0, 1}


@each
def test_the_seed_decides(chosen):
    made = [drawn(chosen, number).tobytes() for number in range(8)]
    assert made == [drawn(chosen, number).tobytes() for number in range(8)]
    assert len(set(made)) > (1 if chosen.borrows else 4)


@each
def test_a_longer_clip_begins_like_a_shorter_one(chosen):
    for number in range(8):
        long, short = (drawn(chosen, number, (t, 24, 32)) for t in (6, 2))
        np.testing.assert_array_equal(long[: len(short)], short[: len(long)])


@each
def test_any_size_will_do(chosen):
    for size in ((1, 1, 1), (2, 3, 1), (2, 1, 9)):
        for number in range(4):
            assert drawn(chosen, number, size).shape[1:] == size[1:]


@pytest.mark.parametrize(
    ("chosen", "checksum"),
    list(zip(FAMILIES, CHECKSUMS, strict=True)),
    ids=lambda one: getattr(one, "name", ""),
)
def test_masks_are_the_same_on_every_machine(chosen, checksum):
    masks = [drawn(chosen, number).tobytes() for number in range(4)]
    assert zlib.crc32(b"".join(masks)) == checksum


@pytest.mark.parametrize("make", [type(one) for one in FAMILIES[:4]])
@pytest.mark.parametrize("static", [0.0, 0.5, 1.0])
def test_masks_are_static_as_often_as_asked(make, static):
    chosen = make(static=static)
    count = 200
    found = [len(drawn(chosen, number)) == 1 for number in range(count)]
    # The deviation of a share of .5 is .035.
    assert abs(np.mean(found) - static) <= (0.12 if static == 0.5 else 0)


def test_random_shapes_fill_boxes_of_a_third_of_the_picture_or_more():
    chosen = random_shapes.RandomShapes(static=1.0)
    for number in range(30):
        [mask] = drawn(chosen, number, (1, 48, 60))
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        # A point may fall short of its box by a pixel.
        assert 15 <= np.ptp(rows) + 1 <= 47
        assert 19 <= np.ptp(columns) + 1 <= 59


def test_a_random_shape_keeps_its_form_while_it_moves():
    chosen = random_shapes.RandomShapes(static=0.0, speeds=(2.0, 3.0))
    masks = drawn(chosen)
    assert len({mask.tobytes() for mask in masks}) > 1
    assert len({int(mask.sum()) for mask in masks}) == 1


def test_control_points_on_a_line_make_a_straight_edge():
    square = np.array(
        [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1], [3, 2], [3, 3], [2, 3], [1, 3]]
    )
    rest = np.array([[0, 3], [0, 2], [0, 1]])
    curve = random_shapes.bezier(np.concatenate([square, rest]).astype(float))
    inside = np.minimum(curve, 3 - curve).min(axis=1)
    np.testing.assert_allclose(inside, 0, atol=1e-12)
    # Evenly spaced control points, evenly spaced points of the curve.
    np.testing.assert_allclose(curve[6], [1.5, 0], atol=1e-12)


def test_squares_are_square():
    chosen = squares.Squares(count=(1, 1), side=(0.25, 0.25))
    for mask in drawn(chosen):
        rows, columns = np.nonzero(mask)
        # A quarter of 24.
        assert np.ptp(rows) == np.ptp(columns) == 5
        assert len(rows) == 36


def test_a_stroke_is_as_broad_as_asked():
    chosen = strokes.Strokes(
        static=1.0, count=(1, 1), pieces=(1, 1), breadth=(0.1, 0.1)
    )
    [mask] = drawn(chosen, 1, (1, 200, 200))
    # 20 pixels broad, at most two means of an eighth of the diagonal long: 20 x 71 and
    # two round ends.
    assert 20 * 1 <= mask.sum() <= 22 * 71 + 21**2


def test_objects_are_those_of_the_other_clip():
    masks = drawn(objects.Objects(static=0.0))
    for t, mask in enumerate(masks):
        assert mask.sum() == 6 * 9
        assert mask[2:8, t : t + 9].all()


def test_logos_lie_in_a_corner():
    corners = set()
    for number in range(20):
        [mask] = drawn(overlays.Logos(), number, (1, 40, 60))
        assert not mask[12 + 2 : 40 - 14].any()
        assert not mask[:, 14 : 60 - 14].any()
        corners.add((mask[:14].any(), mask[:, :14].any()))
    assert len(corners) == 4


def test_captions_are_lines_near_the_lower_border():
    [mask] = drawn(overlays.Captions(lines=(1, 1)), 0, (1, 60, 100))
    # A letter of at most 7 pixels above a margin of 3, and half a brush.
    assert not mask[: 60 - 3 - 7 - 3].any()
    assert not mask[-2:].any()
    assert mask.any(axis=0).sum() > 30


def test_borders_leave_a_box_in_the_middle():
    kinds = set()
    for number in range(20):
        [mask] = drawn(borders.Borders(share=(0.25, 0.25)), number)
        assert not mask[6:18, 8:24].any()
        kinds.add((bool(mask[0, 16]), bool(mask[12, 0])))
        assert mask[0, 16] == mask[-1, 16] and mask[12, 0] == mask[12, -1]
    assert kinds == {(True, False), (False, True), (True, True)}


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (
            random_shapes.RandomShapes,
            {"static": 1.5},
            r"static` \(1.5\) must be between",
        ),
        (
            random_shapes.RandomShapes,
            {"edges": (2, 8)},
            r"edges` \(2, 8\) .* 3 or more",
        ),
        (
            strokes.Strokes,
            {"count": (3, 1)},
            r"`Strokes.count` \(3, 1\) must be a lower",
        ),
        (squares.Squares, {"side": (0.5, 1.5)}, r"`Squares.side` .* of 0 to 1"),
        (
            overlays.Captions,
            {"margin": -1},
            r"`Captions.margin` \(-1\) must be between",
        ),
        (borders.Borders, {"share": (0.2, 0.6)}, r"`Borders.share` .* 0 to 0.5"),
    ],
)
def test_what_is_out_of_range_is_refused(make, options, words):
    with pytest.raises(errors.UserError, match=words):
        make(**options)


def test_a_family_must_draw():
    with pytest.raises(NotImplementedError, match="Family.draw"):
        drawn(family.Family())

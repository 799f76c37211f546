import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.data import davis_tree
from tfvideogan.core import errors
from tfvideogan.media import mask_values

SIZE = 24


def square(value=255, background=0, start=6, stop=18) -> np.ndarray:
    """A square of 12 pixels in a picture of 24, which may have channels."""
    picture = np.empty((SIZE, SIZE, *np.shape(value)), np.uint8)
    picture[...] = background
    picture[start:stop, start:stop] = value
    return picture


OBJECT = square() // 255


def read(*arrays, form="PNG", which=0, object_id=0, **options) -> np.ndarray:
    """Writes masks, decides what they mean, and reads one of them."""
    pictures = [
        one if isinstance(one, Image.Image) else _saved(one, form) for one in arrays
    ]
    found = mask_values.merged(mask_values.seen(picture) for picture in pictures)
    values = mask_values.decided(found, **options)
    return mask_values.read(pictures[which], values, object_id)


def _saved(array, form: str) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(array).save(file, form)
    return Image.open(file)


def blurred(array: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(array).filter(ImageFilter.GaussianBlur(1.5)))


def j(mask: np.ndarray, expected: np.ndarray = OBJECT) -> float:
    return np.sum(mask & expected) / np.sum(mask | expected)


@pytest.mark.parametrize("level", [1, 2, 100, 127, 255])
def test_one_grey_is_the_object_whatever_it_is(level):
    np.testing.assert_array_equal(read(square(level)), OBJECT)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("white", [128, 255])
def test_soft_edges_end_at_half(form, channels, white):
    mask = blurred(square(white))
    if channels > 1:
        mask = np.repeat(mask[..., None], channels, -1)
    # A blurred square loses its corners, one that is compressed perhaps a row.
    assert j(read(mask, form=form)) > 0.9


@pytest.mark.parametrize("radius", [0.3, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_little_softness_is_no_number(radius, form):
    mask = Image.fromarray(square()).filter(ImageFilter.GaussianBlur(radius))
    assert j(read(np.asarray(mask), form=form)) > 0.85


def test_jpeg_is_white_or_black():
    assert j(read(square(), form="JPEG")) == 1.0
    assert not read(square(3), square(), form="JPEG").any()


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        *(
            (values, lambda mask: mask)
            for values in ((127, 255), (85, 170), (1, 255), (1, 2, 255))
        ),
        # Numbers have no soft edges.
        *((values, blurred) for values in ((127, 255), (85, 170))),
    ],
)
def test_greys_that_may_be_two_things_are_refused(values, edges):
    mask = square(values[0], start=2, stop=11)
    for place, value in enumerate(values[1:]):
        mask[12:22, 10 * place : 10 * place + 10] = value
    with pytest.raises(errors.UserError, match='"white".*"ids"') as raised:
        read(edges(mask))
    assert "\n" not in str(raised.value)


def test_two_things_may_be_said_apart():
    mask = square(1)
    mask[:3] = 255
    np.testing.assert_array_equal(read(mask, meaning="ids", void=255), OBJECT)
    np.testing.assert_array_equal(read(mask, void=255), OBJECT)
    assert read(mask, meaning="ids").sum() == OBJECT.sum() + 3 * SIZE
    assert read(mask, meaning="white").sum() == 3 * SIZE
    with pytest.raises(errors.UserError, match="'grey'.*is unknown"):
        read(mask, meaning="grey")


def test_numbers_are_a_property_of_the_set():
    # 255 of another mask of the set does not make this 1 an object of half a mask.
    with pytest.raises(errors.UserError, match="greys 1, 255"):
        read(square(1), square(255))
    ids = square(1) + square(1, start=10, stop=14)
    np.testing.assert_array_equal(read(ids, square(1)), OBJECT)
    second = read(ids, object_id=2)
    assert second.sum() == 16
    assert not read(square(1), ids, object_id=2).any()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_colours_decide_not_the_order_of_a_palette(order):
    picture = Image.fromarray(square(order[1], order[0]), "P")
    palette = [None, None]
    palette[order[0]], palette[order[1]] = (0, 0, 0), (255, 255, 255)
    picture.putpalette([channel for colour in palette for channel in colour])
    np.testing.assert_array_equal(read(picture), OBJECT)


def test_a_quantised_mask_is_read_by_its_colours():
    picture = Image.fromarray(square()).convert("RGB").quantize(8)
    np.testing.assert_array_equal(read(picture), OBJECT)


def test_the_pascal_palette_counts_objects_and_ends_with_void():
    ids = square(3)
    ids[:2] = 255
    picture = davis_tree.palette(ids)
    np.testing.assert_array_equal(read(picture), OBJECT)
    np.testing.assert_array_equal(read(picture, object_id=3), OBJECT)
    colours = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(read(colours), OBJECT)
    np.testing.assert_array_equal(read(colours, object_id=3), OBJECT)
    assert not read(colours, object_id=1).any()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("colour", [(255, 0, 0), (20, 90, 200)])
def test_any_colour_on_black_is_the_object(form, colour):
    colours = square(colour)
    soft = np.stack([blurred(colours[..., c]) for c in range(3)], -1)
    assert j(read(soft, form=form)) > 0.9


def test_colours_all_over_are_refused():
    with pytest.raises(errors.UserError, match="without a black background"):
        read(square((255, 0, 0), (0, 0, 255)))


def with_alpha(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([colours, alpha[..., None]], -1)


@pytest.mark.parametrize("colour", [(255, 255, 255), (10, 20, 30), (0, 0, 0)])
def test_alpha_decides_where_it_varies(colour):
    everywhere = square(colour, colour)
    cut_out = with_alpha(everywhere, square(255))
    np.testing.assert_array_equal(read(cut_out), OBJECT)
    gone = with_alpha(everywhere, square(0))
    assert not read(gone, cut_out).any()


def test_alpha_that_is_opaque_is_ignored():
    grey_alpha = np.stack([square(), np.full((SIZE, SIZE), 255, np.uint8)], -1)
    np.testing.assert_array_equal(read(Image.fromarray(grey_alpha, "LA")), OBJECT)
    rgba = with_alpha(square((255,) * 3), np.full((SIZE, SIZE), 255, np.uint8))
    np.testing.assert_array_equal(read(rgba), OBJECT)


def test_white_on_black_with_holes_of_glass_may_mean_two_things():
    mask = with_alpha(square((255,) * 3), square(0, 255, start=0, stop=4))
    with pytest.raises(errors.UserError, match="black and white, and transparent"):
        read(mask)
    np.testing.assert_array_equal(read(mask, meaning="white"), OBJECT)
    assert read(mask, meaning="alpha").sum() == SIZE * SIZE - 16


@pytest.mark.parametrize(("white", "scale"), [(65535, 65535), (1, 1), (300, 300)])
def test_sixteen_bits_are_read(white, scale):
    mask = (square() // 255).astype(np.uint16) * scale
    np.testing.assert_array_equal(read(mask), OBJECT)


def test_an_object_id_needs_numbers():
    with pytest.raises(errors.UserError, match="`object_id` \\(2\\)"):
        read(square(255), object_id=2)
    np.testing.assert_array_equal(read(square(255), object_id=1), OBJECT)


@pytest.mark.parametrize(
    ("members", "other", "why"),
    [
        ([square()], square(127), "areas of 127"),
        ([square()], square(1), "areas of 1"),
        ([square(1), square(2)], square(), "holds 255 beside numbers"),
        ([square()], square((200, 0, 0)), "is coloured"),
        ([square()], with_alpha(square((9,) * 3), square()), "is transparent"),
    ],
)
def test_what_contradicts_a_set_is_found(members, other, why):
    found = mask_values.merged(mask_values.seen(_saved(one, "PNG")) for one in members)
    values = mask_values.decided(found)
    assert why in mask_values.check(mask_values.seen(_saved(other, "PNG")), values)


@pytest.mark.parametrize(
    "other", [square(0), blurred(square()), blurred(square()) // 3, square(250)]
)
def test_what_agrees_with_a_set_is_no_fault(other):
    values = mask_values.decided(mask_values.seen(_saved(square(), "PNG")))
    seen = mask_values.seen(_saved(other, "PNG"))
    if other.max() == 85:  # a plateau of a third of white is another object
        assert "areas of 8" in mask_values.check(seen, values)
    else:
        assert mask_values.check(seen, values) is None


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (square(), "greys from 128 are the object"),
        (square(2), "greys are numbers of objects"),
        (square((128, 0, 0)), "numbers of objects by the PASCAL palette"),
        (square((255, 0, 0)), "as bright as 128"),
        (with_alpha(square((9,) * 3), square()), "what is opaque"),
    ],
)
def test_what_was_decided_is_one_line(mask, words):
    values = mask_values.decided(mask_values.seen(_saved(mask, "PNG")))
    assert words in values.describe()

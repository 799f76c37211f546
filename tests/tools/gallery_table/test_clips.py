"""What models are given is drawn, the same every time, and as signatures want it."""

import numpy as np
import pytest
from gallery_table import clips
from PIL import Image

SIZES = {"frames": 16, "height": 64, "width": 64, "words": ["starting"]}


@pytest.mark.parametrize(
    "give, shapes",
    [
        (
            clips.object_and_mask,
            {"frames": (24, 64, 64, 3), "mask": (64, 64, 1), "masks": (24, 64, 64, 1)},
        ),
        (clips.shaken, {"frames": (10, 64, 64, 3), "sharp": (10, 64, 64, 3)}),
        (
            clips.with_holes,
            {
                "frames_1": (10, 64, 64, 3),
                "holes_1": (10, 64, 64, 1),
                "frames_2": (10, 64, 64, 3),
                "holes_2": (10, 64, 64, 1),
            },
        ),
        (
            clips.moving_shapes,
            {"frames": (6, 16, 64, 64, 3), "labels": (6,), "classes": (2,)},
        ),
        (
            clips.acting,
            {"frames": (6, 16, 64, 64, 1), "labels": (6,), "classes": (6,)},
        ),
        (
            clips.begun,
            {"context": (4, 3, 32, 32, 3), "follow": (4, 10, 32, 32, 3)},
        ),
        (clips.captioned, {"frames": (6, 16, 64, 64, 3), "text": (6,)}),
        (clips.sentences, {"text": (6,)}),
        (clips.nothing, {}),
    ],
)
def test_inputs_are_drawn_by_their_numbers(give, shapes) -> None:
    found, again = give(SIZES), give(SIZES)
    assert {name: one.shape for name, one in found.items()} == shapes
    for name, one in found.items():
        np.testing.assert_array_equal(one, again[name])
        assert one.ndim < 3 or one.dtype == np.uint8


def test_a_sheet_of_actions_is_read_row_by_row(tmp_path, monkeypatch) -> None:
    # Frame t of clip n is all 20 n + t.
    values = 20 * np.arange(2)[:, None] + np.arange(5)
    sheet = values.repeat(32, axis=0).repeat(32, axis=1).astype(np.uint8)
    monkeypatch.setattr(clips, "ACTIONS", tmp_path / "sheet.png")
    Image.fromarray(sheet).save(clips.ACTIONS)
    found = clips.begun(SIZES)
    np.testing.assert_array_equal(found["context"][:, :, 7, 9, 0], values[:, :3])
    np.testing.assert_array_equal(found["follow"][:, :, 7, 9, 0], values[:, 3:])


def test_masks_and_holes_are_white() -> None:
    assert set(np.unique(clips.object_and_mask(SIZES)["mask"])) == {0, 255}
    assert set(np.unique(clips.with_holes(SIZES)["holes_2"])) == {0, 255}


def test_blurred_frames_are_not_the_sharp_ones() -> None:
    found = clips.shaken(SIZES)
    assert not np.array_equal(found["frames"], found["sharp"])


def test_captions_are_those_of_the_model_and_name_only_what_a_still_shows() -> None:
    assert "starting" in clips.captioned(SIZES)["text"][0]
    plain = clips.captioned(SIZES | {"words": []})["text"]
    assert plain[0] == "the red disc is moving left and right"
    still = clips.captioned(SIZES | {"frames": 1})["text"]
    assert still[0] == "the red disc"

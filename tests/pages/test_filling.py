"""From the fields of a page to what is asked."""

import numpy as np

from tests.pages import greys
from tfvideogan.media import stills, writer
from tfvideogan.pages import fields, filling, painting


def drawn(*boxes: tuple[slice, slice]) -> dict[str, object]:
    """What gradio's editor hands over, four times as large as the frames."""
    layer = np.zeros([4 * greys.SIZE, 4 * greys.SIZE, 4], np.uint8)
    for box in boxes:
        layer[box] = [255, 0, 128, 255]
    return {"background": layer, "layers": [layer], "composite": layer}


def complete() -> fields.Fields:
    return fields.of("complete", greys.source().known)


def test_a_painting_becomes_a_mask(tmp_path) -> None:
    clip = tmp_path / "clip.npz"
    writer.write_video(clip, greys.clip(1, 2), 8)
    filled = {
        "input": str(clip),
        "mask": None,
        "painting": drawn((slice(4, 12), slice(0, 8))),
        "meaning": painting.PAINTED,
        "dilate": None,
        "outputs": ["video"],
    }
    asked, written = filling.request(complete(), filled, tmp_path)
    expected = np.zeros([greys.SIZE, greys.SIZE], np.uint8)
    expected[1:3, :2] = 1
    np.testing.assert_array_equal(stills.read_mask(tmp_path / "mask.png"), expected)
    assert written == [tmp_path / "mask.png"]
    assert asked.flags("o.mp4") == [
        "--signature=complete",
        f"--input={clip}",
        f"--mask={tmp_path / 'mask.png'}",
        "--outputs=video",
        "--output=o.mp4",
    ]
    # One that was dropped wins.
    filled["mask"] = "dropped.png"
    asked, written = filling.request(complete(), filled, tmp_path)
    assert asked.values["mask"] == "dropped.png" and not written


def test_without_a_painting_or_a_video_no_mask_is_made(tmp_path) -> None:
    for filled in (
        {"input": "clip.mp4", "painting": None},
        {"input": "clip.mp4", "painting": drawn()},
        {"input": "clip.mp4", "painting": {"layers": []}},
        {"painting": drawn((slice(4), slice(4)))},
        {},
    ):
        asked, written = filling.request(complete(), filled, tmp_path)
        assert not written and not asked.values["mask"]

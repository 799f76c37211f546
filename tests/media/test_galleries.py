import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import galleries, reader, sheets

NAMES = ["one", "two", "three"]


def three():
    """Clips [3, 2, 4, 6, 3]: clip n is as bright as 10 n + 1, then 10 n + 2."""
    bright = 10 * np.arange(3)[:, None] + [1, 2]
    return np.broadcast_to(bright[..., None, None, None], (3, 2, 4, 6, 3)).astype(
        np.uint8
    )


def test_a_film_shows_all(tmp_path):
    galleries.write_clips(tmp_path / "a.png", three(), 8, names=NAMES)
    frames, _ = reader.read_video(tmp_path / "a.png")
    below, right = 4 + sheets.GAP, 6 + sheets.GAP
    assert frames.shape == (2, 2 * below, 2 * right, 3)
    assert frames[:, ::below, ::right, 0].tolist() == [
        [[1, 11], [21, 0]],
        [[2, 12], [22, 0]],
    ]


def test_a_film_shows_the_rows_that_are_given(tmp_path):
    rows = [list(three())]
    galleries.write_clips(tmp_path / "a.png", three(), 8, names=NAMES, rows=rows)
    frames, _ = reader.read_video(tmp_path / "a.png")
    assert frames.shape == (2, 4 + sheets.GAP, 3 * (6 + sheets.GAP), 3)


def test_an_archive_and_a_folder_hold_each_clip(tmp_path):
    galleries.write_clips(tmp_path / "a.npz", three(), 8, names=NAMES)
    with np.load(tmp_path / "a.npz") as found:
        np.testing.assert_array_equal(found["frames"], three())
        assert found["fps"] == 8
    galleries.write_clips(tmp_path / "a", three(), 8, names=NAMES)
    for name, clip in zip(NAMES, three(), strict=True):
        frames, _ = reader.read_video(tmp_path / "a" / name)
        np.testing.assert_array_equal(frames, clip)


def test_a_folder_holds_clips_of_one_frame_as_pictures(tmp_path):
    galleries.write_clips(tmp_path / "a", three()[:, :1], 8, names=NAMES)
    files = sorted((tmp_path / "a").iterdir())
    assert [one.name for one in files] == sorted(f"{name}.png" for name in NAMES)
    for name, clip in zip(NAMES, three(), strict=True):
        frames, _ = reader.read_video(tmp_path / "a" / f"{name}.png")
        np.testing.assert_array_equal(frames, clip[:1])


@pytest.mark.parametrize("ending", [".npz", ""])
def test_a_single_clip_is_a_video(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    galleries.write_clips(path, three()[2:], 8, names=["three"])
    frames, _ = reader.read_video(path)
    np.testing.assert_array_equal(frames, three()[2])


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(errors.UserError, match="ends in '.doc'"):
        galleries.write_clips(tmp_path / "a.doc", three(), 8, names=NAMES)
    assert not list(tmp_path.iterdir())

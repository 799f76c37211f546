"""The door that makes a first mask from a box; what it writes is read by own films."""

import cv2
import numpy as np

from tests.media import test_grab_cut
from tfvideogan import first_mask
from tfvideogan.data.datasets.folder import folder
from tfvideogan.media import writer

BOX = "--box=16,6,28,28"


def film(tmp_path) -> str:
    path = tmp_path / "films" / "a"
    frames = np.stack([test_grab_cut.scene(seed) for seed in range(4)])
    writer.write_video(path, frames, fps=8)
    return str(path)


def test_the_mask_lies_where_own_films_have_theirs(tmp_path, capsys):
    name = film(tmp_path)
    preview = tmp_path / "look" / "a.png"
    assert first_mask.main([f"--input={name}", BOX, f"--preview={preview}"]) == 0
    said = capsys.readouterr().out
    # 400 of 3,072 pixels.
    assert "a_mask.png: the object covers 13.0 % of 64x48." in said
    assert "look at it before you train" in said
    assert cv2.imread(str(preview))[15, 25, 2] > 200  # BGR: red
    source = folder.Folder(
        str(tmp_path / "films"),
        frames=3,
        height=48,
        width=64,
        cache_dir=str(tmp_path / "cache"),
    )
    assert not source.has_all_masks
    (clip,) = source.clips("train")
    np.testing.assert_array_equal(clip["foreground_masks"][0], test_grab_cut.square())


def test_a_mask_that_is_there_is_kept(tmp_path, capsys):
    name = film(tmp_path)
    mask = tmp_path / "films" / "a_mask.png"
    mask.write_bytes(b"mended")
    assert first_mask.main([f"--input={name}", BOX]) == 2
    assert "may have been mended by hand" in capsys.readouterr().err
    assert mask.read_bytes() == b"mended"


def test_what_does_not_fit_is_a_line_and_writes_nothing(tmp_path, capsys):
    name = film(tmp_path)
    for flags, words in (
        (
            ["--box=1,2,3"],
            'four whole numbers x,y,w,h, such as 120,80,200,160, not "1,2,3"',
        ),
        ([BOX, "--output=a.jpg"], "--output (a.jpg) must end in .png"),
        (["--box=100,0,5,5"], "outside the frame, which is 64x48"),
    ):
        assert first_mask.main([f"--input={name}", *flags]) == 2
        *_, line = capsys.readouterr().err.splitlines()
        assert words in line
    assert [one.name for one in (tmp_path / "films").iterdir()] == ["a"]
    assert first_mask.main(["--input=gone.mp4", BOX]) == 2

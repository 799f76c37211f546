import io

import av
import numpy as np
import pytest
from PIL import Image

from tfvideogan.core import errors
from tfvideogan.media import writer


def clip(frames: int = 5, height: int = 24, width: int = 32, channels: int = 3):
    """A bright square that moves over a ramp."""
    ramp = np.linspace(0, 200, width)[None, None, :, None]
    result = np.broadcast_to(ramp, (frames, height, width, channels)).astype(np.uint8)
    result = result.copy()
    for t in range(frames):
        result[t, 4:12, 3 * t : 3 * t + 8] = 250
    return result


def read_mp4(path) -> tuple[np.ndarray, av.video.stream.VideoStream]:
    with av.open(path) as container:
        stream = container.streams.video[0]
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
        return np.stack(frames), stream


def test_mp4_is_h264_for_browsers_and_looks_the_same(tmp_path):
    writer.write_video(tmp_path / "a.mp4", clip(), fps=8)
    frames, stream = read_mp4(tmp_path / "a.mp4")
    assert stream.codec_context.name == "h264"
    assert stream.codec_context.pix_fmt == "yuv420p"
    assert float(stream.average_rate) == 8.0
    assert frames.shape == (5, 24, 32, 3)
    assert np.abs(frames.astype(int) - clip()).mean() < 3


def test_mp4_has_its_index_in_front(tmp_path):
    writer.write_video(tmp_path / "a.mp4", clip(), fps=8)
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_mp4_keeps_colours(tmp_path):
    colours = np.uint8([[200, 30, 30], [30, 200, 30], [30, 30, 200]])
    frames = np.repeat(np.repeat(colours[None, None], 32, 1), 16, 2)
    frames = np.repeat(frames, 4, 0)
    writer.write_video(tmp_path / "a.mp4", frames, fps=8)
    found, stream = read_mp4(tmp_path / "a.mp4")
    assert np.abs(found[0, 16, 8::16].astype(int) - colours).max() < 8
    assert stream.codec_context.colorspace == writer.BT601


@pytest.mark.parametrize(("height", "width"), [(25, 33), (25, 32), (24, 33), (1, 1)])
def test_odd_sizes_are_made_even_by_repeating_the_edge(tmp_path, height, width):
    frames = np.full((2, height, width, 3), 90, np.uint8)
    writer.write_video(tmp_path / "a.mp4", frames, fps=8)
    found, _ = read_mp4(tmp_path / "a.mp4")
    assert found.shape[1:3] == (height + height % 2, width + width % 2)
    assert np.abs(found.astype(int) - 90).max() < 5


def test_grey_frames_are_written_in_every_format(tmp_path):
    for suffix in (".mp4", ".gif", ".apng", ".npz"):
        writer.write_video(tmp_path / f"a{suffix}", clip(channels=1), fps=8)
        assert (tmp_path / f"a{suffix}").stat().st_size > 100


@pytest.mark.parametrize("suffix", [".apng", ".png"])
def test_animated_png_is_exact_and_plays(tmp_path, suffix):
    writer.write_video(tmp_path / f"a{suffix}", clip(), fps=8)
    with Image.open(tmp_path / f"a{suffix}") as picture:
        assert (picture.n_frames, picture.info["loop"]) == (5, 0)
        for number in range(5):
            picture.seek(number)
            assert picture.info["duration"] == 125
            np.testing.assert_array_equal(picture.convert("RGB"), clip()[number])


def test_gif_plays_at_its_rate_without_end():
    with Image.open(io.BytesIO(writer.gif_bytes(clip(), fps=10))) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (5, 0)
        assert picture.info["duration"] == 100
        picture.seek(3)
        found = np.asarray(picture.convert("RGB"), int)
        assert np.abs(found - clip()[3]).mean() < 3


def test_a_fast_gif_is_not_slowed_down_by_browsers(monkeypatch):
    said = []
    monkeypatch.setattr(writer.logging, "warning", lambda *words: said.append(words))
    # 100 frames per second would be 10 ms, which browsers turn into 100 ms.
    with Image.open(io.BytesIO(writer.gif_bytes(clip(), fps=100))) as picture:
        assert picture.info["duration"] == 20
    assert said[0][1:] == (100, 50.0)


def test_npz_holds_frames_and_rate(tmp_path):
    writer.write_video(tmp_path / "a.npz", clip(), fps=12)
    with np.load(tmp_path / "a.npz") as content:
        np.testing.assert_array_equal(content["frames"], clip())
        assert content["fps"] == 12


def test_without_an_ending_a_folder_of_pictures_is_written(tmp_path):
    writer.write_video(tmp_path / "clips" / "bear", clip(channels=1), fps=8)
    paths = sorted((tmp_path / "clips" / "bear").iterdir())
    assert [path.name for path in paths] == [f"{t:05d}.png" for t in range(5)]
    with Image.open(paths[2]) as picture:
        np.testing.assert_array_equal(np.asarray(picture), clip(channels=1)[2, ..., 0])


def test_folders_are_made_and_nothing_else_is_left(tmp_path):
    writer.write_video(str(tmp_path / "new" / "a.gif"), clip(), fps=8)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.gif"]


def test_an_unknown_ending_lists_the_known_ones(tmp_path):
    with pytest.raises(errors.UserError) as raised:
        writer.write_video(tmp_path / "a.avi", clip(), fps=8)
    text = str(raised.value)
    assert all(s in text for s in ("'.avi'", ".mp4", ".gif", ".apng", ".png", ".npz"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((2, 4, 4, 2), np.uint8),
        np.zeros((0, 4, 4, 3), np.uint8),
    ],
)
def test_what_is_no_video_is_named(tmp_path, frames):
    with pytest.raises(errors.UserError, match=r"`frames` is .*must be uint8 \[T"):
        writer.write_video(tmp_path / "a.mp4", frames, fps=8)


def test_a_rate_of_zero_is_refused(tmp_path):
    with pytest.raises(errors.UserError, match=r"`fps` \(0\)"):
        writer.write_video(tmp_path / "a.mp4", clip(), fps=0)


def test_arrays_go_into_an_archive_and_nowhere_else(tmp_path):
    arrays = {"path": np.float32([1.5, 2]), "frames": np.int64([[3]])}
    writer.write_arrays(tmp_path / "new" / "a.npz", arrays)
    with np.load(tmp_path / "new" / "a.npz") as found:
        assert {name: one.tolist() for name, one in found.items()} == {
            "path": [1.5, 2.0],
            "frames": [[3]],
        }
        assert found["path"].dtype == np.float32
    with pytest.raises(errors.UserError, match="cannot hold path, frames; .* as .npz"):
        writer.write_arrays(tmp_path / "a.mp4", arrays)

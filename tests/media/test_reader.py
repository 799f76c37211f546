import wave

import numpy as np
import pytest
from PIL import Image

from tests.data import films
from tfvideogan.core import errors
from tfvideogan.media import damage, reader, writer


@pytest.mark.parametrize("ending", films.CODECS)
def test_films_are_read_whole_with_their_rate(tmp_path, ending):
    path = films.write(tmp_path / f"a{ending}")
    frames, fps = reader.read_video(path)
    assert frames.shape == (10, 32, 48, 3) and frames.dtype == np.uint8
    assert films.greys(frames) == list(range(10))
    assert fps == 25.0


@pytest.mark.parametrize("name", ["a.gif", "a.apng", "a.npz", "folder"])
def test_what_we_write_we_read(tmp_path, name):
    writer.write_video(tmp_path / name, films.ramp(4), fps=8)
    frames, fps = reader.read_video(tmp_path / name)
    np.testing.assert_array_equal(frames, films.ramp(4))
    # GIF counts hundredths: 1 / 8 s is 12 or 13 of them in turn.
    assert fps == pytest.approx(8.0)


@pytest.mark.parametrize("rate", [0.5, 23.976, 30, 120])
@pytest.mark.parametrize("name", ["a.gif", "a.apng", "a.mp4"])
def test_the_rate_that_was_written_is_read(tmp_path, name, rate):
    writer.write_video(tmp_path / name, films.ramp(10), fps=rate)
    frames, fps = reader.read_video(tmp_path / name)
    assert films.greys(frames) == list(range(10))
    if name == "a.gif":
        # Ten frames last a whole number of hundredths, and at least two each.
        assert 10 / fps == pytest.approx(10 / min(rate, 50), abs=0.0051)
    else:
        assert fps == pytest.approx(rate, rel=1e-4)


def test_the_content_decides_not_the_ending(tmp_path):
    writer.write_video(tmp_path / "a.gif", films.ramp(3), fps=10)
    (tmp_path / "a.gif").rename(tmp_path / "a.mp4")
    frames, fps = reader.read_video(tmp_path / "a.mp4")
    assert (len(frames), fps) == (3, 10.0)


@pytest.mark.parametrize("ending", [".avi", ".mp4"])
def test_grey_is_the_luma_in_its_full_range(tmp_path, ending):
    # Black and white are 16 and 235 in the film's own luma.
    halves = np.zeros((3, 32, 48, 3), np.uint8)
    halves[:, :, 24:] = 255
    path = films.write(tmp_path / f"a{ending}", halves)
    frames, _ = reader.read_video(path, channels=1)
    assert frames.shape == (3, 32, 48, 1)
    assert frames[0, :, :16].mean() < 3 and frames[0, :, 32:].mean() > 252


def test_start_stop_and_stride_choose_frames(tmp_path):
    path = films.write(tmp_path / "a.avi")
    frames, fps = reader.read_video(path, start=2, stop=9, stride=3)
    assert films.greys(frames) == [2, 5, 8]
    assert fps == pytest.approx(25 / 3)


def test_shrunken_frames_are_area_means(tmp_path):
    stripes = np.zeros((2, 32, 48, 3), np.uint8)
    stripes[:, :, ::2] = 200
    path = films.write(tmp_path / "a.mp4", stripes)
    frames, _ = reader.read_video(path, height=16, width=24)
    # Every pixel of the result covers as much light as dark.
    assert abs(float(frames.mean()) - 100) < 4
    assert float(frames[:, 2:-2, 2:-2].std()) < 4


def test_crop_keeps_the_middle_and_the_proportions(tmp_path):
    # A film of 32x64 in four columns; the middle square is columns 16..47.
    columns = np.zeros((2, 32, 64, 3), np.uint8)
    columns[:, :, 16:48] = 250
    path = films.write(tmp_path / "a.mp4", columns)
    cropped, _ = reader.read_video(path, height=16, width=16, fit="crop")
    assert cropped[:, :, 2:-2].mean() > 240
    stretched, _ = reader.read_video(path, height=16, width=16)
    assert abs(float(stretched.mean()) - 125) < 6


@pytest.mark.parametrize(("height", "width"), [(33, 49), (31, 47), (7, 5)])
def test_odd_sizes_are_read_and_made(tmp_path, height, width):
    path = films.write(tmp_path / "a.mkv", films.ramp(3, 34, 50))
    frames, _ = reader.read_video(path, height=height, width=width)
    assert frames.shape == (3, height, width, 3)
    folder = tmp_path / "folder"
    writer.write_video(folder, films.ramp(2, height, width), fps=8)
    np.testing.assert_array_equal(
        reader.read_video(folder)[0], films.ramp(2, height, width)
    )


def test_a_variable_frame_rate_becomes_constant(tmp_path):
    # At 10 fps: frame 2 stays for three ticks, frame 3 for two.
    path = films.write(
        tmp_path / "a.mp4", films.ramp(6), rate=10, times=[0, 1, 2, 5, 7, 8]
    )
    frames, fps = reader.read_video(path, fps=10)
    assert films.greys(frames) == [0, 1, 2, 2, 2, 3, 3, 4, 5]
    assert fps == 10.0


def test_another_rate_may_be_asked_for(tmp_path):
    path = films.write(tmp_path / "a.mp4")
    frames, fps = reader.read_video(path, fps=12.5)
    assert len(frames) == 5 and fps == 12.5


def test_an_animation_shows_each_frame_for_its_time(tmp_path):
    pictures = [Image.fromarray(frame) for frame in films.ramp(3)]
    pictures[0].save(
        tmp_path / "a.gif",
        save_all=True,
        append_images=pictures[1:],
        duration=[100, 300, 100],
    )
    frames, fps = reader.read_video(tmp_path / "a.gif")
    assert films.greys(frames) == [0, 1, 1, 1, 2]
    assert fps == 10.0


def test_pieces_together_are_the_film(tmp_path):
    path = films.write(tmp_path / "a.avi")
    pieces, fps = reader.read_pieces(path, piece=4)
    pieces = list(pieces)
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    assert films.greys(np.concatenate(pieces)) == list(range(10))


@pytest.mark.parametrize("ending", films.CODECS)
def test_probing_tells_size_and_rate(tmp_path, ending):
    found = reader.probe(films.write(tmp_path / f"a{ending}"))
    assert (found.height, found.width, found.fps) == (32, 48, 25.0)
    assert found.num_frames in (10, None)


@pytest.mark.parametrize("name", ["a.gif", "a.npz", "folder"])
def test_probing_pictures_tells_their_number(tmp_path, name):
    writer.write_video(tmp_path / name, films.ramp(4), fps=8)
    assert reader.probe(tmp_path / name).num_frames == 4


def complaint(path, **options) -> str:
    with pytest.raises(damage.DamagedClip) as raised:
        reader.read_video(path, **options)
    assert "\n" not in str(raised.value) and str(path) in str(raised.value)
    return str(raised.value)


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert "is empty (0 bytes)" in complaint(tmp_path / "a.mp4")


@pytest.mark.parametrize("ending", [*films.CODECS, ".gif", ".npz"])
def test_a_truncated_video_is_named(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    if ending in films.CODECS:
        films.write(path)
    else:
        noise = np.random.default_rng(0).integers(0, 255, (8, 32, 48, 3), np.uint8)
        writer.write_video(path, noise, fps=8)
    assert complaint(films.truncate(path, 0.7))


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"a text, not a film" * 100)
    assert "cannot be read as a video" in complaint(tmp_path / "a.mp4")


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        file.writeframes(bytes(16000))
    assert "has no video stream" in complaint(path)


def test_a_start_behind_the_end_is_named(tmp_path):
    path = films.write(tmp_path / "a.avi")
    assert "no frames behind frame 10" in complaint(path, start=10)


def test_a_npz_of_something_else_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", frames=np.zeros((2, 4, 4)))
    assert "float64[2, 4, 4], not uint8" in complaint(tmp_path / "a.npz")


def test_a_missing_file_and_an_unknown_fit_are_faults_of_the_call(tmp_path):
    with pytest.raises(errors.UserError, match="does not exist"):
        reader.read_video(tmp_path / "gone.mp4")
    path = films.write(tmp_path / "a.avi")
    with pytest.raises(errors.UserError, match='"stretch" or "crop"'):
        reader.read_video(path, fit="squash")

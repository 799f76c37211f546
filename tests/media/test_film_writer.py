import pathlib

import av
import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import film_writer, reader

RATE, PER_SECOND = 16000, 10


def sounding(path: pathlib.Path, *, codec: str, frames: int = 20) -> pathlib.Path:
    """Writes a film with as much sound as pictures."""
    with av.open(path, "w") as container:
        video = container.add_stream("libx264", rate=PER_SECOND)
        video.width = video.height = 16
        video.pix_fmt = "yuv420p"
        audio = container.add_stream(codec, rate=RATE)
        audio.layout = "mono"
        for _ in range(frames):
            picture = av.VideoFrame.from_ndarray(
                np.zeros([16, 16, 3], np.uint8), "rgb24"
            )
            container.mux(video.encode(picture))
        container.mux(video.encode())
        tone = np.sin(np.arange(RATE * frames // PER_SECOND) * 0.1) * 8000
        sound = av.AudioFrame.from_ndarray(tone.astype(np.int16)[None], "s16", "mono")
        sound.sample_rate = RATE
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
    return path


def packets(path: pathlib.Path) -> list[tuple[float, bytes]]:
    """Times and bytes of the sound from the start of the pictures on."""
    with av.open(path) as container:
        found = [one for one in container.demux(audio=0) if one.pts is not None]
        return [(float(p.pts * p.time_base), bytes(p)) for p in found if p.pts >= 0]


def pieces(count: int, size=(16, 16), channels=3) -> list[np.ndarray]:
    """Frames of shades that rise by 4, three at a time."""
    shades = np.arange(count, dtype=np.uint8)[:, None, None, None] * 4
    frames = np.tile(shades, [1, *size, channels])
    return np.split(frames, range(3, count, 3))


def write(path, given, **options) -> list[str]:
    with film_writer.opened(path, fps=PER_SECOND, **options) as film:
        for piece in given:
            film.write(piece)
    return film.lines


@pytest.mark.parametrize("ending", [".mp4", ".png", ".gif", ".npz", ""])
@pytest.mark.parametrize("channels", [1, 3])
def test_pieces_are_one_film(tmp_path, ending, channels):
    path = tmp_path / "new" / f"out{ending}"
    assert write(path, pieces(10, channels=channels)) == []
    frames, fps = reader.read_video(path, channels=1)
    assert len(frames) == 10 and (fps == PER_SECOND or not ending)
    wanted = np.arange(10) * 4
    np.testing.assert_allclose(frames.mean((1, 2, 3)), wanted, atol=2)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_odd_sides_are_made_even(tmp_path):
    write(tmp_path / "out.mp4", pieces(4, size=(9, 13)))
    assert reader.probe(tmp_path / "out.mp4").height == 10


@pytest.mark.parametrize("codec, ending", [("aac", ".mp4"), ("libmp3lame", ".mkv")])
def test_sound_is_copied_as_far_as_the_pictures_go(tmp_path, codec, ending):
    source = sounding(tmp_path / f"in{ending}", codec=codec)
    assert film_writer.has_sound(source)
    assert write(tmp_path / "out.mp4", pieces(12), sound=source) == []
    wanted = [one for one in packets(source) if one[0] < 1.2]
    found = packets(tmp_path / "out.mp4")
    assert [one[1] for one in found] == [one[1] for one in wanted]
    np.testing.assert_allclose(
        [one[0] for one in found], [one[0] for one in wanted], atol=0.002
    )
    frames, _ = reader.read_video(tmp_path / "out.mp4")
    assert len(frames) == 12


def test_sound_that_an_mp4_cannot_hold_is_left_out_and_said(tmp_path):
    source = sounding(tmp_path / "in.avi", codec="adpcm_ms")
    out = tmp_path / "out.mp4"
    assert write(out, pieces(12), sound=source) == [
        f"{out} has no sound: an mp4 cannot hold that of {source}."
    ]
    assert not film_writer.has_sound(out)
    assert len(reader.read_video(out)[0]) == 12
    gif = tmp_path / "out.gif"
    assert write(gif, pieces(3), sound=source) == [
        f"{gif} has no sound: only an mp4 can hold it."
    ]


def test_a_film_without_sound_stays_so(tmp_path):
    write(tmp_path / "in.mp4", pieces(4))
    assert write(tmp_path / "out.mp4", pieces(4), sound=tmp_path / "in.mp4") == []
    assert not film_writer.has_sound(tmp_path / "out.mp4")
    assert not film_writer.has_sound(tmp_path)


@pytest.mark.parametrize("ending", [".mp4", ".npz"])
def test_a_file_appears_whole_or_not_at_all(tmp_path, ending):
    with (
        pytest.raises(ZeroDivisionError),
        film_writer.opened(tmp_path / f"out{ending}", fps=8) as film,
    ):
        film.write(pieces(3)[0])
        raise ZeroDivisionError
    assert not [*tmp_path.iterdir()]


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(errors.UserError, match="ends in '.txt'"):
        film_writer.opened(tmp_path / "out.txt", fps=8)
    with pytest.raises(errors.UserError, match="must be positive"):
        film_writer.opened(tmp_path / "out.mp4", fps=0)

import fractions
import pathlib
import types

import av
import numpy as np
import pytest

from tests.data import films
from tfvideogan.media import damage, reader
from tfvideogan.media import films as film_reader


def test_a_film_may_be_read_twice_at_the_same_time(tmp_path):
    path = films.write(tmp_path / "a.avi")
    one, _ = film_reader.frames(path, size=None, channels=3, fit="stretch", fps=None)
    other, _ = film_reader.frames(path, size=None, channels=3, fit="stretch", fps=None)
    for left, right in zip(one, other, strict=True):
        assert left[0] == right[0]
        np.testing.assert_array_equal(left[1], right[1])


# A player turns counterclockwise by the degrees, then mirrors.
@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        ((0, False, False), lambda f: f),
        ((0, True, False), np.fliplr),
        ((0, False, True), np.flipud),
        ((180, False, False), lambda f: np.rot90(f, 2)),
        ((90, False, False), np.rot90),
        ((-90, False, False), lambda f: np.rot90(f, -1)),
        ((90, True, False), lambda f: np.fliplr(np.rot90(f))),
        ((90, False, True), lambda f: np.flipud(np.rot90(f))),
    ],
)
def test_a_film_is_shown_as_its_display_matrix_says(tmp_path, turn, shown):
    path = films.write(tmp_path / "a.mp4", films.corners(), turn=turn)
    expected = shown(films.corners()[0])
    found, _ = reader.read_video(path)
    assert found.shape[1:] == expected.shape
    info = reader.probe(path)
    assert (info.height, info.width) == expected.shape[:2]
    for y in (6, -7):
        for x in (6, -7):
            far = np.abs(found[:, y, x].astype(int) - expected[y, x]).max()
            assert far < 25, (y, x)


def test_pixels_become_square(tmp_path):
    # 32x48 pixels twice as wide as high: a picture of 32x96, whose middle square is the
    # third of the width in the middle.
    frames = np.zeros((2, 32, 48, 3), np.uint8)
    frames[:, :, 16:32] = 250
    path = films.write(tmp_path / "a.mp4", frames, aspect=fractions.Fraction(2))
    assert reader.read_video(path)[0].shape == (2, 32, 96, 3)
    cropped, _ = reader.read_video(path, height=16, width=16, fit="crop")
    assert cropped[:, :, 2:-2].mean() > 240
    info = reader.probe(path)
    assert (info.height, info.width, info.aspect) == (32, 96, 2.0)


@pytest.mark.parametrize("size", [(32, 48), (16, 24), (40, 60)])
def test_colours_are_rounded_not_cut_off(tmp_path, size):
    # BT.601 by hand: R = 1.164 (Y - 16) + 1.596 (V - 128), and so on.
    luma, blue, red = 120, 100, 150
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=8)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        frame = av.VideoFrame(48, 32, "yuv420p")
        for plane, value in zip(frame.planes, (luma, blue, red), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    grey = 1.164383 * (luma - 16)
    u, v = blue - 128, red - 128
    expected = [
        grey + 1.596027 * v,
        grey - 0.391762 * u - 0.812968 * v,
        grey + 2.017232 * u,
    ]
    found, _ = reader.read_video(path, height=size[0], width=size[1])
    assert np.abs(found - np.array(expected)).max() < 1


def test_colours_lie_where_ffmpeg_puts_them(tmp_path):
    # Midway between two pixels: red, which rises by 10 from pair to pair, is a quarter of
    # that less on the left one and more on the right one.
    path = tmp_path / "a.mp4"
    red = np.uint8(60 + 10 * np.arange(16))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        frame = av.VideoFrame(32, 32, "yuv420p")
        planes = [np.full((32, 32), 120), np.full((16, 16), 128), np.tile(red, (16, 1))]
        for plane, values in zip(frame.planes, planes, strict=True):
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[:, : plane.width] = values
            plane.update(padded.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    frames, _ = reader.read_video(path)
    shown = red.repeat(2) + np.tile([-2.5, 2.5], 16)
    expected = 1.164383 * (120 - 16) + 1.596027 * (shown - 128)
    assert np.abs(frames[0, 16, 4:-4, 0] - expected[4:-4]).max() < 1
    for height in (32, 33):  # the same where it is scaled
        frames, _ = reader.read_video(path, height=height, width=32)
        assert np.abs(frames[0, 16, 4:-4, 0] - expected[4:-4]).max() < 1


def test_a_film_that_lacks_a_frame_of_many_is_accepted(tmp_path):
    # Old AVI files promise a frame or two too many; half of the frames is another matter.
    noise = np.random.default_rng(0).integers(0, 255, (100, 32, 48, 3), np.uint8)
    path = films.truncate(films.write(tmp_path / "a.avi", noise), 0.93)
    frames, _ = reader.read_video(path)
    assert 95 <= len(frames) < 100


def promise(path: pathlib.Path, length: int) -> pathlib.Path:
    """Makes the head of an AVI file promise so many frames."""
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"avih", 24), (b"strh", 40)):
        start = content.index(mark) + offset
        content[start : start + 4] = length.to_bytes(4, "little")
    path.write_bytes(content)
    return path


def test_a_short_avi_may_promise_two_frames_too_many(tmp_path):
    path = films.write(tmp_path / "a.avi")
    assert films.greys(reader.read_video(promise(path, 12))[0]) == list(range(10))
    with pytest.raises(damage.DamagedClip, match="only 10 frames"):
        reader.read_video(promise(path, 13))


def spoil(path: pathlib.Path, numbers: range) -> pathlib.Path:
    """Overwrites some packets of a film."""
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for start, size in (packets[number] for number in numbers):
        content[start : start + size] = b"\xff" * size
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_damage_inside_a_film_is_counted(tmp_path, ending):
    noise = np.random.default_rng(0).integers(0, 255, (20, 32, 48, 3), np.uint8)
    path = spoil(films.write(tmp_path / f"a{ending}", noise), range(8, 12))
    with pytest.raises(damage.DamagedClip, match=r"is damaged: \d of its 20 packets"):
        reader.read_video(path)


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_clock_may_start_late(tmp_path, ending):
    times = list(range(100, 110))
    path = films.write(tmp_path / f"a{ending}", times=times)
    frames, rate = reader.read_video(path)
    assert films.greys(frames) == list(range(10)) and rate == 25


def test_half_of_a_film_with_a_late_clock_is_cut_off(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (20, 32, 48, 3), np.uint8)
    path = films.write(tmp_path / "a.mkv", noise, times=list(range(100, 120)))
    films.truncate(path)
    with pytest.raises(damage.DamagedClip, match="cut off"):
        reader.read_video(path)


def test_a_clock_that_is_set_back_loses_no_frame(tmp_path):
    # A splice: 0, 1, 2 tenths, then a clock that begins at 0 again.
    def packet(time: float) -> types.SimpleNamespace:
        frame = types.SimpleNamespace(time=time, is_corrupt=False)
        return types.SimpleNamespace(size=1, decode=lambda: [frame])

    stream = types.SimpleNamespace(frames=0, duration=0)
    container = types.SimpleNamespace(
        format=types.SimpleNamespace(name="mpegts"),
        demux=lambda stream: map(packet, (0.0, 0.1, 0.2, 0.0, 0.1)),
        duration=None,
    )
    timed = film_reader._timed(tmp_path, container, stream, 10.0)
    seconds = [round(seconds, 3) for seconds, _ in timed]
    assert seconds == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_high_rates_are_believed(tmp_path):
    frames, rate = reader.read_video(films.write(tmp_path / "a.mp4", rate=480))
    assert films.greys(frames) == list(range(10)) and rate == 480


def test_a_pause_is_shown_and_no_frame_is_lost(tmp_path):
    # Ten frames in three seconds on average, but five of them within half a second.
    times = [0, 1, 2, 3, 4, 34, 35, 36, 37, 38]
    path = films.write(tmp_path / "a.mp4", rate=10, times=times)
    frames, rate = reader.read_video(path)
    expected = [0, 1, 2, 3, *[4] * 30, 5, 6, 7, 8, 9]
    assert rate == 10 and films.greys(frames) == expected


def test_the_numbers_of_the_files_frames_are_known(tmp_path):
    path = films.write(tmp_path / "a.mp4", films.ramp(4), rate=10, times=[0, 1, 4, 5])
    pieces, _ = reader.read_numbered(path)
    frames, numbers = next(pieces)
    assert numbers.tolist() == [0, 1, 1, 1, 2, 3] == films.greys(frames)


def test_the_default_stream_is_shown_not_the_first(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        streams = {16: container.add_stream("libx264", rate=8)}
        streams[48] = container.add_stream("libx264", rate=8)
        streams[16].disposition = av.stream.Disposition(0)
        streams[48].disposition = av.stream.Disposition.default
        for side, stream in streams.items():
            stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for side, stream in streams.items():
            for _ in range(3):
                grey = np.full((side, side, 3), 4 * side, np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    frames, _ = reader.read_video(path)
    assert frames.shape == (3, 48, 48, 3) and abs(int(frames[0, 0, 0, 0]) - 192) < 3


def test_sound_with_a_cover_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        black = np.zeros((16, 16, 3), np.uint8)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    with pytest.raises(damage.DamagedClip, match="has no video stream"):
        reader.read_video(path)


def test_names_may_look_like_addresses_or_be_no_utf8(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    film = films.write(tmp_path / "a.mp4")
    for name in ("http:a.mp4", "pipe:0", "caf\udce9.mp4"):
        pathlib.Path(name).write_bytes(film.read_bytes())
        assert len(reader.read_video(name)[0]) == 10

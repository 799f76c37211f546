import av
import numpy as np

from tests.data import films
from tfvideogan.media import films as film_reader
from tfvideogan.media import reader


def test_a_film_may_be_read_twice_at_the_same_time(tmp_path):
    path = films.write(tmp_path / "a.avi")
    one, _ = film_reader.frames(path, size=None, channels=3, fit="stretch", fps=None)
    other, _ = film_reader.frames(path, size=None, channels=3, fit="stretch", fps=None)
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_turned_film_stands_upright(tmp_path, monkeypatch):
    # Players turn a frame counterclockwise by its `rotation`: the left column becomes
    # the bottom row.
    frames = np.zeros((2, 32, 48, 3), np.uint8)
    frames[:, :, :16] = 250
    path = films.write(tmp_path / "a.mp4", frames)

    class Turned:
        rotation = 90

        def __init__(self, frame):
            self.frame = frame
            self.width, self.height = frame.width, frame.height

    class Scaler:
        def __init__(self):
            self.scaler = reformatter()

        def reformat(self, frame, **options):
            return self.scaler.reformat(frame.frame, **options)

    reformatter = av.video.reformatter.VideoReformatter
    monkeypatch.setattr(film_reader.av.video.reformatter, "VideoReformatter", Scaler)
    timed = film_reader._timed
    monkeypatch.setattr(
        film_reader,
        "_timed",
        lambda *given: ((time, Turned(frame)) for time, frame in timed(*given)),
    )
    found, _ = reader.read_video(path)
    assert found.shape == (2, 48, 32, 3)
    assert found[0, -12:].mean() > 240 and found[0, :24].mean() < 10


def test_a_film_that_lacks_a_frame_of_many_is_accepted(tmp_path):
    # Old AVI files promise a frame or two too many; half of the frames is another matter.
    noise = np.random.default_rng(0).integers(0, 255, (100, 32, 48, 3), np.uint8)
    path = films.truncate(films.write(tmp_path / "a.avi", noise), 0.93)
    frames, _ = reader.read_video(path)
    assert 95 <= len(frames) < 100

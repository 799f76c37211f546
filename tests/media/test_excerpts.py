import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import excerpts, reader, writer

LONG = 600  # more than two of the pieces in which films are read


@pytest.fixture
def path(tmp_path):
    """Ten frames, as bright as their number, 12 a second."""
    return counting(tmp_path / "a.npz", 10)


def counting(path, length):
    numbers = np.arange(length) % 251
    frames = np.broadcast_to(numbers[:, None, None, None], (length, 2, 4, 3))
    writer.write_video(path, frames.astype(np.uint8), 12)
    return path


@pytest.mark.parametrize(
    ("read", "wanted", "numbers", "rate"),
    [
        (excerpts.read_first, {"length": 3}, [0, 1, 2], 12),
        (excerpts.read_first, {"length": 4, "stride": 3}, [0, 3, 6, 9], 4),
        (excerpts.read_first, {"stride": 4}, [0, 4, 8], 3),
        (excerpts.read_first, {"stop": 2}, [0, 1], 12),
        (excerpts.read_last, {"length": 3}, [7, 8, 9], 12),
        (excerpts.read_last, {"length": 4, "stride": 3}, [0, 3, 6, 9], 4),
        (excerpts.read_last, {"length": 2, "stride": 4}, [5, 9], 3),
        (excerpts.read_last, {"stride": 4}, [1, 5, 9], 3),
        (excerpts.read_last, {"length": 2, "stop": 6}, [4, 5], 12),
    ],
)
def test_frames_are_counted_from_the_start_or_the_end(
    path, read, wanted, numbers, rate
):
    frames, fps = read(path, excerpts.Excerpt(**wanted))
    assert frames[:, 0, 0, 0].tolist() == numbers
    assert fps == rate and frames.shape[1:] == (2, 4, 3)


def test_frames_are_brought_to_a_size(path):
    wanted = excerpts.Excerpt(length=2, height=6, width=8, channels=1)
    for read in (excerpts.read_first, excerpts.read_last):
        assert read(path, wanted)[0].shape == (2, 6, 8, 1)


def test_the_end_of_a_long_film_is_found(tmp_path):
    path = counting(tmp_path / "a.npz", LONG)
    frames, _ = excerpts.read_last(path, excerpts.Excerpt(length=300))
    # Frame 300 has the number 300 - 251, frame 599 the number 599 - 2 * 251.
    assert len(frames) == 300
    assert frames[[0, -1], 0, 0, 0].tolist() == [49, 97]


def test_no_more_of_a_film_is_read_than_is_wanted(path, monkeypatch):
    asked = []
    whole = reader.read_video

    def counted(*args, **options):
        asked.append(options["stop"])
        return whole(*args, **options)

    monkeypatch.setattr(reader, "read_video", counted)
    excerpts.read_first(path, excerpts.Excerpt(length=3, stride=4))
    assert asked == [9]  # frames 0, 4 and 8


@pytest.mark.parametrize("read", [excerpts.read_first, excerpts.read_last])
def test_too_short_a_film_is_told(path, read):
    with pytest.raises(
        errors.UserError, match="a.npz gives 10 frames, but 11 are want"
    ):
        read(path, excerpts.Excerpt(length=11))
    with pytest.raises(
        errors.UserError, match="gives 4 frames at a `stride` of 3, but"
    ):
        read(path, excerpts.Excerpt(length=5, stride=3))


@pytest.mark.parametrize("at_least, given", [(1, [1, 4, 7]), (3, [1, 4, 7])])
def test_fewer_frames_will_do_where_that_is_said(path, at_least, given):
    # Four at a stride of 3 in all, three behind the first frame.
    wanted = excerpts.Excerpt(length=9, at_least=at_least, stride=3, stop=8)
    frames, _ = excerpts.read_last(path, wanted)
    assert frames[:, 0, 0, 0].tolist() == given


def test_too_few_frames_will_not_do(path):
    with pytest.raises(errors.UserError, match="10 frames, but 11 are wanted"):
        excerpts.read_last(path, excerpts.Excerpt(length=20, at_least=11))

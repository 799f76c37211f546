import threading

import cv2
import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.media import flow


def smooth_noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width, 3), np.float32)
    return cv2.normalize(
        cv2.GaussianBlur(noise, (0, 0), 2.0), None, 0, 255, cv2.NORM_MINMAX
    ).astype(np.uint8)


@pytest.mark.parametrize("size", [48, 112])
def test_a_shift_of_two_pixels_is_found(size):
    # What was at x is at x + 2: forward flow (2, 0), backward flow (-2, 0).
    wide = smooth_noise(size, size + 2)
    frames = np.stack([wide[:, 2:], wide[:, :-2]])
    forward, backward = flow.estimate_clip(frames)
    inner = (0, slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(forward[inner].mean((0, 1)), [2, 0], atol=0.1)
    np.testing.assert_allclose(backward[inner].mean((0, 1)), [-2, 0], atol=0.1)


def test_backward_flow_samples_the_next_frame():
    wide = smooth_noise(48, 51)
    frames = np.stack([wide[:, 3:], wide[:, :-3]])
    _, backward = flow.estimate_clip(frames)
    warped = flow.sampled(frames[0], backward[0]).astype(np.float32)
    error = (warped - frames[1])[8:-8, 8:-8]
    assert np.abs(error).mean() < 2.0


@pytest.mark.parametrize("shape", [(4, 4, 3), (7, 40, 1), (12, 9, 3)])
def test_frames_too_small_for_dis_have_flow_too(shape):
    frames = np.random.default_rng(0).integers(0, 255, (3, *shape), np.uint8)
    for way in flow.estimate_clip(frames):
        assert way.shape == (2, *shape[:2], 2)
        assert np.isfinite(way).all()


def test_a_single_frame_has_no_flow():
    forward, backward = flow.estimate_clip(np.zeros((1, 16, 16, 3), np.uint8))
    assert forward.shape == backward.shape == (0, 16, 16, 2)


def test_an_estimate_does_not_depend_on_thread_or_history():
    first, second = smooth_noise(40, 40), smooth_noise(40, 40, seed=1)
    expected = flow.estimate(first, second)
    flow.estimate(smooth_noise(20, 70), smooth_noise(20, 70, seed=2))
    results = [flow.estimate(first, second)]
    thread = threading.Thread(
        target=lambda: results.append(flow.estimate(first, second))
    )
    thread.start()
    thread.join()
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_resizing_flow_scales_its_vectors():
    # Half the height, twice the width: (4, 6) becomes (8, 3).
    large = np.broadcast_to(np.float32([4, 6]), (8, 10, 2))
    small = flow.resized(large, 4, 20)
    np.testing.assert_allclose(small, np.broadcast_to([8, 3], (4, 20, 2)))


def test_resizing_flow_to_its_own_size_is_identity():
    values = np.random.default_rng(0).normal(size=(5, 6, 2)).astype(np.float32)
    np.testing.assert_array_equal(flow.resized(values, 5, 6), values)


def test_occlusion_is_where_there_and_back_does_not_meet():
    # There (2, 0) and back (-2, 0) meet; back (0, 0) loses 4 > 0.01 * 4 + 0.5.
    there = np.full((4, 8, 2), [2, 0], np.float32)
    back = np.full((4, 8, 2), [-2, 0], np.float32)
    back[:, 5] = 0
    hidden = flow.occluded(there, back)[..., 0]
    np.testing.assert_array_equal(hidden[0], [0, 0, 0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_farneback_finds_a_shift(channels):
    wide = smooth_noise(64, 66)[..., :channels]
    found = flow.estimate_farneback(wide[:, 2:], wide[:, :-2])
    np.testing.assert_allclose(found[8:-8, 8:-8].mean((0, 1)), [2, 0], atol=0.1)


def test_flo_files_are_read_as_they_were_written(tmp_path):
    values = np.random.default_rng(0).normal(size=(3, 5, 2)).astype(np.float32)
    flow.write_flo(tmp_path / "a.flo", values)
    np.testing.assert_array_equal(flow.read_flo(tmp_path / "a.flo"), values)


def test_a_flo_file_is_laid_out_as_middlebury_says(tmp_path):
    # "PIEH", width, height, then u, v of the first row.
    flow.write_flo(tmp_path / "a.flo", np.float32([[[1, 2], [3, 4]]]))
    content = (tmp_path / "a.flo").read_bytes()
    assert content[:12] == b"PIEH\x02\x00\x00\x00\x01\x00\x00\x00"
    np.testing.assert_array_equal(np.frombuffer(content[12:], "<f4"), [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cut short: 0 bytes"),
        (b"JUNK" + b"\x01\x00\x00\x00" * 2 + b"\0" * 8, "not a .flo file"),
        (b"PIEH" + b"\x02\x00\x00\x00" * 2 + b"\0" * 8, "needs 44"),
        (b"PIEH" + b"\xff\xff\xff\xff" * 2, "impossible size -1x-1"),
    ],
)
def test_bad_flo_files_say_what_is_wrong(tmp_path, content, words):
    (tmp_path / "a.flo").write_bytes(content)
    with pytest.raises(errors.UserError, match=words) as raised:
        flow.read_flo(tmp_path / "a.flo")
    assert "a.flo" in str(raised.value)


def test_a_missing_flo_file_is_named(tmp_path):
    with pytest.raises(errors.UserError, match=r"gone.flo cannot be read"):
        flow.read_flo(tmp_path / "gone.flo")

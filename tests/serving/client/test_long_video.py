import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import long_video
from tfvideogan.serving.client.grpc_client import Signature, Tensor


def signatures(*names: str, frames: int | None = None) -> dict[str, Signature]:
    shape = Tensor(tf.uint8, (None, frames, 2, 2, 1))
    inputs = {"frames": shape, "backward_flow": shape}
    return {
        name: Signature(
            name, inputs | ({"state_max": shape} if "next" in name else {}), {}
        )
        for name in names
    }


def clip(length: int) -> dict[str, np.ndarray]:
    frames = (np.arange(length) * 83 % 251).astype(np.uint8)
    return {
        "frames": frames.reshape(-1, 1, 1, 1) + np.zeros([1, 2, 2, 1], np.uint8),
        "backward_flow": np.zeros([length - 1, 2, 2, 2], np.float32),
    }


def remember(name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The running maximum over time, with its memory."""
    assert len(inputs["backward_flow"]) == len(inputs["frames"]) - 1
    frames = inputs["frames"]
    if "next" in name:
        frames = np.maximum(frames, inputs["state_max"])
    video = np.maximum.accumulate(frames)
    state = {"next_state_max": video[-1]} if "_" in name else {}
    return {"video": video[1:] if "next" in name else video} | state


@pytest.mark.parametrize("length", [2, 5, 6, 9, 13, 14])
@pytest.mark.parametrize("chunk", [2, 5])
def test_chunks_with_memory_equal_one_request(length: int, chunk: int) -> None:
    told = signatures("predict", "predict_start", "predict_next")
    seen = []
    plan = long_video.Plan(chunk, 0, lambda done, total: seen.append((done, total)))
    found = long_video.predict(remember, "predict", told, clip(length), plan)
    expected = np.maximum.accumulate(clip(length)["frames"])
    np.testing.assert_array_equal(found["video"], expected)
    assert list(found) == ["video"]
    assert seen[-1] == (length, length)


def invert(name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    assert len(inputs["backward_flow"]) == len(inputs["frames"]) - 1
    return {"video": 255 - inputs["frames"]}


@pytest.mark.parametrize("fixed", [None, 4])
@pytest.mark.parametrize("length", [2, 4, 5, 11])
def test_chunks_without_memory_cover_every_frame_once(
    fixed: int | None, length: int
) -> None:
    plan = long_video.Plan(4, 2)
    told = signatures("predict", frames=fixed)
    found = long_video.predict(invert, "predict", told, clip(length), plan)
    np.testing.assert_array_equal(found["video"], 255 - clip(length)["frames"])


def test_an_overlap_goes_over_from_one_chunk_to_the_next() -> None:
    calls = []

    def ask(name, inputs):
        calls.append(len(inputs["frames"]))
        value = np.uint8(90 * (len(calls) - 1))
        return {"video": np.full([len(inputs["frames"]), 2, 2, 1], value)}

    plan = long_video.Plan(4, 2)
    found = long_video.predict(ask, "predict", signatures("predict"), clip(6), plan)
    # Frames 2 and 3 are shared: a third, then two thirds of the way from 0 to 90.
    assert found["video"][:, 0, 0, 0].tolist() == [0, 0, 30, 60, 90, 90]


def test_the_mask_of_a_chunk_is_what_the_one_before_found_there() -> None:
    masks = []

    def ask(name, inputs):
        masks.append(int(inputs["mask"].max()))
        length = len(inputs["frames"])
        return {
            "mask": np.linspace(120, 200, length).astype(np.uint8)[:, None, None, None]
        }

    inputs = clip(6) | {"mask": np.full([1, 1, 1], 255, np.uint8)}
    plan = long_video.Plan(4, 1)
    long_video.predict(ask, "predict", signatures("predict"), inputs, plan)
    # The second chunk begins at frame 2, whose mask was 173, so its object is there.
    assert masks == [255, 255]


@pytest.mark.parametrize("chunk, overlap", [(1, 0), (4, 4), (4, -1)])
def test_a_plan_that_brings_no_new_frame_is_refused(chunk: int, overlap: int) -> None:
    with pytest.raises(errors.UserError, match="chunk_frames"):
        long_video.Plan(chunk, overlap)

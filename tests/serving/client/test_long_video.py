"""A long video in several requests is answered as it is in one, or refused."""

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import long_video
from tfvideogan.serving.client.metadata import Signature, Tensor

FRAMES = Tensor(tf.uint8, (None, None, 2, 2, 1))
FLOW = Tensor(tf.float32, (None, None, 2, 2, 2))
MASK = Tensor(tf.uint8, (None, 2, 2, 1))
INPUTS = {"frames": FRAMES, "mask": MASK, "backward_flow": FLOW}
# In time: pictures, masks and one number for each frame.
OUTPUTS = {
    "video": FRAMES,
    "mask": FRAMES,
    "brightness": Tensor(tf.float32, (None, None)),
}
# Once for all frames: the shapes of a label, a code, a picture and a text.
ONCE = {
    "label": Tensor(tf.int32, (None,)),
    "code": Tensor(tf.float32, (None, 7)),
    "image": Tensor(tf.uint8, (None, 2, 2, 1)),
}


def memory() -> dict[str, Signature]:
    """The running maximum over time, with its memory, beside the first frame's mask."""
    following = {name: one for name, one in INPUTS.items() if name != "mask"}
    following |= {"state_max": MASK, "state_mask": MASK}
    handed_out = {"next_state_max": MASK, "next_state_mask": MASK}
    return {
        "predict": Signature("predict", INPUTS, OUTPUTS | ONCE),
        "predict_start": Signature("predict_start", INPUTS, OUTPUTS | handed_out),
        "predict_next": Signature("predict_next", following, OUTPUTS | handed_out),
    }


def no_memory(frames: int | None = None) -> dict[str, Signature]:
    """Inverts frames; the mask stays; open or fixed in its number of frames."""

    def fixed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: Tensor(one.dtype, (None, frames, *one.shape[2:]))
            if one in (FRAMES, OUTPUTS["brightness"])
            else one
            for name, one in tensors.items()
        }

    return {"predict": Signature("predict", fixed(INPUTS), fixed(OUTPUTS) | ONCE)}


class Server:
    """Answers as a server does: all inputs must be there, and only wanted outputs come."""

    def __init__(self, known: dict[str, Signature]) -> None:
        self.known = known
        self.lengths: list[int] = []
        self.wanted: set[str] = set()

    def ask(self, name: str, inputs: dict, wanted: Sequence[str]) -> dict:
        signature = self.known[name]
        assert set(inputs) == set(signature.inputs)
        assert set(wanted) <= set(signature.outputs)
        assert len(inputs["backward_flow"]) == len(inputs["frames"]) - 1
        assert signature.inputs["frames"].shape[1] in (None, len(inputs["frames"]))
        self.lengths.append(len(inputs["frames"]))
        self.wanted |= set(wanted)
        found = (remember if "predict_next" in self.known else invert)(name, inputs)
        found |= {
            "label": np.int32(inputs["frames"].max()),
            "code": np.arange(7, dtype=np.float32),
            "image": inputs["frames"][0],
        }
        return {output: found[output] for output in wanted}


def remember(name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    frames = inputs["frames"]
    mask = inputs["state_mask"] if "next" in name else inputs["mask"]
    if "next" in name:
        frames = np.maximum(frames, inputs["state_max"])
    video = np.maximum.accumulate(frames)
    new = video[1:] if "next" in name else video
    memory = {"next_state_max": video[-1], "next_state_mask": mask}
    return pictures(new, mask) | memory


def invert(name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    del name
    return pictures(255 - inputs["frames"], inputs["mask"])


def pictures(video: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "video": video,
        "mask": np.broadcast_to(mask, video.shape).copy(),
        "brightness": video.mean(axis=(1, 2, 3), dtype=np.float32),
    }


def clip(length: int, random: np.random.Generator | None = None) -> dict:
    random = random or np.random.default_rng(0)
    return {
        "frames": random.integers(0, 256, [length, 2, 2, 1], np.uint8),
        "mask": random.integers(0, 2, [2, 2, 1], np.uint8) * np.uint8(255),
        "backward_flow": np.zeros([length - 1, 2, 2, 2], np.float32),
    }


def drawn() -> list[tuple]:
    """Lengths, cuts and outputs by default."""
    random = np.random.default_rng(10)
    cases = []
    for kind in ("memory", "open", "fixed") * 15:
        chunk = int(random.integers(2, 40))
        overlap = int(random.integers(0, chunk))
        length = int(random.integers(2, 4 * chunk))
        names = random.permutation(list(OUTPUTS))[: random.integers(1, 4)].tolist()
        cases.append((kind, chunk, overlap, length, names))
    return cases


@pytest.mark.parametrize("kind, chunk, overlap, length, outputs", drawn())
def test_chunks_of_any_size_equal_one_request(
    kind: str, chunk: int, overlap: int, length: int, outputs: list[str]
) -> None:
    known = {
        "memory": memory(),
        "open": no_memory(),
        "fixed": no_memory(chunk),
    }[kind]
    inputs, seen, server = clip(length), [], Server(known)
    plan = long_video.Plan(chunk, overlap, lambda *done: seen.append(done))
    found = long_video.predict(server.ask, "predict", known, inputs, outputs, plan)
    whole = (remember if kind == "memory" else invert)("predict", inputs)
    assert list(found) == outputs
    for name in outputs:
        np.testing.assert_array_equal(found[name], whole[name], err_msg=name)
        assert found[name].dtype == whole[name].dtype
    assert seen[-1] == (length, length)
    assert max(server.lengths) <= chunk
    # Beside the outputs travels only what the next request needs.
    needed = {"next_state_max", "next_state_mask"} if kind == "memory" else {"mask"}
    assert server.wanted - set(outputs) <= (needed if length > chunk else set())
    if length > chunk:
        assert len(server.lengths) > 1
        assert kind == "memory" or set(server.lengths) == {chunk}


@pytest.mark.parametrize("known", [memory(), no_memory(), no_memory(4)])
@pytest.mark.parametrize("name", ONCE)
def test_what_is_said_once_is_answered_by_one_request_and_not_joined(
    known: dict[str, Signature], name: str
) -> None:
    server, plan = Server(known), long_video.Plan(4, 1)
    found = long_video.predict(
        server.ask, "predict", known, clip(3), ["video", name], plan
    )
    assert len(found["video"]) == 3
    assert found[name].shape == {"label": (), "code": (7,), "image": (2, 2, 1)}[name]
    asked = len(server.lengths)
    with pytest.raises(
        errors.UserError, match=f"cannot be joined in `{name}`"
    ) as caught:
        long_video.predict(server.ask, "predict", known, clip(5), ["video", name], plan)
    is_fixed = known["predict"].inputs["frames"].shape[1] == 4
    way_out = "of the first 4" if is_fixed else "with `chunk_frames` = 5"
    assert f"Send one request {way_out}" in str(caught.value)
    assert ("--max_frames=4" in caught.value.flags) is is_fixed
    assert len(server.lengths) == asked  # It is said before anything is sent.


def test_a_model_of_stills_takes_one_frame() -> None:
    known, plan = no_memory(1), long_video.Plan(4, 1)
    found = long_video.predict(
        Server(known).ask, "predict", known, clip(1), ["video"], plan
    )
    assert len(found["video"]) == 1
    with pytest.raises(errors.UserError, match="takes 1 frame, but there are 2"):
        long_video.predict(
            Server(known).ask, "predict", known, clip(2), ["video"], plan
        )


def test_a_picture_as_high_as_the_clip_is_long_is_no_video() -> None:
    known = no_memory(2)  # Two frames, two rows.
    plan = long_video.Plan(2, 0)
    with pytest.raises(errors.UserError, match="cannot be joined in `image`"):
        long_video.predict(
            Server(known).ask, "predict", known, clip(3), ["image"], plan
        )


def test_a_model_that_takes_a_mask_must_give_masks_to_go_on() -> None:
    only = Signature("predict", INPUTS, {"video": FRAMES})
    server, plan = Server({"predict": only}), long_video.Plan(4, 1)
    with pytest.raises(errors.UserError, match="`mask`: predict does not give it"):
        long_video.predict(
            server.ask, "predict", server.known, clip(5), ["video"], plan
        )


def test_an_answer_of_another_length_is_told() -> None:
    def ask(name, inputs, wanted):
        return {"video": np.zeros([3, 2, 2, 1], np.uint8)}

    known = {"predict": Signature("predict", {"frames": FRAMES}, {"video": FRAMES})}
    inputs = {"frames": clip(6)["frames"]}
    with pytest.raises(
        errors.UserError, match=r"shape \[3, 2, 2, 1\] for a chunk with 4"
    ):
        long_video.predict(
            ask, "predict", known, inputs, ["video"], long_video.Plan(4, 1)
        )


def test_an_overlap_goes_over_from_one_chunk_to_the_next() -> None:
    calls = []

    def ask(name, inputs, wanted):
        calls.append(len(inputs["frames"]))
        value = np.uint8(90 * (len(calls) - 1))
        filled = np.full([len(inputs["frames"]), 2, 2, 1], value)
        return {"video": filled, "mask": filled}

    known = no_memory()
    plan = long_video.Plan(4, 2)
    found = long_video.predict(ask, "predict", known, clip(6), ["video"], plan)
    # Frames 2 and 3 are shared: a third, then two thirds of the way from 0 to 90.
    assert found["video"][:, 0, 0, 0].tolist() == [0, 0, 30, 60, 90, 90]


def test_the_mask_of_a_chunk_is_what_the_one_before_found_there() -> None:
    masks = []

    def ask(name, inputs, wanted):
        assert "mask" in wanted  # although it was not requested
        masks.append(int(inputs["mask"].max()))
        length = len(inputs["frames"])
        values = np.linspace(120, 60, length).astype(np.uint8)
        return {
            "video": inputs["frames"],
            "mask": values[:, np.newaxis, np.newaxis, np.newaxis],
        }

    inputs = clip(6) | {"mask": np.full([2, 2, 1], 255, np.uint8)}
    plan = long_video.Plan(4, 1)
    found = long_video.predict(ask, "predict", no_memory(), inputs, ["video"], plan)
    # The second chunk begins at frame 2, whose mask was 80, so there is no object left.
    assert masks == [255, 0]
    assert list(found) == ["video"]


@pytest.mark.parametrize("chunk, overlap", [(1, 0), (4, 4), (4, -1)])
def test_a_plan_that_brings_no_new_frame_is_refused(chunk: int, overlap: int) -> None:
    with pytest.raises(errors.UserError, match="chunk_frames"):
        long_video.Plan(chunk, overlap)

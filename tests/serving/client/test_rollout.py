"""A video of as many frames as are wanted, from a model with states, or a refusal."""

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import rollout
from tfvideogan.serving.client.metadata import Signature, Tensor

LENGTH, CHUNK = 4, 3
TEXT, SEED = Tensor(tf.string, (None,)), Tensor(tf.int64, (None,))
STATE = Tensor(tf.int64, (None,))


def video(length: int | None) -> Tensor:
    return Tensor(tf.int64, (None, length, 1, 1, 1))


def known(*, has_states: bool, length: int | None = LENGTH) -> dict[str, Signature]:
    """Counts up from the seed; `generate` answers LENGTH frames, the others CHUNK."""
    asked = {"text": TEXT, "seed": SEED}
    once = {"video": video(length), "code": Tensor(tf.float32, (None, 7))}
    found = {"generate": Signature("generate", asked, once)}
    if has_states:
        chunk = {"video": video(CHUNK), "next_state_last": STATE}
        following = {"text": TEXT, "state_last": STATE}
        found["generate_start"] = Signature("generate_start", asked, chunk)
        found["generate_next"] = Signature("generate_next", following, chunk)
    return found


class Server:
    """Answers as a server does: all inputs must be there, and only wanted outputs come."""

    def __init__(self, signatures: dict[str, Signature]) -> None:
        self.known = signatures
        self.asked: list[str] = []

    def ask(self, name: str, inputs: dict, wanted: Sequence[str]) -> dict:
        assert set(inputs) == set(self.known[name].inputs)
        assert (inputs["text"] == b"up").all()
        self.asked.append(name)
        first = inputs["state_last"] + 1 if "next" in name else inputs["seed"]
        length = LENGTH if name == "generate" else CHUNK
        counted = first[:, np.newaxis] + np.arange(length)
        found = {
            "video": counted[..., np.newaxis, np.newaxis, np.newaxis],
            "next_state_last": counted[:, -1],
            "code": np.zeros([len(first), 7], np.float32),
        }
        return {output: found[output] for output in wanted}


def asked(*seeds: int) -> dict[str, np.ndarray]:
    text = np.full([len(seeds)], b"up", object)
    return {"text": text, "seed": np.array(seeds)}


@pytest.mark.parametrize("steps", range(1, 14))
def test_a_video_of_any_length_begins_like_every_other(steps: int) -> None:
    server, seen = Server(known(has_states=True)), []
    found = rollout.predict(
        server.ask, "generate", server.known, asked(0, 100), ["video"], steps=steps,
        progress=lambda *done: seen.append(done),
    )  # fmt: skip
    wanted = np.arange(steps)
    np.testing.assert_array_equal(found["video"][..., 0, 0, 0], [wanted, 100 + wanted])
    if steps <= LENGTH:
        assert server.asked == ["generate"] and not seen
    else:
        more = -(-steps // CHUNK) - 1
        assert server.asked == ["generate_start", *["generate_next"] * more]
        assert seen[-1] == (steps, steps) and len(seen) == 1 + more


@pytest.mark.parametrize("has_states", [False, True])
def test_without_a_number_the_model_is_asked_once(has_states: bool) -> None:
    server = Server(known(has_states=has_states))
    found = rollout.predict(
        server.ask, "generate", server.known, asked(5), ["video", "code"]
    )
    assert found["video"].shape == (1, LENGTH, 1, 1, 1)
    assert found["code"].shape == (1, 7)
    assert server.asked == ["generate"]


@pytest.mark.parametrize("length, requests", [(LENGTH, 0), (None, 1)])
def test_a_model_without_states_answers_its_own_length_at_most(
    length: int | None, requests: int
) -> None:
    server = Server(known(has_states=False, length=length))

    def made(steps: int) -> np.ndarray:
        return rollout.predict(
            server.ask, "generate", server.known, asked(5), ["video"], steps=steps
        )["video"]

    assert made(3).shape == (1, 3, 1, 1, 1)
    server.asked.clear()
    with pytest.raises(errors.UserError, match="take at most 4"):
        made(5)
    # It is known before anything is sent, where the signature tells.
    assert len(server.asked) == requests


@pytest.mark.parametrize(
    "outputs, has_states, text",
    [
        (["video", "code"], False, "`code` of generate is no video"),
        (["video", "code"], True, "`code` of generate_start is no video"),
    ],
)
def test_only_videos_have_a_length(outputs, has_states: bool, text: str) -> None:
    with pytest.raises(errors.UserError, match=text):
        rollout.check("generate", known(has_states=has_states), outputs, 9)
    rollout.check("generate", known(has_states=has_states), outputs, None)


def test_what_answers_each_frame_of_an_input_makes_none_up() -> None:
    frames = Signature("restore", {"frames": video(None)}, {"video": video(None)})
    with pytest.raises(errors.UserError, match="each frame of its `frames`"):
        rollout.check("restore", {"restore": frames}, ["video"], 9)
    with pytest.raises(errors.UserError, match=r"`steps` \(0\) must be at least 1"):
        rollout.check("restore", {"restore": frames}, ["video"], 0)


def test_an_answer_without_frames_does_not_go_on_for_ever() -> None:
    def ask(name, inputs, wanted):
        empty = {"video": np.zeros([1, 0, 1, 1, 1]), "next_state_last": np.zeros([1])}
        return {output: empty[output] for output in wanted}

    with pytest.raises(errors.UserError, match=r"generate_start answers \[0\] frames"):
        rollout.predict(
            ask, "generate", known(has_states=True), asked(0), ["video"], steps=9
        )

"""A model answers in this process as it does behind a server."""

import pathlib

import numpy as np
import pytest

from tests.serving import models, painter
from tfvideogan.core import errors
from tfvideogan.serving.client import in_process
from tfvideogan.serving.export import checked


@pytest.fixture(scope="module")
def client() -> in_process.InProcessClient:
    module = checked.SignatureModule(painter.Painter().serving_functions())
    return in_process.InProcessClient(module.concrete, owner=module)


FRAMES = np.full([3, painter.SIZE, painter.SIZE, 3], 255, np.uint8)
FLOW = np.zeros([2, painter.SIZE, painter.SIZE, 2], np.float32)
# tanh(0.5) of white; and in bytes, (0.46211716 + 1) * 127.5 = 186.42.
PAINTED, PAINTED_BYTE = 0.46211716, 186


def test_a_single_example_needs_no_batch_axis(client) -> None:
    answer = client.predict(frames=FRAMES, flow=FLOW)
    assert set(answer) == {"video", "brightness"}
    assert answer["video"].dtype == np.uint8 and (answer["video"] == PAINTED_BYTE).all()
    np.testing.assert_allclose(answer["brightness"], [PAINTED] * 3, rtol=1e-6)
    batch = client.predict(signature="predict", frames=FRAMES[None], flow=FLOW[None])
    assert batch["brightness"].shape == (1, 3)


def test_only_wanted_outputs_come_and_numbers_are_cast(client) -> None:
    answer = client.predict(
        signature="predict_next",
        outputs=["next_state_count"],
        frames=FRAMES[None].astype(np.float64),
        state_count=[[4]],
    )
    assert {name: one.tolist() for name, one in answer.items()} == {
        "next_state_count": [[7.0]]
    }


@pytest.mark.parametrize(
    "inputs, text",
    [
        (
            {"frames": FRAMES[:1], "flow": FLOW[:0]},
            "`frames` of predict must be [N, T, 4, 4, 3], N at least 1, T at least 2 "
            "and at most 1024, but its shape is [1 1 4 4 3]",
        ),
        (
            # Not what the declared shape says: the graph says so itself, too.
            {"frames": FRAMES[:, :2], "flow": FLOW},
            "`frames` of predict must be [N, T, 4, 4, 3], N at least 1, T at least 2 "
            "and at most 1024, but its shape is [1 3 2 4 3]",
        ),
        (
            {"frames": FRAMES, "flow": FLOW + np.nan},
            "every value of `flow` of predict must be in [-8, 8], but 64 of 64 are not, "
            "such as nan",
        ),
        ({"frames": FRAMES}, "missing ['flow']"),
        (
            {"frames": FRAMES + 0.5, "flow": FLOW},
            "`frames` is float64 and would change",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(client, inputs: dict, text: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        client.predict(**inputs)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_signature_is_refused(client) -> None:
    with pytest.raises(errors.UserError, match="no signature 'sing'; it has predict, "):
        client.predict(signature="sing")


def test_an_export_is_loaded_with_what_it_says_of_itself(tmp_path) -> None:
    models.Trail().save(tmp_path / "1")
    client = in_process.InProcessClient.load(tmp_path / "1")
    known = client.signatures()
    assert list(known) == [
        "predict", "predict_next", "predict_start", "serving_default"
    ]  # fmt: skip
    assert known["predict_next"].inputs["state_brightest"].shape == (None, 8, 8, 3)
    assert "__saved_model_init_op" not in known
    frames = np.zeros([3, 8, 8, 3], np.uint8)
    frames[1] = 9
    # Optical flow is estimated, as by the client of a server.
    answer = client.predict(frames=frames, mask=frames[0, ..., :1])
    assert answer["video"][:, 0, 0, 0].tolist() == [0, 9, 9]


@pytest.mark.parametrize("content", [None, b"\xff\xff"])
def test_what_is_no_export_is_refused(tmp_path: pathlib.Path, content) -> None:
    if content:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(errors.UserError, match="cannot be loaded as a SavedModel"):
        in_process.InProcessClient.load(tmp_path)

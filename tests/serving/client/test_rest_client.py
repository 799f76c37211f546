"""REST answers what the model answers in this process, and refuses in its words."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import painter
from tfvideogan.core import errors
from tfvideogan.serving.client import in_process, rest_client
from tfvideogan.serving.client.rest_client import RestClient
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config


class Words(tf.Module):
    """Answers texts, and as many empty videos as there are texts."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def shout(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "loud": tf.strings.join([text, tf.constant("!")]),
            "raw_bytes": text,
            "is_long": tf.strings.length(text) > 2,
            "video": tf.zeros([tf.size(text), 0, 2, 2, 3], tf.uint8),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def count(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"length": tf.strings.length(text)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("models")
    module = checked.SignatureModule(painter.Painter().serving_functions())
    tf.saved_model.save(module, str(root / "painter/1"), signatures=module.concrete)
    words = Words()
    tf.saved_model.save(
        words,
        str(root / "words/1"),
        signatures={"serving_default": words.shout, "count": words.count},
    )
    return root


@pytest.fixture(scope="module")
def address(folder: pathlib.Path) -> Iterator[str]:
    names = ("painter", "words")
    models = tuple(config.ModelConfig(name, folder / name) for name in names)
    started = local_server.LocalServer(
        local_server.Options(models=models, pick_ports=True)
    )
    started.start()
    yield f"http://{started.rest_address}"
    started.stop()


@pytest.fixture(scope="module")
def client(address: str) -> RestClient:
    return RestClient(rest_client.url(address, "painter"))


FRAMES = np.random.default_rng(0).integers(
    0, 256, [3, painter.SIZE, painter.SIZE, 3], np.uint8
)
FLOW = np.full([2, painter.SIZE, painter.SIZE, 2], 0.1, np.float32)


def test_signatures_and_answers_are_those_of_the_model(client, folder) -> None:
    inside = in_process.InProcessClient.load(folder / "painter/1")
    assert client.signatures() == inside.signatures()
    for given in (
        {"frames": FRAMES, "flow": FLOW},
        {"frames": FRAMES[None], "flow": FLOW[None]},
    ):
        found = client.predict(signature="predict", **given)
        expected = inside.predict(signature="predict", **given)
        assert set(found) == set(expected)
        for name, array in expected.items():
            assert found[name].dtype == array.dtype
            # Sums over several threads come in any order.
            np.testing.assert_allclose(found[name], array, rtol=1e-6)


def test_only_wanted_outputs_come(client) -> None:
    found = client.predict(
        signature="predict_next",
        outputs=["next_state_count"],
        frames=FRAMES[None],
        state_count=[[4]],
    )
    assert {name: one.tolist() for name, one in found.items()} == {
        "next_state_count": [[7.0]]
    }


def test_texts_truths_and_empty_axes_travel(address) -> None:
    words = RestClient(rest_client.url(address, "words"))
    found = words.predict(text=np.array(["né", b"\xff\xfe"], object))
    assert found["loud"].tolist() == ["né!".encode(), b"\xff\xfe!"]
    assert found["raw_bytes"].tolist() == ["né".encode(), b"\xff\xfe"]
    assert found["is_long"].tolist() == [True, False]
    assert found["video"].shape == (2, 0, 2, 2, 3) and found["video"].dtype == np.uint8
    assert words.predict(text="one")["loud"] == b"one!"
    # Its only output comes without a name.
    found = words.predict(signature="count", text=["one", "three"])
    assert found["length"].tolist() == [3, 5]


def test_a_version_can_be_named(address) -> None:
    RestClient(rest_client.url(address, "painter", 1)).signatures()
    with pytest.raises(errors.UserError, match=r"painter, 2"):
        RestClient(rest_client.url(address, "painter", 2)).signatures()


@pytest.mark.parametrize(
    "inputs, said",
    [
        ({"frames": FRAMES, "flow": FLOW * 100}, r"^every value of `flow` of predict "),
        ({"frames": FRAMES}, r"missing \['flow'\]"),
        ({"frames": FRAMES, "flow": FLOW, "signature": "sing"}, "no signature 'sing'"),
    ],
)
def test_what_does_not_fit_is_one_line(client, inputs, said) -> None:
    with pytest.raises(errors.UserError, match=said) as caught:
        client.predict(**inputs)
    assert "\n" not in str(caught.value)


def test_a_model_or_server_that_is_not_there_is_told(address) -> None:
    with pytest.raises(errors.UserError, match="Servable not found.*a/b"):
        RestClient(rest_client.url(address, "a/b")).signatures()
    with pytest.raises(errors.UserError, match=r"No REST server answers at http://127"):
        RestClient("http://127.0.0.1:1/v1/models/painter").signatures()
    for url in ("localhost:8500", "http://localhost:8501", "/v1/models/painter"):
        with pytest.raises(errors.UserError, match="is no address of a served model"):
            RestClient(url)

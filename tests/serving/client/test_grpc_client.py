import concurrent.futures
import pathlib
import threading
import time
from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from tests.serving import models
from tfvideogan.core import errors
from tfvideogan.serving.client import grpc_client
from tfvideogan.serving.client.grpc_client import PredictionClient
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the toolbox."""
    folder = tmp_path_factory.mktemp("models")
    box = models.Toolbox()
    models.export(
        box, folder / "1", serving_default=box.echo, add=box.add, checked=box.checked,
        slow=box.slow,
    )  # fmt: skip
    started = local_server.LocalServer(
        local_server.Options(
            models=(config.ModelConfig("toolbox", folder),), pick_ports=True
        )
    )
    started.start()
    yield started.grpc_address
    started.stop()


@pytest.fixture
def client(server: str) -> Iterator[PredictionClient]:
    with PredictionClient(server) as made:
        yield made


def test_arrays_go_in_and_come_out(client: PredictionClient) -> None:
    answer = client.predict("toolbox", signature="add", a=[1.0, 2.0], b=[3.0, 5.0])
    assert answer["sum"].tolist() == [4.0, 7.0]
    assert answer["difference"].dtype == np.float32


def test_only_wanted_outputs_come(client: PredictionClient) -> None:
    answer = client.predict("toolbox", signature="add", outputs=["sum"], a=[1], b=[2])
    assert list(answer) == ["sum"]


def test_a_single_example_needs_no_batch_axis(client: PredictionClient) -> None:
    frames = np.zeros([2, 4, 4, 3], np.uint8)
    answer = client.predict("toolbox", signature="checked", frames=frames)
    assert answer["frames"].shape == (2, 4, 4, 3)
    answer = client.predict("toolbox", signature="checked", frames=frames[np.newaxis])
    assert answer["frames"].shape == (1, 2, 4, 4, 3)


def test_what_a_cast_would_change_is_refused(client: PredictionClient) -> None:
    frames = np.full([1, 2, 4, 4, 3], 0.5)
    with pytest.raises(errors.UserError, match="`frames` is float64 and would change"):
        client.predict("toolbox", signature="checked", frames=frames)
    answer = client.predict("toolbox", signature="checked", frames=np.round(frames))
    assert answer["frames"].max() == 255


def test_inputs_that_do_not_fit_show_the_signature(client: PredictionClient) -> None:
    with pytest.raises(
        errors.UserError, match=r"missing \['b'\], unknown \['c'\].*add\("
    ):
        client.predict("toolbox", signature="add", a=[1], c=[1])
    with pytest.raises(errors.UserError, match="no signature 'nope'; it has add, "):
        client.predict("toolbox", signature="nope")


def test_signatures_and_versions_are_told(client: PredictionClient) -> None:
    found = client.signatures("toolbox")
    assert found["checked"].describe() == (
        "checked(frames: uint8[?, ?, 4, 4, 3]) -> frames: uint8[?, ?, 4, 4, 3]"
    )
    assert "__saved_model_init_op" not in found
    assert client.versions("toolbox") == {1: "AVAILABLE"}
    client.wait("toolbox", 0)


def test_an_unknown_model_is_an_error_with_its_code(client: PredictionClient) -> None:
    with pytest.raises(grpc_client.PredictionError, match="Latest") as caught:
        client.predict("absent", x=[1])
    assert caught.value.code == grpc.StatusCode.NOT_FOUND


def test_a_deadline_is_kept(client: PredictionClient) -> None:
    start = time.monotonic()
    with pytest.raises(grpc_client.PredictionError, match="raise `timeout`"):
        client.predict("toolbox", signature="slow", timeout=0.2, n=[2_000_000_000])
    assert time.monotonic() - start < 5


def test_the_message_limit_is_explained(server: str) -> None:
    with (
        PredictionClient(server, max_message_bytes=100_000) as small,
        pytest.raises(grpc_client.PredictionError, match="max_message_bytes"),
    ):
        small.predict("toolbox", x=np.zeros(200_000, np.uint8))


def test_no_server_is_unreachable_after_retries() -> None:
    with (
        PredictionClient("127.0.0.1:1", retries=1) as lost,
        pytest.raises(grpc_client.ServerUnreachable, match="no server answers"),
    ):
        lost.predict("toolbox", x=[1])


def test_where_no_server_ever_was_none_is_asked_again(monkeypatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(grpc_client.time, "sleep", pauses.append)
    with PredictionClient("127.0.0.1:1") as lost:
        with pytest.raises(grpc_client.ServerUnreachable, match="no server answers"):
            lost.versions("m")
        assert not pauses
        lost._has_answered = True  # it was there: it may come back
        with pytest.raises(grpc_client.ServerUnreachable):
            lost.versions("m")
    assert len(pauses) == grpc_client.DEFAULT_RETRIES


class Flaky:
    """A server that fails a number of times with a status, then echoes nothing."""

    def __init__(self, code: grpc.StatusCode, failures: int) -> None:
        self.calls, self.failures, self.code = 0, failures, code
        self.lock = threading.Lock()
        handler = grpc.unary_unary_rpc_method_handler(self.answer)
        name = "tensorflow.serving.ModelService"
        self.server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(2),
            handlers=[
                grpc.method_handlers_generic_handler(name, {"GetModelStatus": handler})
            ],
        )
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        with self.lock:
            self.calls += 1
        if self.calls <= self.failures:
            context.abort(self.code, "not now")
        return b""


@pytest.mark.parametrize(
    "code, calls",
    [(grpc.StatusCode.UNAVAILABLE, 3), (grpc.StatusCode.RESOURCE_EXHAUSTED, 1)],
)
def test_only_unavailable_is_tried_again(code: grpc.StatusCode, calls: int) -> None:
    flaky = Flaky(code, 2)
    with PredictionClient(flaky.address) as client:
        if calls == 1:
            with pytest.raises(grpc_client.PredictionError, match="not now"):
                client.versions("m")
        else:
            assert client.versions("m") == {}
    flaky.server.stop(0).wait()
    assert flaky.calls == calls


def test_eight_clients_at_once_get_their_own_answers(client: PredictionClient) -> None:
    def ask(number: int) -> bool:
        x = np.full([50], number, np.uint8)
        return bool((client.predict("toolbox", x=x)["y"] == number).all())

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def test_a_path_as_a_model_name_finds_nothing(client: PredictionClient) -> None:
    for name in (
        "../toolbox",
        "/etc/passwd",
        "toolbox/1",
        pathlib.Path("..").as_posix(),
    ):
        with pytest.raises(grpc_client.PredictionError, match="NOT_FOUND"):
            client.predict(name, x=[1])

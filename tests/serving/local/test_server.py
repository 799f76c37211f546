"""The local server under fire, and behind TLS."""

import collections
import concurrent.futures
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from tests.serving import models
from tfvideogan.serving.client.grpc_client import PredictionClient, PredictionError
from tfvideogan.serving.local import flags as local_flags
from tfvideogan.serving.local import health
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config as local_config

REQUESTS = 1000
TIMEOUT = 60.0
PREDICT = "/tensorflow.serving.PredictionService/Predict"
Code = grpc.StatusCode


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made = tmp_path_factory.mktemp("models")
    box = models.Toolbox()
    models.export(box, made / "1", serving_default=box.checked)
    return made


@pytest.fixture(scope="module")
def server(folder: pathlib.Path) -> Iterator[local_server.LocalServer]:
    config = local_config.ModelConfig("box", folder)
    made = local_server.LocalServer(
        local_server.Options(models=(config,), pick_ports=True)
    )
    made.start()
    yield made
    made.stop()


def good() -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "box"
    frames = np.zeros([1, 2, 4, 4, 3], np.uint8)
    request.inputs["frames"].CopyFrom(tf.make_tensor_proto(frames))
    return request


def damaged(
    number: int, draw: np.random.Generator
) -> tuple[bytes, set[grpc.StatusCode]]:
    """A request that is wrong in one of ten ways, and the statuses it may get."""
    request, wrong = good(), {Code.INVALID_ARGUMENT}
    frames = request.inputs["frames"]
    kind = number % 10
    if kind == 0:  # rank
        size = int(draw.integers(1, 4))
        frames.CopyFrom(tf.make_tensor_proto(np.zeros([3] * size, np.uint8)))
    elif kind == 1:  # size
        shape = [1, 2, 4, int(draw.integers(5, 99)), 3]
        frames.CopyFrom(tf.make_tensor_proto(np.zeros(shape, np.uint8)))
    elif kind == 2:  # dtype
        frames.CopyFrom(tf.make_tensor_proto(np.zeros([1, 2, 4, 4, 3], np.float32)))
    elif kind == 3:  # name of an input
        request.inputs[f"x{number}"].CopyFrom(frames)
        del request.inputs["frames"]
    elif kind == 4:  # name of the model
        request.model_spec.name = f"../{number}"
        wrong = {Code.NOT_FOUND}
    elif kind == 5:  # name of the signature
        request.model_spec.signature_name = f"s{number}"
        wrong = {Code.FAILED_PRECONDITION}
    elif kind == 6:  # truncated tensor
        frames.tensor_content = frames.tensor_content[: int(draw.integers(1, 96))]
    elif kind == 7 and number % 20 < 10:  # oversized tensor: more bytes than its shape
        frames.tensor_content += draw.bytes(int(draw.integers(1, 100_000)))
    elif kind == 7:  # or a shape beyond all memory
        frames.tensor_shape.dim[0].size = 2 ** int(draw.integers(40, 62))
    elif kind == 8:  # random bytes, which may by chance be a message without a model
        return b"\xff" + draw.bytes(int(draw.integers(1, 300))), wrong
    else:  # dtype that does not exist
        frames.dtype = int(draw.integers(100, 200))
    return request.SerializeToString(), wrong


@pytest.mark.slow
def test_a_thousand_malformed_requests_get_their_status(
    server: local_server.LocalServer,
) -> None:
    draw = np.random.default_rng(3)
    seen: collections.Counter[grpc.StatusCode] = collections.Counter()
    with grpc.insecure_channel(server.grpc_address) as channel:
        call = channel.unary_unary(PREDICT)
        for number in range(REQUESTS):
            content, wrong = damaged(number, draw)
            with pytest.raises(grpc.RpcError) as caught:
                call(content, timeout=30)
            assert caught.value.code() in wrong, (number % 10, caught.value.details())
            seen[caught.value.code()] += 1
        answer = call(good().SerializeToString(), timeout=30)
    outputs = predict_pb2.PredictResponse.FromString(answer).outputs
    assert tf.make_ndarray(outputs["frames"]).min() == 255
    assert seen[Code.NOT_FOUND] == seen[Code.FAILED_PRECONDITION] == REQUESTS // 10


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"POST /v1/models/box:predict HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/models/box:predict HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /v1/models/box:predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"DELETE /v1/models/box HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_rest_request_is_a_400(
    server: local_server.LocalServer, content: bytes
) -> None:
    host, port = server.rest_address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert b" 400 " in answer or b"Error code: 400" in answer


def test_a_name_that_leads_elsewhere_is_not_a_model(
    server: local_server.LocalServer,
) -> None:
    host, port = server.rest_address.split(":")
    for path in ("..%2F..%2Fetc", "%2Fetc%2Fpasswd", "box%00"):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            request = f"GET /v1/models/{path} HTTP/1.1\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            assert b" 404 " in connection.makefile("rb").readline()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its keys with openssl")
def test_tls_is_what_the_config_file_says(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    file = tmp_path / "ssl.config"
    quoted = {
        name: path.read_text().replace("\n", "\\n")
        for name, path in (("server_key", key), ("server_cert", certificate))
    }
    file.write_text("\n".join(f'{name}: "{text}"' for name, text in quoted.items()))
    flags = ("--pick_ports", "--model_name=box", f"--model_base_path={folder}")
    options = local_flags.parser("").parse_args([*flags, f"--ssl_config_file={file}"])
    server = local_server.LocalServer(local_flags.settings(options))
    server.start()
    trusted = grpc.ssl_channel_credentials(certificate.read_bytes())
    named = {"credentials": trusted, "server_name": "localhost"}
    with PredictionClient(server.grpc_address, **named) as client:
        assert client.versions("box") == {1: "AVAILABLE"}
    server.stop()


# --- The end


@pytest.fixture
def endless(tmp_path: pathlib.Path) -> Iterator[local_server.LocalServer]:
    """A server of a model that counts without end."""
    box = models.Toolbox()
    models.export(box, tmp_path / "1", serving_default=box.slow)
    config = local_config.ModelConfig("box", tmp_path)
    made = local_server.LocalServer(
        local_server.Options(
            models=(config,),
            pick_ports=True,
            enable_grpc_healthcheck_service=True,
            metrics_path="/metrics",
        )
    )
    made.start()
    yield made
    made.stop(0.0)


def count(server: local_server.LocalServer, number: int) -> str:
    """Counts to a number by gRPC; returns the code."""
    with PredictionClient(server.grpc_address, retries=0, timeout=100) as client:
        try:
            client.predict("box", n=np.int32([number]))
        except PredictionError as error:
            return error.code.name
    return "OK"


def count_by_rest(server: local_server.LocalServer, number: int) -> int:
    """Counts to a number by REST; returns the status."""
    connection = http.client.HTTPConnection(server.rest_address, timeout=100)
    body = json.dumps({"inputs": [number]})
    connection.request("POST", "/v1/models/box:predict", body)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


ENDLESS = 2_000_000_000


def await_users(server: local_server.LocalServer, users: int) -> None:
    """Waits until so many requests run."""
    known = server._manager._servables["box"][1]
    while known.users < users:
        time.sleep(0.01)


@pytest.mark.slow
def test_both_doors_cut_off_what_does_not_end(
    endless: local_server.LocalServer,
) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(count, endless, ENDLESS)
        by_rest = pool.submit(count_by_rest, endless, ENDLESS)
        await_users(endless, 2)
        assert endless.stop(grace=0.1)
        assert running.result(TIMEOUT) == "UNAVAILABLE"
        assert by_rest.result(TIMEOUT) == 503
    assert count(endless, 1) == "UNAVAILABLE"
    with pytest.raises(ConnectionRefusedError):
        count_by_rest(endless, 1)


@pytest.mark.slow
def test_both_doors_let_what_runs_end(endless: local_server.LocalServer) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(count, endless, 10_000)
        by_rest = pool.submit(count_by_rest, endless, 10_000)
        await_users(endless, 1)
        assert endless.stop(grace=TIMEOUT)
        codes = {running.result(TIMEOUT), by_rest.result(TIMEOUT)}
    # One may have come when the doors were closed already.
    assert codes <= {"OK", 200, "UNAVAILABLE", 503} and codes & {"OK", 200}


def test_health_is_listed_and_watched(endless: local_server.LocalServer) -> None:
    with grpc.insecure_channel(endless.grpc_address) as channel:
        ask = channel.unary_unary("/grpc.health.v1.Health/List")
        listed = ask(b"", timeout=30)
        answer = health.HealthListResponse.FromString(listed)
        assert {one.status for one in answer.statuses.values()} == {health.SERVING}
        assert set(answer.statuses) == set(health.NAMES)
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")
        seen = watch(b"", timeout=30)
        unknown = watch(b"\x0a\x03foo", timeout=30)
        assert next(seen) == b"\x08\x01"  # field 1: SERVING
        assert next(unknown) == b"\x08\x03"  # SERVICE_UNKNOWN
        endless.stop(0.1)
        assert list(seen) == list(unknown) == [b"\x08\x02"]  # NOT_SERVING, and the end


def test_status_and_health_are_no_requests(endless: local_server.LocalServer) -> None:
    def asked(method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(endless.rest_address, timeout=30)
        connection.request(method, path, body)
        response = connection.getresponse()
        content = response.read().decode()
        connection.close()
        return response.status, content

    with PredictionClient(endless.grpc_address) as client:
        client.versions("box")
        client.signatures("box")
    with grpc.insecure_channel(endless.grpc_address) as channel:
        channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=30)
    asked("GET", "/v1/models/box")
    assert "request_count{" not in asked("GET", "/metrics")[1]
    assert asked("POST", "/v1/models/box:predict", "{}")[0] == 400
    head = ":tensorflow:serving:request_"
    text = asked("GET", "/metrics")[1]
    assert f'{head}count{{model_name="box",status="INVALID_ARGUMENT"}} 1' in text
    assert f"{head}latency" not in text  # what failed is not timed
    assert asked("POST", "/v1/models/box:predict", '{"inputs": [1]}')[0] == 200
    text = asked("GET", "/metrics")[1]
    assert f'{head}count{{model_name="box",status="OK"}} 1' in text
    labels = 'model_name="box",API="Predict",entrypoint="REST"'
    assert f"{head}latency_count{{{labels}}} 1" in text

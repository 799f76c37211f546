"""The local server under fire, and behind TLS."""

import collections
import pathlib
import shutil
import socket
import subprocess
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from tests.serving import models
from tfvideogan.serving.client.grpc_client import PredictionClient
from tfvideogan.serving.local import flags as local_flags
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config as local_config

REQUESTS = 1000
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

"""How the conformance cases speak to a server, and what they expect of it."""

import dataclasses
import http.client
import json
import os
import pathlib
import time
from collections.abc import Callable

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfvideogan.serving.local import server as local_server

# A server that runs already, see conftest.py.
GRPC = os.environ.get("TFVIDEOGAN_TFS_GRPC")
REST = os.environ.get("TFVIDEOGAN_TFS_REST", "")
ROOT = os.environ.get("TFVIDEOGAN_TFS_MODELS")
TIMEOUT = 30.0
PATIENCE = 20.0

ours_only = pytest.mark.skipif(GRPC is not None, reason="needs a server of its own")


@dataclasses.dataclass
class Server:
    """A running server and what it serves."""

    grpc: str
    rest: str
    root: pathlib.Path

    def __post_init__(self) -> None:
        limits = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
        ]
        self.channel = grpc.insecure_channel(self.grpc, limits)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(
            self.channel
        )
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def predict(self, name: str = "default", version: int | None = None, **more):
        """Sends a Predict request; `inputs` are arrays, `signature` a name."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = name
        request.model_spec.signature_name = more.get("signature", "")
        if version is not None:
            request.model_spec.version.value = version
        if "label" in more:
            request.model_spec.version_label = more["label"]
        for alias, array in more.get("inputs", {}).items():
            request.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
        request.output_filter.extend(more.get("outputs", ()))
        return self.prediction.Predict(request, timeout=more.get("timeout", TIMEOUT))

    def status(self, name: str, version: int | None = None):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        if version is not None:
            request.model_spec.version.value = version
        return self.models.GetModelStatus(request, timeout=TIMEOUT).model_version_status

    def reload(self, text: str) -> None:
        """Replaces the models by those of a text-format config."""
        request = model_management_pb2.ReloadConfigRequest()
        text_format.Parse(text, request.config)
        self.models.HandleReloadConfigRequest(request, timeout=TIMEOUT)

    def http(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Sends one REST request; bodies that are not bytes become JSON."""
        connection = http.client.HTTPConnection(self.rest, timeout=TIMEOUT)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method, path, body)
        response = connection.getresponse()
        content = response.read()
        assert path.startswith("/monitoring") or (
            response.getheader("Content-Type") == "application/json"
        )
        connection.close()
        return response.status, content

    def post(self, path: str, body: object) -> tuple[int, dict]:
        status, content = self.http("POST", path, body)
        return status, json.loads(content)


def start(**options) -> local_server.LocalServer:
    # As a production server does by default.
    options = {"enable_serialization_as_tensor_content": False} | options
    started = local_server.LocalServer(local_server.Options(pick_ports=True, **options))
    started.start()
    return started


def fails(call: Callable[[], object], code: grpc.StatusCode, *texts: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    details = caught.value.details()
    assert caught.value.code() == code, details
    for text in texts:
        assert text in details


def eventually(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def x(*values: float) -> dict[str, np.ndarray]:
    return {"x": np.array(values, np.float32)}


def examples(request, *values: float):
    """Fills a request with one tf.Example per value of the feature x."""
    for value in values:
        example = request.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)
    return request


def model(name: str, path: pathlib.Path, more: str = "") -> str:
    return (
        f"config {{ name: '{name}' base_path: '{path}' "
        f"model_platform: 'tensorflow' {more} }}"
    )


def listed(*configs: str) -> str:
    return f"model_config_list {{ {' '.join(configs)} }}"

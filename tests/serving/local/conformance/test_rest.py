"""The cases of a server that speaks TensorFlow Serving's protocol: REST."""

import base64
import io
import json

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.serving.local.conformance import wire

# One server for all files of this folder.
pytestmark = pytest.mark.xdist_group("conformance")

Code = grpc.StatusCode


PREDICT = "/v1/models/default:predict"


def test_r01_rows(server: wire.Server) -> None:
    answer = server.post(PREDICT, {"instances": [2.0, 3.0, 4.0]})
    assert answer == (200, {"predictions": [3.0, 3.5, 4.0]})


def test_r02_columns(server: wire.Server) -> None:
    answer = server.post(PREDICT, {"inputs": [2.0, 3.0, 4.0]})
    assert answer == (200, {"outputs": [3.0, 3.5, 4.0]})


@pytest.mark.parametrize("path", ["", "/versions/123", "/labels/stable"])
def test_r03_versions_labels_and_nested_lists(server: wire.Server, path: str) -> None:
    body = {"signature_name": "serving_default", "instances": [[1, 2], [3, 4]]}
    answer = server.post(f"/V1/models/default{path}:PREDICT", body)
    assert answer == (200, {"predictions": [[2.5, 3.0], [3.5, 4.0]]})


@pytest.mark.parametrize("path", ["foo", "default/versions/50"])
def test_r04_the_unknown_is_not_found(server: wire.Server, path: str) -> None:
    status, answer = server.post(f"/v1/models/{path}:predict", {"instances": [1.0]})
    assert status == 404
    assert "Servable not found for request" in answer["error"]


@pytest.mark.parametrize(
    "body, text",
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"instances = [1, 2]", "JSON Parse error: Invalid value"),
        (b"[1]", "Is not object"),
        ({"instances": ["x", "y"]}, "not of expected type: float"),
        ({"instances": [True]}, "not of expected type: float"),
        ({"signature_name": 100}, "'signature_name' key must be a string value."),
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"instances": 1}, "Expecting 'instances' to be an list/array"),
        ({"instances": []}, "No values in 'instances' array"),
        (
            {"signature_name": "x", "instances": [1]},
            'Serving signature name: "x" not found in signature def',
        ),
        ({"instances": [[1, 2], [3]]}, "Expecting tensor size: 2 but got: 1"),
        ({"instances": [[[1], [2]], [[3, 4]]]}, "Expecting shape"),
        ({"instances": [1], "inputs": [1]}, "expecting only one of"),
        ({"instances": [1, {"x": 1}]}, "Expecting value/list but got object at item 1"),
        (b"[" * 100_000, "JSON Parse error"),
        (b'{"instances": [' + b"[" * 900 + b"]" * 900 + b"]}", ""),
    ],
)
def test_r05_to_r17_bodies_that_cannot_be_answered(
    server: wire.Server, body: object, text: str
) -> None:
    status, answer = server.post(PREDICT, body)
    assert status == 400
    assert text in answer["error"]


def test_r09_an_unknown_label_is_told(server: wire.Server) -> None:
    path = "/v1/models/default/labels/foo:predict"
    status, answer = server.post(path, {"instances": [1.0]})
    assert status == 400
    assert "Unrecognized servable version label" in answer["error"]


@pytest.mark.parametrize("path", ["", "/versions/123", "/labels/stable"])
def test_r11_status(server: wire.Server, path: str) -> None:
    status, content = server.http("GET", f"/v1/models/default{path}")
    sound = {"error_code": "OK", "error_message": ""}
    version = {"version": "123", "state": "AVAILABLE", "status": sound}
    assert status == 200
    assert json.loads(content) == {"model_version_status": [version]}


def test_r12_metadata(server: wire.Server) -> None:
    status, content = server.http("GET", "/v1/models/default/metadata")
    answer = json.loads(content)
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert status == 200
    assert answer["model_spec"]["name"] == "default"
    assert answer["model_spec"]["version"] == "123"
    assert signatures["serving_default"]["inputs"]["x"] == {
        "dtype": "DT_FLOAT",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
            "unknown_rank": False,
        },
        "name": "serving_default_x:0",
    }
    assert server.post("/v1/models/default/metadata", {})[0] == 400


@pytest.mark.parametrize(
    "method, path, text",
    [
        ("GET", "/v1/foo", "Malformed request: GET /v1/foo"),
        ("POST", "/v1/foo", "Malformed request"),
        ("POST", "/v1/models", "Malformed request"),
        ("GET", "/v1/models/foo:predict", "Malformed request"),
        ("POST", "/v1/models/foo/version/50:predict", "Malformed request"),
        ("POST", "/v1/models/foo/versions/HELLO:regress", "Malformed request"),
        ("POST", "/v1/models/foo/label/x:regress", "Malformed request"),
        ("POST", "/v1/models/foo/versions/50/labels/x:regress", "Malformed request"),
        ("GET", "/v1/models", "Missing model name"),
        (
            "GET",
            "/v1/models/default/versions/18446744073709551615",
            "Failed to convert version",
        ),
        ("GET", "/v1/models/../../etc/passwd", "Malformed request"),
    ],
)
def test_r13_to_r15_malformed_paths(
    server: wire.Server, method: str, path: str, text: str
) -> None:
    status, content = server.http(method, path, b"{}" if method == "POST" else None)
    assert status == 400
    assert text in json.loads(content)["error"]


def test_r16_classify_and_regress(server: wire.Server) -> None:
    body = {"signature_name": "classify_x_to_y", "examples": [{"x": 2.0}]}
    answer = server.post("/v1/models/default:classify", body)
    assert answer == (200, {"results": [[["", 3.0]]]})
    body = {
        "signature_name": "regress_x_to_y",
        "context": {"x": 2.0},
        "examples": [{"other": 1}],
    }
    answer = server.post("/v1/models/default:regress", body)
    assert answer == (200, {"results": [3.0]})


TOOLBOX = "/v1/models/toolbox:predict"


def test_r18_several_inputs(server: wire.Server) -> None:
    add = {"signature_name": "add"}
    row = {"a": 1.0, "b": 2.0}
    expected = [{"sum": 3.0, "difference": -1.0}]
    answer = server.post(TOOLBOX, add | {"instances": [row]})
    assert answer == (200, {"predictions": expected})
    status, answer = server.post(TOOLBOX, add | {"instances": [1.0]})
    assert (status, "expecting list of objects" in answer["error"]) == (400, True)
    status, answer = server.post(TOOLBOX, add | {"instances": [{"a": 1.0}]})
    assert (status, "keys must be equal to" in answer["error"]) == (400, True)
    status, answer = server.post(TOOLBOX, add | {"inputs": {"b": [1.0]}})
    assert (status, "Missing named input: a" in answer["error"]) == (400, True)


def test_r19_bytes_travel_as_base64(server: wire.Server) -> None:
    body = {"signature_name": "generate", "instances": [5, 6]}
    status, answer = server.post(TOOLBOX, body)
    assert status == 200
    for row in answer["predictions"]:
        for number, file in enumerate(row["frames_bytes"]):
            picture = Image.open(io.BytesIO(base64.b64decode(file["b64"])))
            np.testing.assert_array_equal(picture, row["video_uint8"][number])
    text = {"b64": base64.b64encode(b"\xff\x00").decode()}
    body = {"signature_name": "strings", "instances": ["a", text]}
    status, content = server.http("POST", TOOLBOX, body)
    assert b'{"text": "\xff\\u0000", "text_bytes": {"b64": "/wA="}}' in content


def test_r20_floats_are_short_and_nan_is_a_token(server: wire.Server) -> None:
    body = {"signature_name": "root", "inputs": [0.04, 9.0, -1.0]}
    status, content = server.http("POST", TOOLBOX, body)
    assert (status, content) == (200, b'{"outputs": [0.2, 3.0, NaN]}')


def test_an_output_without_json_is_refused(server: wire.Server) -> None:
    body = {"signature_name": "half", "inputs": [1.0]}
    status, answer = server.post(TOOLBOX, body)
    assert status == 400
    assert "Failed to write JSON value for tensor type: half" in answer["error"]


def request_count(server: wire.Server) -> float:
    status, content = server.http("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert b"# TYPE" in content
    head = ':tensorflow:serving:request_count{model_name="default",status="OK"} '
    lines = [line for line in content.decode().splitlines() if line.startswith(head)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def test_r21_the_request_counter_counts(server: wire.Server) -> None:
    before = request_count(server)
    server.predict(inputs=wire.x(2))
    server.post(PREDICT, {"instances": [1.0]})
    assert request_count(server) == before + 2


def test_r22_both_front_ends_give_the_same_bits(server: wire.Server) -> None:
    body = {"signature_name": "generate", "inputs": [7]}
    _, answer = server.post(TOOLBOX, body)
    same = server.predict(
        "toolbox", signature="generate", inputs={"seed": np.int64([7])}
    )
    np.testing.assert_array_equal(
        np.array(answer["outputs"]["video"], np.float32),
        tf.make_ndarray(same.outputs["video"]),
    )

"""The cases of the production server's own tests of its REST interface.

They stand in tensorflow_serving/model_servers/http_rest_api_handler_test.cc and
tensorflow_model_server_test.py of github.com/tensorflow/serving (commit 9d981c5c of July
2026). Its tests of paths and bodies are in ../test_rest_frontend.py and
../test_rest_json.py.
"""

import json

import pytest

from tests.serving.local.conformance import wire

# One server for all files of this folder.
pytestmark = pytest.mark.xdist_group("conformance")

DEFAULT = "/v1/models/default"
VERSIONS = ["", "/versions/123", "/labels/stable"]

# UnsupportedApiCalls, PredictModelNameVersionErrors, PredictRequestErrors: method, path,
# body, status, what the error says.
ERRORS = [
    ("GET", "/v1/foo", "", 400, "Malformed request"),
    ("POST", "/v1/foo", "", 400, "Malformed request"),
    ("GET", "/v1/models", "", 400, "Missing model name"),
    ("GET", "/v1/models/debug/model_name", "", 400, "Malformed request"),
    ("POST", "/v1/models", "", 400, "Malformed request"),
    ("GET", "/v1/models/foo:predict", "", 400, "Malformed request"),
    ("GET", "/v1/models/foo/version/50:predict", "", 400, "Malformed request"),
    ("POST", "/v1/models/foo/version/50:regress", "", 400, "Malformed request"),
    ("POST", "/v1/models/foo/versions/HELLO:regress", "", 400, "Malformed request"),
    (
        "POST",
        f"/v1/models/foo/versions/{2**64 - 1}:regress",
        "",
        400,
        "Failed to convert version",
    ),
    ("POST", "/v1/models/foo/metadata", "", 400, "Malformed request"),
    ("POST", "/v1/models/foo/label/some_label:regress", "", 400, "Malformed request"),
    (
        "POST",
        "/v1/models/foo/versions/50/labels/some_label:regress",
        "",
        400,
        "Malformed request",
    ),
    (
        "POST",
        "/v1/models/foo/versions/some_label:regress",
        "",
        400,
        "Malformed request",
    ),
    ("POST", "/v1/models/foo:predict", '{"instances": [1]}', 404, ""),
    ("POST", "/v1/models/foo/versions/50:predict", '{"instances": [1]}', 404, ""),
    ("POST", "/v1/models/default99:predict", '{"instances": [1]}', 404, ""),
    ("POST", f"{DEFAULT}:predict", "", 400, "JSON Parse error: The document is empty"),
    (
        "POST",
        f"{DEFAULT}:predict",
        "instances = [1, 2]",
        400,
        "JSON Parse error: Invalid value",
    ),
    (
        "POST",
        f"{DEFAULT}:predict",
        '{"instances": ["x", "y"]}',
        400,
        "not of expected type: float",
    ),
    (
        "POST",
        f"{DEFAULT}/labels/nonexistent:predict",
        '{"instances": ["x", "y"]}',
        400,
        "Unrecognized servable version label",
    ),
    (
        "POST",
        f"{DEFAULT}:predict",
        '{"signature_name": 100}',
        400,
        "'signature_name' key must be a string value.",
    ),
]


@pytest.mark.parametrize("method, path, body, code, text", ERRORS)
def test_errors(server: wire.Server, method, path, body, code, text) -> None:
    status, content = server.http(method, path, body.encode())
    assert status == code
    assert text in json.loads(content)["error"]


PREDICTIONS = [
    (
        "",
        {"instances": [[1.0, 2.0], [3.0, 4.0]]},
        {"predictions": [[2.5, 3.0], [3.5, 4.0]]},
    ),
    ("/versions/123", {"instances": [1.0, 2.0]}, {"predictions": [2.5, 3.0]}),
    ("/labels/stable", {"instances": [1.0, 2.0]}, {"predictions": [2.5, 3.0]}),
    (
        "/versions/123",
        {"signature_name": "serving_default", "instances": [3.0, 4.0]},
        {"predictions": [3.5, 4.0]},
    ),
    (
        "/versions/123",
        {"signature_name": "serving_default", "inputs": [3.0, 4.0]},
        {"outputs": [3.5, 4.0]},
    ),
    # testPredictREST, testPredictColumnarREST
    ("", {"instances": [2.0, 3.0, 4.0]}, {"predictions": [3.0, 3.5, 4.0]}),
    ("", {"inputs": [2.0, 3.0, 4.0]}, {"outputs": [3.0, 3.5, 4.0]}),
]


@pytest.mark.parametrize("version, body, expected", PREDICTIONS)
def test_predict(server: wire.Server, version: str, body: dict, expected: dict) -> None:
    assert server.post(f"{DEFAULT}{version}:predict", body) == (200, expected)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("x, y", [(80.0, 42.0), (2.0, 3.0)])
def test_regress(server: wire.Server, version: str, x: float, y: float) -> None:
    body = {"signature_name": "regress_x_to_y", "examples": [{"x": x}]}
    answer = server.post(f"{DEFAULT}{version}:regress", body)
    assert answer == (200, {"results": [y]})


@pytest.mark.parametrize(
    "version, x, y", [("", 20.0, 12.0), ("/labels/stable", 10.0, 7.0), ("", 2.0, 3.0)]
)
def test_classify(server: wire.Server, version: str, x: float, y: float) -> None:
    body = {"signature_name": "classify_x_to_y", "examples": [{"x": x}]}
    answer = server.post(f"{DEFAULT}{version}:classify", body)
    assert answer == (200, {"results": [[["", y]]]})


@pytest.mark.parametrize("version", VERSIONS)
def test_get_status(server: wire.Server, version: str) -> None:
    status, content = server.http("GET", f"{DEFAULT}{version}")
    sound = {"error_code": "OK", "error_message": ""}
    listed = [{"version": "123", "state": "AVAILABLE", "status": sound}]
    assert (status, json.loads(content)) == (200, {"model_version_status": listed})


def test_a_status_does_not_look_at_labels(server: wire.Server) -> None:
    # GetModelStatusImpl of get_model_status_impl.cc reads the version only.
    assert server.http("GET", f"{DEFAULT}/labels/none") == server.http("GET", DEFAULT)


def test_what_is_not_found_is_named(server: wire.Server) -> None:
    _, content = server.http("POST", "/v1/models/foo:predict", b'{"instances": [1]}')
    error = json.loads(content)["error"]
    assert error.startswith("Servable not found for request: Latest(foo)")


@wire.ours_only
def test_who_is_not_found_is_given_what_is_served(server: wire.Server) -> None:
    _, content = server.http("POST", "/v1/models/foo:predict", b'{"instances": [1]}')
    assert "served here: default:123, half_plus_three:123" in content.decode()


@pytest.mark.parametrize(
    "body, text",
    [
        (b'{"instances": [1e400]}', "Number too big to be stored in double."),
        (b'{"signature_name": "\\ud800"}', "The surrogate pair in string is invalid."),
        (
            b'{"signature_name": "\\udc00", "instances": [1]}',
            "not found in signature def",
        ),
        (
            b'{"signature_name": "__saved_model_init_op", "inputs": 1}',
            "Failed to get input map",
        ),
    ],
)
def test_what_the_standard_library_takes_is_refused(
    server: wire.Server, body: bytes, text: str
) -> None:
    status, content = server.http("POST", f"{DEFAULT}:predict", body)
    assert status == 400
    assert text in content.decode(errors="replace")


def test_a_scalar_string_is_answered(server: wire.Server) -> None:
    body = {"signature_name": "strings", "inputs": "text"}
    status, answer = server.post("/v1/models/toolbox:predict", body)
    assert (status, answer["outputs"]["text"]) == (200, "text")

"""Which model, version and method a path names.

The cases of tensorflow_serving/model_servers/http_rest_api_util_test.cc of
github.com/tensorflow/serving (commit 9d981c5c of July 2026), and further ones of
http_server.cc beside it.
"""

import contextlib
import json

import pytest
from tensorflow_serving.apis import get_model_status_pb2, model_pb2

from tfvideogan.serving.local import admission, counters, memory, rest_frontend, status
from tfvideogan.serving.local.http_server import Answer, Request

RESERVED = "!#$%&'()*+,/:;=?@[]"
ESCAPED = "%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D"
METRICS = "/monitoring/prometheus/metrics"


class Service:
    """A service without models: it remembers the last ModelSpec."""

    def __init__(self) -> None:
        self.spec = model_pb2.ModelSpec()
        self.kind = ""
        self.counters = counters.Counters()
        self.manager = self
        self.admission = admission.Admission()
        self.memory = memory.Returner()
        self.counted: list[tuple[str, str]] = []

    def status(self, request, timeout):
        del timeout
        self.spec, self.kind = request.model_spec, "status"
        return get_model_status_pb2.GetModelStatusResponse()

    def metadata(self, request, timeout):
        del timeout
        self.spec, self.kind = request.model_spec, "metadata"
        raise status.RequestError(status.Code.NOT_FOUND, "none")

    @contextlib.contextmanager
    def servable(self, spec):
        self.spec = spec
        raise status.RequestError(status.Code.NOT_FOUND, "none")
        yield

    def count(self, name, method, entry, code, start):
        del name, entry, start
        self.kind = method.lower()
        self.counted.append((method, code))


def asked(
    method: str, target: str, service: Service | None = None, **headers: str
) -> Answer:
    answers = rest_frontend.Answers(
        service or Service(), timeout=1.0, metrics_path=METRICS, has_cors=True
    )
    body = b'{"inputs": [1], "examples": [{}]}'
    return answers(Request(method, target, headers, body))


@pytest.mark.parametrize(
    "method, path, kind",
    [
        ("GET", "/v1/models/{}", "status"),
        ("GET", "/v1/models/{}/metadata", "metadata"),
        ("POST", "/v1/models/{}:predict", "predict"),
        ("POST", "/v1/models/{}:classify", "classify"),
    ],
)
def test_reserved_characters_are_part_of_a_name(method, path, kind) -> None:
    service = Service()
    asked(method, path.format(f"modelname{ESCAPED}"), service)
    assert (service.spec.name, service.kind) == (f"modelname{RESERVED}", kind)


@pytest.mark.parametrize(
    "method, end, kind",
    [
        ("GET", "", "status"),
        ("GET", "/metadata", "metadata"),
        ("POST", ":regress", "regress"),
    ],
)
def test_versions_and_labels_are_read(method: str, end: str, kind: str) -> None:
    service = Service()
    asked(method, f"/v1/models/modelname/versions/99{end}", service)
    assert (service.spec.version.value, service.kind) == (99, kind)
    asked(method, f"/v1/models/modelname/labels/latest{ESCAPED}{end}", service)
    assert service.spec.version_label == f"latest{RESERVED}"
    assert service.spec.name == "modelname"


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/v1/foo"),
        ("GET", "/v1/models/foo:predict"),
        ("GET", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo:predict?x=1"),
        ("POST", "/v1/foo"),
        ("POST", "/v1/models"),
        ("POST", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo/versions/string:predict"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:regress"),
        ("PUT", "/v1/models/foo"),
        ("HEAD", "/v1/models/foo"),
    ],
)
def test_other_paths_are_malformed(method: str, path: str) -> None:
    answer = asked(method, path)
    assert answer.status == 400
    assert json.loads(answer.content) == {
        "error": f"Malformed request: {method} {path}"
    }


def test_a_version_beyond_int64_is_no_number() -> None:
    answer = asked("POST", f"/v1/models/foo/versions/{2**64 - 1}:predict")
    assert answer.status == 400
    assert "Failed to convert version" in json.loads(answer.content)["error"]


def test_outside_the_api_there_is_nothing() -> None:
    for path in ("/", "/statuspage", "/v1", "*"):
        answer = asked("GET", path)
        assert (answer.status, answer.kind) == (404, "application/json")


def test_pages_of_other_sites_ask_first() -> None:
    answer = asked("OPTIONS", "/v1/models/x:predict", Origin="https://x.org")
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, GET"
    answer = asked("OPTIONS", "/v1/models/x:predict")
    assert answer.status == 400
    assert b"Origin header is missing in CORS preflight" in answer.content


def test_the_page_of_counters_has_one_path() -> None:
    assert asked("GET", METRICS).kind == "text/plain"
    answer = asked("GET", f"{METRICS}?x")
    assert answer.status == 400
    text = f"Unexpected path: {METRICS}?x. Should be {METRICS}"
    assert answer.content.decode() == text
    assert asked("GET", f"{METRICS}2").status == 404


def test_only_predict_classify_and_regress_are_counted() -> None:
    service = Service()
    asked("GET", "/v1/models/x", service)
    asked("GET", "/v1/models/x/metadata", service)
    asked("POST", "/v1/models/x", service)
    assert not service.counted
    asked("POST", "/v1/models/x:regress", service)
    assert service.counted == [("Regress", "NOT_FOUND")]

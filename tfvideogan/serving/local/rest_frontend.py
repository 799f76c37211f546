"""The REST front end: paths and statuses of the production server's HTTP API.

server = http_server.HttpServer(address, rest_frontend.Answers(service), admission)
"""

import re
import time
import urllib.parse
from typing import Any

from google.protobuf import json_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
)

from tfvideogan.core import signatures
from tfvideogan.serving.local import examples as local_examples
from tfvideogan.serving.local import (
    http_server,
    json_writer,
    predict,
    rest_json,
)
from tfvideogan.serving.local import service as local_service
from tfvideogan.serving.local import status as local_status
from tfvideogan.serving.local.http_server import Answer, Request
from tfvideogan.serving.local.lifecycle import session, versions

ENTRY = "REST"
TEXT = "text/plain"

_API = re.compile(r"/v1/.*", re.IGNORECASE)
_NAME = r"/(?P<name>[^/:]+)"
_VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_METHOD = r":(?P<method>classify|regress|predict)"
_POST = re.compile(rf"/v1/models{_NAME}{_VERSION}{_METHOD}", re.IGNORECASE)
_GET = re.compile(
    rf"/v1/models(?:{_NAME})?{_VERSION}(?P<metadata>/metadata)?", re.IGNORECASE
)
_WEB = re.compile(r"https?://")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}


class Answers:
    """Answers requests of HTTP; calling it is all."""

    def __init__(
        self,
        service: local_service.Service,
        *,
        timeout: float,
        metrics_path: str = "",
        has_cors: bool = False,
    ) -> None:
        """Stores what answers.

        Args:
          service: of the models.
          timeout: of a run, seconds.
          metrics_path: of the Prometheus page; empty for none.
          has_cors: whether pages of other sites may read the answers.
        """
        self._service = service
        self._timeout = timeout
        self._metrics_path = metrics_path
        self._headers = CORS if has_cors else {}

    def __call__(self, request: Request) -> Answer:
        """Answers a request; errors are answers, too."""
        if self._metrics_path and request.target.startswith(self._metrics_path):
            if request.target.partition("?")[0] == self._metrics_path:
                return self._metrics(request.target)
        try:
            answer = self._answer(request)
        except local_status.RequestError as raised:
            error = self._service.admission.final(raised)
            is_api = _API.fullmatch(request.target)
            status = local_status.HTTP[error.code] if is_api else 404
            answer = http_server.error_answer(status, error.message)
        self._service.memory.note(max(len(request.body), len(answer.content)))
        return answer._replace(headers=self._headers)

    def _metrics(self, target: str) -> Answer:
        path = self._metrics_path
        if target != path:
            text = f"Unexpected path: {target}. Should be {path}"
            return Answer(text.encode(), TEXT, 400)
        return Answer(self._service.counters.text().encode(), TEXT)

    def _answer(self, request: Request) -> Answer:
        if request.method == "OPTIONS" and _API.fullmatch(request.target):
            if not _WEB.search(request.headers.get("Origin", "")):
                raise local_status.RequestError(
                    local_status.Code.FAILED_PRECONDITION,
                    "Origin header is missing in CORS preflight",
                )
            return Answer(b"")
        if request.method == "GET":
            return Answer(self._get(request.target))
        if request.method == "POST":
            return Answer(self._post(request.target, request.body))
        raise _malformed(request.method, request.target)

    def _get(self, target: str) -> bytes:
        match = _GET.fullmatch(target)
        if match is None:
            raise _malformed("GET", target)
        spec = _spec(match)
        if match["metadata"]:
            request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec)
            request.metadata_field.append(local_service.SIGNATURES)
            return _metadata(self._service.metadata(request, None))
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
        return json_writer.dump(_plain(self._service.status(request, None)))

    def _post(self, target: str, body: bytes) -> bytes:
        match = _POST.fullmatch(target)
        if match is None:
            raise _malformed("POST", target)
        method = match["method"].capitalize()
        start, status = time.monotonic(), "UNKNOWN"
        name = _unquoted(match["name"])
        try:
            spec = _spec(match)
            if method == "Predict":
                answer = self._predict(spec, body)
            else:
                answer = self._infer(spec, method, body)
            status = "OK"
            return answer
        except local_status.RequestError as error:
            status = error.code.name
            raise
        finally:
            self._service.count(name, method, ENTRY, status, start)

    def _predict(self, spec: model_pb2.ModelSpec, body: bytes) -> bytes:
        parsed = rest_json.parse(body)
        name = rest_json.signature_name(parsed)
        with self._service.manager.servable(spec) as servable:
            inputs = _inputs(servable.graph, name)
            is_by_rows = rest_json.is_by_rows(parsed)
            if is_by_rows:
                given = rest_json.from_rows(parsed["instances"], inputs)
            else:
                given = rest_json.from_columns(parsed["inputs"], inputs)
            start = time.monotonic()
            outputs = predict.predict(
                servable.graph,
                name,
                given,
                has_method_check=self._service.has_method_check,
                timeout=self._timeout,
            )
            self._service.time_run(servable, "Predict", start)
        write = rest_json.to_rows if is_by_rows else rest_json.to_columns
        return write(outputs)

    def _infer(self, spec: model_pb2.ModelSpec, method: str, body: bytes) -> bytes:
        parsed = rest_json.parse(body)
        name = rest_json.signature_name(parsed)
        examples = rest_json.from_examples(parsed)
        run = getattr(local_examples, method.lower())
        with self._service.manager.servable(spec) as servable:
            start = time.monotonic()
            found = run(servable.graph, name, examples, timeout=self._timeout)
            self._service.time_run(servable, method, start)
        if method == "Classify":
            return rest_json.from_classes(found)
        return rest_json.from_numbers(found)


def _malformed(method: str, target: str) -> local_status.RequestError:
    return local_status.invalid(f"Malformed request: {method} {target}")


def _inputs(graph: session.LoadedGraph, name: str) -> rest_json.Infos:
    """Returns the inputs of a signature, whose name may be anything."""
    wanted = name or signatures.DEFAULT
    known: dict[str, meta_graph_pb2.SignatureDef] = dict(graph.signatures)
    if wanted not in known:
        raise local_status.invalid(
            f'Serving signature name: "{wanted}" not found in signature def'
        )
    inputs = known[wanted].inputs
    if not inputs:
        raise local_status.invalid(
            f"Failed to get input map for signature: {name or 'DEFAULT'}"
        )
    return inputs


def _spec(match: re.Match[str]) -> model_pb2.ModelSpec:
    if not match["name"]:
        raise local_status.invalid("Missing model name in request.")
    spec = model_pb2.ModelSpec(name=_unquoted(match["name"]))
    if match["version"]:
        version = versions.version_number(match["version"])
        if version is None:
            raise local_status.invalid(
                f"Failed to convert version: {match['version']} to numeric."
            )
        spec.version.value = version
    if match["label"]:
        spec.version_label = _unquoted(match["label"])
    return spec


def _unquoted(text: str) -> str:
    return urllib.parse.unquote(text, errors="replace")


def _metadata(
    response: get_model_metadata_pb2.GetModelMetadataResponse,
) -> bytes:
    definitions = get_model_metadata_pb2.SignatureDefMap()
    response.metadata[local_service.SIGNATURES].Unpack(definitions)
    spec = _plain(response.model_spec)
    return json_writer.dump(
        {
            "model_spec": spec,
            "metadata": {local_service.SIGNATURES: _plain(definitions)},
        }
    )


def _plain(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )

"""The REST front end: paths, bodies and statuses of the production server's HTTP API."""

import http.server
import re
import threading
import time
import urllib.parse
from typing import Any

from absl import logging
from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    input_pb2,
    model_pb2,
)

from tfvideogan.core import signatures
from tfvideogan.serving.local import examples as local_examples
from tfvideogan.serving.local import predict, rest_json
from tfvideogan.serving.local import service as local_service
from tfvideogan.serving.local import status as local_status
from tfvideogan.serving.local.lifecycle import versions

ENTRY = "REST"
JSON, TEXT = "application/json", "text/plain"
# A body of this size is a mistake: pixels travel by gRPC.
MAX_BODY = 2**30
# How long a connection may be silent, seconds.
IDLE = 60.0

_MODEL = (
    r"/v1/models(?:/(?P<name>[^/:]+))?"
    r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
)
_POST = re.compile(_MODEL + r":(?P<method>classify|regress|predict)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?P<metadata>/metadata)?", re.IGNORECASE)


class RestServer:
    """An HTTP server with a thread for each connection."""

    def __init__(
        self,
        address: tuple[str, int],
        service: local_service.Service,
        *,
        timeout: float,
        metrics_path: str = "",
    ) -> None:
        """Opens the port.

        Args:
          address: host and port; 0 for any.
          service: what answers.
          timeout: of a request, seconds.
          metrics_path: of the Prometheus page; empty for none.

        Raises:
          OSError: the port is taken.
        """
        answers = _Answers(service, timeout, metrics_path)
        handler = type("Handler", (_Handler,), {"answers": answers})
        self._server = http.server.ThreadingHTTPServer(address, handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def start(self) -> None:
        """Begins to answer."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Takes no more requests."""
        self._server.shutdown()
        self._server.server_close()


class _Answers:
    """Turns a method, a path and a body into a type of content and its bytes."""

    def __init__(
        self, service: local_service.Service, timeout: float, metrics_path: str
    ) -> None:
        self._service = service
        self._timeout = timeout
        self._metrics_path = metrics_path

    def get(self, path: str) -> tuple[str, bytes]:
        if self._metrics_path and path == self._metrics_path:
            return TEXT, self._service.counters.text().encode()
        match = _matched(_GET, "GET", path)
        spec = _spec(match)
        if match["metadata"]:
            request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec)
            request.metadata_field.append(local_service.SIGNATURES)
            return JSON, _metadata(self._service.metadata(request, None))
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
        answer = self._service.status(request, None)
        return JSON, rest_json.dump(_plain(answer))

    def post(self, path: str, body: bytes) -> tuple[str, bytes]:
        match = _matched(_POST, "POST", path)
        method = match["method"].capitalize()
        start, status = time.monotonic(), "OK"
        try:
            spec = _spec(match)
            if method == "Predict":
                return JSON, self._predict(spec, body)
            return JSON, self._infer(spec, method, body)
        except local_status.RequestError as error:
            status = error.code.name
            raise
        finally:
            name = urllib.parse.unquote(match["name"] or "")
            self._service.count(name, method, ENTRY, status, start)

    def _predict(self, spec: model_pb2.ModelSpec, body: bytes) -> bytes:
        parsed = rest_json.parse(body)
        name = rest_json.signature_name(parsed) or signatures.DEFAULT
        with self._service.manager.servable(spec) as servable:
            signature = servable.graph.signatures.get(name)
            if signature is None:
                raise local_status.invalid(
                    f'Serving signature name: "{name}" not found in signature def'
                )
            is_by_rows = rest_json.is_by_rows(parsed)
            if is_by_rows:
                inputs = rest_json.from_rows(parsed["instances"], signature.inputs)
            else:
                inputs = rest_json.from_columns(parsed["inputs"], signature.inputs)
            start = time.monotonic()
            outputs = predict.predict(
                servable.graph,
                name,
                inputs,
                has_method_check=self._service.has_method_check,
                timeout=self._timeout,
            )
            self._service.time_run(servable, "Predict", start)
        write = rest_json.to_rows if is_by_rows else rest_json.to_columns
        return write(outputs)

    def _infer(self, spec: model_pb2.ModelSpec, method: str, body: bytes) -> bytes:
        parsed = rest_json.parse(body)
        name = rest_json.signature_name(parsed)
        examples = _examples(parsed)
        with self._service.manager.servable(spec) as servable:
            graph = servable.graph
            if method == "Classify":
                found = local_examples.classify(
                    graph, name, examples, timeout=self._timeout
                )
                results: list[Any] = [
                    [[one.label, one.score] for one in row.classes]
                    for row in found.classifications
                ]
            else:
                found = local_examples.regress(
                    graph, name, examples, timeout=self._timeout
                )
                results = [one.value for one in found.regressions]
        return rest_json.dump({"results": results})


class _Handler(http.server.BaseHTTPRequestHandler):
    """Reads requests and writes what `answers` says."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    answers: _Answers
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(lambda path, _: self.answers.get(path))

    def do_POST(self) -> None:
        self._answer(self.answers.post)

    def do_PUT(self) -> None:
        self._answer(self._refuse)

    do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_PUT

    def _refuse(self, path: str, body: bytes) -> tuple[str, bytes]:
        del body
        raise local_status.invalid(f"Malformed request: {self.command} {path}")

    def _answer(self, answer) -> None:
        path = self.path.partition("?")[0]
        try:
            body = self._body()
            kind, content = answer(path, body)
            status = 200
        except local_status.RequestError as error:
            kind, content = JSON, rest_json.dump({"error": error.message})
            is_api = path.lower().startswith("/v1/")
            status = local_status.HTTP[error.code] if is_api else 404
        except (BrokenPipeError, ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception as error:
            logging.exception("%s %s failed", self.command, path)
            kind, status = JSON, 500
            content = rest_json.dump({"error": f"{type(error).__name__}: {error}"})
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _body(self) -> bytes:
        text = self.headers.get("Content-Length", "0")
        is_number = text.isascii() and text.isdigit() and len(text) < len(str(2**63))
        if "Transfer-Encoding" in self.headers or not is_number:
            self.close_connection = True
            raise local_status.invalid("A body needs a Content-Length that is a number")
        if int(text) > MAX_BODY:
            self.close_connection = True
            raise local_status.invalid(
                f"A body of {text} bytes is too long; send pixels by gRPC"
            )
        body = self.rfile.read(int(text))
        if len(body) < int(text):
            self.close_connection = True
            raise local_status.invalid("The body is shorter than its Content-Length")
        return body

    def log_message(self, format: str, *args: object) -> None:
        logging.debug(format, *args)


def _matched(pattern: re.Pattern[str], method: str, path: str) -> re.Match[str]:
    match = pattern.fullmatch(path)
    if match is None:
        raise local_status.invalid(f"Malformed request: {method} {path}")
    return match


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
    return rest_json.dump(
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


def _examples(parsed: dict[str, Any]) -> input_pb2.Input:
    """Returns the `examples` (and `context`) of a body."""
    listed = parsed.get("examples")
    if not isinstance(listed, list) or not listed:
        raise local_status.invalid(
            "When method is classify/regress, key 'examples' "
            "is expected and must be a non-empty list/array"
        )
    examples = input_pb2.Input()
    if "context" in parsed:
        target = examples.example_list_with_context
        _fill(target.context, parsed["context"])
    else:
        target = examples.example_list
    for one in listed:
        _fill(target.examples.add(), one)
    return examples


def _fill(example: Any, features: Any) -> None:
    if not isinstance(features, dict):
        raise local_status.invalid("Example must be an object of features")
    for name, value in features.items():
        values = value if isinstance(value, list) else [value]
        kinds = set(map(type, values))
        feature = example.features.feature[name]
        try:
            if kinds <= {int}:
                feature.int64_list.value.extend(values)
            elif kinds <= {int, float}:
                feature.float_list.value.extend(values)
            else:
                feature.bytes_list.value.extend(
                    rest_json.text_bytes(one) for one in values
                )
        except (ValueError, OverflowError) as error:
            raise local_status.invalid(f"Feature {name}: {error}") from error

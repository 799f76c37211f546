"""The gRPC front end: bytes in, a method of the service, bytes or a status out.

Requests are parsed here rather than by the library, so that bytes which are no message
are the client's fault (INVALID_ARGUMENT) and cost no traceback.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from absl import logging
from google.protobuf import message
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

from tfvideogan.serving.local import health as local_health
from tfvideogan.serving.local import service as local_service
from tfvideogan.serving.local import status

ENTRY = "GRPC"
PREDICTION = "tensorflow.serving.PredictionService"
MODELS = "tensorflow.serving.ModelService"
# What protobuf can carry.
MAX_MESSAGE = 2**31 - 1
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.so_reuseport", 0),  # a port in use is an error, not shared
)

Method = Callable[[Any, float | None], message.Message]


def handlers(
    service: local_service.Service, health: local_health.Health | None
) -> list[grpc.GenericRpcHandler]:
    """Makes the handlers of every service of the server.

    Args:
      service: what answers.
      health: of the server; None where grpc.health.v1 is not offered.
    """
    predictions = {
        "Predict": (predict_pb2.PredictRequest, service.predict),
        "Classify": (classification_pb2.ClassificationRequest, service.classify),
        "Regress": (regression_pb2.RegressionRequest, service.regress),
        "MultiInference": (
            inference_pb2.MultiInferenceRequest,
            service.multi_inference,
        ),
        "GetModelMetadata": (
            get_model_metadata_pb2.GetModelMetadataRequest,
            service.metadata,
        ),
    }
    models = {
        "GetModelStatus": (get_model_status_pb2.GetModelStatusRequest, service.status),
        "HandleReloadConfigRequest": (
            model_management_pb2.ReloadConfigRequest,
            service.reload,
        ),
    }
    made = [
        _handler(PREDICTION, predictions, service),
        _handler(MODELS, models, service),
    ]
    if health is not None:
        asked = {
            "Check": (local_health.HealthCheckRequest, health.check),
            "List": (local_health.HealthListRequest, health.list),
        }
        watch = grpc.unary_stream_rpc_method_handler(_watching(health))
        made.append(_handler(local_health.SERVICE, asked, service, {"Watch": watch}))
    return made


def _handler(
    name: str,
    methods: dict[str, tuple[type[message.Message], Method]],
    service: local_service.Service,
    more: Mapping[str, grpc.RpcMethodHandler] = {},
) -> grpc.GenericRpcHandler:
    made = dict(more) | {
        method: grpc.unary_unary_rpc_method_handler(
            _behaviour(method, kind, answer, service)
        )
        for method, (kind, answer) in methods.items()
    }
    return grpc.method_handlers_generic_handler(name, made)


def _behaviour(
    name: str,
    kind: type[message.Message],
    answer: Method,
    service: local_service.Service,
) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    """Makes the function that gRPC calls in a thread of its own."""
    is_health = kind in (
        local_health.HealthCheckRequest,
        local_health.HealthListRequest,
    )
    # A server that stops says so to who asks for its health.
    entering = contextlib.nullcontext if is_health else service.admission.request

    def behave(content: bytes, context: grpc.ServicerContext) -> bytes:
        start, model = time.monotonic(), ""
        try:
            with entering():
                request = _parsed(kind, content)
                model = _model_name(request)
                answered = answer(request, _seconds_left(context))
                response = answered.SerializeToString()
        except status.RequestError as error:
            failure = error
        except Exception:
            logging.exception("%s failed", name)
            failure = status.internal()
        else:
            service.count(model, name, ENTRY, "OK", start)
            service.memory.note(max(len(content), len(response)))
            return response
        service.memory.note(len(content))
        service.count(model, name, ENTRY, failure.code.name, start)
        context.abort(failure.code, failure.message)
        raise failure  # not reached: abort raises

    return behave


def _watching(health: local_health.Health) -> Callable[..., None]:
    """Makes the function of a stream that needs no thread while nothing happens."""

    def behave(
        content: bytes,
        context: grpc.ServicerContext,
        send: Callable[[bytes | None], None],
    ) -> None:
        try:
            request = _parsed(local_health.HealthCheckRequest, content)
        except status.RequestError as error:
            context.abort(error.code, error.message)

        def sent(answer: message.Message | None) -> None:
            send(None if answer is None else answer.SerializeToString())

        forget = health.watch(request, sent)
        if not context.add_callback(forget):
            forget()

    # As in grpcio-health-checking: gRPC hands over a function that sends.
    behave.experimental_non_blocking = True
    return behave


def _parsed(kind: type[message.Message], content: bytes) -> message.Message:
    try:
        return kind.FromString(content)
    except message.DecodeError as error:
        raise status.invalid(
            f"The request is not a {kind.DESCRIPTOR.full_name}"
        ) from error


def _seconds_left(context: grpc.ServicerContext) -> float | None:
    seconds = context.time_remaining()
    if seconds is not None and seconds <= 0:
        raise status.RequestError(
            status.Code.DEADLINE_EXCEEDED, "Deadline exceeded before the run"
        )
    return seconds


def _model_name(request: message.Message) -> str:
    """Returns the model that a request is about, '' for none."""
    spec = getattr(request, "model_spec", None)
    if spec is None and getattr(request, "tasks", None):
        spec = request.tasks[0].model_spec
    return spec.name if spec is not None else ""

"""The gRPC front end: bytes in, a method of the service, bytes or a status out.

Requests are parsed here rather than by the library, so that bytes which are no message
are the client's fault (INVALID_ARGUMENT) and cost no traceback.
"""

import time
from collections.abc import Callable
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

from tfvideogan.serving.local import health, status
from tfvideogan.serving.local import service as local_service

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
    service: local_service.Service, *, has_health: bool
) -> list[grpc.GenericRpcHandler]:
    """Makes the handlers of every service of the server.

    Args:
      service: what answers.
      has_health: whether grpc.health.v1 is offered as well.
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
    if has_health:
        check = {"Check": (health.HealthCheckRequest, _check_health)}
        made.append(_handler(health.SERVICE, check, service))
    return made


def _handler(
    name: str,
    methods: dict[str, tuple[type[message.Message], Method]],
    service: local_service.Service,
) -> grpc.GenericRpcHandler:
    made = {
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

    def behave(content: bytes, context: grpc.ServicerContext) -> bytes:
        start, model = time.monotonic(), ""
        try:
            request = _parsed(kind, content)
            model = _model_name(request)
            response = answer(request, _seconds_left(context)).SerializeToString()
        except status.RequestError as error:
            failure = error
        except Exception as error:
            logging.exception("%s failed", name)
            failure = status.RequestError(
                status.Code.INTERNAL, f"{type(error).__name__}: {error}"
            )
        else:
            service.count(model, name, ENTRY, "OK", start)
            return response
        service.count(model, name, ENTRY, failure.code.name, start)
        context.abort(failure.code, failure.message)
        raise failure  # not reached: abort raises

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


def _check_health(request: message.Message, timeout: float | None) -> message.Message:
    del timeout
    if request.service not in health.NAMES:
        raise status.RequestError(status.Code.NOT_FOUND, "unknown service")
    return health.HealthCheckResponse(status=health.SERVING)

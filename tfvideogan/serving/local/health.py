"""grpc.health.v1: whether a server takes requests, asked once or watched.

Its messages are made here, because they come as a package of their own [1]:

    service Health {
      rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
      rpc List(HealthListRequest) returns (HealthListResponse);
      rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
    }

[1] https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

import threading
from collections.abc import Callable

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from tfvideogan.serving.local import status

SERVICE = "grpc.health.v1.Health"
SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3
# What can be asked for; an empty name is the whole server.
NAMES = (
    "",
    "ModelService",
    "PredictionService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
)
_FIELD = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "grpc.health.v1"

# Sends a message to a watcher; None ends the stream.
Send = Callable[[message.Message | None], None]


def _make_messages() -> dict[str, type]:
    """Makes the messages by name, in a pool of their own.

    The status is an enum; on the wire it is the same as the int32 used here.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name="tfvideogan_health.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, field, kind in (
        ("HealthCheckRequest", "service", _FIELD.TYPE_STRING),
        ("HealthCheckResponse", "status", _FIELD.TYPE_INT32),
    ):
        made = file.message_type.add(name=name)
        made.field.add(name=field, number=1, type=kind, label=_FIELD.LABEL_OPTIONAL)
    file.message_type.add(name="HealthListRequest")
    listed = file.message_type.add(name="HealthListResponse")
    listed.field.add(
        name="statuses",
        number=1,
        type=_FIELD.TYPE_MESSAGE,
        type_name=f".{_PACKAGE}.HealthListResponse.StatusesEntry",
        label=_FIELD.LABEL_REPEATED,
    )
    entry = listed.nested_type.add(name="StatusesEntry")  # map<string, ...>
    entry.options.map_entry = True
    for number, name, more in (
        (1, "key", {"type": _FIELD.TYPE_STRING}),
        (
            2,
            "value",
            {
                "type": _FIELD.TYPE_MESSAGE,
                "type_name": f".{_PACKAGE}.HealthCheckResponse",
            },
        ),
    ):
        entry.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL, **more)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        one.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{_PACKAGE}.{one.name}")
        )
        for one in file.message_type
    }


_MESSAGES = _make_messages()
HealthCheckRequest = _MESSAGES["HealthCheckRequest"]
HealthCheckResponse = _MESSAGES["HealthCheckResponse"]
HealthListRequest = _MESSAGES["HealthListRequest"]
HealthListResponse = _MESSAGES["HealthListResponse"]


class Health:
    """The health of a server: serving, until it stops."""

    def __init__(self) -> None:
        """Begins as serving: a server opens its ports when it is."""
        self._status = SERVING
        self._watchers: set[Send] = set()
        self._lock = threading.Lock()

    def check(self, request: message.Message, timeout: float | None) -> message.Message:
        """Answers Check.

        Raises:
          status.RequestError: NOT_FOUND, of a service that is none.
        """
        del timeout
        if request.service not in NAMES:
            raise status.RequestError(status.Code.NOT_FOUND, "unknown service")
        return HealthCheckResponse(status=self._status)

    def list(self, request: message.Message, timeout: float | None) -> message.Message:
        """Answers List."""
        del request, timeout
        answer = HealthListResponse()
        for name in NAMES:
            answer.statuses[name].status = self._status
        return answer

    def watch(self, request: message.Message, send: Send) -> Callable[[], None]:
        """Answers Watch: sends the status now, and when it changes.

        Args:
          request: names the service; an unknown one is SERVICE_UNKNOWN, and watched.
          send: to the watcher; it may be called from another thread.

        Returns:
          A function that ends the watching.
        """
        is_known = request.service in NAMES
        with self._lock:
            now = self._status if is_known else SERVICE_UNKNOWN
            send(HealthCheckResponse(status=now))
            if self._status == SERVING:
                self._watchers.add(send)
            else:
                send(None)
        return lambda: self._watchers.discard(send)

    def stop(self) -> None:
        """Says NOT_SERVING to all who watch, and ends their streams."""
        with self._lock:
            self._status = NOT_SERVING
            watchers, self._watchers = self._watchers, set()
        for send in watchers:
            send(HealthCheckResponse(status=NOT_SERVING))
            send(None)

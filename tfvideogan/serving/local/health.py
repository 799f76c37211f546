"""The messages of grpc.health.v1, made here because they come as a package of their own.

service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "grpc.health.v1.Health"
SERVING, NOT_SERVING = 1, 2
# What can be asked for; an empty name is the whole server.
NAMES = (
    "",
    "ModelService",
    "PredictionService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
)
_FIELD = descriptor_pb2.FieldDescriptorProto


def _make_messages() -> tuple[type, type]:
    """Makes HealthCheckRequest and HealthCheckResponse in a pool of their own.

    The status is an enum; on the wire it is the same as the int32 used here.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name="tfvideogan_health.proto", package="grpc.health.v1", syntax="proto3"
    )
    for name, field, kind in (
        ("HealthCheckRequest", "service", _FIELD.TYPE_STRING),
        ("HealthCheckResponse", "status", _FIELD.TYPE_INT32),
    ):
        made = file.message_type.add(name=name)
        made.field.add(name=field, number=1, type=kind, label=_FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    request, response = (
        message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"grpc.health.v1.{name}")
        )
        for name in ("HealthCheckRequest", "HealthCheckResponse")
    )
    return request, response


HealthCheckRequest, HealthCheckResponse = _make_messages()

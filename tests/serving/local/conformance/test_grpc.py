"""The cases of a server that speaks TensorFlow Serving's protocol: gRPC."""

import pathlib

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
    session_service_pb2,
)

from tests.serving.local.conformance import wire
from tfvideogan.serving import tensors
from tfvideogan.serving.local.lifecycle import config as local_config

# One server for all files of this folder.
pytestmark = pytest.mark.xdist_group("conformance")

Code = grpc.StatusCode


def test_c01_predict_answers_in_a_typed_list_with_its_model_spec(
    server: wire.Server,
) -> None:
    answer = server.predict(
        inputs=wire.x(2.0), outputs=["y"], signature="serving_default"
    )
    assert list(answer.outputs["y"].float_val) == [3.0]
    assert answer.model_spec.name == "default"
    assert answer.model_spec.version.value == 123
    assert answer.model_spec.signature_name == "serving_default"


def test_c02_an_empty_signature_is_the_default_one(server: wire.Server) -> None:
    answer = server.predict(inputs=wire.x(2.0))
    assert list(answer.outputs["y"].float_val) == [3.0]
    assert answer.model_spec.signature_name == "serving_default"


def test_c03_leading_zeros_are_part_of_a_version_folder(server: wire.Server) -> None:
    answer = server.predict("half_plus_three", inputs=wire.x(2.0))
    assert list(answer.outputs["y"].float_val) == [4.0]
    assert answer.model_spec.version.value == 123


def test_c04_an_unknown_model_is_not_found(server: wire.Server) -> None:
    text = "Servable not found for request: Latest(missing_model)"
    wire.fails(
        lambda: server.predict("missing_model", inputs=wire.x(2)), Code.NOT_FOUND, text
    )


def test_c05_an_unknown_version_is_not_found(server: wire.Server) -> None:
    wire.fails(
        lambda: server.predict(version=99, inputs=wire.x(2)),
        Code.NOT_FOUND,
        "Specific(default, 99)",
    )


def test_c06_a_request_names_its_model(server: wire.Server) -> None:
    wire.fails(
        lambda: server.prediction.Predict(predict_pb2.PredictRequest()),
        Code.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )
    wire.fails(
        lambda: server.predict("", inputs=wire.x(2)),
        Code.INVALID_ARGUMENT,
        "ModelSpec has no name specified.",
    )


def test_c07_missing_inputs_are_named(server: wire.Server) -> None:
    wire.fails(
        server.predict,
        Code.INVALID_ARGUMENT,
        "input size does not match signature: 0!=1",
        "Missing but required: {x}",
    )


def test_c08_extra_inputs_are_named(server: wire.Server) -> None:
    inputs = {"unknown_key1": np.float32([1]), "unknown_key2": np.float32([1])}
    wire.fails(
        lambda: server.predict(inputs=inputs),
        Code.INVALID_ARGUMENT,
        "Sent extra: {unknown_key1,unknown_key2}",
        "Missing but required: {x}",
    )


def test_c09_a_wrong_input_name_is_told(server: wire.Server) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        server.predict(inputs={"z": np.float32([1])})
    assert caught.value.code() == Code.INVALID_ARGUMENT
    texts = ("Signature input alias: x", "input tensor alias not found in signature")
    assert any(text in caught.value.details() for text in texts)


@pytest.mark.parametrize(
    "value, name",
    [([True], "bool"), (["text"], "string"), (np.array([2.0], np.float64), "double")],
)
def test_c10_nothing_is_cast(server: wire.Server, value: object, name: str) -> None:
    text = f"to be float but {name} is provided"
    wire.fails(lambda: server.predict(inputs={"x": value}), Code.INVALID_ARGUMENT, text)


def test_c11_an_unknown_output_is_told(server: wire.Server) -> None:
    text = "output tensor alias not found in signature: foo"
    wire.fails(
        lambda: server.predict(inputs=wire.x(2), outputs=["foo"]),
        Code.INVALID_ARGUMENT,
        text,
    )


def test_c12_an_output_is_asked_for_once(server: wire.Server) -> None:
    wire.fails(
        lambda: server.predict(inputs=wire.x(2), outputs=["y", "y"]),
        Code.INVALID_ARGUMENT,
        "duplicate output tensor alias: y",
    )


def test_c13_an_unknown_signature_is_a_failed_precondition(server: wire.Server) -> None:
    wire.fails(
        lambda: server.predict(inputs=wire.x(2), signature="nope"),
        Code.FAILED_PRECONDITION,
        'Serving signature key "nope" not found.',
    )


def test_c15_predict_may_use_any_signature(server: wire.Server) -> None:
    example = wire.examples(classification_pb2.ClassificationRequest(), 2.0)
    texts = [one.SerializeToString() for one in example.input.example_list.examples]
    answer = server.predict(inputs={"inputs": texts}, signature="regress_x_to_y")
    assert list(answer.outputs["outputs"].float_val) == [3.0]


def test_c16_signatures_differ(server: wire.Server) -> None:
    one = server.predict("two_signatures", inputs=wire.x(0))
    two = server.predict(
        "two_signatures", inputs=wire.x(0), signature="custom_signature_key"
    )
    assert one.outputs["y"].float_val == [1.0]
    assert two.outputs["y"].float_val == [2.0]


def test_c17_a_tensor_that_does_not_fit_its_shape_is_refused(
    server: wire.Server,
) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    proto = request.inputs["x"]
    proto.dtype = tf.float32.as_datatype_enum
    proto.tensor_shape.dim.add(size=3)
    proto.tensor_content = np.float32([1.0, 2.0]).tobytes()
    wire.fails(
        lambda: server.prediction.Predict(request, timeout=wire.TIMEOUT),
        Code.INVALID_ARGUMENT,
        "tensor parsing error: x",
    )


def test_c18_shapes_are_the_graphs_affair(server: wire.Server) -> None:
    answer = server.predict(inputs={"x": np.ones([2, 3], np.float32)})
    assert list(answer.outputs["y"].float_val) == [2.5] * 6


def test_c19_16_megabytes_pass_but_not_through_a_default_client(
    server: wire.Server,
) -> None:
    clip = np.full([1, 16, 1024, 1024], 7, np.uint8)
    answer = server.predict("toolbox", inputs={"x": clip})
    np.testing.assert_array_equal(tensors.to_array(answer.outputs["y"]), clip)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "toolbox"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(clip))
    with grpc.insecure_channel(server.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        wire.fails(
            lambda: stub.Predict(request, timeout=wire.TIMEOUT),
            Code.RESOURCE_EXHAUSTED,
            "larger than max",
        )


def test_c20_a_deadline_ends_a_slow_run(server: wire.Server) -> None:
    inputs = {"n": np.int32([2_000_000_000])}
    wire.fails(
        lambda: server.predict(
            "toolbox", inputs=inputs, signature="slow", timeout=0.05
        ),
        Code.DEADLINE_EXCEEDED,
    )


@wire.ours_only
def test_c21_a_unix_socket_answers(server: wire.Server) -> None:
    local = wire.Server(f"unix:{server.root / 'socket'}", "", server.root)
    assert list(local.predict(inputs=wire.x(2)).outputs["y"].float_val) == [3.0]
    local.channel.close()


def test_c22_status_tells_what_is_available(server: wire.Server) -> None:
    [status] = server.status("default")
    assert (status.version, status.state) == (123, status.AVAILABLE)
    assert status.status.error_code == 0


def test_c23_status_of_the_unknown_is_not_found(server: wire.Server) -> None:
    text = "Could not find any versions of model foo"
    wire.fails(lambda: server.status("foo"), Code.NOT_FOUND, text)
    text = "Could not find version 9 of model default"
    wire.fails(lambda: server.status("default", 9), Code.NOT_FOUND, text)
    request = get_model_status_pb2.GetModelStatusRequest()
    wire.fails(
        lambda: server.models.GetModelStatus(request),
        Code.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )


def metadata_request(*fields: str, name: str | None = "default"):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    if name is not None:
        request.model_spec.name = name
    return request


def test_c24_metadata_lists_every_signature(server: wire.Server) -> None:
    request = metadata_request("signature_def")
    answer = server.prediction.GetModelMetadata(request, timeout=wire.TIMEOUT)
    assert answer.model_spec.name == "default"
    assert answer.model_spec.version.value == 123
    assert list(answer.metadata) == ["signature_def"]
    described = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(described)
    expected = {
        "serving_default",
        "classify_x_to_y",
        "regress_x_to_y",
        "regress_x_to_y2",
        "classify_x2_to_y3",
    }
    assert expected <= set(described.signature_def)
    given = described.signature_def["serving_default"].inputs["x"]
    assert given.dtype == tf.float32.as_datatype_enum
    assert [dim.size for dim in given.tensor_shape.dim] == [-1, 1]


@pytest.mark.parametrize(
    "request_, code, text",
    [
        (metadata_request(), Code.INVALID_ARGUMENT, "at least one metadata_field"),
        (
            metadata_request("foo"),
            Code.INVALID_ARGUMENT,
            "Metadata field foo is not supported",
        ),
        (
            metadata_request("signature_def", name=None),
            Code.INVALID_ARGUMENT,
            "Missing ModelSpec",
        ),
        (metadata_request("signature_def", name="foo"), Code.NOT_FOUND, "Servable"),
    ],
)
def test_c25_metadata_of_nothing_is_refused(
    server: wire.Server, request_, code: grpc.StatusCode, text: str
) -> None:
    wire.fails(lambda: server.prediction.GetModelMetadata(request_), code, text)


def test_c26_classify(server: wire.Server) -> None:
    request = wire.examples(classification_pb2.ClassificationRequest(), 2.0)
    request.model_spec.name = "default"
    request.model_spec.signature_name = "classify_x_to_y"
    answer = server.prediction.Classify(request, timeout=wire.TIMEOUT)
    [row] = answer.result.classifications
    [one] = row.classes
    assert (one.label, one.score) == ("", 3.0)
    assert answer.model_spec.signature_name == "classify_x_to_y"


def test_c27_regress(server: wire.Server) -> None:
    request = wire.examples(regression_pb2.RegressionRequest(), 2.0)
    request.model_spec.name = "default"
    request.model_spec.signature_name = "regress_x_to_y"
    answer = server.prediction.Regress(request, timeout=wire.TIMEOUT)
    assert [one.value for one in answer.result.regressions] == [3.0]


def tasks(*wanted: tuple[str, str, str]) -> inference_pb2.MultiInferenceRequest:
    request = wire.examples(inference_pb2.MultiInferenceRequest(), 2.0)
    for name, signature, method in wanted:
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name = name
        task.model_spec.signature_name = signature
    return request


REGRESS = ("default", "regress_x_to_y", "regress")
CLASSIFY = ("default", "classify_x_to_y", "classify")


def test_c28_multi_inference_answers_in_the_order_of_its_tasks(
    server: wire.Server,
) -> None:
    answer = server.prediction.MultiInference(
        tasks(REGRESS, CLASSIFY), timeout=wire.TIMEOUT
    )
    first, second = answer.results
    assert first.regression_result.regressions[0].value == 3.0
    assert second.classification_result.classifications[0].classes[0].score == 3.0
    assert second.model_spec.signature_name == "classify_x_to_y"


def test_c29_classify_needs_examples_and_a_signature(server: wire.Server) -> None:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "default"
    request.model_spec.signature_name = "classify_x_to_y"
    classify = server.prediction.Classify
    wire.fails(lambda: classify(request), Code.INVALID_ARGUMENT, "Input is empty.")
    request = wire.examples(request, 2.0)
    request.model_spec.signature_name = "nope"
    text = "No signature was found with the name"
    wire.fails(lambda: classify(request), Code.INVALID_ARGUMENT, text)


@pytest.mark.parametrize(
    "wanted, code",
    [
        ((REGRESS, ("other", "classify_x_to_y", "classify")), Code.INVALID_ARGUMENT),
        ((REGRESS, REGRESS), Code.INVALID_ARGUMENT),
        ((("default", "regress_x_to_y", "magic"),), Code.UNIMPLEMENTED),
    ],
)
def test_c30_tasks_that_do_not_go_together_are_refused(
    server: wire.Server, wanted: tuple, code: grpc.StatusCode
) -> None:
    wire.fails(lambda: server.prediction.MultiInference(tasks(*wanted)), code)


@pytest.mark.parametrize("version, y", [(123, 3.0), (124, 4.0), (None, 4.0)])
def test_c31_versions_answer_side_by_side(
    server: wire.Server, version: int | None, y: float
) -> None:
    answer = server.predict("two_versions", version, inputs=wire.x(2))
    assert list(answer.outputs["y"].float_val) == [y]
    assert answer.model_spec.version.value == (version or 124)


def test_c39_sessions_are_not_served(server: wire.Server) -> None:
    call = server.channel.unary_unary(
        "/tensorflow.serving.SessionService/SessionRun",
        session_service_pb2.SessionRunRequest.SerializeToString,
    )
    request = session_service_pb2.SessionRunRequest()
    wire.fails(lambda: call(request, timeout=wire.TIMEOUT), Code.UNIMPLEMENTED)


def test_v04_a_wrong_size_is_told_by_the_graph(server: wire.Server) -> None:
    frames = np.zeros([1, 2, 5, 4, 3], np.uint8)
    wire.fails(
        lambda: server.predict(
            "toolbox", inputs={"frames": frames}, signature="checked"
        ),
        Code.INVALID_ARGUMENT,
        "frames must be [N, T, 4, 4, 3]",
    )


@wire.ours_only
def test_health_is_told(server: wire.Server) -> None:
    check = server.channel.unary_unary("/grpc.health.v1.Health/Check")
    assert check(b"", timeout=wire.TIMEOUT) == b"\x08\x01"  # field 1: SERVING
    wire.fails(lambda: check(b"\x0a\x03foo", timeout=wire.TIMEOUT), Code.NOT_FOUND)


@wire.ours_only
def test_raw_bytes_are_answered_on_demand(root: pathlib.Path) -> None:
    config = local_config.ModelConfig("m", root / "half_plus_two")
    started = wire.start(models=(config,), enable_serialization_as_tensor_content=True)
    client = wire.Server(started.grpc_address, "", root)
    answer = client.predict("m", inputs=wire.x(2)).outputs["y"]
    assert answer.tensor_content == np.float32([3.0]).tobytes()
    started.stop()

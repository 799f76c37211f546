"""The conformance cases of a server that speaks TensorFlow Serving's protocol.

They run against the local server, in this process. Against a production server:

    python -m tests.serving.models /tmp/models
    docker run --network=host --mount type=bind,source=/tmp/models,target=/tmp/models \\
        tensorflow/serving --model_config_file=/tmp/models/models.config \\
        --monitoring_config_file=/tmp/models/monitoring.config --max_num_load_retries=0
    TFVIDEOGAN_TFS_GRPC=127.0.0.1:8500 TFVIDEOGAN_TFS_REST=127.0.0.1:8501 \\
        TFVIDEOGAN_TFS_MODELS=/tmp/models \\
        python -m pytest tests/serving/test_conformance.py

Cases that need a server of their own making (a socket, a folder to be watched) are skipped
then; each says so. Names carry the number of the case: C for gRPC, R for REST.
"""

import base64
import concurrent.futures
import dataclasses
import http.client
import io
import json
import os
import pathlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
    session_service_pb2,
)

from tests.serving import models
from tfvideogan.serving import tensors
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config as local_config

GRPC, REST = (
    os.environ.get("TFVIDEOGAN_TFS_GRPC"),
    os.environ.get("TFVIDEOGAN_TFS_REST"),
)
ROOT = os.environ.get("TFVIDEOGAN_TFS_MODELS")
TIMEOUT = 30.0
PATIENCE = 20.0
Code = grpc.StatusCode

ours_only = pytest.mark.skipif(GRPC is not None, reason="needs a server of its own")


@dataclasses.dataclass
class Server:
    """A running server and what it serves."""

    grpc: str
    rest: str
    root: pathlib.Path

    def __post_init__(self) -> None:
        limits = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
        ]
        self.channel = grpc.insecure_channel(self.grpc, limits)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(
            self.channel
        )
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def predict(self, name: str = "default", version: int | None = None, **more):
        """Sends a Predict request; `inputs` are arrays, `signature` a name."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = name
        request.model_spec.signature_name = more.get("signature", "")
        if version is not None:
            request.model_spec.version.value = version
        if "label" in more:
            request.model_spec.version_label = more["label"]
        for alias, array in more.get("inputs", {}).items():
            request.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
        request.output_filter.extend(more.get("outputs", ()))
        return self.prediction.Predict(request, timeout=more.get("timeout", TIMEOUT))

    def status(self, name: str, version: int | None = None):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        if version is not None:
            request.model_spec.version.value = version
        return self.models.GetModelStatus(request, timeout=TIMEOUT).model_version_status

    def reload(self, text: str) -> None:
        """Replaces the models by those of a text-format config."""
        request = model_management_pb2.ReloadConfigRequest()
        text_format.Parse(text, request.config)
        self.models.HandleReloadConfigRequest(request, timeout=TIMEOUT)

    def http(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Sends one REST request; bodies that are not bytes become JSON."""
        connection = http.client.HTTPConnection(self.rest, timeout=TIMEOUT)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method, path, body)
        response = connection.getresponse()
        content = response.read()
        assert path.startswith("/monitoring") or (
            response.getheader("Content-Type") == "application/json"
        )
        connection.close()
        return response.status, content

    def post(self, path: str, body: object) -> tuple[int, dict]:
        status, content = self.http("POST", path, body)
        return status, json.loads(content)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if ROOT:
        return pathlib.Path(ROOT)
    folder = tmp_path_factory.mktemp("models")
    models.write(folder)
    return folder


@pytest.fixture(scope="module")
def server(root: pathlib.Path) -> Iterator[Server]:
    if GRPC:
        yield Server(GRPC, REST or "", root)
        return
    started = start(
        models=local_config.read_models(root / "models.config"),
        metrics_path="/monitoring/prometheus/metrics",
        grpc_socket_path=str(root / "socket"),
        enable_grpc_healthcheck_service=True,
    )
    yield Server(started.grpc_address, started.rest_address, root)
    started.stop()


def start(**options) -> local_server.LocalServer:
    # As a production server does unless it is told otherwise.
    options = {"enable_serialization_as_tensor_content": False} | options
    started = local_server.LocalServer(local_server.Options(pick_ports=True, **options))
    started.start()
    return started


@pytest.fixture
def restored(server: Server) -> Iterator[Server]:
    """A server whose models are put back after the test."""
    yield server
    server.reload((server.root / "models.config").read_text())


def fails(call: Callable[[], object], code: grpc.StatusCode, *texts: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    details = caught.value.details()
    assert caught.value.code() == code, details
    for text in texts:
        assert text in details


def eventually(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def x(*values: float) -> dict[str, np.ndarray]:
    return {"x": np.array(values, np.float32)}


def examples(request, *values: float):
    """Fills a request with one tf.Example per value of the feature x."""
    for value in values:
        example = request.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)
    return request


def model(name: str, path: pathlib.Path, more: str = "") -> str:
    return (
        f"config {{ name: '{name}' base_path: '{path}' "
        f"model_platform: 'tensorflow' {more} }}"
    )


def listed(*configs: str) -> str:
    return f"model_config_list {{ {' '.join(configs)} }}"


def test_c01_predict_answers_in_a_typed_list_with_its_model_spec(
    server: Server,
) -> None:
    answer = server.predict(inputs=x(2.0), outputs=["y"], signature="serving_default")
    assert list(answer.outputs["y"].float_val) == [3.0]
    assert answer.model_spec.name == "default"
    assert answer.model_spec.version.value == 123
    assert answer.model_spec.signature_name == "serving_default"


def test_c02_an_empty_signature_is_the_default_one(server: Server) -> None:
    answer = server.predict(inputs=x(2.0))
    assert list(answer.outputs["y"].float_val) == [3.0]
    assert answer.model_spec.signature_name == "serving_default"


def test_c03_leading_zeros_are_part_of_a_version_folder(server: Server) -> None:
    answer = server.predict("half_plus_three", inputs=x(2.0))
    assert list(answer.outputs["y"].float_val) == [4.0]
    assert answer.model_spec.version.value == 123


def test_c04_an_unknown_model_is_not_found(server: Server) -> None:
    text = "Servable not found for request: Latest(missing_model)"
    fails(lambda: server.predict("missing_model", inputs=x(2)), Code.NOT_FOUND, text)


def test_c05_an_unknown_version_is_not_found(server: Server) -> None:
    fails(
        lambda: server.predict(version=99, inputs=x(2)),
        Code.NOT_FOUND,
        "Specific(default, 99)",
    )


def test_c06_a_request_names_its_model(server: Server) -> None:
    fails(
        lambda: server.prediction.Predict(predict_pb2.PredictRequest()),
        Code.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )
    fails(
        lambda: server.predict("", inputs=x(2)),
        Code.INVALID_ARGUMENT,
        "ModelSpec has no name specified.",
    )


def test_c07_missing_inputs_are_named(server: Server) -> None:
    fails(
        server.predict,
        Code.INVALID_ARGUMENT,
        "input size does not match signature: 0!=1",
        "Missing but required: {x}",
    )


def test_c08_extra_inputs_are_named(server: Server) -> None:
    inputs = {"unknown_key1": np.float32([1]), "unknown_key2": np.float32([1])}
    fails(
        lambda: server.predict(inputs=inputs),
        Code.INVALID_ARGUMENT,
        "Sent extra: {unknown_key1,unknown_key2}",
        "Missing but required: {x}",
    )


def test_c09_a_wrong_input_name_is_told(server: Server) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        server.predict(inputs={"z": np.float32([1])})
    assert caught.value.code() == Code.INVALID_ARGUMENT
    texts = ("Signature input alias: x", "input tensor alias not found in signature")
    assert any(text in caught.value.details() for text in texts)


@pytest.mark.parametrize(
    "value, name",
    [([True], "bool"), (["text"], "string"), (np.array([2.0], np.float64), "double")],
)
def test_c10_nothing_is_cast(server: Server, value: object, name: str) -> None:
    text = f"to be float but {name} is provided"
    fails(lambda: server.predict(inputs={"x": value}), Code.INVALID_ARGUMENT, text)


def test_c11_an_unknown_output_is_told(server: Server) -> None:
    text = "output tensor alias not found in signature: foo"
    fails(
        lambda: server.predict(inputs=x(2), outputs=["foo"]),
        Code.INVALID_ARGUMENT,
        text,
    )


def test_c12_an_output_is_asked_for_once(server: Server) -> None:
    fails(
        lambda: server.predict(inputs=x(2), outputs=["y", "y"]),
        Code.INVALID_ARGUMENT,
        "duplicate output tensor alias: y",
    )


def test_c13_an_unknown_signature_is_a_failed_precondition(server: Server) -> None:
    fails(
        lambda: server.predict(inputs=x(2), signature="nope"),
        Code.FAILED_PRECONDITION,
        'Serving signature key "nope" not found.',
    )


def test_c14_a_bad_model_fails_the_reload_and_leaves_the_good_one(
    restored: Server,
) -> None:
    good = model("default", restored.root / "half_plus_two")
    bad = model("bad", restored.root / "bad")
    fails(
        lambda: restored.reload(listed(good, bad)),
        Code.UNKNOWN,
        "did not become available",
    )
    [status] = restored.status("bad")
    assert status.state == status.END
    assert status.status.error_code != 0
    assert restored.predict(inputs=x(2)).outputs["y"].float_val[0] == 3.0


def test_c15_predict_may_use_any_signature(server: Server) -> None:
    example = examples(classification_pb2.ClassificationRequest(), 2.0)
    texts = [one.SerializeToString() for one in example.input.example_list.examples]
    answer = server.predict(inputs={"inputs": texts}, signature="regress_x_to_y")
    assert list(answer.outputs["outputs"].float_val) == [3.0]


def test_c16_signatures_differ(server: Server) -> None:
    one = server.predict("two_signatures", inputs=x(0))
    two = server.predict(
        "two_signatures", inputs=x(0), signature="custom_signature_key"
    )
    assert one.outputs["y"].float_val == [1.0]
    assert two.outputs["y"].float_val == [2.0]


def test_c17_a_tensor_that_does_not_fit_its_shape_is_refused(server: Server) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    proto = request.inputs["x"]
    proto.dtype = tf.float32.as_datatype_enum
    proto.tensor_shape.dim.add(size=3)
    proto.tensor_content = np.float32([1.0, 2.0]).tobytes()
    fails(
        lambda: server.prediction.Predict(request, timeout=TIMEOUT),
        Code.INVALID_ARGUMENT,
        "tensor parsing error: x",
    )


def test_c18_shapes_are_the_graphs_affair(server: Server) -> None:
    answer = server.predict(inputs={"x": np.ones([2, 3], np.float32)})
    assert list(answer.outputs["y"].float_val) == [2.5] * 6


def test_c19_16_megabytes_pass_but_not_through_a_default_client(server: Server) -> None:
    clip = np.full([1, 16, 1024, 1024], 7, np.uint8)
    answer = server.predict("toolbox", inputs={"x": clip})
    np.testing.assert_array_equal(tensors.to_array(answer.outputs["y"]), clip)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "toolbox"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(clip))
    with grpc.insecure_channel(server.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        fails(
            lambda: stub.Predict(request, timeout=TIMEOUT),
            Code.RESOURCE_EXHAUSTED,
            "larger than max",
        )


def test_c20_a_deadline_ends_a_slow_run(server: Server) -> None:
    inputs = {"n": np.int32([2_000_000_000])}
    fails(
        lambda: server.predict(
            "toolbox", inputs=inputs, signature="slow", timeout=0.05
        ),
        Code.DEADLINE_EXCEEDED,
    )


@ours_only
def test_c21_a_unix_socket_answers(server: Server) -> None:
    local = Server(f"unix:{server.root / 'socket'}", "", server.root)
    assert list(local.predict(inputs=x(2)).outputs["y"].float_val) == [3.0]
    local.channel.close()


def test_c22_status_tells_what_is_available(server: Server) -> None:
    [status] = server.status("default")
    assert (status.version, status.state) == (123, status.AVAILABLE)
    assert status.status.error_code == 0


def test_c23_status_of_the_unknown_is_not_found(server: Server) -> None:
    text = "Could not find any versions of model foo"
    fails(lambda: server.status("foo"), Code.NOT_FOUND, text)
    text = "Could not find version 9 of model default"
    fails(lambda: server.status("default", 9), Code.NOT_FOUND, text)
    request = get_model_status_pb2.GetModelStatusRequest()
    fails(
        lambda: server.models.GetModelStatus(request),
        Code.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )


def metadata_request(*fields: str, name: str | None = "default"):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    if name is not None:
        request.model_spec.name = name
    return request


def test_c24_metadata_lists_every_signature(server: Server) -> None:
    request = metadata_request("signature_def")
    answer = server.prediction.GetModelMetadata(request, timeout=TIMEOUT)
    assert answer.model_spec.name == "default"
    assert answer.model_spec.version.value == 123
    assert list(answer.metadata) == ["signature_def"]
    told = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(told)
    expected = {
        "serving_default",
        "classify_x_to_y",
        "regress_x_to_y",
        "regress_x_to_y2",
        "classify_x2_to_y3",
    }
    assert expected <= set(told.signature_def)
    given = told.signature_def["serving_default"].inputs["x"]
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
    server: Server, request_, code: grpc.StatusCode, text: str
) -> None:
    fails(lambda: server.prediction.GetModelMetadata(request_), code, text)


def test_c26_classify(server: Server) -> None:
    request = examples(classification_pb2.ClassificationRequest(), 2.0)
    request.model_spec.name = "default"
    request.model_spec.signature_name = "classify_x_to_y"
    answer = server.prediction.Classify(request, timeout=TIMEOUT)
    [row] = answer.result.classifications
    [one] = row.classes
    assert (one.label, one.score) == ("", 3.0)
    assert answer.model_spec.signature_name == "classify_x_to_y"


def test_c27_regress(server: Server) -> None:
    request = examples(regression_pb2.RegressionRequest(), 2.0)
    request.model_spec.name = "default"
    request.model_spec.signature_name = "regress_x_to_y"
    answer = server.prediction.Regress(request, timeout=TIMEOUT)
    assert [one.value for one in answer.result.regressions] == [3.0]


def tasks(*wanted: tuple[str, str, str]) -> inference_pb2.MultiInferenceRequest:
    request = examples(inference_pb2.MultiInferenceRequest(), 2.0)
    for name, signature, method in wanted:
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name = name
        task.model_spec.signature_name = signature
    return request


REGRESS = ("default", "regress_x_to_y", "regress")
CLASSIFY = ("default", "classify_x_to_y", "classify")


def test_c28_multi_inference_answers_in_the_order_of_its_tasks(server: Server) -> None:
    answer = server.prediction.MultiInference(tasks(REGRESS, CLASSIFY), timeout=TIMEOUT)
    first, second = answer.results
    assert first.regression_result.regressions[0].value == 3.0
    assert second.classification_result.classifications[0].classes[0].score == 3.0
    assert second.model_spec.signature_name == "classify_x_to_y"


def test_c29_classify_needs_examples_and_a_signature(server: Server) -> None:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "default"
    request.model_spec.signature_name = "classify_x_to_y"
    classify = server.prediction.Classify
    fails(lambda: classify(request), Code.INVALID_ARGUMENT, "Input is empty.")
    request = examples(request, 2.0)
    request.model_spec.signature_name = "nope"
    text = "No signature was found with the name"
    fails(lambda: classify(request), Code.INVALID_ARGUMENT, text)


@pytest.mark.parametrize(
    "wanted, code",
    [
        ((REGRESS, ("other", "classify_x_to_y", "classify")), Code.INVALID_ARGUMENT),
        ((REGRESS, REGRESS), Code.INVALID_ARGUMENT),
        ((("default", "regress_x_to_y", "magic"),), Code.UNIMPLEMENTED),
    ],
)
def test_c30_tasks_that_do_not_go_together_are_refused(
    server: Server, wanted: tuple, code: grpc.StatusCode
) -> None:
    fails(lambda: server.prediction.MultiInference(tasks(*wanted)), code)


@pytest.mark.parametrize("version, y", [(123, 3.0), (124, 4.0), (None, 4.0)])
def test_c31_versions_answer_side_by_side(
    server: Server, version: int | None, y: float
) -> None:
    answer = server.predict("two_versions", version, inputs=x(2))
    assert list(answer.outputs["y"].float_val) == [y]
    assert answer.model_spec.version.value == (version or 124)


def test_c32_labels(restored: Server) -> None:
    answer = restored.predict("two_versions", label="old", inputs=x(2))
    assert answer.model_spec.version.value == 123
    fails(
        lambda: restored.predict("two_versions", label="new", inputs=x(2)),
        Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: new",
    )
    label = "version_labels { key: 'new' value: 9 }"
    path = restored.root / "half_plus_two"
    fails(
        lambda: restored.reload(listed(model("default", path, label))),
        Code.FAILED_PRECONDITION,
        "not currently available for inference",
    )


def test_c33_a_reload_replaces_the_models(restored: Server) -> None:
    path = restored.root / "half_plus_three"
    restored.reload(listed(model("other", path)))
    assert list(restored.predict("other", inputs=x(2)).outputs["y"].float_val) == [4.0]
    fails(lambda: restored.predict(inputs=x(2)), Code.NOT_FOUND, "Latest(default)")
    eventually(lambda: [s.state for s in restored.status("default")] == [50])


@pytest.mark.parametrize(
    "text, message",
    [
        (
            listed(model("a", pathlib.Path("/a")), model("a", pathlib.Path("/b"))),
            "Illegal to list model a multiple times in config list",
        ),
        (
            listed(model("a", pathlib.Path("relative"))),
            "Expected model a to have an absolute path or URI",
        ),
        (
            "custom_model_config {}",
            "ServerModelConfig type not supported by HandleReloadConfigRequest",
        ),
        (listed("config { name: 'a' base_path: '/a' }"), "Illegal setting neither"),
    ],
)
def test_c34_a_wrong_config_is_refused(server: Server, text: str, message: str) -> None:
    fails(lambda: server.reload(text), Code.INVALID_ARGUMENT, message)


@ours_only
def test_c35_a_config_file_is_read_again(root: pathlib.Path, tmp_path) -> None:
    config = tmp_path / "models.config"
    config.write_text(listed(model("a", root / "half_plus_two")))
    started = start(
        models=local_config.read_models(config),
        model_config_file=config,
        model_config_file_poll_wait_seconds=0.1,
    )
    client = Server(started.grpc_address, started.rest_address, root)
    config.write_text(listed(model("b", root / "half_plus_three")))
    eventually(lambda: started.ready_line().endswith("models=b:123"))
    assert client.predict("b", inputs=x(2)).outputs["y"].float_val[0] == 4.0
    started.stop()


@ours_only
def test_c37_versions_come_and_go_without_a_failed_request(
    root: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(root / "half_plus_two" / "123", tmp_path / "1")
    started = start(
        models=(local_config.ModelConfig("m", tmp_path),),
        file_system_poll_wait_seconds=0.1,
    )
    client = Server(started.grpc_address, "", root)
    seen: list[int] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            seen.append(client.predict("m", inputs=x(2)).model_spec.version.value)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            draft = tmp_path / "draft"
            shutil.copytree(root / "half_plus_three" / "00000123", draft)
            draft.rename(tmp_path / "2")
            eventually(lambda: seen[-1:] == [2])
            eventually(lambda: [s.state for s in client.status("m", 1)] == [50])
            (tmp_path / "2").rename(draft)  # back to the old one
            eventually(lambda: seen[-1:] == [1])
        finally:
            is_over.set()
        for one in asking:
            one.result()
    started.stop()
    assert set(seen) == {1, 2}


def warmup(folder: pathlib.Path, signature: str, count: int) -> None:
    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.float32([2.0])))
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(count):
            writer.write(log.SerializeToString())


@pytest.mark.parametrize(
    "signature, count, message",
    [
        ("serving_default", 1, ""),
        ("missing", 1, 'Serving signature key "missing" not found'),
        ("serving_default", 1001, "exceeds the maximum (1000)"),
    ],
)
@ours_only
def test_c38_a_warmup_that_fails_fails_the_load(
    restored: Server, tmp_path, signature: str, count: int, message: str
) -> None:
    shutil.copytree(restored.root / "half_plus_two" / "123", tmp_path / "1")
    warmup(tmp_path / "1", signature, count)
    config = listed(model("warm", tmp_path))
    if message:
        fails(lambda: restored.reload(config), Code.UNKNOWN, message)
    else:
        restored.reload(config)
        assert restored.predict("warm", inputs=x(2)).model_spec.version.value == 1


def test_c39_sessions_are_not_served(server: Server) -> None:
    call = server.channel.unary_unary(
        "/tensorflow.serving.SessionService/SessionRun",
        session_service_pb2.SessionRunRequest.SerializeToString,
    )
    request = session_service_pb2.SessionRunRequest()
    fails(lambda: call(request, timeout=TIMEOUT), Code.UNIMPLEMENTED)


@ours_only
def test_c40_an_export_of_a_mirrored_model_is_served(
    restored: Server, tmp_path, two_devices: list[str]
) -> None:
    strategy = tf.distribute.MirroredStrategy(
        two_devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        mirrored = models.HalfPlus()
    mirrored.save(tmp_path / "1")
    restored.reload(listed(model("mirrored", tmp_path)))
    answer = restored.predict("mirrored", inputs=x(2))
    assert list(answer.outputs["y"].float_val) == [3.0]


PREDICT = "/v1/models/default:predict"


def test_r01_rows(server: Server) -> None:
    answer = server.post(PREDICT, {"instances": [2.0, 3.0, 4.0]})
    assert answer == (200, {"predictions": [3.0, 3.5, 4.0]})


def test_r02_columns(server: Server) -> None:
    answer = server.post(PREDICT, {"inputs": [2.0, 3.0, 4.0]})
    assert answer == (200, {"outputs": [3.0, 3.5, 4.0]})


@pytest.mark.parametrize("path", ["", "/versions/123", "/labels/stable"])
def test_r03_versions_labels_and_nested_lists(server: Server, path: str) -> None:
    body = {"signature_name": "serving_default", "instances": [[1, 2], [3, 4]]}
    answer = server.post(f"/V1/models/default{path}:PREDICT", body)
    assert answer == (200, {"predictions": [[2.5, 3.0], [3.5, 4.0]]})


@pytest.mark.parametrize("path", ["foo", "default/versions/50"])
def test_r04_the_unknown_is_not_found(server: Server, path: str) -> None:
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
    server: Server, body: object, text: str
) -> None:
    status, answer = server.post(PREDICT, body)
    assert status == 400
    assert text in answer["error"]


def test_r09_an_unknown_label_is_told(server: Server) -> None:
    path = "/v1/models/default/labels/foo:predict"
    status, answer = server.post(path, {"instances": [1.0]})
    assert status == 400
    assert "Unrecognized servable version label" in answer["error"]


@pytest.mark.parametrize("path", ["", "/versions/123", "/labels/stable"])
def test_r11_status(server: Server, path: str) -> None:
    status, content = server.http("GET", f"/v1/models/default{path}")
    told = {"error_code": "OK", "error_message": ""}
    version = {"version": "123", "state": "AVAILABLE", "status": told}
    assert status == 200
    assert json.loads(content) == {"model_version_status": [version]}


def test_r12_metadata(server: Server) -> None:
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
    server: Server, method: str, path: str, text: str
) -> None:
    status, content = server.http(method, path, b"{}" if method == "POST" else None)
    assert status == 400
    assert text in json.loads(content)["error"]


def test_r16_classify_and_regress(server: Server) -> None:
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


def test_r18_several_inputs(server: Server) -> None:
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


def test_r19_bytes_travel_as_base64(server: Server) -> None:
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


def test_r20_floats_are_short_and_nan_is_a_token(server: Server) -> None:
    body = {"signature_name": "root", "inputs": [0.04, 9.0, -1.0]}
    status, content = server.http("POST", TOOLBOX, body)
    assert (status, content) == (200, b'{"outputs": [0.2, 3.0, NaN]}')


def test_an_output_without_json_is_refused(server: Server) -> None:
    body = {"signature_name": "half", "inputs": [1.0]}
    status, answer = server.post(TOOLBOX, body)
    assert status == 400
    assert "Failed to write JSON value for tensor type: half" in answer["error"]


def request_count(server: Server) -> float:
    status, content = server.http("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert b"# TYPE" in content
    head = ':tensorflow:serving:request_count{model_name="default",status="OK"} '
    lines = [line for line in content.decode().splitlines() if line.startswith(head)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def test_r21_the_request_counter_counts(server: Server) -> None:
    before = request_count(server)
    server.predict(inputs=x(2))
    server.post(PREDICT, {"instances": [1.0]})
    assert request_count(server) == before + 2


def test_r22_both_front_ends_give_the_same_bits(server: Server) -> None:
    body = {"signature_name": "generate", "inputs": [7]}
    _, answer = server.post(TOOLBOX, body)
    same = server.predict(
        "toolbox", signature="generate", inputs={"seed": np.int64([7])}
    )
    np.testing.assert_array_equal(
        np.array(answer["outputs"]["video"], np.float32),
        tf.make_ndarray(same.outputs["video"]),
    )


def test_v04_a_wrong_size_is_told_by_the_graph(server: Server) -> None:
    frames = np.zeros([1, 2, 5, 4, 3], np.uint8)
    fails(
        lambda: server.predict(
            "toolbox", inputs={"frames": frames}, signature="checked"
        ),
        Code.INVALID_ARGUMENT,
        "frames must be [N, T, 4, 4, 3]",
    )


@ours_only
def test_health_is_told(server: Server) -> None:
    check = server.channel.unary_unary("/grpc.health.v1.Health/Check")
    assert check(b"", timeout=TIMEOUT) == b"\x08\x01"  # field 1: SERVING
    fails(lambda: check(b"\x0a\x03foo", timeout=TIMEOUT), Code.NOT_FOUND)


@ours_only
def test_raw_bytes_are_answered_on_demand(root: pathlib.Path) -> None:
    config = local_config.ModelConfig("m", root / "half_plus_two")
    started = start(models=(config,), enable_serialization_as_tensor_content=True)
    client = Server(started.grpc_address, "", root)
    answer = client.predict("m", inputs=x(2)).outputs["y"]
    assert answer.tensor_content == np.float32([3.0]).tobytes()
    started.stop()


def random_bytes(folder: pathlib.Path) -> None:
    (folder / "saved_model.pb").write_bytes(bytes(range(256)))


def nothing(folder: pathlib.Path) -> None:
    """Leaves the folder empty."""


def cut_weights(folder: pathlib.Path) -> None:
    good = folder.parent / "1"
    shutil.copytree(good, folder, dirs_exist_ok=True)
    [weights] = (folder / "variables").glob("variables.data*")
    weights.write_bytes(weights.read_bytes()[:5])


def cut_graph(folder: pathlib.Path) -> None:
    shutil.copytree(folder.parent / "1", folder, dirs_exist_ok=True)
    graph = folder / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:1000])


@ours_only
@pytest.mark.parametrize("spoil", [random_bytes, nothing, cut_weights, cut_graph])
def test_garbage_in_a_new_version_leaves_the_old_one(
    root: pathlib.Path, tmp_path: pathlib.Path, spoil: Callable[[pathlib.Path], None]
) -> None:
    shutil.copytree(root / "half_plus_two" / "123", tmp_path / "1")
    started = start(
        models=(local_config.ModelConfig("m", tmp_path),),
        file_system_poll_wait_seconds=0.1,
    )
    client = Server(started.grpc_address, "", root)
    (tmp_path / "2").mkdir()
    spoil(tmp_path / "2")
    eventually(lambda: [s.state for s in client.status("m")] == [50, 30])
    assert client.predict("m", inputs=x(2)).model_spec.version.value == 1
    # Mended in place, it is tried again.
    shutil.copytree(
        root / "half_plus_three" / "00000123", tmp_path / "2", dirs_exist_ok=True
    )
    eventually(lambda: client.status("m", 2)[0].state == 30)
    assert client.predict("m", inputs=x(2)).outputs["y"].float_val[0] == 4.0
    started.stop()

"""The cases of a server whose models and versions come, fail and go."""

import concurrent.futures
import pathlib
import shutil
import threading
from collections.abc import Callable

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.serving import models
from tests.serving.local.conformance import wire
from tfvideogan.serving.local.lifecycle import config as local_config

# One server for all files of this folder.
pytestmark = pytest.mark.xdist_group("conformance")

Code = grpc.StatusCode


def test_c14_a_bad_model_fails_the_reload_and_leaves_the_good_one(
    restored: wire.Server,
) -> None:
    good = wire.model("default", restored.root / "half_plus_two")
    bad = wire.model("bad", restored.root / "bad")
    wire.fails(
        lambda: restored.reload(wire.listed(good, bad)),
        Code.UNKNOWN,
        "did not become available",
    )
    [status] = restored.status("bad")
    assert status.state == status.END
    assert status.status.error_code != 0
    assert restored.predict(inputs=wire.x(2)).outputs["y"].float_val[0] == 3.0


def test_c32_labels(restored: wire.Server) -> None:
    answer = restored.predict("two_versions", label="old", inputs=wire.x(2))
    assert answer.model_spec.version.value == 123
    wire.fails(
        lambda: restored.predict("two_versions", label="new", inputs=wire.x(2)),
        Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: new",
    )
    label = "version_labels { key: 'new' value: 9 }"
    path = restored.root / "half_plus_two"
    wire.fails(
        lambda: restored.reload(wire.listed(wire.model("default", path, label))),
        Code.FAILED_PRECONDITION,
        "not currently available for inference",
    )


def test_c33_a_reload_replaces_the_models(restored: wire.Server) -> None:
    path = restored.root / "half_plus_three"
    restored.reload(wire.listed(wire.model("other", path)))
    assert list(restored.predict("other", inputs=wire.x(2)).outputs["y"].float_val) == [
        4.0
    ]
    wire.fails(
        lambda: restored.predict(inputs=wire.x(2)), Code.NOT_FOUND, "Latest(default)"
    )
    wire.eventually(lambda: [s.state for s in restored.status("default")] == [50])


@pytest.mark.parametrize(
    "text, message",
    [
        (
            wire.listed(
                wire.model("a", pathlib.Path("/a")), wire.model("a", pathlib.Path("/b"))
            ),
            "Illegal to list model a multiple times in config list",
        ),
        (
            wire.listed(wire.model("a", pathlib.Path("relative"))),
            "Expected model a to have an absolute path or URI",
        ),
        (
            "custom_model_config {}",
            "ServerModelConfig type not supported by HandleReloadConfigRequest",
        ),
        (
            wire.listed("config { name: 'a' base_path: '/a' }"),
            "Illegal setting neither",
        ),
    ],
)
def test_c34_a_wrong_config_is_refused(
    server: wire.Server, text: str, message: str
) -> None:
    wire.fails(lambda: server.reload(text), Code.INVALID_ARGUMENT, message)


@wire.ours_only
def test_c35_a_config_file_is_read_again(root: pathlib.Path, tmp_path) -> None:
    config = tmp_path / "models.config"
    config.write_text(wire.listed(wire.model("a", root / "half_plus_two")))
    started = wire.start(
        models=local_config.read_models(config),
        model_config_file=config,
        model_config_file_poll_wait_seconds=0.1,
    )
    client = wire.Server(started.grpc_address, started.rest_address, root)
    config.write_text(wire.listed(wire.model("b", root / "half_plus_three")))
    wire.eventually(lambda: started.ready_line().endswith("models=b:123"))
    assert client.predict("b", inputs=wire.x(2)).outputs["y"].float_val[0] == 4.0
    started.stop()


@wire.ours_only
def test_c37_versions_come_and_go_without_a_failed_request(
    root: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shutil.copytree(root / "half_plus_two" / "123", tmp_path / "1")
    started = wire.start(
        models=(local_config.ModelConfig("m", tmp_path),),
        file_system_poll_wait_seconds=0.1,
    )
    client = wire.Server(started.grpc_address, "", root)
    seen: list[int] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            seen.append(client.predict("m", inputs=wire.x(2)).model_spec.version.value)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            draft = tmp_path / "draft"
            shutil.copytree(root / "half_plus_three" / "00000123", draft)
            draft.rename(tmp_path / "2")
            wire.eventually(lambda: seen[-1:] == [2])
            wire.eventually(lambda: [s.state for s in client.status("m", 1)] == [50])
            (tmp_path / "2").rename(draft)  # back to the old one
            wire.eventually(lambda: seen[-1:] == [1])
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
@wire.ours_only
def test_c38_a_warmup_that_fails_fails_the_load(
    restored: wire.Server, tmp_path, signature: str, count: int, message: str
) -> None:
    shutil.copytree(restored.root / "half_plus_two" / "123", tmp_path / "1")
    warmup(tmp_path / "1", signature, count)
    config = wire.listed(wire.model("warm", tmp_path))
    if message:
        wire.fails(lambda: restored.reload(config), Code.UNKNOWN, message)
    else:
        restored.reload(config)
        assert restored.predict("warm", inputs=wire.x(2)).model_spec.version.value == 1


@wire.ours_only
def test_c40_an_export_of_a_mirrored_model_is_served(
    restored: wire.Server, tmp_path, two_devices: list[str]
) -> None:
    strategy = tf.distribute.MirroredStrategy(
        two_devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        mirrored = models.HalfPlus()
    mirrored.save(tmp_path / "1")
    restored.reload(wire.listed(wire.model("mirrored", tmp_path)))
    answer = restored.predict("mirrored", inputs=wire.x(2))
    assert list(answer.outputs["y"].float_val) == [3.0]


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


@wire.ours_only
@pytest.mark.parametrize("spoil", [random_bytes, nothing, cut_weights, cut_graph])
def test_garbage_in_a_new_version_leaves_the_old_one(
    root: pathlib.Path, tmp_path: pathlib.Path, spoil: Callable[[pathlib.Path], None]
) -> None:
    shutil.copytree(root / "half_plus_two" / "123", tmp_path / "1")
    started = wire.start(
        models=(local_config.ModelConfig("m", tmp_path),),
        file_system_poll_wait_seconds=0.1,
    )
    client = wire.Server(started.grpc_address, "", root)
    (tmp_path / "2").mkdir()
    spoil(tmp_path / "2")
    wire.eventually(lambda: [s.state for s in client.status("m")] == [50, 30])
    assert client.predict("m", inputs=wire.x(2)).model_spec.version.value == 1
    # Mended in place, it is tried again.
    shutil.copytree(
        root / "half_plus_three" / "00000123", tmp_path / "2", dirs_exist_ok=True
    )
    wire.eventually(lambda: client.status("m", 2)[0].state == 30)
    assert client.predict("m", inputs=wire.x(2)).outputs["y"].float_val[0] == 4.0
    started.stop()

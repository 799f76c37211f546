"""The video cases of serving (V-01 ...), with a ForeGAN behind the local server.

V-03 waits for a model that inpaints, V-06 (the slow weights are exported) is in
tests/test_export.py.
"""

import concurrent.futures
import importlib.metadata
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from tests import check_model
from tests.models.foregan import test_model
from tests.serving import models
from tfvideogan.serving.client.grpc_client import PredictionClient, PredictionError
from tfvideogan.serving.export import checked, slimming
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config

CASE = check_model.Case(make_model=test_model.make_model, spec=test_model.SPEC)
FRAMES, SIDE = 4, CASE.spec.height
Arrays = dict[str, np.ndarray]
# Two runs in one process share threads in other ways; bytes round to either side.
ROUNDING = 1

pytestmark = pytest.mark.slow

ABANDON = """
import pathlib, sys, grpc
channel = grpc.insecure_channel(sys.argv[1])
call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
answer = call.future(pathlib.Path(sys.argv[2]).read_bytes())
print("sent", flush=True)
answer.result()
"""


@pytest.fixture(scope="module")
def module() -> checked.SignatureModule:
    return checked.SignatureModule(CASE.build().serving_functions())


@pytest.fixture(scope="module")
def root(module, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("models")
    version = folder / "foregan" / "1"
    tf.saved_model.save(module, str(version), signatures=module.concrete)
    slimming.slim(version)
    box = models.Toolbox()
    named = {"slow": box.slow, "generate": box.generate}
    models.export(box, folder / "box" / "1", serving_default=box.echo, **named)
    return folder


@pytest.fixture(scope="module")
def address(root: pathlib.Path) -> Iterator[str]:
    names = ("foregan", "box")
    served = tuple(config.ModelConfig(name, root / name) for name in names)
    server = local_server.LocalServer(
        local_server.Options(models=served, pick_ports=True)
    )
    server.start()
    yield server.grpc_address
    server.stop()


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[PredictionClient]:
    with PredictionClient(address) as made:
        yield made


def request(seed: int, clips: int = 1) -> Arrays:
    """A drawn video with slow flow, and a square as the first mask."""
    draw = np.random.default_rng(seed)
    shape = [clips, FRAMES, SIDE, SIDE]
    mask = np.zeros([clips, SIDE, SIDE, 1], np.uint8)
    mask[:, SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2] = 255
    flows = draw.uniform(-1, 1, [2, clips, FRAMES - 1, SIDE, SIDE, 2])
    return {
        "frames": draw.integers(0, 256, [*shape, 3]).astype(np.uint8),
        "mask": mask,
        "forward_flow": flows[0].astype(np.float32),
        "backward_flow": flows[1].astype(np.float32),
    }


def close(found: Arrays, expected: Arrays) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        is_bytes = array.dtype == np.uint8
        off = np.abs(found[name].astype(np.float64) - array.astype(np.float64))
        assert off.max() <= (ROUNDING if is_bytes else 1e-5), name


def test_v01_every_signature_answers_as_declared(client: PredictionClient) -> None:
    found = client.signatures("foregan")
    whole = client.predict("foregan", signature="predict_start", **request(0, clips=2))
    states = {
        name.removeprefix("next_"): array
        for name, array in whole.items()
        if name.startswith("next_state_")
    }
    following = {k: v for k, v in request(1, clips=2).items() if k != "mask"} | states
    for name, one in found.items():
        given = following if name == "predict_next" else request(0, clips=2)
        answer = client.predict("foregan", signature=name, **given)
        assert set(answer) == set(one.outputs)
        for key, array in answer.items():
            declared = one.outputs[key]
            assert array.dtype == declared.dtype.as_numpy_dtype
            assert array.ndim == len(declared.shape)
            pairs = zip(declared.shape, array.shape, strict=True)
            assert all(size in (None, found) for size, found in pairs)
    assert {"serving_default", "predict", "predict_start", "predict_next"} == set(found)


def test_v02_an_answer_depends_on_its_request_alone(client: PredictionClient) -> None:
    first, second = request(1), request(2)
    alone = client.predict("foregan", **first)
    again = client.predict("foregan", **first)
    assert all(np.array_equal(again[name], alone[name]) for name in alone)
    both = {name: np.concatenate([second[name], first[name]]) for name in first}
    batch = client.predict("foregan", **both)
    close({name: array[1:] for name, array in batch.items()}, alone)


def test_v02_a_seed_gives_the_same_video_in_any_batch(client: PredictionClient) -> None:
    [alone] = client.predict("box", signature="generate", seed=[7])["video_uint8"]
    batch = client.predict("box", signature="generate", seed=[5, 7, 7])["video_uint8"]
    np.testing.assert_array_equal(batch[1], alone)
    np.testing.assert_array_equal(batch[2], alone)
    assert np.any(batch[0] != alone)


def test_v04_a_wrong_request_is_told_what_is_wrong(client: PredictionClient) -> None:
    wrong = request(0)
    wrong["frames"] = wrong["frames"][:, :, :, :-1]
    with pytest.raises(PredictionError) as caught:
        client.predict("foregan", **wrong)
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
    expected = f"`frames` of predict must be [N, T, {SIDE}, {SIDE}, 3]"
    assert expected in caught.value.details
    assert f"its shape is [1 {FRAMES} {SIDE} {SIDE - 1} 3]" in caught.value.details
    short = request(0)
    short["forward_flow"] = short["forward_flow"][:, 1:]
    with pytest.raises(PredictionError, match="T = 4 as in `frames`"):
        client.predict("foregan", **short)


def test_v05_what_is_served_is_what_the_model_says(client, module) -> None:
    given = request(3, clips=2)
    tensors = {name: tf.constant(array) for name, array in given.items()}
    own = module.served["predict"].function(**tensors)
    found = client.predict("foregan", **given)
    close(found, {name: value.numpy() for name, value in own.items()})


def test_v07_a_clip_of_48_frames_of_256x256_goes_there_and_back(client) -> None:
    video = np.random.default_rng(0).integers(0, 256, [1, 48, 256, 256, 3])
    video = video.astype(np.uint8)
    np.testing.assert_array_equal(client.predict("box", x=video)["y"], video)


def test_v08_clients_in_parallel_do_not_disturb_each_other(client, address) -> None:
    expected = [client.predict("foregan", **request(seed)) for seed in range(8)]

    def ask(seed: int) -> list[Arrays]:
        with PredictionClient(address) as own:
            return [own.predict("foregan", **request(seed)) for _ in range(3)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for seed, answers in enumerate(pool.map(ask, range(8))):
            for answer in answers:
                close(answer, expected[seed])


def test_v09_a_client_that_is_killed_leaves_the_server_healthy(
    client, address: str, tmp_path: pathlib.Path
) -> None:
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = "box", "slow"
    message.inputs["n"].CopyFrom(tf.make_tensor_proto(np.int32([50_000])))
    (tmp_path / "request").write_bytes(message.SerializeToString())
    for _ in range(3):
        command = [sys.executable, "-c", ABANDON, address, str(tmp_path / "request")]
        abandoned = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert abandoned.stdout.readline() == "sent\n"
        time.sleep(0.1)
        abandoned.send_signal(signal.SIGKILL)
        abandoned.wait()
        abandoned.stdout.close()
    assert client.predict("foregan", **request(0))["video"].any()
    assert client.versions("foregan") == {1: "AVAILABLE"}


@pytest.mark.long
def test_v10_tensorflows_own_tool_lists_every_name(root: pathlib.Path) -> None:
    [script] = importlib.metadata.entry_points(
        group="console_scripts", name="saved_model_cli"
    )
    start = f"from {script.module} import {script.attr} as main; main()"
    shown = subprocess.run(
        [sys.executable, "-c", start, "show", "--all"]
        + ["--dir", str(root / "foregan" / "1")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in ("serving_default", "predict", "predict_start", "predict_next"):
        assert f"signature_def['{name}']" in shown
    assert "inputs['frames'] tensor_info" in shown
    assert "outputs['next_state_mask'] tensor_info" in shown
    assert f"shape: (-1, -1, {SIDE}, {SIDE}, 3)" in shown
    assert "args_0" not in shown

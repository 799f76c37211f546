"""Models of a page: what answers, and how the same is asked without one."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

import tfvideogan
from tests.serving import painter
from tfvideogan.core import errors
from tfvideogan.library import loading
from tfvideogan.pages import sources
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: pathlib.Path = tmp_path_factory.mktemp("models") / "painter"
    module = checked.SignatureModule(painter.Painter().serving_functions())
    tf.saved_model.save(module, str(folder / "1"), signatures=module.concrete)
    model = config.ModelConfig("painter", folder)
    started = local_server.LocalServer(
        local_server.Options(models=(model,), pick_ports=True)
    )
    started.start()
    yield f"http://{started.rest_address}"
    started.stop()


def test_a_server_is_asked_over_rest(address) -> None:
    source = sources.served(address, "painter")
    assert set(source.known) >= {"predict", "predict_next"}
    assert source.command == (
        *("tfvideogan", "client", "--server=127.0.0.1:8500", "--model=painter"),
    )
    frames = np.zeros([3, painter.SIZE, painter.SIZE, 3], np.uint8)
    flow = np.zeros([2, painter.SIZE, painter.SIZE, 2], np.float32)
    found = source.client.predict(
        signature="predict", outputs=["video"], frames=frames, flow=flow
    )
    # The library takes the same place: tanh(-0.5) of black is 68.58 in bytes.
    model = tfvideogan.load(source.place)
    answer = model.predict(frames=frames, flow=flow)
    assert (answer.video == 69).all() and (found["video"] == 69).all()
    with pytest.raises(errors.UserError, match="Servable not found"):
        sources.served(address, "sculptor")


def test_what_runs_in_process_is_named_as_generate_names_it(monkeypatch) -> None:
    asked = []
    for name in ("exported", "trained"):
        monkeypatch.setattr(
            loading, name, lambda *given, **named: asked.append((given, named))
        )
    found = sources.exported("saved_models/foregan", 3)
    assert (found.name, found.place) == ("foregan", "saved_models/foregan")
    assert found.command[1:] == (
        *("generate", "--model=saved_models/foregan", "--version=3"),
    )
    found = sources.trained(
        "runs/x", checkpoint="20", weights="raw", bindings=["A = 1"]
    )
    assert (found.name, found.place) == ("x", "runs/x")
    assert found.command[1:] == (
        *("generate", "--workdir=runs/x", "--checkpoint=20", "--weights=raw"),
        "--gin_param=A = 1",
    )
    assert asked == [
        (("saved_models/foregan", 3), {}),
        (("runs/x",), {"checkpoint": "20", "weights": "raw", "bindings": ["A = 1"]}),
    ]

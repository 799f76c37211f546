"""The server that the conformance cases run against, and the models that it serves.

It is the local server in a process of its own. Against a production server:

    python -m tests.serving.models /tmp/models
    docker run --network=host --mount type=bind,source=/tmp/models,target=/tmp/models \\
        tensorflow/serving --model_config_file=/tmp/models/models.config \\
        --monitoring_config_file=/tmp/models/monitoring.config --max_num_load_retries=0
    TFVIDEOGAN_TFS_GRPC=127.0.0.1:8500 TFVIDEOGAN_TFS_REST=127.0.0.1:8501 \\
        TFVIDEOGAN_TFS_MODELS=/tmp/models \\
        python -m pytest tests/serving/local/conformance

Cases that need a server of their own making (a socket, a folder to be watched) are skipped
then; each says so. Names carry the number of the case: C for gRPC, R for REST.
"""

import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import source_tree
from tests.serving import models
from tests.serving.local.conformance import wire


@pytest.fixture(scope="package")
def root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if wire.ROOT:
        return pathlib.Path(wire.ROOT)
    folder = tmp_path_factory.mktemp("models")
    models.write(folder)
    return folder


@pytest.fixture(scope="package")
def server(root: pathlib.Path) -> Iterator[wire.Server]:
    if wire.GRPC:
        yield wire.Server(wire.GRPC, wire.REST, root)
        return
    door = subprocess.Popen(
        [sys.executable, "-m", "tfvideogan.serve", "--pick_ports"]
        + [f"--model_config_file={root / 'models.config'}"]
        + [f"--monitoring_config_file={root / 'monitoring.config'}"]
        # As a production server does by default.
        + ["--enable_serialization_as_tensor_content=false"]
        + [f"--grpc_socket_path={root / 'socket'}"]
        + ["--enable_grpc_healthcheck_service=true"],
        cwd=source_tree.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        door.stdout.readline()
        _, grpc, rest, _ = door.stdout.readline().split()
        yield wire.Server(grpc.removeprefix("grpc="), rest.removeprefix("rest="), root)
    finally:
        door.terminate()
        door.communicate(timeout=wire.TIMEOUT)
    assert door.returncode == 0


@pytest.fixture
def restored(server: wire.Server) -> Iterator[wire.Server]:
    """A server whose models are put back after the test."""
    yield server
    server.reload((server.root / "models.config").read_text())

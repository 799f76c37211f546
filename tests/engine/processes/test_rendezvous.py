"""Workers wait for each other where a signal can end it."""

import socket
import threading

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.processes import rendezvous, waiting


def free() -> str:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        return f"localhost:{server.getsockname()[1]}"


def test_a_worker_listens_until_the_others_do(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.0)
    addresses = [free(), free()]
    seen = []

    def come() -> None:
        """Connects to the first worker, as the second one does, and listens."""
        seen.append(rendezvous.answers(addresses[0]))
        host, port = addresses[1].split(":")
        seen.append(socket.create_server((host, int(port))))

    threading.Timer(0.5, come).start()
    rendezvous.wait(addresses, own=0)
    assert seen[0] and not rendezvous.answers(addresses[0])
    seen[1].close()
    assert f"Waiting for the other workers ({addresses[1]})" in caplog.text


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("", 0)) as taken:
        address = f"localhost:{taken.getsockname()[1]}"
        with pytest.raises(errors.UserError, match=f"cannot listen at {address}"):
            rendezvous.wait([address, "localhost:9"], own=0)

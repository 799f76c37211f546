"""Waits until all workers of a cluster are there, before TensorFlow does.

    rendezvous.wait(["a:2222", "b:2222"], own=0)

TensorFlow waits, too, but holds Python's lock, so that no line is logged and no signal
handled. Here each worker listens at its own address and connects to the others', where
either this listens or, a moment later, TensorFlow's server.
"""

import contextlib
import socket
import time
from collections.abc import Sequence

from tfvideogan.core import durable, errors
from tfvideogan.engine.processes import waiting

TIMEOUT = 2.0  # seconds, of a connection
BACKLOG = 128


def wait(addresses: Sequence[str], *, own: int) -> None:
    """Returns when something listens at each address.

    Args:
      addresses: host:port of all workers.
      own: place of this one's.

    Raises:
      UserError: this process cannot listen at its own port.
    """
    absent = [one for place, one in enumerate(addresses) if place != own]
    is_ipv6 = addresses[own].startswith("[")
    family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", _split(addresses[own])[1]))
        except OSError as error:
            raise errors.UserError(
                f"This worker cannot listen at {addresses[own]}: "
                f"{durable.reason(error)}. Give each worker a free port."
            ) from error
        listener.listen(BACKLOG)
        lines = waiting.Lines(f"the other workers ({', '.join(absent)})")
        while absent := [one for one in absent if not answers(one)]:
            lines.look()
            time.sleep(waiting.LOOK)


def answers(address: str) -> bool:
    """Says whether anything listens at host:port."""
    with contextlib.suppress(OSError):
        with socket.create_connection(_split(address), TIMEOUT):
            return True
    return False


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)

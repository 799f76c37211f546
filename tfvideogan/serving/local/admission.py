"""Who may still come in: how both doors of a server close together.

with admission.request():       # in each request of each door
    ...
admission.close()               # REST takes nothing new; gRPC does so by itself
admission.wait(grace)           # what runs may end
admission.end()                 # the rest is answered UNAVAILABLE
"""

import contextlib
import threading
from collections.abc import Iterator

from tfvideogan.serving.local import status

STOPPING = "The server is stopping; ask again later, or another one"


class Admission:
    """Counts the requests under way, and refuses them when the server stops.

    Attributes:
      is_closed: whether new requests are refused.
      is_ended: whether running ones are, too.
    """

    def __init__(self) -> None:
        """Starts open."""
        self.is_closed = False
        self.is_ended = False
        self._count = 0
        self._lock = threading.Condition()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Counts a request while it is answered.

        Raises:
          status.RequestError: UNAVAILABLE once closed, and whatever a request raises
            after the end.
        """
        with self._lock:
            if self.is_closed:
                raise _unavailable()
            self._count += 1
        try:
            yield
        except status.RequestError as error:
            raise self.final(error) from error
        finally:
            with self._lock:
                self._count -= 1
                self._lock.notify_all()

    def final(self, error: status.RequestError) -> status.RequestError:
        """Returns what is answered to an error: a run that was cut off fails anyhow."""
        return _unavailable() if self.is_ended else error

    def close(self) -> None:
        """Lets nothing new in."""
        with self._lock:
            self.is_closed = True

    def end(self) -> None:
        """Answers UNAVAILABLE from now on, also where a run is cut off."""
        with self._lock:
            self.is_closed = self.is_ended = True

    def wait(self, seconds: float) -> bool:
        """Waits until nothing is under way; returns whether that is so."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._count, seconds)


def _unavailable() -> status.RequestError:
    return status.RequestError(status.Code.UNAVAILABLE, STOPPING)

"""One version of one model: its graph, its state, and who is using it."""

import dataclasses
import pathlib
import time

from tfvideogan.serving.local import status
from tfvideogan.serving.local.lifecycle import session, versions

# The states of tensorflow.serving.ModelVersionStatus.
START, LOADING, AVAILABLE, UNLOADING, END = 10, 20, 30, 40, 50


@dataclasses.dataclass
class Servable:
    """A version that a server knows of; `local_manager` changes it under its lock.

    Attributes:
      name: of the model.
      version: its number.
      folder: where it was exported to.
      state: START, LOADING, AVAILABLE, UNLOADING or END.
      error: why it did not load.
      graph: while it is loaded.
      users: requests that run on it at this moment.
      retries: how often loading may be tried again.
      next_attempt: when, in seconds of time.monotonic.
      fingerprint: of the files that did not load.
    """

    name: str
    version: int
    folder: pathlib.Path
    retries: int
    state: int = START
    error: status.RequestError | None = None
    graph: session.LoadedGraph | None = None
    users: int = 0
    next_attempt: float = 0.0
    fingerprint: versions.Fingerprint = ()

    @property
    def is_pending(self) -> bool:
        """Whether it is on its way to AVAILABLE or to an error."""
        return self.state in (START, LOADING)

    def is_due(self) -> bool:
        """Whether loading is to be tried now: first, again, or with other files."""
        if self.state == END and self.error is not None:
            return versions.fingerprint(self.folder) != self.fingerprint
        return self.is_pending and time.monotonic() >= self.next_attempt

    def describe(self) -> str:
        """Names it as the production server does."""
        return f"{{name: {self.name} version: {self.version}}}"

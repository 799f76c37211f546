"""The models that a page asks: exports and runs in this process, or behind a server.

source = sources.exported("foregan")
source.client.predict(signature="predict", frames=frames, mask=mask)
source.command  # ("tfvideogan", "generate", "--model=foregan")
"""

import dataclasses
import pathlib
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

import tfvideogan
from tfvideogan.library import loading
from tfvideogan.serving.client import metadata, rest_client

PROGRAM = tfvideogan.__name__
# Where servers listen for gRPC, which the client of the command line speaks.
GRPC_PORT = 8500


class Client(Protocol):
    """What answers: a model in this process, or a server over REST."""

    def signatures(self) -> dict[str, metadata.Signature]:
        """Returns the signatures by name."""
        ...

    def predict(
        self, *, signature: str, outputs: Sequence[str], **inputs: Any
    ) -> dict[str, np.ndarray]:
        """Runs a signature for some of its outputs."""
        ...


@dataclasses.dataclass(frozen=True)
class Source:
    """A model, and how it is called without a page.

    Attributes:
      name: that is shown.
      client: answers.
      command: the words that begin a command line which asks the same model.
      place: what `tfvideogan.load` takes.
    """

    name: str
    client: Client
    command: tuple[str, ...]
    place: str

    @property
    def known(self) -> Mapping[str, metadata.Signature]:
        """The signatures of the model."""
        return self.client.signatures()


def exported(name: str, version: int | None = None) -> Source:
    """Loads an export, see `catalogue.version_folder`.

    Raises:
      UserError: there is none.
    """
    which = () if version is None else (f"--version={version}",)
    command = (PROGRAM, "generate", f"--model={name}", *which)
    title = pathlib.PurePath(name).name
    return Source(title, loading.exported(name, version), command, name)


def trained(workdir: str, **settings: Any) -> Source:
    """Makes the model of a run folder again.

    Args:
      workdir: of a training.
      **settings: see `loading.trained`.

    Raises:
      UserError: the folder, its configuration or its checkpoint is at fault.
    """
    command = [PROGRAM, "generate", f"--workdir={workdir}"]
    for name in ("checkpoint", "weights"):
        if name in settings:
            command.append(f"--{name}={settings[name]}")
    command += [f"--gin_param={one}" for one in settings.get("bindings", ())]
    title = pathlib.PurePath(workdir).name
    return Source(title, loading.trained(workdir, **settings), tuple(command), workdir)


def served(server: str, name: str, version: int | None = None) -> Source:
    """Returns a model behind a server; its signatures are read.

    Args:
      server: address of REST, such as http://localhost:8501.
      name: of the model on the server.
      version: the newest available one if None.

    Raises:
      UserError: no server answers, or it does not have the model.
    """
    url = rest_client.url(server, name, version)
    client = rest_client.RestClient(url)
    client.signatures()
    host = urllib.parse.urlsplit(server).hostname
    which = () if version is None else (f"--version={version}",)
    command = (
        *(PROGRAM, "client", f"--server={host}:{GRPC_PORT}", f"--model={name}"),
        *which,
    )
    return Source(name, client, command, url)

"""From a model to a version that a server can load, checked before it is published.

    exported = exporter.export(
        model.serving_functions(), about, base=publishing.base_folder("saved_models",
        "foregan"), version=1, batch_sizes=(1, 4))
    exported.folder, exported.differences

Written beside its final place: signatures with their checks, weights as they are now,
warm-up requests, card. Then another process loads it and answers the warm-up and a drawn
request for each signature; its answers must be the model's own. Only then it is published.
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2

from tfvideogan.core import signatures
from tfvideogan.serving.export import (
    card,
    checked,
    publishing,
    replay,
    slimming,
    warmup,
)

# Bytes are rounded: a float just beside a half may fall to either side.
BYTE_TOLERANCE = 1
# Operations that make two answers to one request differ, or that need Python.
_FORBIDDEN = {
    "EagerPyFunc",
    "Multinomial",
    "ParameterizedTruncatedNormal",
    "PyFunc",
    "PyFuncStateless",
    "RandomGamma",
    "RandomPoissonV2",
    "RandomShuffle",
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "RngReadAndSkip",
    "TruncatedNormal",
}
_XLA = "_XlaMustCompile"


class ExportFault(RuntimeError):
    """The model cannot be served as it is; nothing was published."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far a fresh process is from the model, over all requests of a signature.

    Attributes:
      signature: its name.
      requests: how many were compared.
      largest: greatest difference of floats, absolute below 1 and relative above.
      largest_byte: greatest difference of bytes and other whole numbers.
      share_of_bytes: of all bytes, those that differ at all.
    """

    signature: str
    requests: int
    largest: float
    largest_byte: int
    share_of_bytes: float

    def text(self) -> str:
        """Returns it as a line."""
        return (
            f"{self.signature}: {self.requests} requests, floats within "
            f"{self.largest:.1e}, bytes within {self.largest_byte} "
            f"({self.share_of_bytes:.2%} differ)"
        )


@dataclasses.dataclass(frozen=True)
class Exported:
    """A published version.

    Attributes:
      folder: <base>/<version>.
      card: what it says of itself.
      differences: from the model, by signature.
    """

    folder: pathlib.Path
    card: Mapping[str, Any]
    differences: tuple[Difference, ...]


def export(
    served: Mapping[str, signatures.ServingFunction],
    about: Mapping[str, Any],
    *,
    base: pathlib.Path,
    version: int,
    batch_sizes: Sequence[int] = (1, 4),
    sizes: Mapping[str, int] | None = None,
) -> Exported:
    """Writes, checks and publishes a version.

    Args:
      served: the serving functions; variables are saved as they are during the call.
      about: for the card, see `card.make`.
      base: folder of the model's versions; its name is the model's.
      version: must not exist.
      batch_sizes: of the warm-up requests.
      sizes: open axes to fix, such as {"T": 8}.

    Raises:
      UserError: batch sizes or sizes are wrong, or the folder cannot be made.
      ExportFault: the model cannot be served.
      ReplayFailed: the export cannot be loaded or refuses its own requests.
    """
    module = checked.SignatureModule(served, sizes=sizes)
    requests = warmup.requests(module, model=base.name, batch_sizes=batch_sizes)
    drawn = warmup.drawn_requests(module, model=base.name)
    with publishing.unfinished(base, version) as folder:
        # No gradients: an export is not trained, and they are half of the graph.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(
            module, str(folder), signatures=module.concrete, options=options
        )
        slimming.slim(folder)
        check_graph(folder)
        warmup.write(folder, requests)
        differences = compare(module, folder, requests, drawn)
        written = card.make(module, about, name=base.name, version=version)
        written["warm_up"] = {"batch_sizes": list(batch_sizes)}
        written["checked"] = [dataclasses.asdict(one) for one in differences]
        card.write(folder, written)
        final = publishing.publish(folder, base, version)
    return Exported(final, written, differences)


def compare(
    module: checked.SignatureModule,
    folder: pathlib.Path,
    requests: Sequence[predict_pb2.PredictRequest],
    drawn: Sequence[predict_pb2.PredictRequest],
) -> tuple[Difference, ...]:
    """Compares the export's answers in a fresh process with the model's own.

    Args:
      module: of the model, in this process.
      folder: of the export; its warm-up file holds `requests`.
      requests: the warm-up.
      drawn: further requests.

    Raises:
      ExportFault: they differ.
      ReplayFailed: there are none.
    """
    found: dict[str, list[Gap]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        further = pathlib.Path(scratch) / "drawn"
        warmup.write_file(further, drawn)
        answers = replay.in_fresh_process(folder, pathlib.Path(scratch), further)
        for request, answer in zip([*requests, *drawn], answers, strict=True):
            name = request.model_spec.signature_name
            own = module.served[name].function(**warmup.inputs(request))
            allowed = module.served[name].tolerance
            gaps = [
                gap(name, key, own[key].numpy(), answer[key], allowed) for key in own
            ]
            found.setdefault(name, []).append(_joined(gaps))
    return tuple(_difference(name, gaps) for name, gaps in found.items())


def check_graph(folder: pathlib.Path) -> None:
    """Checks that a SavedModel needs neither XLA, nor Python, nor luck.

    Raises:
      ExportFault: it does; the message names the operation.
    """
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / publishing.GRAPH).read_bytes()
    )
    for graph in (one.graph_def for one in saved.meta_graphs):
        for node in _nodes(graph):
            if node.op in _FORBIDDEN:
                raise ExportFault(
                    f"the served graph holds {node.op} ({node.name}): draw from "
                    "core/seeds.py, and leave Python functions out of serving."
                )
        for function in graph.library.function:
            if function.attr[_XLA].b:
                raise ExportFault(
                    f"the served graph holds {function.signature.name}, compiled by "
                    "XLA: a server without XLA would fail on the first request."
                )


@dataclasses.dataclass(frozen=True)
class Gap:
    """How far one output is from the model's, see `Difference`."""

    largest: float = 0.0
    largest_byte: int = 0
    bytes_off: int = 0
    bytes_all: int = 0


def gap(
    name: str, key: str, own: np.ndarray, answer: np.ndarray, allowed: float
) -> Gap:
    """Compares one output.

    Raises:
      ExportFault: the two differ in shape or by more than the tolerance.
    """
    if own.shape != answer.shape:
        raise ExportFault(
            f"`{key}` of {name} has shape {answer.shape} in a fresh process, but "
            f"{own.shape} in the model."
        )
    if own.dtype == object:
        off = int(np.sum(own.astype("S") != answer))
        found = Gap(largest_byte=255 * bool(off), bytes_off=off, bytes_all=own.size)
    elif np.issubdtype(own.dtype, np.floating):
        wide, other = own.astype(np.float64), answer.astype(np.float64)
        relative = np.abs(wide - other) / np.maximum(np.abs(wide), 1.0)
        found = Gap(largest=float(np.max(relative, initial=0.0)))
    else:
        off = np.abs(own.astype(np.int64) - answer.astype(np.int64))
        largest = int(np.max(off, initial=0))
        found = Gap(0.0, largest, int(np.count_nonzero(off)), off.size)
    # A NaN is in neither relation.
    if not found.largest <= allowed or found.largest_byte > BYTE_TOLERANCE:
        raise ExportFault(
            f"`{key}` of {name} differs between the model and the export in a fresh "
            f"process by {max(found.largest, found.largest_byte):g}."
        )
    return found


def _joined(gaps: Sequence[Gap]) -> Gap:
    return Gap(
        max((one.largest for one in gaps), default=0.0),
        max((one.largest_byte for one in gaps), default=0),
        sum(one.bytes_off for one in gaps),
        sum(one.bytes_all for one in gaps),
    )


def _difference(name: str, gaps: Sequence[Gap]) -> Difference:
    joined = _joined(gaps)
    share = joined.bytes_off / max(joined.bytes_all, 1)
    return Difference(name, len(gaps), joined.largest, joined.largest_byte, share)


def _nodes(graph: Any) -> Iterator[Any]:
    """Yields the nodes of a graph and of its functions."""
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def

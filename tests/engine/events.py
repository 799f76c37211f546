"""Reads back what was written for TensorBoard."""

import pathlib

from tensorboard.backend.event_processing import event_file_loader
from tensorboard.compat.proto import summary_pb2
from tensorboard.util import tensor_util


def read(folder: pathlib.Path) -> dict[str, dict[int, object]]:
    """Returns tag -> step -> value; a picture is [width, height, bytes]."""
    found: dict[str, dict[int, object]] = {}
    for path in sorted(folder.glob("events.*")):
        for event in event_file_loader.EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                array = tensor_util.make_ndarray(value.tensor)
                found.setdefault(value.tag, {})[event.step] = array
    return found


def metadata(folder: pathlib.Path, tag: str) -> summary_pb2.SummaryMetadata:
    """Returns what a tag says of itself."""
    for path in folder.glob("events.*"):
        for event in event_file_loader.EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                if value.tag == tag:
                    return value.metadata
    raise KeyError(tag)

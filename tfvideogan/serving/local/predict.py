"""Predict: the checks of the production server, in its order and its words.

Shapes are not checked, as there: a declared shape is documentation, and an export checks
inside its graph what it needs.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from tfvideogan.core import signatures
from tfvideogan.serving import tensors
from tfvideogan.serving.local import status
from tfvideogan.serving.local.lifecycle import session

METHODS = (
    "tensorflow/serving/predict",
    "tensorflow/serving/classify",
    "tensorflow/serving/regress",
)

Value = tensor_pb2.TensorProto | np.ndarray


def predict(
    graph: session.LoadedGraph,
    signature_name: str,
    inputs: Mapping[str, Value],
    *,
    output_filter: Iterable[str] = (),
    has_method_check: bool = False,
    timeout: float | None = None,
) -> dict[str, np.ndarray]:
    """Runs a signature.

    Args:
      graph: of the version.
      signature_name: empty for `serving_default`.
      inputs: by alias; protos are decoded here, at the step where production does.
      output_filter: aliases of the wanted outputs; empty for all. Others are not computed.
      has_method_check: whether the signature must name a method of the server.
      timeout: seconds.

    Returns:
      Arrays by alias.

    Raises:
      status.RequestError: with the code and text of the production server.
    """
    name = signature_name or signatures.DEFAULT
    signature = graph.signatures.get(name)
    if signature is None:
        raise status.RequestError(
            status.Code.FAILED_PRECONDITION,
            f'Serving signature key "{name}" not found.',
        )
    if has_method_check and signature.method_name not in METHODS:
        raise status.RequestError(
            status.Code.INTERNAL,
            "Expected prediction signature method_name to be one of "
            f"{{{', '.join(METHODS)}}}. Was: {signature.method_name}",
        )
    feeds = _feeds(signature, inputs)
    for alias, value in feeds.items():
        _check_encoding(alias, value)
    aliases = _outputs(signature, output_filter)
    _check_dtypes(signature, feeds)
    values = graph.run(
        {signature.inputs[alias].name: _array(feeds[alias]) for alias in feeds},
        [signature.outputs[alias].name for alias in aliases],
        timeout=timeout,
    )
    return dict(zip(aliases, values, strict=True))


def _feeds(
    signature: meta_graph_pb2.SignatureDef, inputs: Mapping[str, Value]
) -> dict[str, Value]:
    """Returns a value for every input of the signature, as it came."""
    expected, given = set(signature.inputs), set(inputs)
    has_defaults = bool(signature.defaults)
    too_few = len(given) < len(expected) and not has_defaults
    if len(given) > len(expected) or too_few:
        raise status.invalid(
            f"input size does not match signature: {len(given)}!={len(expected)} "
            f"len({_set(given)}) != len({_set(expected)}). "
            f"Sent extra: {_set(given - expected)}. "
            f"Missing but required: {_set(expected - given)}."
        )
    feeds: dict[str, Value] = {}
    for alias in sorted(expected):
        if alias in inputs:
            feeds[alias] = inputs[alias]
        elif alias in signature.defaults:
            feeds[alias] = signature.defaults[alias]
        else:
            raise status.invalid(
                f"Signature input alias: {alias}(feed name: "
                f"{signature.inputs[alias].name}) not found in request and no default "
                f"value provided. Inputs expected to be in the request {_set(given)}, "
                f"or default input alias set: {','.join(sorted(signature.defaults))}."
            )
    return feeds


def _check_encoding(alias: str, value: Value) -> None:
    """Refuses a proto that is no tensor; nothing is decoded yet."""
    if isinstance(value, np.ndarray):
        return
    try:
        tensors.check(value)
    except (ValueError, OverflowError) as error:
        raise status.invalid(f"tensor parsing error: {alias}") from error


def _array(value: Value) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    return tensors.to_array(value, is_writable=False)


def _outputs(
    signature: meta_graph_pb2.SignatureDef, output_filter: Iterable[str]
) -> list[str]:
    """Returns the aliases of the outputs to compute."""
    aliases: list[str] = []
    for alias in output_filter:
        if alias not in signature.outputs:
            raise status.invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected "
                f"to be in the set {_set(signature.outputs)}."
            )
        if alias in aliases:
            raise status.invalid(f"duplicate output tensor alias: {alias}")
        aliases.append(alias)
    return aliases or sorted(signature.outputs)


def _check_dtypes(
    signature: meta_graph_pb2.SignatureDef, feeds: Mapping[str, Value]
) -> None:
    """Refuses a wrong dtype in the words of the runtime's own argument check.

    The session's callables word it differently, so it is said before they are reached,
    and before anything is decoded.
    """
    for place, (alias, value) in enumerate(feeds.items()):
        expected = tf.as_dtype(signature.inputs[alias].dtype).name
        is_text = value.dtype == object  # of an array; a proto's dtype is a number
        given = "string" if is_text else tf.as_dtype(value.dtype).name
        if given != expected:
            names = {"float32": "float", "float64": "double"}
            raise status.invalid(
                f"Expects arg[{place}] to be {names.get(expected, expected)} but "
                f"{names.get(given, given)} is provided"
            )


def _set(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"

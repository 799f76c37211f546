"""The client of a served model over REST: JSON, so that it needs nothing but HTTP.

    client = rest_client.RestClient(rest_client.url("http://localhost:8501", "foregan"))
    answer = client.predict(signature="predict", frames=frames, mask=mask)

Works with the local server and with the official `tensorflow/serving` image. Methods,
casts and answers are those of `in_process.InProcessClient`. Every number travels as text,
and so does every output, wanted or not: for long videos gRPC is faster by far.
"""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from tfvideogan.core import errors, refusals, signatures
from tfvideogan.serving.client import flows, metadata

DEFAULT_TIMEOUT = 600.0
# Behind host and port of a server.
PATH = "/v1/models/"
B64 = "b64"
# Bytes that are no UTF-8 travel through strings as Python's surrogates.
UNDECODABLE = "surrogateescape"
# Of an answer's error that is shown, characters.
MAX_SHOWN = 500


def is_url(name: str) -> bool:
    """Whether a name is an address, and neither a file nor a model."""
    return name.startswith(("http://", "https://"))


def url(server: str, model: str, version: int | None = None) -> str:
    """Returns the address of a served model.

    Args:
      server: such as http://localhost:8501.
      model: its name on the server.
      version: the newest available one if None.
    """
    which = "" if version is None else f"/versions/{version}"
    name = urllib.parse.quote(model, safe="")
    return f"{server.rstrip('/')}{PATH}{name}{which}"


class RestClient:
    """Answers with the signatures of one served model."""

    def __init__(self, url: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Stores which model is asked; nothing is sent yet.

        Args:
          url: of the model: http://localhost:8501/v1/models/foregan, or one with
            /versions/1 behind it; see `url`.
          timeout: of a request, seconds.

        Raises:
          UserError: it is none of a model.
        """
        if not is_url(url) or PATH not in url:
            raise errors.UserError(
                f"{url} is no address of a served model, such as "
                f"http://localhost:8501{PATH}foregan."
            )
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._known: dict[str, metadata.Signature] = {}

    def signatures(self) -> dict[str, metadata.Signature]:
        """Returns the signatures by name, as the server tells them the first time.

        Raises:
          UserError: no server answers, or it does not have the model.
        """
        if not self._known:
            told = self._answer("/metadata")["metadata"]["signature_def"]
            definitions = json_format.ParseDict(
                told, get_model_metadata_pb2.SignatureDefMap()
            )
            self._known = metadata.read(definitions)
        return dict(self._known)

    def predict(
        self, *, signature: str = "", outputs: Sequence[str] = (), **inputs: Any
    ) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
          signature: `serving_default` if empty.
          outputs: the wanted ones; all if empty.
          **inputs: see `grpc_client.PredictionClient.predict`.

        Returns:
          Arrays by alias.

        Raises:
          UserError: the inputs do not fit the signature, or the server refused them, or
            none answers.
        """
        chosen = metadata.find(self.signatures(), signature or signatures.DEFAULT)
        arrays, is_single = chosen.fitted(flows.filled(chosen, inputs))
        if is_single:
            arrays = {name: array[np.newaxis] for name, array in arrays.items()}
        request = {
            "signature_name": chosen.name,
            "inputs": {name: _listed(array) for name, array in arrays.items()},
        }
        answered = self._answer(":predict", request)["outputs"]
        # A single output stands there without its name.
        named = (
            answered if len(chosen.outputs) > 1 else {[*chosen.outputs][0]: answered}
        )
        found = {
            name: _array(named[name], chosen.outputs[name])
            for name in outputs or chosen.outputs
        }
        return {name: array[0] for name, array in found.items()} if is_single else found

    def _answer(self, path: str, request: Mapping[str, Any] | None = None) -> Any:
        """Sends a request, or asks for a page, and returns the JSON that comes.

        Raises:
          UserError: the server refused it, or none answers.
        """
        url = self._url + path
        body = None if request is None else json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(url, body, headers)
        try:
            with urllib.request.urlopen(asked, timeout=self._timeout) as answer:
                return json.loads(answer.read().decode(errors=UNDECODABLE))
        except urllib.error.HTTPError as error:
            raise errors.UserError(_refusal(error.code, error.read())) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise errors.UserError(
                f"No REST server answers at {url} ({reason}); `tfvideogan serve` starts "
                "a local one, whose address is http://localhost:8501."
            ) from error


def _refusal(code: int, body: bytes) -> str:
    """Returns the words of a server that refused, in one line."""
    text = body.decode(errors="replace")
    try:
        text = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        text = f"HTTP {code}: {text[:MAX_SHOWN]}"
    return refusals.line(text) or f"HTTP {code}"


def _listed(array: np.ndarray) -> Any:
    """Returns an array as lists; strings, which need not be UTF-8, in base 64."""
    if array.dtype != object:
        return array.tolist()
    texts = (one if isinstance(one, bytes) else one.encode() for one in array.flat)
    coded = [{B64: base64.b64encode(one).decode()} for one in texts]
    return np.array(coded, object).reshape(array.shape).tolist()


def _array(value: Any, told: metadata.Tensor) -> np.ndarray:
    """Returns the array of JSON, whose lists may be empty."""
    if told.dtype == tf.string:
        texts = np.array(value, object)
        flat = [_bytes(one) for one in texts.flat]
        return np.array(flat, object).reshape(texts.shape)
    found = np.array(value, told.dtype.as_numpy_dtype)
    if told.shape is None or found.size or found.ndim == len(told.shape):
        return found
    # Lists say nothing of the sizes inside an empty axis.
    rest = [size or 0 for size in told.shape[found.ndim :]]
    return found.reshape([*found.shape, *rest])


def _bytes(value: Any) -> bytes:
    if isinstance(value, Mapping):
        return base64.b64decode(value[B64])
    return value.encode(errors=UNDECODABLE)

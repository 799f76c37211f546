"""The client of a served model: NumPy in, NumPy out, over gRPC.

    with grpc_client.PredictionClient("localhost:8500") as client:
        answer = client.predict("foregan", frames=frames, mask=mask, ...)
        answer["video"]  # [N, T, H, W, 3] uint8

Works with the local server and with the official `tensorflow/serving` image. Arrays
travel as raw bytes, both message limits of gRPC (4 MiB by default) are lifted, every
request has a deadline, and only UNAVAILABLE is tried again: nothing ran then.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc
import numpy as np
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfvideogan.core import errors, refusals, signatures
from tfvideogan.serving import tensors
from tfvideogan.serving.client import flows, metadata

DEFAULT_TIMEOUT = 60.0
DEFAULT_RETRIES = 4
# Pause before the first retry, doubled at each, seconds.
FIRST_PAUSE = 0.1
# Protobuf carries 2 GiB less a byte; some of it is names and shapes.
MAX_REQUEST = 1_900_000_000
# What gRPC says where no server listens.
UNCONNECTED = "failed to connect to all addresses"

Code = grpc.StatusCode


class PredictionError(RuntimeError):
    """Signals that the server refused or failed; one line says what to try.

    Attributes:
      code: of gRPC.
      details: the server's own words.
    """

    def __init__(self, code: grpc.StatusCode, details: str, hint: str = "") -> None:
        """Joins the server's words and a hint."""
        self.code, self.details = code, details
        hint = f" ({hint})" if hint else ""
        super().__init__(f"{code.name}: {refusals.line(details)}{hint}")


class ServerUnreachable(PredictionError):
    """Signals that no server answered at the address."""


class PredictionClient:
    """A connection to a server; safe in many threads."""

    def __init__(
        self,
        address: str = "localhost:8500",
        *,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = DEFAULT_RETRIES,
        max_message_bytes: int = -1,
        credentials: grpc.ChannelCredentials | None = None,
        server_name: str = "",
    ) -> None:
        """Opens a channel; nothing is sent yet.

        Args:
          address: host:port, or unix:path.
          timeout: of a request with its retries, seconds.
          retries: after UNAVAILABLE; none where no server has ever answered.
          max_message_bytes: of requests and answers; -1 for no limit.
          credentials: of TLS; None for plain gRPC.
          server_name: the name in the server's certificate, if it is not the host's.
        """
        options = [
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
        ]
        if server_name:
            options.append(("grpc.ssl_target_name_override", server_name))
        if credentials:
            self._channel = grpc.secure_channel(address, credentials, options)
        else:
            self._channel = grpc.insecure_channel(address, options)
        self._address = address
        self._has_answered = False
        self._timeout = timeout
        self._retries = retries
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)
        self._signatures: dict[bytes, dict[str, metadata.Signature]] = {}

    def __enter__(self) -> "PredictionClient":
        """Returns itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the channel."""
        self.close()

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def predict(
        self,
        model: str,
        *,
        signature: str = "",
        version: int | None = None,
        version_label: str = "",
        outputs: Sequence[str] = (),
        timeout: float | None = None,
        **inputs: Any,
    ) -> dict[str, np.ndarray]:
        """Runs a signature of a served model.

        Args:
          model: its name on the server.
          signature: `serving_default` if empty.
          version: the newest available one if None.
          version_label: names a version instead of its number.
          outputs: the wanted ones; all if empty. Others are neither computed nor sent.
          timeout: seconds; the client's if None.
          **inputs: arrays by the signature's aliases, batch first. What is not yet of
            the signature's dtype is cast if no value changes by it. If each input lacks
            just the batch axis, one is added and taken from the answer again. Optical
            flow may be left out beside uint8 `frames`: it is estimated (DIS).

        Returns:
          Arrays by alias.

        Raises:
          UserError: the inputs do not fit the signature.
          PredictionError: the server refused or failed, or did not answer in time.
        """
        spec = _spec(model, version, version_label)
        spec.signature_name = signature
        end = time.monotonic() + (self._timeout if timeout is None else timeout)
        chosen = self._signature(spec, end)
        arrays, is_single = chosen.fitted(flows.filled(chosen, inputs))
        request = predict_pb2.PredictRequest(model_spec=spec, output_filter=outputs)
        _check_size(arrays)
        for name, array in arrays.items():
            whole = array[np.newaxis] if is_single else array
            tensors.pack(request.inputs[name], whole)
        try:
            answer = self._call(self._predictions.Predict, request, end)
        except PredictionError:
            # Another version may have come with other signatures.
            self._signatures.pop(_key(spec), None)
            raise
        found = {name: tensors.to_array(one) for name, one in answer.outputs.items()}
        return {name: array[0] for name, array in found.items()} if is_single else found

    def signatures(
        self, model: str, *, version: int | None = None, version_label: str = ""
    ) -> dict[str, metadata.Signature]:
        """Returns the signatures of a model by name, as the server tells them.

        Raises:
          PredictionError: the server does not know the model, or does not answer.
        """
        end = time.monotonic() + self._timeout
        return dict(self._told(_spec(model, version, version_label), end))

    def versions(self, model: str) -> dict[int, str]:
        """Returns the state of each version of a model that the server knows.

        Raises:
          PredictionError: the server does not know the model, or does not answer.
        """
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        end = time.monotonic() + self._timeout
        answer = self._call(self._models.GetModelStatus, request, end)
        states = get_model_status_pb2.ModelVersionStatus.State
        return {
            one.version: states.Name(one.state) for one in answer.model_version_status
        }

    def wait(self, model: str, seconds: float) -> None:
        """Waits until a version of a model is available.

        Raises:
          PredictionError: none is, after so many seconds; it says what was seen last.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                states = self.versions(model)
                last = PredictionError(Code.UNAVAILABLE, f"versions: {states}")
                if "AVAILABLE" in states.values():
                    return
            except PredictionError as error:
                last = error
            if time.monotonic() >= end:
                raise last
            time.sleep(FIRST_PAUSE)

    def _signature(self, spec: model_pb2.ModelSpec, end: float) -> metadata.Signature:
        name = spec.signature_name or signatures.DEFAULT
        try:
            return metadata.find(self._told(spec, end), name)
        except errors.UserError:
            self._signatures.pop(_key(spec), None)
            raise

    def _told(
        self, spec: model_pb2.ModelSpec, end: float
    ) -> dict[str, metadata.Signature]:
        key = _key(spec)
        if key not in self._signatures:
            request = get_model_metadata_pb2.GetModelMetadataRequest(
                metadata_field=["signature_def"]
            )
            request.model_spec.CopyFrom(spec)
            request.model_spec.signature_name = ""
            answer = self._call(self._predictions.GetModelMetadata, request, end)
            definitions = get_model_metadata_pb2.SignatureDefMap()
            answer.metadata["signature_def"].Unpack(definitions)
            self._signatures[key] = metadata.read(definitions)
        return self._signatures[key]

    def _call(self, method: Callable[..., Any], request: Any, end: float) -> Any:
        """Sends a request until it is answered, refused, or time is over."""
        pause = FIRST_PAUSE
        for attempt in range(self._retries + 1):
            try:
                answer = method(request, timeout=max(end - time.monotonic(), 0.001))
                self._has_answered = True
                return answer
            except grpc.RpcError as error:
                is_last = attempt == self._retries or time.monotonic() + pause >= end
                if (
                    error.code() != Code.UNAVAILABLE
                    or is_last
                    or self._is_absent(error)
                ):
                    raise self._explained(error) from error
            time.sleep(pause)
            pause *= 2
        raise RuntimeError("`retries` must not be negative")

    def _is_absent(self, error: grpc.RpcError) -> bool:
        """Whether no server is there, and none ever was: to try again is no use."""
        is_refused = UNCONNECTED in (error.details() or "")
        self._has_answered = self._has_answered or not is_refused
        return not self._has_answered

    def _explained(self, error: grpc.RpcError) -> PredictionError:
        code, details = error.code(), error.details() or ""
        if code == Code.UNAVAILABLE:
            return ServerUnreachable(
                code,
                details,
                f"no server answers at {self._address}; python -m tfvideogan.serve "
                "starts a local one",
            )
        hints = {
            Code.NOT_FOUND: "the model or version is not served; see its status",
            Code.FAILED_PRECONDITION: "ask `signatures(model)` for what there is",
            Code.DEADLINE_EXCEEDED: "raise `timeout`, or send fewer frames at a time",
        }
        hint = hints.get(code, "")
        if code == Code.RESOURCE_EXHAUSTED and "larger than max" in details:
            hint = "raise `max_message_bytes`, or ask for fewer `outputs`"
        return PredictionError(code, details, hint)


def _spec(model: str, version: int | None, label: str) -> model_pb2.ModelSpec:
    if version is not None and label:
        raise errors.UserError(
            f"`version` ({version}) and `version_label` ({label}) both name a version; "
            "give one."
        )
    spec = model_pb2.ModelSpec(name=model)
    if version is not None:
        spec.version.value = version
    if label:
        spec.version_label = label
    return spec


def _key(spec: model_pb2.ModelSpec) -> bytes:
    plain = model_pb2.ModelSpec.FromString(spec.SerializeToString())
    plain.ClearField("signature_name")
    return plain.SerializeToString(deterministic=True)


def _check_size(arrays: Mapping[str, np.ndarray]) -> None:
    total = sum(array.nbytes for array in arrays.values())
    if total > MAX_REQUEST:
        raise errors.UserError(
            f"The inputs have {total / 1e9:.1f} GB, but one request carries at most "
            f"{MAX_REQUEST / 1e9:.1f} GB; send fewer frames at a time."
        )

"""A client without a server: the model answers in this process.

    client = in_process.InProcessClient.load(pathlib.Path("saved_models/foregan/1"))
    answer = client.predict(signature="predict", frames=frames, mask=mask)

    module = checked.SignatureModule(model.serving_functions())
    client = in_process.InProcessClient(module.concrete, owner=module)

Methods, casts and answers are those of `grpc_client.PredictionClient`, but that there is
one model, so nothing names it. What the server refuses is a `UserError` in the same words:
both run the assertions of the graph.
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, refusals, signatures
from tfvideogan.serving.client import flows, metadata

Function = tf.types.experimental.ConcreteFunction


class InProcessClient:
    """Answers with the signatures of a model."""

    def __init__(self, functions: Mapping[str, Function], *, owner: object) -> None:
        """Stores the signatures.

        Args:
          functions: traced, by the name of their signature. Each takes its inputs by name
            and returns a dict.
          owner: of the variables, which functions hold by weak references only.
        """
        self._functions = functions
        self._owner = owner
        self._known = {name: _signature(name, functions[name]) for name in functions}
        self._calls: dict[tuple[str, ...], Callable[..., dict[str, tf.Tensor]]] = {}

    @classmethod
    def load(cls, folder: pathlib.Path) -> "InProcessClient":
        """Loads an export.

        Args:
          folder: of a version, with saved_model.pb.

        Raises:
          UserError: the folder holds no SavedModel that loads.
        """
        try:
            loaded = tf.saved_model.load(str(folder))
        except Exception as error:  # garbage fails in every way there is
            raise errors.UserError(
                f"{folder} cannot be loaded as a SavedModel: {refusals.line(str(error))}"
            ) from error
        return cls(loaded.signatures, owner=loaded)

    def signatures(self) -> dict[str, metadata.Signature]:
        """Returns the signatures by name."""
        return {name: self._known[name] for name in sorted(self._known)}

    def predict(
        self, *, signature: str = "", outputs: Sequence[str] = (), **inputs: Any
    ) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
          signature: `serving_default` if empty.
          outputs: the wanted ones; all if empty. Others are not computed.
          **inputs: see `grpc_client.PredictionClient.predict`.

        Returns:
          Arrays by alias.

        Raises:
          UserError: the inputs do not fit the signature, or the graph refused them.
        """
        chosen = metadata.find(self.signatures(), signature or signatures.DEFAULT)
        arrays, is_single = chosen.fitted(flows.filled(chosen, inputs))
        if is_single:
            arrays = {name: array[np.newaxis] for name, array in arrays.items()}
        call = self._call(chosen, tuple(outputs) or tuple(chosen.outputs))
        try:
            answer = call(**{name: tf.constant(one) for name, one in arrays.items()})
        except (
            tf.errors.InvalidArgumentError,
            tf.errors.ResourceExhaustedError,
        ) as error:
            raise errors.UserError(refusals.line(error.message)) from error
        found = {name: tensor.numpy() for name, tensor in answer.items()}
        return {name: array[0] for name, array in found.items()} if is_single else found

    def _call(
        self, chosen: metadata.Signature, outputs: tuple[str, ...]
    ) -> Callable[..., dict[str, tf.Tensor]]:
        """Returns a function for some outputs of a signature, traced once.

        It takes tensors of any shape, so that a wrong one is refused by the graph's
        assertions, in their words, and not by TensorFlow.
        """
        key = (chosen.name, *outputs)
        if key not in self._calls:
            function = self._functions[chosen.name]

            def call(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
                answer = function(**inputs)
                return {name: answer[name] for name in outputs}

            specs = {
                name: tf.TensorSpec(None, one.dtype, name)
                for name, one in chosen.inputs.items()
            }
            self._calls[key] = tf.function(call).get_concrete_function(**specs)
        return self._calls[key]


def _signature(name: str, function: Function) -> metadata.Signature:
    _, inputs = function.structured_input_signature
    return metadata.Signature(
        name, _tensors(inputs), _tensors(function.structured_outputs)
    )


def _tensors(specs: Mapping[str, tf.TensorSpec]) -> dict[str, metadata.Tensor]:
    return {
        name: metadata.Tensor(
            spec.dtype, None if spec.shape.rank is None else tuple(spec.shape)
        )
        for name, spec in specs.items()
    }

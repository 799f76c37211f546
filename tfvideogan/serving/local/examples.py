"""Classify, Regress and MultiInference: lists of tf.Example to classes and numbers.

No model of this package has such signatures; they are here so that the local server
answers every method of the production server.
"""

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    inference_pb2,
    input_pb2,
    regression_pb2,
)

from tfvideogan.core import signatures
from tfvideogan.serving.local import predict, status
from tfvideogan.serving.local.lifecycle import session

INPUTS, CLASSES, SCORES, OUTPUTS = "inputs", "classes", "scores", "outputs"
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def classify(
    graph: session.LoadedGraph,
    signature_name: str,
    examples: input_pb2.Input,
    *,
    timeout: float | None = None,
) -> classification_pb2.ClassificationResult:
    """Runs a signature with outputs `classes` (string [N, C]), `scores` (float [N, C]).

    Raises:
      status.RequestError: no such signature, no examples, or the wrong shape.
    """
    signature = _signature(graph, signature_name, kind="classification")
    if not 1 <= len(signature.outputs) <= 2:
        raise status.invalid(
            f"Expected one or two output Tensors, found {len(signature.outputs)}"
        )
    wanted = [name for name in (CLASSES, SCORES) if name in signature.outputs]
    if len(wanted) != len(signature.outputs):
        raise status.invalid(
            f"Expected classification signature outputs to be among [{CLASSES}, "
            f"{SCORES}]. Was: {sorted(signature.outputs)}"
        )
    rows, values = _run(graph, signature_name, examples, wanted, timeout)
    for name, array in values.items():
        if array.ndim != 2 or len(array) != rows:
            raise status.invalid(
                f"Expected Tensor {name} of shape [{rows} num_classes], got "
                f"{list(array.shape)}"
            )
    result = classification_pb2.ClassificationResult()
    for row in range(rows):
        classes = result.classifications.add().classes
        for column in range(values[wanted[0]].shape[1]):
            one = classes.add()
            if CLASSES in values:
                one.label = tf.compat.as_text(values[CLASSES][row, column])
            if SCORES in values:
                one.score = values[SCORES][row, column]
    return result


def regress(
    graph: session.LoadedGraph,
    signature_name: str,
    examples: input_pb2.Input,
    *,
    timeout: float | None = None,
) -> regression_pb2.RegressionResult:
    """Runs a signature with one output `outputs`, float [N] or [N, 1].

    Raises:
      status.RequestError: no such signature, no examples, or the wrong shape.
    """
    signature = _signature(graph, signature_name, kind="regression")
    if list(signature.outputs) != [OUTPUTS]:
        raise status.invalid("Expected one output Tensor.")
    rows, values = _run(graph, signature_name, examples, [OUTPUTS], timeout)
    array = values[OUTPUTS]
    if array.shape not in ((rows,), (rows, 1)):
        raise status.invalid(
            f"Expected output Tensor shape to be either [{rows}] or [{rows}, 1], got "
            f"{list(array.shape)}"
        )
    result = regression_pb2.RegressionResult()
    for value in array.ravel():
        result.regressions.add(value=value)
    return result


def check_tasks(request: inference_pb2.MultiInferenceRequest) -> None:
    """Refuses tasks that do not go together.

    Raises:
      status.RequestError: in the order and words of the production server.
    """
    seen: set[str] = set()
    for task in request.tasks:
        spec = task.model_spec
        if not spec.name:
            raise status.invalid("Found ModelSpec with an empty model name.")
        if spec.name != request.tasks[0].model_spec.name:
            raise status.invalid(
                "All ModelSpecs in a MultiInferenceRequest must access the same model "
                "name."
            )
        signature = spec.signature_name or signatures.DEFAULT
        if signature in seen:
            raise status.invalid(f"Duplicate evaluation of signature: {signature}")
        seen.add(signature)


def infer(
    graph: session.LoadedGraph,
    request: inference_pb2.MultiInferenceRequest,
    *,
    timeout: float | None = None,
) -> inference_pb2.MultiInferenceResponse:
    """Runs every task of a request; `check_tasks` comes first.

    Raises:
      status.RequestError: a signature is missing or its method is not served.
    """
    response = inference_pb2.MultiInferenceResponse()
    for task in request.tasks:
        name = task.model_spec.signature_name or signatures.DEFAULT
        if name not in graph.signatures:
            raise status.invalid(
                f"Requested signature not found in model graph: {name}"
            )
        result = response.results.add()
        result.model_spec.CopyFrom(task.model_spec)
        result.model_spec.signature_name = name
        if task.method_name == CLASSIFY:
            answer = classify(graph, name, request.input, timeout=timeout)
            result.classification_result.CopyFrom(answer)
        elif task.method_name == REGRESS:
            answer = regress(graph, name, request.input, timeout=timeout)
            result.regression_result.CopyFrom(answer)
        else:
            raise status.RequestError(
                status.Code.UNIMPLEMENTED,
                f"Unsupported signature method_name: {task.method_name}",
            )
    return response


def serialized(examples: input_pb2.Input) -> np.ndarray:
    """Returns the examples [N] as an object array of bytes.

    Raises:
      status.RequestError: there are none.
    """
    kind = examples.WhichOneof("kind")
    texts: list[bytes] = []
    if kind == "example_list":
        texts = [one.SerializeToString() for one in examples.example_list.examples]
    elif kind == "example_list_with_context":
        listed = examples.example_list_with_context
        # Joined messages are a merged message; what stands in both is the example's.
        context = listed.context.SerializeToString()
        texts = [context + one.SerializeToString() for one in listed.examples]
    if not texts:
        raise status.invalid("Input is empty.")
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def _signature(
    graph: session.LoadedGraph, name: str, *, kind: str
) -> meta_graph_pb2.SignatureDef:
    """Returns a signature that takes serialised examples and nothing else."""
    name = name or signatures.DEFAULT
    signature = graph.signatures.get(name)
    if signature is None:
        raise status.invalid(f"No signature was found with the name: {name}")
    if len(signature.inputs) != 1:
        raise status.invalid("Expected one input Tensor.")
    if INPUTS not in signature.inputs:
        raise status.invalid(
            f"No {kind} inputs found in SignatureDef: {sorted(signature.inputs)}"
        )
    return signature


def _run(
    graph: session.LoadedGraph,
    name: str,
    examples: input_pb2.Input,
    outputs: list[str],
    timeout: float | None,
) -> tuple[int, dict[str, np.ndarray]]:
    """Returns the number of examples and the wanted outputs."""
    array = serialized(examples)
    values = predict.predict(
        graph, name, {INPUTS: array}, output_filter=outputs, timeout=timeout
    )
    return len(array), values

"""Replays the warm-up requests of an export before its version answers.

By the production server's rules: a record that fails, fails the load.
"""

import tensorflow as tf
from google.protobuf import message
from tensorflow_serving.apis import prediction_log_pb2

from tfvideogan.serving.local import examples, predict, status
from tfvideogan.serving.local.lifecycle import session
from tfvideogan.serving.local.lifecycle.servable import Servable

FILE = "assets.extra/tf_serving_warmup_requests"
MAX_RECORDS = 1000


def replay(servable: Servable) -> None:
    """Runs the warm-up records of a loaded version, if it has any.

    Raises:
      status.RequestError: there are too many, or one cannot be read or answered.
    """
    path = servable.folder / FILE
    if not path.is_file():
        return
    records = tf.data.TFRecordDataset(str(path)).take(MAX_RECORDS + 1)
    try:
        texts = list(records.as_numpy_iterator())
    except tf.errors.OpError as error:
        raise status.RequestError(
            status.Code.DATA_LOSS,
            f"Failed to read warmup record: {error.message}. Please verify your warmup "
            "data is in TFRecord format.",
        ) from error
    if len(texts) > MAX_RECORDS:
        raise status.invalid(
            f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}"
        )
    for text in texts:
        log = prediction_log_pb2.PredictionLog()
        try:
            log.ParseFromString(text)
        except message.DecodeError as error:
            raise status.invalid(
                f"Failed to parse warmup record: {path}: {error}"
            ) from error
        _run(servable.graph, log)


def _run(graph: session.LoadedGraph, log: prediction_log_pb2.PredictionLog) -> None:
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        request = log.predict_log.request
        predict.predict(
            graph,
            request.model_spec.signature_name,
            request.inputs,
            output_filter=request.output_filter,
        )
    elif kind == "classify_log":
        request = log.classify_log.request
        examples.classify(graph, request.model_spec.signature_name, request.input)
    elif kind == "regress_log":
        request = log.regress_log.request
        examples.regress(graph, request.model_spec.signature_name, request.input)
    elif kind == "multi_inference_log":
        examples.infer(graph, log.multi_inference_log.request)
    else:
        number = log.DESCRIPTOR.fields_by_name[kind].number if kind else 0
        raise status.RequestError(
            status.Code.UNIMPLEMENTED,
            f"Unsupported log_type for warmup: {number}",
        )

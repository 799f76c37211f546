"""Requests that a server runs on a new version before it answers anybody.

    requests = warmup.requests(module, model="foregan", batch_sizes=(1, 4))
    warmup.write(folder, requests)          # assets.extra/tf_serving_warmup_requests
    for request in warmup.read(folder): ...

One request per signature and batch size. A tensor that is the same everywhere travels as
one value and its shape, so that a record has a few hundred bytes whatever the video's
size. A request that fails keeps the version from loading; the exporter replays them first.
"""

import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tfvideogan.core import errors, signatures
from tfvideogan.serving.export import checked

PATH = "assets.extra/tf_serving_warmup_requests"
MAX_RECORDS = 1000  # A server refuses a version with more.
# Values of inputs without bounds, when they are drawn.
BYTES = (0, 255)
UNIT = (0.0, 1.0)
_NO_SIZES = "--batch_sizes ({}) must be whole numbers from 1, such as 1,4."


def batch_sizes(text: str) -> tuple[int, ...]:
    """Reads whole numbers parted by commas, such as 1,4.

    Raises:
      UserError: they are none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise errors.UserError(_NO_SIZES.format(text))
    return tuple(int(part) for part in parts)


def requests(
    module: checked.SignatureModule, *, model: str, batch_sizes: Sequence[int]
) -> list[predict_pb2.PredictRequest]:
    """Makes the warm-up requests: the shortest video, filled with the rules' examples.

    Args:
      module: the signatures.
      model: name under which it is served.
      batch_sizes: those that the server will run, its allowed batch sizes.

    Raises:
      UserError: there are no batch sizes, or one is below 1, or they make too many.
    """
    if not batch_sizes or min(batch_sizes) < 1:
        raise errors.UserError(_NO_SIZES.format(", ".join(map(str, batch_sizes))))
    made = [
        _request(model, name, _examples(module, name, size))
        for name in module.served
        for size in dict.fromkeys(batch_sizes)
    ]
    if len(made) > MAX_RECORDS:
        raise errors.UserError(
            f"{len(made)} warm-up requests are more than the {MAX_RECORDS} that a server "
            "accepts; name fewer --batch_sizes."
        )
    return made


def drawn_requests(
    module: checked.SignatureModule, *, model: str, seed: int = 0
) -> list[predict_pb2.PredictRequest]:
    """Makes one request per signature with drawn values, for comparisons."""
    made = []
    for name in module.served:
        random = np.random.default_rng(seed)
        inputs = {
            key: draw(random, shape, dtype, module.served[name].rules.get(key))
            for key, (shape, dtype) in _shapes(module, name, 1).items()
        }
        protos = {key: tf.make_tensor_proto(value) for key, value in inputs.items()}
        made.append(_request(model, name, protos))
    return made


def write(
    folder: pathlib.Path, made: Sequence[predict_pb2.PredictRequest]
) -> pathlib.Path:
    """Writes the warm-up file of an export."""
    path = folder / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, made)
    return path


def write_file(path: pathlib.Path, made: Sequence[predict_pb2.PredictRequest]) -> None:
    """Writes requests as a TFRecord file of `PredictionLog`."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for one in made:
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=one)
            )
            writer.write(log.SerializeToString())


def read_file(path: pathlib.Path) -> Iterator[predict_pb2.PredictRequest]:
    """Yields the requests of a file."""
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        yield log.predict_log.request


def inputs(request: predict_pb2.PredictRequest) -> dict[str, tf.Tensor]:
    """Returns the tensors of a request."""
    return {
        key: tf.constant(tf.make_ndarray(proto))
        for key, proto in request.inputs.items()
    }


def draw(
    random: np.random.Generator,
    shape: Sequence[int],
    dtype: tf.DType,
    rule: signatures.InputRule | None,
) -> np.ndarray:
    """Draws values that keep the rule; what has no range is filled with the example."""
    rule = rule or signatures.InputRule()
    low, high = BYTES if dtype == tf.uint8 else UNIT
    low = low if rule.minimum is None else max(low, rule.minimum)
    high = high if rule.maximum is None else min(high, rule.maximum)
    if dtype == tf.string:
        example = rule.example if isinstance(rule.example, bytes) else b""
        return np.full(shape, example, object)
    if dtype.is_integer:
        return random.integers(int(low), int(high) + 1, shape).astype(
            dtype.as_numpy_dtype
        )
    if dtype == tf.bool:
        return random.integers(0, 2, shape).astype(bool)
    return random.uniform(low, high, shape).astype(dtype.as_numpy_dtype)


def _request(
    model: str, name: str, protos: Mapping[str, tensor_pb2.TensorProto]
) -> predict_pb2.PredictRequest:
    made = predict_pb2.PredictRequest()
    made.model_spec.name = model
    made.model_spec.signature_name = name
    for key, proto in protos.items():
        made.inputs[key].CopyFrom(proto)
    return made


def _shapes(
    module: checked.SignatureModule, name: str, batch_size: int
) -> dict[str, tuple[list[int], tf.DType]]:
    """Returns shape and dtype of the inputs, open axes as short as is allowed."""
    served = module.served[name]
    found = {}
    for key, spec in module.specs[name].items():
        shape = []
        letters = checked.letters(served, key)
        for axis, (letter, size) in enumerate(zip(letters, spec.shape, strict=True)):
            stem, offset = checked.parse_letter(letter)
            least = batch_size if axis == 0 else served.at_least.get(stem, 1) + offset
            shape.append(least if size is None else size)
        found[key] = (shape, spec.dtype)
    return found


def _examples(
    module: checked.SignatureModule, name: str, batch_size: int
) -> dict[str, tensor_pb2.TensorProto]:
    rules = module.served[name].rules
    protos = {}
    for key, (shape, dtype) in _shapes(module, name, batch_size).items():
        value = rules.get(key, signatures.InputRule()).example
        if dtype == tf.string and not isinstance(value, bytes):
            value = b""
        # One value and a shape stand for the whole tensor.
        protos[key] = tf.make_tensor_proto(value, dtype=dtype, shape=shape)
    return protos

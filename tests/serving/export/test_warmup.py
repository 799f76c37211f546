"""Warm-up requests are small, complete, readable and within the rules."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.serving import painter
from tfvideogan.core import errors, signatures
from tfvideogan.serving.export import checked, warmup


@pytest.fixture(scope="module")
def module() -> checked.SignatureModule:
    return checked.SignatureModule(painter.Painter().serving_functions())


def test_there_is_a_request_for_each_signature_and_batch_size(module):
    made = warmup.requests(module, model="painter", batch_sizes=(1, 4, 4))
    found = [
        (one.model_spec.name, one.model_spec.signature_name, shape(one, "frames")[0])
        for one in made
    ]
    names = ("serving_default", "predict", "predict_next")
    assert found == [("painter", name, size) for name in names for size in (1, 4)]


def shape(request, key: str) -> list[int]:
    return [axis.size for axis in request.inputs[key].tensor_shape.dim]


def test_requests_are_as_short_as_the_rules_allow_and_agree(module):
    one = warmup.requests(module, model="painter", batch_sizes=(2,))[0]
    assert shape(one, "frames") == [2, 2, 4, 4, 3]
    assert shape(one, "flow") == [2, 1, 4, 4, 2]


def test_a_large_video_is_a_small_record():
    # 4 x 2 x 1080 x 1920 x 3 bytes are 50 MB.
    spec = tf.TensorSpec([None, None, 1080, 1920, 3], tf.uint8, "frames")
    rule = signatures.InputRule("N T H W 3", example=128)
    served = signatures.ServingFunction(
        lambda frames: {"mean": tf.reduce_mean(frames, axis=[1, 2, 3, 4])},
        {"frames": spec},
        {"mean": "[N] uint8"},
        {"frames": rule},
        at_least={"T": 2},
    )
    module = checked.SignatureModule({"predict": served})
    one = warmup.requests(module, model="m", batch_sizes=(4,))[0]
    assert one.ByteSize() < 200
    frames = warmup.inputs(one)["frames"]
    assert frames.shape == [4, 2, 1080, 1920, 3] and frames.dtype == tf.uint8
    assert int(tf.reduce_min(frames)) == int(tf.reduce_max(frames)) == 128


def test_the_file_holds_prediction_logs_where_a_server_looks(module, tmp_path):
    made = warmup.requests(module, model="painter", batch_sizes=(1,))
    path = warmup.write(tmp_path, made)
    assert path == tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    assert list(warmup.read_file(path)) == made
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"


def test_drawn_requests_vary_and_keep_the_rules(module):
    first, _, third = warmup.drawn_requests(module, model="painter", seed=1)
    values = warmup.inputs(first)
    assert len(np.unique(values["frames"])) > 20
    flow = values["flow"].numpy()
    assert flow.std() > 0.1 and np.abs(flow).max() <= painter.BOUND
    assert third.model_spec.signature_name == "predict_next"
    again = warmup.drawn_requests(module, model="painter", seed=1)[0]
    np.testing.assert_array_equal(values["frames"], warmup.inputs(again)["frames"])


@pytest.mark.parametrize(
    ("dtype", "rule", "check"),
    [
        (tf.string, signatures.InputRule(example=b"png"), lambda x: x == b"png"),
        (tf.int64, signatures.InputRule(minimum=1, maximum=3), lambda x: 1 <= x <= 3),
        (tf.bool, signatures.InputRule(), lambda x: x in (True, False)),
    ],
)
def test_every_dtype_is_filled_and_drawn(dtype, rule, check):
    served = signatures.ServingFunction(
        lambda x: {"x": x}, {"x": tf.TensorSpec([None, 2], dtype, "x")}, {"x": ""}
    )
    served = signatures.ServingFunction(
        served.function, served.inputs, served.outputs, {"x": rule}
    )
    module = checked.SignatureModule({"predict": served})
    [drawn] = warmup.drawn_requests(module, model="m")[:1]
    value = warmup.inputs(drawn)["x"]
    assert value.dtype == dtype and all(check(one) for one in value.numpy().ravel())


@pytest.mark.parametrize("sizes", [(), (0,), (1, -2)])
def test_batch_sizes_that_cannot_be_are_refused(module, sizes):
    with pytest.raises(errors.UserError, match="whole numbers from 1"):
        warmup.requests(module, model="m", batch_sizes=sizes)


def test_more_requests_than_a_server_takes_are_refused(module):
    with pytest.raises(errors.UserError, match="1002 warm-up requests are more"):
        warmup.requests(module, model="m", batch_sizes=range(1, 335))

"""What a server tells of a signature, and which arrays fit it."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2

from tfvideogan.core import errors
from tfvideogan.serving.client import metadata

SIGNATURE = metadata.Signature(
    "predict",
    {
        "frames": metadata.Tensor(tf.uint8, (None, None, 4, 4, 3)),
        "seed": metadata.Tensor(tf.int64, (None,)),
    },
    {"text": metadata.Tensor(tf.string, None)},
)


def frames(*shape: int, value: float = 0, dtype: type = np.uint8) -> np.ndarray:
    return np.full(shape, value, dtype)


def test_signatures_are_read_but_not_those_of_tensorflow_itself() -> None:
    answered = get_model_metadata_pb2.SignatureDefMap()
    answered.signature_def["__saved_model_init_op"].method_name = "init"
    one = answered.signature_def["predict"]
    one.inputs["frames"].dtype = tf.uint8.as_datatype_enum
    for size in (-1, 8, 3):
        one.inputs["frames"].tensor_shape.dim.add(size=size)
    one.outputs["code"].dtype = tf.float32.as_datatype_enum
    one.outputs["code"].tensor_shape.unknown_rank = True
    [read] = metadata.read(answered).values()
    assert read.inputs == {"frames": metadata.Tensor(tf.uint8, (None, 8, 3))}
    assert read.outputs == {"code": metadata.Tensor(tf.float32, None)}
    text = "predict(frames: uint8[?, 8, 3]) -> code: float32[...]"
    assert read.describe() == text


@pytest.mark.parametrize("is_single", [False, True])
def test_inputs_are_single_when_all_of_them_lack_the_batch(is_single: bool) -> None:
    batch = () if is_single else (2,)
    given = {"frames": frames(*batch, 3, 4, 4, 3), "seed": np.ones(batch, np.int64)}
    arrays, found = SIGNATURE.fitted(given)
    assert found is is_single
    assert arrays["frames"] is given["frames"]  # what fits is not copied


def test_one_batched_input_makes_a_batch() -> None:
    given = {"frames": frames(3, 4, 4, 3), "seed": np.zeros([1], np.int64)}
    assert not SIGNATURE.fitted(given)[1]


def test_numbers_are_cast_where_none_of_them_changes() -> None:
    given = {"frames": frames(1, 1, 4, 4, 3, value=7, dtype=np.float64), "seed": [5]}
    arrays, _ = SIGNATURE.fitted(given)
    assert arrays["frames"].dtype == np.uint8 and (arrays["frames"] == 7).all()
    assert arrays["seed"].dtype == np.int64


@pytest.mark.parametrize(
    "given, text",
    [
        ({"seed": [1], "sound": 1}, r"missing \['frames'\], unknown \['sound'\].*pred"),
        (
            {"frames": frames(1, value=0.5, dtype=np.float32), "seed": [1]},
            "`frames` is",
        ),
        ({"frames": frames(1, value=256, dtype=np.int32), "seed": [1]}, "cast it your"),
        ({"frames": frames(1), "seed": ["one"]}, "`seed` is <U3 and would change"),
    ],
)
def test_what_does_not_fit_is_told(given: dict, text: str) -> None:
    with pytest.raises(errors.UserError, match=text):
        SIGNATURE.fitted(given)


def test_strings_are_strings() -> None:
    tensor = metadata.Tensor(tf.string, (None,))
    signature = metadata.Signature("generate", {"text": tensor}, {})
    assert signature.fitted({"text": ["a", b"b"]})[0]["text"].dtype == object
    with pytest.raises(errors.UserError, match="`text` is int64, but must be strings"):
        signature.fitted({"text": np.array([1])})

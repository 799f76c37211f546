import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tfvideogan.serving import tensors

DTYPES = [
    np.float32,
    np.float64,
    np.float16,
    tf.bfloat16.as_numpy_dtype,
    np.int8,
    np.int16,
    np.int32,
    np.int64,
    np.uint8,
    np.uint16,
    np.uint32,
    np.uint64,
    np.bool_,
    np.complex64,
    np.complex128,
]


def sample(dtype: type, size: int) -> np.ndarray:
    """Small and large, positive and negative numbers, [size // 2, 2]."""
    flat = np.arange(size) * 37 % 251
    if np.dtype(dtype).kind in "if":
        flat = flat - 120
    return flat.astype(dtype).reshape(-1, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [4, 600])
@pytest.mark.parametrize("is_typed_list", [False, True])
def test_an_array_survives_the_wire_and_tensorflow_reads_the_same(
    dtype: type, size: int, is_typed_list: bool
) -> None:
    array = sample(dtype, size)
    proto = tensors.to_proto(array, is_typed_list=is_typed_list)
    assert bool(proto.tensor_content) != is_typed_list
    np.testing.assert_array_equal(tf.make_ndarray(proto), array)
    again = tensors.to_array(type(proto).FromString(proto.SerializeToString()))
    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype
    again[...] = 0  # an array of its own


def test_what_tensorflow_packs_is_read() -> None:
    for array in (
        sample(np.int32, 600),
        np.float32([[1.5]]),
        np.array([b"a", b"\xff"]),
    ):
        proto = tf.make_tensor_proto(array)
        np.testing.assert_array_equal(tensors.to_array(proto), tf.make_ndarray(proto))


def test_strings_are_bytes() -> None:
    array = np.array([["a", "ö"]], object)
    found = tensors.to_array(tensors.to_proto(array))
    assert found.tolist() == [[b"a", "ö".encode()]]


@pytest.mark.parametrize(
    "numbers", [[0, 1, 127], [128, 300, 2**31], [-1, 5, -(2**63)], [2**63 - 1]]
)
def test_varints_are_those_of_protobuf(numbers: list[int]) -> None:
    proto = tf.make_tensor_proto([0])
    proto.Clear()
    proto.int64_val.extend(numbers)
    expected = proto.SerializeToString()[2:]  # tag and a length of one byte
    encoded = tensors.encoded_varints(np.array(numbers, np.int64))
    assert encoded == expected
    decoded = tensors.decoded_varints(np.frombuffer(encoded, np.uint8))
    assert decoded.tolist() == numbers


def proto(shape: list[int], **fields) -> tensor_pb2.TensorProto:
    """A float TensorProto of a shape, unless `fields` say otherwise."""
    made = tensor_pb2.TensorProto(dtype=tf.float32.as_datatype_enum)
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    made.MergeFrom(tensor_pb2.TensorProto(**fields))
    return made


@pytest.mark.parametrize(
    "values, expected",
    [([], [0, 0, 0]), ([1, 2], [1, 2, 2]), ([1, 2, 3, 4], [1, 2, 3])],
)
def test_lists_are_stretched_and_cut_as_in_the_server(values, expected) -> None:
    assert tensors.to_array(proto(shape=[3], float_val=values)).tolist() == expected


@pytest.mark.parametrize(
    "wrong",
    [
        proto(shape=[3], tensor_content=b"1234"),
        proto(shape=[-1]),
        proto(shape=[2**40, 2**20]),
        # Within 2 GiB, but nothing of it came.
        proto(shape=[2**31 - 1], dtype=tf.uint8.as_datatype_enum),
        proto(shape=[2**24, 8], float_val=[1.0]),
        proto(shape=[2**24], dtype=tf.string.as_datatype_enum),
        proto(shape=[1], dtype=99),
        proto(shape=[1], dtype=tf.resource.as_datatype_enum),
        proto(shape=[1], dtype=tf.string.as_datatype_enum, tensor_content=b"1"),
    ],
)
def test_what_is_no_tensor_is_a_value_error(wrong) -> None:
    with pytest.raises(ValueError):
        tensors.to_array(wrong)
    with pytest.raises(ValueError):
        tensors.check(wrong)


def test_a_constant_clip_may_come_as_its_last_element() -> None:
    mask = proto(shape=[1, 48, 256, 256, 3], dtype=tf.uint8.as_datatype_enum)
    mask.int_val.append(7)
    tensors.check(mask)
    assert np.all(tensors.to_array(mask) == 7)


def test_what_is_refused_takes_no_memory() -> None:
    greedy = proto(shape=[2**31 - 1], dtype=tf.uint8.as_datatype_enum)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="but 0 came"):
            tensors.to_array(greedy)
        assert tracemalloc.get_traced_memory()[1] < 2**20  # of 2 ** 31
    finally:
        tracemalloc.stop()

"""NumPy arrays to and from TensorProto, in both of its forms, with the server's rules.

A TensorProto carries its elements as raw bytes (`tensor_content`) or as a typed list
(`float_val`, `int_val` ...). Requests travel as raw bytes. A production server answers in
typed lists unless it runs with --enable_serialization_as_tensor_content; protobuf reads
such a list element by element, which takes 0.1 s for a clip of 48x128x128x3. Here a list
is moved as a whole: its wire form is decoded and encoded with NumPy.

    tensors.pack(request.inputs["frames"], frames)
    frames = tensors.to_array(proto)

A clip is megabytes, so each further copy counts: an array is packed into the message that
will be sent, and where nothing is written to it, it is read from the message that came.
"""

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

# Protobuf carries no larger message.
MAX_BYTES = 2**31 - 1
# A typed list may be shorter than its shape: its last element fills the rest. That much
# may be filled, a clip of 48x256x256 in uint8; more would let thirty bytes ask for
# gigabytes.
MAX_FILLED = 2**24
MAX_RANK = 254
# Of a string's place in an array, bytes.
POINTER = 8

# dtype enum -> the list that holds it. half_val holds bit patterns.
_FIELDS = {
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int32: "int_val",
    tf.int16: "int_val",
    tf.int8: "int_val",
    tf.uint16: "int_val",
    tf.uint8: "int_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
    tf.half: "half_val",
    tf.bfloat16: "half_val",
    tf.complex64: "scomplex_val",
    tf.complex128: "dcomplex_val",
}
# Wire form of a packed list: tag, length, elements.
_LENGTH_DELIMITED = 2
_PACKED_ALONE = ("float_val", "double_val", "int_val")
# Below, moving elements one by one is quicker than the detour over bytes.
_MIN_PACKED = 256
_BITS = 7
_MORE = 0x80


def to_proto(
    array: np.ndarray, *, is_typed_list: bool = False
) -> tensor_pb2.TensorProto:
    """Returns a TensorProto with an array, see `pack`."""
    proto = tensor_pb2.TensorProto()
    pack(proto, array, is_typed_list=is_typed_list)
    return proto


def pack(
    proto: tensor_pb2.TensorProto, array: np.ndarray, *, is_typed_list: bool = False
) -> None:
    """Packs an array into a TensorProto that is empty, such as a request's.

    Args:
      proto: to be filled.
      array: of any dtype that TensorFlow has; strings as an object array of bytes.
      is_typed_list: whether elements go to the typed list, as a production server
        answers by default, rather than to raw bytes.
    """
    dtype = tf.as_dtype(array.dtype) if array.dtype.kind not in "OSU" else tf.string
    proto.dtype = dtype.as_datatype_enum
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if dtype == tf.string:
        proto.string_val.extend(tf.compat.as_bytes(text) for text in array.ravel())
    elif is_typed_list:
        _fill(proto, dtype, array)
    else:
        proto.tensor_content = array.tobytes()


def to_array(proto: tensor_pb2.TensorProto, *, is_writable: bool = True) -> np.ndarray:
    """Unpacks a TensorProto by the rules of TensorFlow's C++ `Tensor::FromProto`.

    Raw bytes must fit exactly. A list that is too long is cut, one that is too short
    goes on with its last element, an empty one is zeros.

    Args:
      proto: as it came.
      is_writable: whether raw bytes are copied into an array that may be changed.

    Returns:
      An array; strings as an object array of bytes.

    Raises:
      ValueError: dtype, shape and content do not make a tensor, or one beyond 2 GiB,
        or one that has far more elements than came.
    """
    dtype, shape, content = _checked(proto)
    if content:
        array = np.frombuffer(content, dtype.as_numpy_dtype).reshape(shape)
        return array.copy() if is_writable else array
    count = math.prod(shape)
    return _stretched(_elements(proto, dtype), count, dtype).reshape(shape)


def check(proto: tensor_pb2.TensorProto) -> None:
    """Refuses what `to_array` refuses, without making the array.

    Raises:
      ValueError: as `to_array`.
    """
    _checked(proto)


def _checked(
    proto: tensor_pb2.TensorProto,
) -> tuple[tf.DType, tuple[int, ...], bytes]:
    """Returns dtype, shape and raw bytes of a tensor that takes no more than it brings."""
    dtype, shape = _dtype(proto), _shape(proto)
    count = math.prod(shape)
    size = POINTER if dtype == tf.string else dtype.size
    if count * size > MAX_BYTES:
        raise ValueError(f"shape {shape} of {dtype.name} is beyond 2 GiB")
    content = proto.tensor_content  # each look at the field is a copy
    if content:
        if dtype == tf.string:
            raise ValueError("strings in tensor_content are not supported")
        if len(content) != count * size:
            raise ValueError(
                f"tensor_content has {len(content)} bytes, but shape "
                f"{shape} of {dtype.name} needs {count * size}"
            )
        return dtype, shape, content
    came = len(getattr(proto, _FIELDS[dtype])) // (2 if dtype.is_complex else 1)
    if (count - came) * size > MAX_FILLED:
        raise ValueError(
            f"shape {shape} of {dtype.name} has {count} elements, but {came} came; at "
            f"most {MAX_FILLED} bytes are filled up"
        )
    return dtype, shape, content


def _dtype(proto: tensor_pb2.TensorProto) -> tf.DType:
    try:
        dtype = tf.as_dtype(proto.dtype)
    except TypeError as error:
        raise ValueError(f"dtype {proto.dtype} is unknown") from error
    if dtype not in _FIELDS:
        raise ValueError(f"dtype {dtype.name} does not travel")
    return dtype


def _shape(proto: tensor_pb2.TensorProto) -> tuple[int, ...]:
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    is_wrong = proto.tensor_shape.unknown_rank or len(shape) > MAX_RANK
    if is_wrong or any(size < 0 for size in shape):
        raise ValueError("the shape is not that of a tensor")
    return shape


def _elements(proto: tensor_pb2.TensorProto, dtype: tf.DType) -> np.ndarray:
    """Returns the typed list, flat."""
    field = _FIELDS[dtype]
    values = getattr(proto, field)
    if dtype == tf.string:
        flat = np.empty(len(values), object)
        flat[:] = values
        return flat
    if field in _PACKED_ALONE and len(values) >= _MIN_PACKED:
        return _unpacked(proto, field).astype(dtype.as_numpy_dtype, copy=False)
    if field == "half_val":
        bits = np.array(values, np.int64).astype(np.uint16)
        return bits.view(dtype.as_numpy_dtype)
    if dtype.is_complex:
        return np.array(values, dtype.real_dtype.as_numpy_dtype).view(
            dtype.as_numpy_dtype
        )
    wide = {"int_val": np.int64}.get(field, dtype.as_numpy_dtype)
    return np.array(values, wide).astype(dtype.as_numpy_dtype)


def _stretched(values: np.ndarray, count: int, dtype: tf.DType) -> np.ndarray:
    if len(values) >= count:
        return values[:count]
    if dtype == tf.string:
        full = np.full(count, values[-1] if len(values) else b"", object)
    else:
        last = values[-1] if len(values) else 0
        full = np.full(count, last, dtype.as_numpy_dtype)
    full[: len(values)] = values
    return full


def _fill(proto: tensor_pb2.TensorProto, dtype: tf.DType, array: np.ndarray) -> None:
    """Puts the elements of an array into the typed list."""
    field, flat = _FIELDS[dtype], np.ascontiguousarray(array).ravel()
    if field in _PACKED_ALONE and flat.size >= _MIN_PACKED:
        if field == "int_val":
            payload = encoded_varints(flat)
        else:
            payload = flat.tobytes()
        number = proto.DESCRIPTOR.fields_by_name[field].number
        head = np.array([number << 3 | _LENGTH_DELIMITED, len(payload)], np.uint64)
        proto.MergeFromString(encoded_varints(head) + payload)
    elif field == "half_val":
        proto.half_val.extend(flat.view(np.uint16).tolist())
    elif dtype.is_complex:
        part = dtype.real_dtype.as_numpy_dtype
        getattr(proto, field).extend(flat.view(part).tolist())
    else:
        getattr(proto, field).extend(flat.tolist())


def _unpacked(proto: tensor_pb2.TensorProto, field: str) -> np.ndarray:
    """Returns a packed list through the wire form of a proto that holds nothing else."""
    alone = tensor_pb2.TensorProto()
    getattr(alone, field).MergeFrom(getattr(proto, field))
    wire = np.frombuffer(alone.SerializeToString(), np.uint8)
    start = 1  # the tag
    while wire[start] & _MORE:
        start += 1
    payload = wire[start + 1 :]
    if field == "int_val":
        return decoded_varints(payload)
    return payload.view(np.float32 if field == "float_val" else np.float64).copy()


def encoded_varints(values: np.ndarray) -> bytes:
    """Encodes integers [K] as protobuf varints, all at once."""
    if values.dtype == np.uint8:  # pixels
        return _encoded_bytes(values)
    # Negative numbers are sign-extended to ten bytes.
    numbers = values.astype(np.int64, copy=False).view(np.uint64)
    if values.dtype == np.uint64:
        numbers = values
    if not numbers.size:
        return b""
    if numbers.max() < _MORE:
        return numbers.astype(np.uint8).tobytes()
    longest = -(-int(numbers.max()).bit_length() // _BITS)
    shifts = np.arange(longest, dtype=np.uint64) * np.uint64(_BITS)
    rest = numbers[:, np.newaxis] >> shifts  # [K, longest]
    more = np.zeros(rest.shape, bool)
    more[:, :-1] = rest[:, 1:] > 0
    used = np.ones(rest.shape, bool)
    used[:, 1:] = rest[:, 1:] > 0
    groups = (rest & np.uint64(_MORE - 1)).astype(np.uint8)
    return np.where(more, groups | _MORE, groups)[used].tobytes()


def _encoded_bytes(values: np.ndarray) -> bytes:
    """Encodes bytes [K]: from 128 on they are their own first byte, and 1 follows."""
    pairs = np.ones([len(values), 2], np.uint8)
    pairs[:, 0] = values
    is_used = np.ones(pairs.shape, bool)
    is_used[:, 1] = values >= _MORE
    return pairs[is_used].tobytes()


def decoded_varints(payload: np.ndarray) -> np.ndarray:
    """Decodes protobuf varints [B] uint8 into [K] int64, all at once."""
    is_last = payload < _MORE
    if is_last.all():
        return payload.astype(np.int64)
    if (is_last[1:] | is_last[:-1]).all() and is_last[-1]:  # pixels: two bytes at most
        is_head = np.concatenate([[True], is_last[:-1]])
        low = (payload & (_MORE - 1)).astype(np.uint16)
        low[:-1] += (payload[1:].astype(np.uint16) << _BITS) * ~is_last[:-1]
        return low[is_head].astype(np.int64)
    ends = np.flatnonzero(is_last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    numbers = np.zeros(len(ends), np.uint64)
    for place in range(int((ends - starts).max()) + 1):
        here = starts + place
        is_inside = here <= ends
        groups = payload[np.minimum(here, ends)].astype(np.uint64) & np.uint64(
            _MORE - 1
        )
        shifted = groups << np.uint64(_BITS * place)
        numbers |= np.where(is_inside, shifted, np.uint64(0))
    return numbers.view(np.int64)

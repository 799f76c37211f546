import os
import pickle

import numpy as np
import pytest

from tests.pretrained import toy_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import array_pickle

ARRAYS = {
    "params/Conv_0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "params/Conv_0/bias": np.asfortranarray(np.arange(4.0).reshape(2, 2)),
    "batch_stats/count": np.array(7, ">i8"),
    "batch_stats/is_on": np.array([True, False]),
}


class Evil:
    """Would make a folder when it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ("evil",)


@pytest.mark.parametrize("protocol", [3, 4])
def test_arrays_come_back_as_they_were(protocol: int) -> None:
    content = pickle.dumps(toy_weights.nested(ARRAYS), protocol=protocol)
    found = array_pickle.read(content)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype.newbyteorder("=")  # as NumPy does


def test_the_module_of_older_numpy_is_known() -> None:
    content = toy_weights.pickled({"a": np.ones(3)})
    assert b"numpy.core.multiarray" in content
    np.testing.assert_array_equal(array_pickle.read(content)["a"], np.ones(3))


def test_byte_order_is_that_of_one_array() -> None:
    content = pickle.dumps({"big": np.array([1.0], ">f4"), "little": np.ones(1, "<f4")})
    found = array_pickle.read(content)
    assert found["big"][0] == found["little"][0] == np.dtype("f4").type(1)


@pytest.mark.parametrize(
    "tree", [Evil(), {"a": Evil()}, {"a": np.array([Evil()], object)}]
)
def test_nothing_that_a_pickle_names_is_run(tree, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UserError, match="cannot be read as NumPy arrays"):
        array_pickle.read(pickle.dumps(tree))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("array", [np.array([1], object), np.array(["text"])])
def test_arrays_of_anything_but_numbers_are_refused(array: np.ndarray) -> None:
    with pytest.raises(
        errors.UserError, match="an array of [OU].*, which is no number"
    ):
        array_pickle.read(pickle.dumps({"a": array}))


@pytest.mark.parametrize(
    "content",
    [
        b"cbuiltins\neval\n(X\x04\x00\x00\x001 + 1tR.",
        b"cnumpy.testing\nrundocs\n(tR.",
        b"cnumpy\nload\n(X\x01\x00\x00\x00atR.",
        b"cnumpy\nndarray\n(I9\ntR.",
    ],
    ids=["eval", "numpy's own", "load", "the class as a function"],
)
def test_other_names_are_refused(content: bytes) -> None:
    with pytest.raises(errors.UserError, match="cannot be read"):
        array_pickle.read(content)


@pytest.mark.parametrize(
    ("tree", "where"),
    [([np.ones(1)], "a list at its top"), ({"a": {"b": "text"}}, "a str at a/b")],
)
def test_what_is_no_array_is_named(tree, where: str) -> None:
    with pytest.raises(errors.UserError, match=where):
        array_pickle.read(pickle.dumps(tree))


def test_a_pickle_cut_short_is_refused() -> None:
    content = pickle.dumps({"a": np.ones(100)})
    for length in (0, 10, len(content) // 2, len(content) - 1):
        with pytest.raises(errors.UserError, match="cannot be read"):
            array_pickle.read(content[:length])

import keras
import numpy as np
import pytest

from tests.pretrained import toy_weights
from tfvideogan.core import errors
from tfvideogan.pretrained import published, weights

ARRAYS = {"params/Conv_0/kernel": np.ones([2, 3], np.float32), "other": np.zeros(2)}


@pytest.fixture(autouse=True)
def toy(monkeypatch, tmp_path) -> None:
    """One kind of weights, and an empty cache."""
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))
    monkeypatch.setattr(published, "WEIGHTS", {"toy": toy_weights.published_as(b"x")})


def test_what_is_stored_is_loaded(tmp_path) -> None:
    assert not weights.is_there("toy")
    path = weights.store("toy", ARRAYS, deviation=2e-5)
    # The sha256 of "x" begins so.
    assert path == tmp_path / "pretrained" / "toy-2d711642.npz"
    assert weights.is_there("toy") and weights.deviation("toy") == 2e-5
    found = weights.load("toy")
    assert list(found) == list(ARRAYS)
    np.testing.assert_array_equal(found["params/Conv_0/kernel"], np.ones([2, 3]))


def test_what_is_absent_says_how_to_get_it() -> None:
    with pytest.raises(
        errors.UserError, match=r"not in .*run `python -m tfvideogan.get_weights toy`"
    ):
        weights.load("toy")


def test_a_damaged_file_says_what_to_do() -> None:
    path = weights.store("toy", ARRAYS, deviation=0.0)
    content = bytearray(path.read_bytes())
    content[content.index(b"kernel.npy") + 170] ^= 255
    for broken in (bytes(content), path.read_bytes()[:-30], b"", b"text"):
        path.write_bytes(broken)
        with pytest.raises(
            errors.UserError, match="damaged .* delete the file and run"
        ):
            weights.load("toy")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path) -> None:
    (tmp_path / "pretrained").write_text("a file")
    with pytest.raises(
        errors.UserError, match=r"cannot be written: .*TFVIDEOGAN_CACHE"
    ):
        weights.store("toy", ARRAYS, deviation=0.0)


def test_variables_take_the_arrays_of_their_names() -> None:
    kernel = keras.Variable(np.zeros([2, 3], np.float32))
    weights.assign({"params/Conv_0/kernel": kernel}, ARRAYS)
    np.testing.assert_array_equal(kernel, np.ones([2, 3]))
    with pytest.raises(ValueError, match="have no bias, only params/Conv_0/kernel"):
        weights.assign({"bias": kernel}, ARRAYS)
    with pytest.raises(ValueError, match=r"shape \(2,\), but must have \(2, 3\)"):
        weights.assign({"other": kernel}, ARRAYS)

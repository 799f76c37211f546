import pathlib
import struct

import numpy as np
import pytest

from tests.data import mnist_tree
from tfvideogan.core import errors
from tfvideogan.data import glyphs
from tfvideogan.data.datasets import mnist


def read(root: str, **options) -> dict[str, glyphs.Glyphs]:
    return mnist.read_digits(root, **options).splits


def same_digits(found, expected) -> None:
    for split in expected:
        np.testing.assert_array_equal(found[split].pictures, expected[split].pictures)
        np.testing.assert_array_equal(found[split].labels, expected[split].labels)


def test_every_spelling_gives_the_same_digits(tmp_path):
    expected = read(mnist_tree.write(tmp_path / "gz"))
    same_digits(read(mnist_tree.write(tmp_path / "plain", packing="")), expected)
    same_digits(read(mnist_tree.write_npz(tmp_path / "npz")), expected)
    mnist_tree.write(tmp_path / "torch" / "MNIST" / "raw")
    same_digits(read(str(tmp_path / "torch")), expected)
    for path in (tmp_path / "plain").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    same_digits(read(str(tmp_path / "plain")), expected)


def test_pictures_and_labels_are_those_of_the_files(tmp_path):
    digits = read(mnist_tree.write(tmp_path))
    drawn, labels = mnist_tree.pictures(240)
    np.testing.assert_array_equal(digits["train"].pictures, drawn[:220])
    np.testing.assert_array_equal(digits["train"].labels, labels[:220])
    assert digits["train"].places[7].tolist() == list(range(7, 220, 10))


def test_the_splits_share_no_picture(tmp_path):
    digits = read(mnist_tree.write(tmp_path))
    sizes = {split: len(part.labels) for split, part in digits.items()}
    # A twelfth of 240 is 20.
    assert sizes == {"train": 220, "validation": 20, "test": 40}
    contents = [p.tobytes() for part in digits.values() for p in part.pictures]
    assert len(set(contents)) == 280


def test_test_digits_alone_are_halved_only_when_asked(tmp_path):
    root = mnist_tree.write(tmp_path, stems=("t10k",))
    text = complaint(root)
    assert "no train-images file" in text and "'test-halves'" in text
    digits = read(root, digits_from="test-halves")
    drawn, _ = mnist_tree.pictures(40, 240)
    np.testing.assert_array_equal(digits["train"].pictures, drawn[:19])
    np.testing.assert_array_equal(digits["validation"].pictures, drawn[19:20])
    np.testing.assert_array_equal(digits["test"].pictures, drawn[20:])


def complaint(root, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        mnist.read_digits(str(root), **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_folder_shows_the_expected_files(tmp_path):
    text = complaint(tmp_path / "gone")
    assert "gone does not exist" in text and "<root>/train-images-idx3-ubyte.gz" in text


def test_missing_labels_are_named(tmp_path):
    mnist_tree.write(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "no t10k-labels file" in complaint(tmp_path)


def replace(root: pathlib.Path, name: str, content: bytes) -> pathlib.Path:
    mnist_tree.write(root, packing="")
    path = root / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not an IDX file of bytes with 3 axes"),
        (struct.pack(">4I", 0x801, 40, 28, 28), "is not an IDX file"),
        (struct.pack(">4I", 0x803, 40, 28, 28) + b"short", "holds 5 bytes"),
        (struct.pack(">4I", 0x803, 1, 2, 2) + b"abcd", "not uint8 pictures of 28x28"),
    ],
)
def test_a_file_of_a_wrong_kind_or_size_is_named(tmp_path, content, words):
    path = replace(tmp_path, "t10k-images-idx3-ubyte", content)
    text = complaint(tmp_path)
    assert str(path) in text and words in text


def test_a_truncated_gzip_file_is_named(tmp_path):
    mnist_tree.write(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert f"{path} is damaged" in complaint(tmp_path)


def test_labels_that_do_not_fit_are_named(tmp_path):
    mnist_tree.write(tmp_path, packing="")
    path = tmp_path / "t10k-labels-idx1-ubyte"
    mnist_tree.write_idx(path, np.zeros(7, np.uint8))
    assert "40 pictures, but there are 7 labels" in complaint(tmp_path)
    mnist_tree.write_idx(path, np.full(40, 11, np.uint8))
    assert "go up to 11" in complaint(tmp_path)


def test_an_archive_that_is_not_keras_is_named(tmp_path):
    np.savez(tmp_path / "mnist.npz", other=np.zeros(3))
    assert "is not the mnist.npz of Keras" in complaint(tmp_path)
    (tmp_path / "mnist.npz").write_bytes(b"PK\3\4 cut")
    assert "mnist.npz is damaged" in complaint(tmp_path)


def test_another_way_of_splitting_is_refused(tmp_path):
    assert "official, test-halves" in complaint(tmp_path, digits_from="all")

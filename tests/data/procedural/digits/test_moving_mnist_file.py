import numpy as np
import pytest

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.procedural.digits import moving_mnist_file


def write(folder, shape=(20, 6, 16, 16)):
    clips = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.save(folder / "mnist_test_seq.npy", clips)
    return clips


def test_the_file_keeps_the_promises_of_a_source(tmp_path):
    write(tmp_path)
    source = moving_mnist_file.MovingMnistFile(str(tmp_path), frames=5)
    check_source.check_source(source, "test")


def test_clips_are_the_second_axis_of_the_array(tmp_path):
    array = write(tmp_path)
    source = moving_mnist_file.MovingMnistFile(str(tmp_path / "mnist_test_seq.npy"))
    clips = list(source.clips("test"))
    assert len(clips) == source.num_clips("test") == 6
    np.testing.assert_array_equal(clips[4]["frames"][..., 0], array[:, 4])
    assert str(tmp_path) in source.describe() and "6 test clips" in source.describe()


def test_the_file_is_mapped_and_not_read(tmp_path):
    write(tmp_path)
    source = moving_mnist_file.MovingMnistFile(str(tmp_path))
    assert isinstance(source._clips, np.memmap)


def complaint(root, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        moving_mnist_file.MovingMnistFile(str(root), **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    assert f"{tmp_path / 'mnist_test_seq.npy'} does not exist" in complaint(tmp_path)


def test_a_truncated_file_is_named(tmp_path):
    write(tmp_path)
    path = tmp_path / "mnist_test_seq.npy"
    path.write_bytes(path.read_bytes()[:-100])
    assert f"{path} (" in complaint(tmp_path) and "damaged" in complaint(tmp_path)
    path.write_bytes(b"")
    assert "(0 bytes) is damaged" in complaint(tmp_path)


def test_an_array_of_another_kind_is_named(tmp_path):
    write(tmp_path, (20, 6, 16))
    assert "holds uint8 (20, 6, 16), not uint8 (20, 10000, 64, 64)" in complaint(
        tmp_path
    )


def test_a_window_longer_than_the_clips_is_refused(tmp_path):
    write(tmp_path)
    assert "`frames` (21) must be between 1 and 20" in complaint(tmp_path, frames=21)

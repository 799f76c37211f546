import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.pretrained import vgg16, vgg19


@pytest.fixture(scope="module")
def arrays():
    return vgg19.drawn()


def as_torchvision(arrays):
    return {
        name: np.transpose(one, (3, 2, 0, 1)) if one.ndim == 4 else one
        for name, one in arrays.items()
    }


def test_a_file_of_torchvisions_arrays_is_read(arrays, tmp_path):
    path = tmp_path / "vgg19.npz"
    np.savez(path, **as_torchvision(arrays))
    found = vgg19.read(str(path))
    assert set(found) == set(arrays)
    for name, one in arrays.items():
        np.testing.assert_array_equal(found[name], one)


def test_bad_files_are_a_line(arrays, tmp_path):
    with pytest.raises(errors.UserError, match="is no npz of VGG19's weights"):
        vgg19.read(str(tmp_path / "none.npz"))
    path = tmp_path / "less.npz"
    less = as_torchvision(arrays)
    del less["features.7.bias"]
    np.savez(path, **less)
    with pytest.raises(errors.UserError, match=r"no features\.7\.bias"):
        vgg19.read(str(path))


def test_the_last_layer_is_before_its_relu(arrays):
    network = vgg19.VGG19(arrays, outputs=("relu3_2", "conv3_3"))
    draw = np.random.default_rng(0)
    found = network(tf.constant(draw.uniform(-1, 1, (1, 16, 16, 3)), tf.float32))
    assert found["conv3_3"].shape == (1, 4, 4, 256)
    assert float(tf.reduce_min(found["conv3_3"])) < 0
    assert float(tf.reduce_min(found["relu3_2"])) >= 0


def test_vgg16_stands_in_layer_by_layer():
    theirs = vgg16.VGG16(outputs=("relu3_3",))
    draw = np.random.default_rng(0)
    arrays = {
        name: (0.05 * draw.normal(size=one.shape)).astype(np.float32)
        for name, one in theirs.published_variables().items()
    }
    theirs = vgg16.VGG16(arrays, outputs=("relu3_3",))
    ours = vgg19.VGG19(vgg19.of_vgg16(arrays), outputs=("conv3_3",))
    frames = tf.constant(draw.uniform(-1, 1, (1, 12, 12, 3)), tf.float32)
    np.testing.assert_allclose(
        tf.nn.relu(ours(frames)["conv3_3"]), theirs(frames)["relu3_3"], atol=1e-5
    )

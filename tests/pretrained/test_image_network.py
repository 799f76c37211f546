"""The row of convolutions, and the tables of AlexNet and VGG16."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.pretrained import alexnet, image_network, vgg16


class Toy(image_network.ImageNetwork):
    """Sums of 3 x 3 pixels, then maxima."""

    layout = {
        "sums": image_network.Convolution(1),
        "pool": image_network.Pool(),
        "more": image_network.Convolution(5, kernel=1, padding=0),
    }
    published_name = "Toy_0"


def toy(*outputs: str) -> Toy:
    arrays = {
        "Toy_0/Conv_0/kernel": np.ones([3, 3, 3, 1], np.float32),
        "Toy_0/Conv_0/bias": np.array([-13], np.float32),
        "Toy_0/Conv_1/kernel": np.ones([1, 1, 1, 5], np.float32),
        "Toy_0/Conv_1/bias": np.arange(5, dtype=np.float32),
    }
    return Toy(arrays, outputs=outputs)


def one_deviation_above_the_mean(*shape: int) -> tf.Tensor:
    # torchvision's 0.485 + 0.229 and so on, of images in [0, 1].
    colour = 2 * np.array([0.485 + 0.229, 0.456 + 0.224, 0.406 + 0.225]) - 1
    return tf.constant(np.broadcast_to(colour, (*shape, 3)), tf.float32)


def test_images_are_normalised_and_padded_with_zeros() -> None:
    found = toy("sums")(one_deviation_above_the_mean(1, 3, 4))["sums"]
    # Ones: 3 channels of 4 pixels in a corner, 6 at an edge, 9 inside; less 13, above 0.
    expected = [[0, 5, 5, 0], [5, 14, 14, 5], [0, 5, 5, 0]]
    np.testing.assert_allclose(found[0, :, :, 0], expected, rtol=1e-5)


def test_windows_of_a_maximum_lie_inside_the_image() -> None:
    found = toy("pool")(one_deviation_above_the_mean(1, 3, 5))["pool"]
    np.testing.assert_allclose(found[0, :, :, 0], [[14, 14]], rtol=1e-5)


def test_outputs_come_by_name_and_each_image_for_itself() -> None:
    images = tf.concat(
        [one_deviation_above_the_mean(1, 4, 4), tf.zeros([2, 4, 4, 3])], 0
    )
    network = toy("more", "sums")
    together = network(images)
    assert set(together) == {"sums", "more"}
    for number in range(3):
        alone = network(images[number : number + 1])
        for name, features in alone.items():
            np.testing.assert_allclose(features[0], together[name][number], rtol=1e-6)


def test_what_is_behind_the_last_output_is_not_made() -> None:
    assert set(toy("pool").published_variables()) == {
        "Toy_0/Conv_0/kernel",
        "Toy_0/Conv_0/bias",
    }


def test_unknown_outputs_are_told_with_the_choices() -> None:
    for outputs in [("sums", "relu9"), ()]:
        with pytest.raises(errors.UserError, match="one or more of sums, pool, more"):
            Toy(outputs=outputs)


def test_it_is_float32_and_frozen_under_any_policy() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = toy("more")
        images = one_deviation_above_the_mean(1, 4, 4)
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(network(images)["more"])
    finally:
        keras.config.set_dtype_policy("float32")
    assert total.dtype == tf.float32
    assert network.trainable_variables == [] and tape.watched_variables() == ()
    assert np.any(tape.gradient(total, images))


@pytest.mark.parametrize(
    ("make", "last", "count"),
    # torchvision's `features`: 23,296 + 307,392 + 663,936 + 884,992 + 590,080.
    [(alexnet.AlexNet, "relu5", 2_469_696), (vgg16.VGG16, "relu5_3", 14_714_688)],
)
def test_the_tables_have_the_published_number_of_values(make, last, count) -> None:
    variables = make(outputs=[last]).variables
    assert sum(int(np.prod(one.shape)) for one in variables) == count


def test_sizes_of_alexnets_layers() -> None:
    found = alexnet.AlexNet(outputs=list(alexnet.AlexNet.layout))(
        tf.zeros([1, 64, 64, 3])
    )
    # (64 + 2 x 2 - 11) / 4 + 1, then maxima of 3 x 3, each two pixels on.
    expected = {"relu1": 15, "pool1": 7, "relu2": 7, "pool2": 3}
    expected |= {"relu3": 3, "relu4": 3, "relu5": 3}
    assert {name: one.shape[1] for name, one in found.items()} == expected


def test_sizes_of_vgg16s_layers() -> None:
    found = vgg16.VGG16(outputs=["relu1_2", "pool1", "relu3_3", "pool5"])(
        tf.zeros([1, 32, 64, 3])
    )
    assert {name: tuple(one.shape) for name, one in found.items()} == {
        "relu1_2": (1, 32, 64, 64),
        "pool1": (1, 16, 32, 64),
        "relu3_3": (1, 8, 16, 256),
        "pool5": (1, 1, 2, 512),
    }

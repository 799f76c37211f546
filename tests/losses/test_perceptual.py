"""Perceptual losses by hand, on a network that sees pixels; VGG16 where it is there."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import real_weights
from tfvideogan.core import errors
from tfvideogan.losses import perceptual
from tfvideogan.pretrained import image_network, vgg16


class TwoChannels(image_network.ImageNetwork):
    """Red and green as they are, 0 or more."""

    layout = {"colours": image_network.Convolution(2, kernel=1, padding=0)}
    published_name = "Two_0"


def make_features() -> perceptual.Features:
    kernel = np.zeros([1, 1, 3, 2], np.float32)
    kernel[0, 0, 0, 0], kernel[0, 0, 1, 1] = image_network.DEVIATION[:2]
    arrays = {
        "Two_0/Conv_0/kernel": kernel,
        "Two_0/Conv_0/bias": np.array(image_network.MEAN[:2], np.float32),
    }
    return perceptual.Features(network=TwoChannels(arrays, outputs=["colours"]))


@pytest.fixture(scope="module")
def features() -> perceptual.Features:
    return make_features()


def row(*pixels: tuple[float, float]) -> tf.Tensor:
    """An image of one row, of red and green: [1, 1, W, 3]."""
    return tf.constant([[[[*pixel, 0.0] for pixel in pixels]]])


def test_content_is_a_mean_over_channels_and_places(features) -> None:
    real, fake = features(row((0.5, 0.2), (1, 0))), features(row((0.1, 0.4), (1, 0)))
    # Differences 0.4, 0.2, 0, 0.
    np.testing.assert_allclose(perceptual.content_l1(real, fake), 0.15, rtol=1e-5)
    squared = perceptual.content_squared(real, fake)
    np.testing.assert_allclose(squared, (0.16 + 0.04) / 4, rtol=1e-5)


def test_gram_is_the_products_of_channels(features) -> None:
    found = perceptual.gram(features(row((0.5, 0.2), (1, 0.4)))["colours"])
    # 0.25 + 1, 0.1 + 0.4, 0.04 + 0.16, by 1 x 2 places and 2 channels.
    expected = [[[1.25 / 4, 0.5 / 4], [0.5 / 4, 0.2 / 4]]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_style_compares_grams(features) -> None:
    real, fake = features(row((1, 0), (0, 1))), features(row((1, 0.5), (0, 0.5)))
    # Grams by 4: (1, 0; 0, 1) and (1, 0.5; 0.5, 0.5).
    l1 = (0.5 + 0.5 + 0.5) / 4 / 4
    np.testing.assert_allclose(perceptual.style_l1(real, fake), l1, rtol=1e-5)
    squared = 3 * (0.5 / 4) ** 2
    np.testing.assert_allclose(perceptual.style_squared(real, fake), squared, rtol=1e-5)


def test_style_does_not_see_where_things_are(features) -> None:
    real = features(row((1, 0), (0.2, 0.7), (0, 0.5)))
    moved = features(row((0, 0.5), (1, 0), (0.2, 0.7)))
    assert float(perceptual.style_l1(real, moved)) < 1e-7
    assert float(perceptual.content_l1(real, moved)) > 0.1


def test_layers_add_up_and_images_are_averaged() -> None:
    one = tf.fill([2, 1, 1, 1], 3.0)
    real = {"a": one, "b": tf.zeros([2, 2, 2, 4])}
    fake = {"a": tf.constant([3.0, 5.0], shape=[2, 1, 1, 1]), "b": real["b"] + 1.0}
    # Of a: the means of 0 and 2, and of 0 and 4. Of b: 1.
    assert float(perceptual.content_l1(real, fake)) == 1 + 1
    assert float(perceptual.content_squared(real, fake)) == 2 + 1
    # Of a: 9 against 9, 9 against 25. Of b: 16 entries of 4 places by 16.
    assert float(perceptual.style_l1(real, fake)) == 16 / 2 + 0.25
    assert float(perceptual.style_squared(real, fake)) == 16**2 / 2 + 16 * 0.25**2


def test_frames_of_a_clip_are_images_and_grey_is_three_channels(features) -> None:
    clip = np.random.default_rng(0).uniform(0, 1, (2, 3, 4, 4, 1)).astype(np.float16)
    found = features(clip)["colours"]
    assert found.shape == (6, 4, 4, 2) and found.dtype == tf.float32
    np.testing.assert_allclose(found[..., 1], clip.reshape(6, 4, 4), rtol=1e-5)
    np.testing.assert_allclose(found[..., 0], found[..., 1], rtol=1e-5)


def test_gradients_reach_the_images_only(features) -> None:
    real, fake = row((0.5, 0.2), (1, 0)), row((0.1, 0.4), (1, 0))
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = perceptual.content_l1(features(real), features(fake))
        loss += perceptual.style_squared(features(real), features(fake))
    assert tape.watched_variables() == ()
    assert np.any(tape.gradient(loss, fake))


def test_every_replica_sees_its_own_images(two_devices) -> None:
    strategy = tf.distribute.MirroredStrategy(two_devices)
    with strategy.scope():
        mirrored = make_features()

    @tf.function
    def losses() -> tf.Tensor:
        def on_one() -> tf.Tensor:
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            fake = row((0.1, 0.4), (1, 0)) * tf.cast(number, tf.float32)
            return perceptual.content_l1(mirrored(fake), mirrored(tf.zeros_like(fake)))

        return tf.stack(strategy.experimental_local_results(strategy.run(on_one)))

    # Nothing on the first one, 0.1, 0.4, 1 and 0 on the second.
    np.testing.assert_allclose(losses(), [0, 1.5 / 4], atol=1e-6)


def test_a_model_that_keeps_it_neither_has_nor_saves_its_variables(
    features, tmp_path
) -> None:
    model = keras.Sequential([keras.layers.Dense(1)])
    model(tf.zeros([1, 2]))
    model.features = features
    assert len(model.variables) == 2
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "checkpoint"))
    shapes = [tuple(shape) for _, shape in tf.train.list_variables(path)]
    assert (2, 1) in shapes and (1, 1, 3, 2) not in shapes


def test_without_weights_one_line_says_how_to_get_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))
    with pytest.raises(errors.UserError, match="tfvideogan.get_weights vgg16"):
        perceptual.Features()


def test_layers_of_the_literature_are_layers_of_vgg16() -> None:
    for layers in (
        perceptual.CONTENT_LAYERS,
        perceptual.SUPER_RESOLUTION_LAYERS,
        perceptual.STYLE_LAYERS,
        perceptual.INPAINTING_LAYERS,
    ):
        assert set(layers) <= set(vgg16.VGG16.layout)


@pytest.mark.long
@real_weights.needs("vgg16")
def test_vgg16_orders_damage() -> None:
    draw = np.random.default_rng(0)
    image = tf.image.resize(draw.uniform(-1, 1, (1, 8, 8, 3)), [64, 64]).numpy()
    features = perceptual.Features(perceptual.STYLE_LAYERS)
    real = features(image)
    losses = [
        float(perceptual.content_l1(real, features(image + amount * noise)))
        for noise in [draw.standard_normal(image.shape)]
        for amount in (0.0, 0.05, 0.2)
    ]
    assert losses[0] == 0 and losses[1] < losses[2]

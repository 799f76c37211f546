import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import generators

SEED = tf.constant([9, 10])
TINY = {"width": 1 / 16, "num_blocks": 1}


def images(channels=5):
    return seeds.normal([1, 8, 8, channels], SEED)


@pytest.mark.parametrize(
    ("channels", "mask_source", "parameters"),
    [
        # Backbone 8,411,712 with 5 channels, 49 · 64 for each one more or less;
        # C and A 49 · 64 · 4 = 12,544; reductor 9 · 64 · 64 = 36,864; mask 9 · 64.
        (5, "features", 8_411_712 + 12_544 + 36_864 + 576),
        (6, "features", 8_411_712 + 3_136 + 12_544 + 36_864 + 576),
        (5, "fg_rgb", 8_411_712 + 12_544 + 36_864 + 27),
        (3, None, 8_411_712 - 2 * 3_136 + 12_544 + 36_864),
    ],
)
def test_original_parameters(channels, mask_source, parameters):
    network = generators.LayerGenerator(mask_source=mask_source)
    layers = network(tf.zeros([1, 8, 8, channels]), (), step=0)
    if mask_source:
        network.mask(layers, layers.colour, 1.0)
    assert network.count_params() == parameters
    if mask_source == "features" and channels == 5:
        assert parameters == 8_461_696


def test_colour_and_attention_lie_in_their_ranges():
    network = generators.LayerGenerator(**TINY)
    network(images())
    network.heads[0].kernel.assign(network.heads[0].kernel * 1000.0)
    layers = network(images())
    assert layers.colour.shape == (1, 8, 8, 3)
    assert float(tf.reduce_min(layers.colour)) < -0.99
    assert layers.attention.shape == (1, 8, 8, 1)
    assert 0 <= float(tf.reduce_min(layers.attention)) < 0.01


@pytest.mark.parametrize("source", generators.MASK_SOURCES)
def test_mask_teaches_what_it_is_made_of(source):
    network = generators.LayerGenerator(mask_source=source, **TINY)
    with tf.GradientTape() as tape:
        layers = network(images(), (), step=0)
        foreground = layers.colour * 0.5
        mask = network.mask(layers, foreground, 2.0)
        loss = tf.reduce_sum(mask**2)
    assert mask.shape == (1, 8, 8, 1)
    stem = network.backbone.downward[0].kernel
    assert float(tf.norm(tape.gradient(loss, stem.value))) > 0


def test_alpha_saturates_the_mask():
    network = generators.LayerGenerator(mask_source="features", **TINY)
    layers = network(images(), (), step=0)

    def softness(alpha):
        mask = network.mask(layers, layers.colour, alpha)
        return float(tf.reduce_mean(mask * (1 - mask)))

    assert softness(1.0) > 0.24  # Nearly 1/4: undecided everywhere.
    assert softness(1000.0) < 0.1


def test_unshared_heads_serve_one_step_each_and_the_last_all_further():
    network = generators.LayerGenerator(
        recurrence="concat_unshared", num_steps=2, **TINY
    )
    state = ()
    colours = []
    for step in range(4):
        layers = network(images(), state, step=step)
        state = layers.state
        colours.append(layers.colour.numpy())
    assert len(network.heads) == 2
    assert np.abs(colours[0] - colours[1]).max() > 0
    np.testing.assert_array_equal(colours[2], colours[3])


def test_a_fresh_transformer_changes_nothing():
    network = generators.LayerGenerator(has_transformer=True, **TINY)
    layers = network(images())
    np.testing.assert_allclose(layers.features, network.backbone(images()), atol=1e-5)

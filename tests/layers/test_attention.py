"""Attention equals its equations, written for one position after another in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.layers import attention

CHANNELS = 8


def draw(*shape: int) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(4))


def strengthened(layer, inputs):
    """Builds a layer and gives it a gain and weights that make the softmax sharp."""
    layer(inputs)
    layer.set_weights([3.0 * one for one in layer.get_weights()])
    layer.gamma.assign(0.7)
    return [
        np.asarray(one.weight.kernel) for one in (layer.theta, layer.phi, layer.g)
    ] + [np.asarray(layer.output_.weight.kernel)]


def attend(places, others, kernels):
    """Equations 1 and 2: what each of `places` [P, C] takes from `others` [K, C]."""
    theta, phi, g, output = kernels
    made = []
    for place in places:
        logits = (others @ phi) @ (place @ theta)
        shares = np.exp(logits - logits.max())
        made.append((shares / shares.sum()) @ (others @ g) @ output)
    return np.array(made)


def test_a_fresh_layer_changes_nothing():
    images, clips = draw(2, 4, 4, CHANNELS), draw(2, 3, 4, 4, CHANNELS)
    np.testing.assert_array_equal(attention.SelfAttention()(images), images)
    np.testing.assert_array_equal(attention.SeparableAttention()(clips), clips)


def test_every_place_of_an_image_sees_the_pooled_others():
    images = draw(2, 4, 6, CHANNELS)
    layer = attention.SelfAttention()
    theta, phi, g, output = strengthened(layer, images)
    found = layer(images)
    for image, answer in zip(images.numpy(), found.numpy(), strict=True):
        pooled = {}
        for name, kernel in (("phi", phi), ("g", g)):
            maps = (image @ kernel).reshape(2, 2, 3, 2, -1)  # [h, 2, w, 2, c]
            pooled[name] = maps.max(axis=(1, 3)).reshape(6, -1)
        places = image.reshape(24, CHANNELS)
        logits = (places @ theta) @ pooled["phi"].T
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = places + 0.7 * (shares @ pooled["g"] @ output)
        np.testing.assert_allclose(
            answer.reshape(24, -1), expected, rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("axis", ["T", "H", "W"])
def test_a_place_sees_its_own_line_along_one_axis(axis):
    clips = draw(2, 3, 4, 5, CHANNELS)
    layer = attention.AxisAttention(axis)
    kernels = strengthened(layer, clips)
    lines = np.moveaxis(clips.numpy(), "NTHWC".index(axis), 3)
    found = np.moveaxis(layer(clips).numpy(), "NTHWC".index(axis), 3)
    for index in np.ndindex(lines.shape[:3]):
        line = lines[index]  # [P, C]
        expected = line + 0.7 * attend(line, line, kernels)
        np.testing.assert_allclose(found[index], expected, rtol=1e-4, atol=1e-5)


def test_separable_attention_is_its_axes_in_order():
    clips = draw(1, 3, 2, 4, CHANNELS)
    layer = attention.SeparableAttention()
    layer(clips)
    expected = clips
    for step, axis in zip(layer.steps, "HWT", strict=True):
        strengthened(step, clips)
        assert step.axis == "NTHWC".index(axis)
        expected = step(expected)
    np.testing.assert_allclose(layer(clips), expected, rtol=1e-6)


def test_projections_have_the_sizes_of_biggan():
    layer = attention.SelfAttention()
    layer(tf.zeros([1, 2, 2, 64]))
    # 64 -> 8 twice, 64 -> 32, 32 -> 64, and the gain.
    assert layer.count_params() == 2 * 64 * 8 + 64 * 32 + 32 * 64 + 1


def test_an_unknown_axis_is_refused():
    with pytest.raises(ValueError, match=r"`axis` \('C'\) must be one of T, H, W"):
        attention.SeparableAttention("HC")


def test_attention_without_pooling_sees_every_place_of_a_clip():
    clips = draw(2, 3, 2, 2, CHANNELS)
    layer = attention.SelfAttention(pools=False)
    kernels = strengthened(layer, clips)
    for clip, answer in zip(clips.numpy(), layer(clips).numpy(), strict=True):
        places = clip.reshape(12, CHANNELS)
        expected = places + 0.7 * attend(places, places, kernels)
        np.testing.assert_allclose(
            answer.reshape(12, -1), expected, rtol=1e-4, atol=1e-5
        )


def test_along_time_it_is_full_attention_where_there_is_one_pixel():
    clips = draw(2, 5, 1, 1, CHANNELS)
    along, full = attention.AxisAttention("T"), attention.SelfAttention(pools=False)
    strengthened(along, clips)
    full(clips)
    full.set_weights(along.get_weights())
    np.testing.assert_allclose(full(clips), along(clips), rtol=1e-4, atol=1e-5)
    assert np.abs(along(clips) - clips).max() > 1e-3


def test_projections_have_the_norm_one_on_demand():
    clips = draw(1, 2, 2, 2, CHANNELS)
    for layer, changes in (
        (attention.SelfAttention(has_spectral_norm=True), False),
        (attention.SelfAttention(), True),
    ):
        layer(clips)
        layer.gamma.assign(1.0)
        before = layer(clips).numpy()
        layer.g.weight.kernel.assign(3.0 * layer.g.weight.kernel.value)
        assert (np.abs(layer(clips) - before).max() > 1e-4) == changes

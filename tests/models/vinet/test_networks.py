"""The parts of the painter by themselves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity
from tfvideogan.core import seeds
from tfvideogan.models.vinet import composition, encoder, flow, gated


def noise(*shape, seed=0):
    return seeds.uniform(shape, seeds.from_int(seed), -1.0, 1.0)


@pytest.mark.parametrize(("bias", "of_others"), [(-200.0, False), (200.0, True)])
def test_a_mask_of_0_keeps_the_frame_and_of_1_takes_the_others(bias, of_others):
    network = composition.Composition(4, num_others=3, name="composition")
    frame, others = noise(1, 5, 6, 4), [noise(1, 5, 6, 4, seed=n) for n in (1, 2, 3)]
    network(frame, others)
    network.mask_net.to_mask.bias.assign([bias])
    composed, mask = network(frame, others)
    assert mask.shape == (1, 5, 6, 1)
    wanted = network.aggregate(tf.concat(others, axis=-1)) if of_others else frame
    np.testing.assert_array_equal(composed, wanted)


def test_frames_side_by_side_are_a_convolution_over_time_without_padding():
    layer = gated.conv(2, frames=3)
    frames = [noise(1, 5, 6, 4, seed=n) for n in range(3)]
    ours = layer(tf.concat(frames, axis=-1))
    kernel = tf.reshape(layer.kernel, [3, 3, 3, 4, 4])  # [h, w, S, in, out]
    both = tf.nn.conv3d(
        tf.pad(tf.stack(frames, axis=1), [[0, 0], [0, 0], [1, 1], [1, 1], [0, 0]]),
        tf.transpose(kernel, [2, 0, 1, 3, 4]),
        strides=[1] * 5,
        padding="VALID",
    )[:, 0]
    features, gates = np.split(both.numpy(), 2, axis=-1)
    wanted = np.maximum(features, 0) / (1 + np.exp(-gates))
    check_parity.assert_close(ours.numpy(), wanted, 1e-5)


def test_gated_kernels_begin_with_hes_variance_by_outputs():
    keras.utils.set_random_seed(0)
    for frames in (1, 5):
        layer = gated.conv(32, frames=frames)
        layer(tf.zeros([1, 4, 4, 8 * frames]))
        # 2 / (9 · 64 outputs · frames)
        np.testing.assert_allclose(
            np.std(layer.kernel), np.sqrt(2 / (9 * 64 * frames)), rtol=0.03
        )


@pytest.mark.parametrize(("gain", "low", "high"), [(2.0, 0.0, 0.01), (14.0, 0.3, 3.0)])
def test_features_keep_their_size_through_gates_or_vanish_as_published(gain, low, high):
    keras.utils.set_random_seed(0)
    x = noise(1, 16, 16, 32)
    start = float(np.sqrt(np.mean(x**2)))
    for _ in range(8):
        x = gated.conv(32, gain=gain)(x)
    assert low < np.sqrt(np.mean(x**2)) / start < high


def test_halving_pads_alike_on_all_sides():
    """The first output is the kernel around the first pixel, as in PyTorch."""
    layer = gated.conv(1, stride=2)
    x = noise(1, 6, 6, 1)
    made = layer(x)
    assert made.shape == (1, 3, 3, 1)
    kernel = layer.kernel.numpy()[1:, 1:, 0]  # Beyond it are zeros.
    first, gate = np.einsum("hwo,hw->o", kernel, x[0, :2, :2, 0])
    wanted = max(first, 0) / (1 + np.exp(-gate))
    np.testing.assert_allclose(made[0, 0, 0, 0], wanted, atol=1e-6)


@pytest.mark.parametrize(("halves", "finest"), [(False, 16), (True, 8)])
def test_the_encoder_has_four_sizes(halves, finest):
    network = encoder.Encoder((2, 3, 4, 5), halves=halves, name="encoder")
    shapes = [tuple(one.shape[1:]) for one in network(noise(1, 16, 16, 4))]
    wanted = [
        (finest // 2**n, finest // 2**n, width) for n, width in enumerate((2, 3, 4, 5))
    ]
    assert shapes == wanted


def test_costs_are_cosines_of_features_without_their_mean():
    network = flow.FlowNet(
        widths=(2,) * 5,
        context_widths=(2,) * 6,
        search_range=1,
        compares_directions=True,
        name="flow",
    )
    frame, other = noise(1, 6, 6, 3), noise(1, 6, 6, 3, seed=1)
    # What all places share and how large features are says nothing.
    costs = network.inputs(frame, 7.0 * other + 100.0)[..., 3:].numpy()
    first, second = (
        one.numpy()[0] - one.numpy()[0].mean((0, 1)) for one in (frame, other)
    )
    first, second = (
        one / np.linalg.norm(one, axis=-1, keepdims=True) for one in (first, second)
    )
    # Nine displacements, rows first; place (2, 3) meets (1, 4) in the third one.
    assert costs.shape == (1, 6, 6, 9)
    assert costs[0, 2, 3, 2] == pytest.approx(first[2, 3] @ second[1, 4], abs=1e-3)
    assert costs[0, 2, 3, 4] == pytest.approx(first[2, 3] @ second[2, 3], abs=1e-3)
    assert np.abs(costs).max() <= 1.001


def test_a_flow_net_adds_to_twice_the_coarser_flow():
    network = flow.FlowNet(
        widths=(2,) * 5, context_widths=(2,) * 6, search_range=1, name="flow"
    )
    features = noise(1, 8, 8, 3)
    coarser = tf.fill([1, 4, 4, 2], 0.75)
    network.flow(features, features, coarser)
    for one in (network.to_flow, network.context[-1]):
        one.kernel.assign(tf.zeros_like(one.kernel))
    # The refinement's LeakyReLU stays: 0.5 - 0.1 · 1.
    network.to_flow.bias.assign([0.5, 0.0])
    network.context[-1].bias.assign([-1.0, 0.0])
    made = network.flow(features, features, coarser)
    np.testing.assert_allclose(made[..., 0], np.full([1, 8, 8], 1.9), atol=1e-6)
    np.testing.assert_allclose(made[..., 1], np.full([1, 8, 8], 1.5), atol=1e-6)

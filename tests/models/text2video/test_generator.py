"""The U-Net takes histories of any depth, copies along its flow and paints."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny
from tfvideogan.core import clip, seeds
from tfvideogan.models.text2video import generator as generators
from tfvideogan.models.text2video import history as histories
from tfvideogan.ops import affine, warp

SEED = seeds.from_int(2)
CAPTION = tf.constant([[1.0, -1.0], [0.5, 2.0]])


def history(depth: int = 2, size: int = 8, channels: int = 3) -> histories.History:
    shape = [2, depth, size, size, channels]
    frames = seeds.uniform(shape, SEED, -1.0, 1.0)
    return histories.of_context(frames, depth, is_anchored=True)


@pytest.fixture(scope="module")
def network():
    made = tiny.generator()
    made(history(), CAPTION)
    return made


@pytest.mark.parametrize("depth", [1, 10])
def test_histories_of_any_depth_end_in_one_frame(depth):
    made = tiny.generator(depth=depth)(history(depth), CAPTION)
    assert made["frame"].shape == (2, 8, 8, 3)


@pytest.mark.parametrize(
    ("mode", "extra"),
    [
        ("warp", {"copy", "flow"}),
        ("residual", {"copy"}),
        ("direct", set()),
    ],
)
def test_an_output_mode_says_how_frames_are_made(mode, extra):
    spec = clip.ClipSpec(6, 16, 24, channels=1)
    network = tiny.generator(spec, output_mode=mode)
    context = seeds.uniform([2, 2, 16, 24, 1], SEED, -1.0, 1.0)
    made = network(histories.of_context(context, 2), CAPTION)
    assert set(made) == {"frame"} | extra
    assert made["frame"].shape == (2, 16, 24, 1)
    if mode == "residual":
        np.testing.assert_array_equal(made["copy"], context[:, -1])
    if mode == "warp":
        expected = warp.backward(context[:, -1], made["flow"])
        np.testing.assert_allclose(made["copy"], expected, atol=1e-6)


def test_a_frame_is_a_share_of_the_anchor_and_the_last_frame_and_paint(network):
    anchor = histories.Anchor(
        seeds.uniform([2, 8, 8, 3], seeds.fold(SEED, "anchor"), -1.0, 1.0),
        seeds.uniform([2, 2, 3], seeds.fold(SEED, "motion"), -2.0, 2.0),
    )
    seen = history()._replace(anchor=anchor)
    made = network(seen, CAPTION)
    assert set(made) == {"frame", "flow", "copy", "to_anchor", "share"}
    # Where the pixels of the frame come from is where those they come from did.
    followed = warp.compose(made["flow"], affine.to_flow(anchor.motion, 8, 8))
    to_anchor = affine.to_flow(made["to_anchor"], 8, 8)
    np.testing.assert_allclose(to_anchor[:, 3:5, 3:5], followed[:, 3:5, 3:5], atol=1e-4)
    share = made["share"]
    assert 0.0 < share.numpy().min() < share.numpy().max() < 1.0
    expected = share * warp.backward(anchor.frame, to_anchor)
    expected += (1.0 - share) * warp.backward(seen.frames[-1], made["flow"])
    np.testing.assert_allclose(made["copy"], expected, atol=1e-5)
    assert np.abs(made["frame"] - made["copy"]).max() > 1e-3


def test_a_fresh_network_hardly_moves_or_paints(network):
    made = network(history(), CAPTION)
    assert np.abs(made["flow"]).mean() < 1.0
    assert np.abs(made["frame"] - made["copy"]).mean() < 0.2


def test_paint_does_not_teach_the_flow(network):
    with tf.GradientTape() as tape:
        made = network(history(), CAPTION)
        paint = tf.reduce_sum(tf.square(made["frame"] - made["copy"]))
    kernels = [one.value for one in network.to_motion.trainable_variables]
    # What is left of the copy in the difference is rounding.
    for gradient in tape.gradient(paint, kernels):
        assert np.abs(gradient).max() < 1e-4


def test_a_flow_reaches_as_far_as_things_move():
    network = tiny.generator(clip.ClipSpec(6, 64, 64))
    # An orbit of radius 20 in 8 frames, the quickest of 64x64, moves by 15.3 pixels.
    assert network.reach == pytest.approx(19.2)


def test_the_caption_reaches_every_scale_of_the_decoder(network):
    with tf.GradientTape() as tape:
        made = network(history(), CAPTION)
        loss = tf.reduce_sum(tf.square(made["frame"]))
    layers = [
        *network.inner.films,
        network.inner.film,
        *[block.film for block in network.up_second.blocks],
        *[block.film for block in network.up_first.blocks],
        network.look.film,
    ]
    kernels = [layer.to_film.kernel.value for layer in layers]
    for gradient in tape.gradient(loss, kernels):
        assert np.abs(gradient).max() > 0


def test_validity_is_seen(network):
    seen = history()
    found = [
        network(seen._replace(valid=tf.constant([[one, 1.0]] * 2)), CAPTION)["frame"]
        for one in (0.0, 1.0)
    ]
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_the_network_in_network_sees_the_whole_map():
    inner = generators.NetworkInNetwork(units=4, narrow=2)
    maps = seeds.normal([2, 3, 5, 4], SEED)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        made, state = inner(maps, tf.zeros([2, 6]), CAPTION)
        corner = tf.reduce_sum(made[:, 0, 0])
    assert state.shape == (2, 4)
    assert (np.abs(tape.gradient(corner, maps)).max(axis=(0, 3)) > 0).all()
    # squeeze 4 2 + 2; dense (30 + 6) 4 + 4, 4 4 + 4; to maps 4 30 + 30; expand 2 4 + 4;
    # three FiLMs of four channels 2 8 + 8.
    count = sum(int(tf.size(one)) for one in inner.trainable_variables)
    assert count == 10 + 148 + 20 + 150 + 12 + 3 * 24


@pytest.mark.parametrize("length", [2, 4])
def test_pairs_of_frames_as_channels_are_a_convolution_over_time(length):
    encode = generators.Encode(3, 2)
    clips = seeds.normal([2, length, 8, 8, 2], SEED)
    made = tf.stack(encode(tf.unstack(clips, axis=1)), axis=1)
    kernel = tf.reshape(encode.convolve.kernel, [4, 4, 2, 2, 3])  # rows, columns, time
    kernel = tf.transpose(kernel, [2, 0, 1, 3, 4])
    padded = tf.pad(clips, [[0, 0], [0, 0], [1, 1], [1, 1], [0, 0]])
    expected = tf.nn.conv3d(padded, kernel, [1, 2, 2, 2, 1], "VALID")
    np.testing.assert_allclose(made, tf.nn.leaky_relu(expected), atol=1e-5)


def test_before_an_odd_number_of_frames_the_oldest_comes_again():
    encode = generators.Encode(3, 2)
    clips = tf.unstack(seeds.normal([3, 2, 8, 8, 2], SEED))
    found, even = encode(clips), encode([clips[0], *clips])
    assert len(found) == len(even) == 2
    np.testing.assert_allclose(found, even, atol=1e-6)

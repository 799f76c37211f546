"""The aligner: what it learns, what it is spared, published faults."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import traced_graphs
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.cpnet import alignment, filling, model, objective
from tfvideogan.ops import affine

SIZE = 32
ZOOM = 0.8
# Of changes of a transform; at the border 0.24 of half of the side, 4 pixels.
CHANGES = ((0.06, 0.06, 0.12), (0.06, 0.06, 0.12))


@pytest.fixture(scope="module", autouse=True)
def freed():
    yield
    traced_graphs.forget()


def make_aligner(**options):
    # Weights must not depend on which tests came before.
    keras.utils.set_random_seed(0)
    made = alignment.Aligner(**{"width": 2, "size": SIZE} | options)
    zeros = tf.zeros([1, SIZE, SIZE, 3])
    features = made.encode(zeros, zeros[..., :1])
    made(*features)
    return made


def textures(number, cells=(3, 4)):
    whole = 0.0
    for share, one in enumerate(cells, start=1):
        seed = seeds.fold(seeds.from_int(1), one)
        drawn = seeds.uniform([number, one, one, 3], seed, -1.0, 1.0)
        whole += tf.image.resize(drawn, [SIZE, SIZE], "bicubic") * (0.6 / share)
    return tf.clip_by_value(whole, -1.0, 1.0)


def affine_pairs(number):
    """Two views of each texture [N, 2, H, W, 3], and theta [N, 2, 3] between them."""
    seed = seeds.fold(seeds.from_int(1), "changes")
    first = tf.constant([[[ZOOM, 0.0, 0.0], [0.0, ZOOM, 0.0]]] * number)
    second = first + ZOOM * tf.constant(CHANGES) * seeds.uniform(
        [number, 2, 3], seed, -1.0, 1.0
    )
    whole = textures(number)
    views = [affine.affine_warp(whole, one) for one in (first, second)]
    last = np.tile([[[0.0, 0.0, 1.0]]], (number, 1, 1))
    # The first view samples the texture at first · p, the second view at second · q.
    first, second = (np.concatenate([one, last], axis=1) for one in (first, second))
    theta = np.linalg.solve(second, first)[:, :2]
    return tf.stack(views, axis=1), tf.constant(theta, tf.float32)


def shifted(columns):
    """A texture and itself, shifted to the left, without borders."""
    wide = tf.image.resize(textures(1), [SIZE, 2 * SIZE])
    return wide[:, :, 8 : 8 + SIZE], wide[:, :, 8 + columns : 8 + columns + SIZE]


@pytest.mark.parametrize("search", [0, 3])
def test_an_untrained_aligner_changes_nothing_between_equal_frames(search):
    made = make_aligner(search=search)
    frames = textures(2)
    features = made.encode(frames, tf.zeros([2, SIZE, SIZE, 1]))
    assert features.as_target.shape[1:] == made.feature_size
    # Symmetric: what lies beyond the border does not count.
    theta = made(features.as_target, features.as_reference)
    wanted = [[[1, 0, 0], [0, 1, 0]]] * 2
    np.testing.assert_allclose(theta, wanted, atol=0.1 if search else 0)


def test_a_search_finds_a_shift_before_anything_is_learned():
    made = make_aligner(search=3, width=8)
    no_holes = tf.zeros([1, SIZE, SIZE, 1])
    target, reference = (made.encode(one, no_holes) for one in shifted(4))
    theta = made(target.as_target, reference.as_reference)
    # Four pixels further to the left: 4 / 15.5 of half of the side.
    flow = affine.theta_to_flow(theta, SIZE, SIZE)[0, SIZE // 2, SIZE // 2]
    np.testing.assert_allclose(flow, [-4.0, 0.0], atol=2.0)


def test_repeated_layers_are_no_layers_of_their_own():
    """The published fault and its cure."""
    repeated, cured = make_aligner(repeats_layers=True), make_aligner()
    # Two convolutions of 16 channels.
    assert cured.count_params() - repeated.count_params() == 2 * (9 * 16 * 16 + 16)
    drawn = seeds.normal([1, 2, 2, 16], seeds.from_int(2))
    for made, changes in ((repeated, True), (cured, False)):
        # With the middle layers at zero, nothing comes through them twice.
        for layer in made.middle:
            layer.kernel.assign(tf.zeros_like(layer.kernel))
            layer.bias.assign(tf.ones_like(layer.bias))
        made.to_theta.kernel.assign(tf.ones_like(made.to_theta.kernel))
        smaller = made.smaller.kernel
        before = made(drawn, drawn).numpy()
        smaller.assign(2.0 * tf.convert_to_tensor(smaller))
        is_same = np.array_equal(before, made(drawn, drawn))
        # The last layers forget it all, but only where they are the middle ones.
        assert is_same == changes


def test_a_refiner_starts_without_a_flow():
    refiner = alignment.Refiner(width=2)
    frames, no_holes = textures(1), tf.zeros([1, SIZE, SIZE, 1])
    flow = refiner(frames, no_holes, frames, no_holes)
    np.testing.assert_array_equal(flow, np.zeros((1, SIZE, SIZE, 2)))


def test_what_is_beyond_the_border_is_not_visible():
    frames, no_holes = textures(1), tf.zeros([1, SIZE, SIZE, 1])
    # A step and a half to the right.
    theta = tf.constant([[[1.0, 0.0, 1.5 * 2 / (SIZE - 1)], [0.0, 1.0, 0.0]]])
    made = alignment.aligned(theta, (frames, no_holes), (frames, no_holes))
    np.testing.assert_array_equal(made.visible[0, 0, -3:, 0], [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(made.is_whole[0, 0, -3:, 0], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(made.frames[0, :, -1], -1.0, atol=1e-5)


def test_pixels_mixed_with_a_hole_do_not_count_in_the_loss():
    frames = tf.zeros([1, SIZE, SIZE, 3])
    holes = tf.concat([tf.zeros([1, SIZE, 16, 1]), tf.ones([1, SIZE, 16, 1])], axis=2)
    # A third of a step to the right: column 15 is a third of a hole, and visible.
    theta = tf.constant([[[1.0, 0.0, 2 / 3 / (SIZE - 1)], [0.0, 1.0, 0.0]]])
    spoilt = tf.where(holes > 0, 1.0, frames)
    target = filling.Target(frames, tf.zeros_like(holes), None)
    made = alignment.aligned(theta, (frames, target.holes), (spoilt, holes))
    assert made.visible[0, 0, 15, 0] == 1.0
    assert made.frames[0, 0, 15, 0] > 0.3
    one_reference = alignment.Aligned(*(one[:, tf.newaxis] for one in made))
    assert objective.misalignment(target, one_reference) == 0.0


def test_a_search_needs_blocks():
    with pytest.raises(errors.UserError, match=r"`alignment_size` \(40\)"):
        model.Options(alignment_size=40, search=2)


@pytest.mark.long
def test_training_aligns_affine_clips():
    number = 4
    made = model.CPNet(
        model.Options(
            width=2,
            alignment_width=8,
            alignment_size=SIZE,
            alignment_steps=10**6,
            search=3,
        ),
        optimizer=keras.optimizers.Adam(2e-3),
    )
    made.build_for(clip.ClipSpec(2, SIZE, SIZE, has_holes=True))
    frames, theta = affine_pairs(number)
    holes = tf.zeros([number, 2, SIZE, SIZE, 1])

    def judged(predict):
        features = filling.features(made.aligner, frames, holes)
        target = filling.Target(frames[:, 0], holes[:, 0], None)
        found = predict(features.as_target[:, 0], features.as_reference[:, 1])
        aligned = alignment.aligned(
            found, (frames[:, 0], holes[:, 0]), (frames[:, 1], holes[:, 1])
        )
        aligned = alignment.Aligned(*(one[:, tf.newaxis] for one in aligned))
        error = affine.theta_to_flow(found - theta, SIZE, SIZE) - affine.theta_to_flow(
            tf.zeros([1, 2, 3]), SIZE, SIZE
        )
        rms = tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(error), axis=-1)))
        return float(objective.misalignment(target, aligned)), float(rms)

    identity = tf.constant([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]] * number)
    start, start_rms = judged(lambda *_: identity)
    step = tf.function(
        lambda: made.train_step({"frames": frames, "holes": holes}, ("alignment",))
    )
    for _ in range(200):
        step()
    end, end_rms = judged(made.aligner)
    assert start_rms > 1.5
    assert end < start / 5
    assert end_rms < 1.0

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan.thesis import critic_inputs, options

SEED = tf.constant([17, 18])
SIZE = (24, 32)
STEPS = 3


@pytest.fixture
def batch():
    """Two clips whose object is white before a scene that is darker than 0."""
    frames = seeds.uniform([2, STEPS + 1, *SIZE, 3], SEED, -0.9, 0.0).numpy()
    frames[:, :, 8:12, 10:16] = 1.0
    masks = np.zeros((2, STEPS + 1, *SIZE, 1), np.float32)
    masks[:, :, 8:12, 10:16] = 1.0
    return {"frames": tf.constant(frames), "foreground_masks": tf.constant(masks)}


@pytest.fixture
def shared(batch):
    """A rollout whose pictures tell clip, step and place."""
    clip = tf.reshape(tf.range(2.0), [2, 1, 1, 1, 1])
    step = tf.reshape(tf.range(float(STEPS)), [1, STEPS, 1, 1, 1])
    number = 10.0 * clip + step + tf.zeros([2, STEPS, *SIZE, 1])
    return {
        "foregrounds": tf.repeat(number, 3, axis=-1),
        "backgrounds": tf.repeat(number, 3, axis=-1),
        "masks": number,
        "first_background": batch["frames"][:, 0],
        "first_mask": batch["foreground_masks"][:, 0],
    }


def make(num_patches=4, patch_size=(6, 8), **switches):
    return critic_inputs.CriticInputs(
        options.Options(num_patches=num_patches, patch_size=patch_size, **switches),
        height=SIZE[0],
        width=SIZE[1],
    )


def test_real_patches_show_no_object(batch, shared):
    patches = make(num_patches=30).real(batch, shared, SEED)["background"]
    assert patches.shape == (60, 6, 8, 3)
    assert float(tf.reduce_max(patches)) <= 0.0


def test_real_foreground_is_the_first_object_before_black(batch, shared):
    real = make(has_mask_critic=True).real(batch, shared, SEED)
    np.testing.assert_array_equal(real["foreground"][:, 8:12, 10:16], 1.0)
    assert float(tf.reduce_mean(real["foreground"][:, :8])) == -1.0
    np.testing.assert_array_equal(real["mask"], batch["foreground_masks"][:, 0])


def test_transformed_reals_move_and_stay_on_black(batch, shared):
    plain = make().real(batch, shared, SEED)["foreground"].numpy()
    inputs = make(transform_real="both", has_mask_critic=True)
    real = inputs.real(batch, shared, SEED)
    assert np.abs(real["foreground"] - plain).max() > 0.1
    np.testing.assert_allclose(real["foreground"][:, 0], -1.0, atol=1e-6)
    assert real["mask"].shape == (2, *SIZE, 1)


def test_masks_can_be_transformed_alone(batch, shared):
    plain = make().real(batch, shared, SEED)["foreground"]
    inputs = make(transform_real="masks", has_mask_critic=True)
    for index in range(8):  # Each mask moves with probability 0.45.
        real = inputs.real(batch, shared, seeds.fold(SEED, index))
        np.testing.assert_array_equal(real["foreground"], plain)
        if np.abs(real["mask"] - batch["foreground_masks"][:, 0]).max() > 0:
            return
    raise AssertionError("no mask has moved")


def test_masks_are_shown_only_if_they_are_judged(batch, shared):
    assert "mask" not in make().real(batch, shared, SEED)
    assert "mask" not in make().fake(shared, SEED)
    assert "mask" in make(has_mask_critic=True).fake(shared, SEED)


def test_reals_are_paired_with_the_fakes_of_their_own_clip(batch, shared):
    inputs = make()
    fake = inputs.fake(shared, SEED)
    clips = tf.repeat(tf.reshape(tf.range(2.0), [2, 1, 1, 1]), 4, axis=0)
    real = {
        "foreground": tf.reshape(tf.range(2.0), [2, 1, 1, 1]),
        "background": clips,
    }
    for name, paired in inputs.pair(real, STEPS).items():
        of_fake = tf.cast(fake[name][:, :1, :1, :1] >= 10.0, tf.float32)
        np.testing.assert_array_equal(paired, of_fake)


def test_fake_patches_come_from_every_step(shared):
    found = make().fake(shared, SEED)["background"][:, 0, 0, 0].numpy()
    # Clip 0 has the numbers 0, 1, 2, clip 1 has 10, 11, 12; four patches of each.
    assert found.tolist() == np.repeat([0, 1, 2, 10, 11, 12], 4).tolist()


def test_fake_patches_on_the_mask_touch_it(batch, shared):
    marks = batch["foreground_masks"][:, :1] * tf.ones([2, STEPS, *SIZE, 1])
    shared = dict(shared, backgrounds=tf.repeat(marks, 3, axis=-1))
    patches = make(num_patches=20, fake_patches="on_mask").fake(shared, SEED)
    assert np.all(tf.reduce_max(patches["background"], axis=[1, 2, 3]) == 1.0)


def test_patches_are_cut_down_to_small_frames():
    inputs = make(num_patches=10, patch_size=(60, 112))
    assert inputs.patch_size == SIZE
    assert inputs.num_patches == 1


def test_gradients_reach_fakes_but_not_reals(batch, shared):
    backgrounds = shared["backgrounds"]
    with tf.GradientTape() as tape:
        tape.watch(backgrounds)
        patches = make().fake(dict(shared, backgrounds=backgrounds), SEED)
        loss = tf.reduce_sum(patches["background"])
    assert float(tf.reduce_sum(tape.gradient(loss, backgrounds))) > 0

"""Critics are shown what exists: first objects, free background, followed triplets."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import critic_inputs

SIZE, TIME = 16, 5
SEED = seeds.from_int(5)


def _batch() -> dict[str, tf.Tensor]:
    """Frames of -0.5 with a 4x4 object of +0.5 that moves one pixel to the right."""
    masks = np.zeros((2, TIME, SIZE, SIZE, 1), np.float32)
    for t in range(TIME):
        masks[:, t, 6:10, 3 + t : 7 + t] = 1.0
    flow = np.zeros((2, TIME - 1, SIZE, SIZE, 2), np.float32)
    flow[..., 0] = -1.0
    return {
        "frames": tf.constant(np.repeat(masks - 0.5, 3, axis=-1)),
        "foreground_masks": tf.constant(masks),
        "backward_flow": tf.constant(flow),
        "forward_flow": tf.constant(-flow),
    }


def _shared() -> dict[str, tf.Tensor]:
    batch = _batch()
    return {
        "masks": batch["foreground_masks"][:, 1:],
        "foregrounds": tf.fill([2, TIME - 1, SIZE, SIZE, 3], 0.5),
        "backgrounds": tf.fill([2, TIME - 1, SIZE, SIZE, 3], -0.5),
    }


def test_real_and_generated_objects_look_alike_when_the_model_is_right():
    object_, mask = critic_inputs.real_objects(_batch())
    objects, masks = critic_inputs.generated_objects(_shared())
    assert objects.shape == (2 * (TIME - 1), SIZE, SIZE, 3)
    for one, its_mask in ((object_, mask), (objects, masks)):
        np.testing.assert_array_equal(
            one, np.repeat(np.where(its_mask > 0, 0.5, -1.0), 3, axis=-1)
        )


def test_each_critic_has_real_and_generated_samples_of_one_size():
    inputs = critic_inputs.CriticInputs(num_patches=4, patch_size=6)
    real = inputs.real(_batch(), _shared(), SEED)
    fake = inputs.fake(_shared(), SEED)
    assert {name: value.shape[1:] for name, value in real.items()} == {
        "foreground": (SIZE, SIZE, 3),
        "background": (6, 6, 3),
        "mask": (SIZE, SIZE, 1),
        "temporal": (SIZE, SIZE, 12),
    }
    assert {name: value.shape[1:] for name, value in fake.items()} == {
        name: value.shape[1:] for name, value in real.items()
    }
    # A scene of -0.5 behind an object of +0.5: real patches do not show it.
    np.testing.assert_array_equal(real["background"], -0.5)
    assert real["background"].shape[0] == fake["background"].shape[0] == 2 * 4


def test_a_real_triplet_follows_the_first_object():
    triplet = critic_inputs.real_triplets(_batch()).numpy()
    masks = _batch()["foreground_masks"].numpy()
    for t in range(3):
        np.testing.assert_array_equal(triplet[..., 4 * t + 3], masks[:, t, ..., 0])
        np.testing.assert_array_equal(
            triplet[..., 4 * t], np.where(masks[:, t, ..., 0] > 0, 0.5, -1.0)
        )


def test_a_generated_triplet_is_the_last_three_frames():
    triplet = critic_inputs.generated_triplets(_shared()).numpy()
    masks = _shared()["masks"].numpy()
    np.testing.assert_array_equal(
        triplet[..., 3::4], masks[:, -3:, ..., 0].transpose(0, 2, 3, 1)
    )


def test_real_patches_show_no_object():
    found = critic_inputs.real_patches(_batch(), _shared(), SEED, count=8, size=5)
    assert found.shape == (16, 5, 5, 3)
    np.testing.assert_array_equal(found, np.full(found.shape, -0.5))


def test_half_of_the_generated_patches_meet_the_hidden_scene():
    shared = _shared()
    # Paint what the object hides, so that it can be found again.
    shared["backgrounds"] = shared["backgrounds"] + shared["masks"]
    found = critic_inputs.generated_patches(shared, SEED, count=8, size=5).numpy()
    assert found.shape == (16, 5, 5, 3)
    meets = (found > 0).any(axis=(1, 2, 3))
    assert meets[:8].all()


def test_augmentation_is_the_same_for_the_same_seed_and_keeps_the_range():
    images = seeds.uniform([4, SIZE, SIZE, 3], SEED, -1.0, 1.0)
    one = critic_inputs.augment(images, SEED).numpy()
    np.testing.assert_array_equal(one, critic_inputs.augment(images, SEED))
    assert np.abs(one - critic_inputs.augment(images, seeds.from_int(6))).max() > 0.1
    assert np.abs(one).max() <= 1.0 + 1e-6


def test_augmentation_flips_some_and_not_all():
    ramp = tf.tile(
        tf.range(SIZE, dtype=tf.float32)[None, None, :, None], [64, SIZE, 1, 1]
    )
    moved = critic_inputs.augment(ramp, SEED).numpy()
    is_flipped = moved[:, :, :4].mean(axis=(1, 2, 3)) > moved[:, :, -4:].mean(
        axis=(1, 2, 3)
    )
    assert 10 < is_flipped.sum() < 54

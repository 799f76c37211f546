import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors, seeds
from tfvideogan.models.foregan.thesis import discriminators

SEED = tf.constant([5, 6])
WIDTH = 1 / 16


def test_original_has_15345601_parameters_and_6145_more_for_masks():
    critic = discriminators.PatchDiscriminator(has_mask_head=True)
    patch = tf.zeros([1, 60, 112, 3])
    critic(patch)
    critic.score_pairs(patch, patch[..., :1])
    halvings = (4 * 4 * 3 * 64 + 64) + (4 * 4 * 64 * 128 + 128)
    halvings += (4 * 4 * 128 * 256 + 256) + (4 * 4 * 256 * 512 + 512)
    tail = 2 * 4 * 512 * 1024 + 2 * 2 * 1024 * 2048
    score = 1 * 3 * 2048 + 1
    assert halvings + tail + score == 15_345_601
    assert critic.count_params() == 15_345_601 + score


@pytest.mark.parametrize(
    ("size", "scores"), [((60, 112), (1, 1)), ((224, 416), (12, 20))]
)
def test_patch_gives_one_score_and_frame_a_map(size, scores):
    critic = discriminators.PatchDiscriminator(width=WIDTH)
    assert critic(tf.zeros([1, *size, 3])).shape == (1, *scores, 1)


@pytest.mark.parametrize("size", [(16, 16), (16, 40), (32, 64), (33, 50)])
def test_smaller_patches_give_one_score_too(size):
    critic = discriminators.PatchDiscriminator(patch_size=size, width=WIDTH)
    assert critic(tf.zeros([2, *size, 3])).shape == (2, 1, 1, 1)


def test_a_patch_that_cannot_be_halved_four_times_is_refused():
    with pytest.raises(errors.UserError, match=r"`patch_size` \(15, 40\)"):
        discriminators.PatchDiscriminator(patch_size=(15, 40))


def test_pairs_are_scored_as_one_by_one_with_heads_of_their_own():
    critic = discriminators.PatchDiscriminator(
        patch_size=(16, 16), has_mask_head=True, width=WIDTH
    )
    foregrounds = seeds.normal([2, 16, 16, 3], SEED)
    masks = seeds.uniform([3, 16, 16, 1], SEED)
    of_foregrounds, of_masks = critic.score_pairs(foregrounds, masks)
    np.testing.assert_allclose(of_foregrounds, critic(foregrounds), atol=1e-6)
    grey = critic.mask_score(critic.trunk(tf.repeat(masks, 3, axis=-1)))
    np.testing.assert_allclose(of_masks, grey, atol=1e-6)


def test_examples_of_a_batch_do_not_meet():
    critic = discriminators.PatchDiscriminator(patch_size=(16, 16), width=WIDTH)
    images = seeds.normal([3, 16, 16, 3], SEED)
    alone = critic(images[1:2])
    np.testing.assert_allclose(critic(images)[1:2], alone, atol=1e-6)

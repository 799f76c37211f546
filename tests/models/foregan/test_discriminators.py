"""The patch critic scores patches, and no layer of it stretches by more than one."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import discriminators


@pytest.mark.parametrize(
    ("size", "scores"), [((8, 8), (1, 1)), ((64, 64), (8, 8)), ((20, 36), (3, 5))]
)
def test_three_halvings_make_a_map_of_scores(size, scores):
    critic = discriminators.PatchDiscriminator(4, name="critic")
    assert critic(tf.zeros([2, *size, 3])).shape == (2, *scores, 1)


def test_training_brings_the_largest_singular_value_to_one():
    critic = discriminators.PatchDiscriminator(4, name="critic")
    images = seeds.normal([2, 16, 16, 3], seeds.from_int(1))
    for _ in range(30):
        critic(images, training=True)
    kernel = critic.down[1].layer.kernel.numpy()  # [4, 4, 4, 8]
    values = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
    assert values[0] == pytest.approx(1.0, abs=0.02)


def test_a_critic_at_rest_does_not_change():
    critic = discriminators.PatchDiscriminator(4, name="critic")
    images = seeds.normal([2, 16, 16, 3], seeds.from_int(1))
    first = critic(images)
    np.testing.assert_array_equal(first, critic(images))

"""Which places are read: by likeness and by nearness."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.opn import matching, networks
from tfvideogan.ops import attention


def test_positions_are_in_sixteenths_of_the_height():
    found = matching.positions(tf.zeros([2, 8, 3, 5]))
    assert found.shape == (1, 8, 3, 2)
    np.testing.assert_array_equal(found[0, 1, 2], [2.0, 4.0])
    np.testing.assert_array_equal(found[0, 0, 0], [0.0, 0.0])


def test_attention_is_by_cosine_and_squared_distance():
    keys = seeds.normal([2, 4, 4, 3], seeds.from_int(0))
    asking = 7.0 * seeds.normal([2, 4, 4, 3], seeds.from_int(1))
    values = seeds.normal([2, 16, 5], seeds.from_int(2))
    matcher, places = matching.Matcher(), matching.positions(keys)
    found = [matcher.queries(asking, places), matcher(keys, places)]
    queries, remembered = (
        tf.reshape(one, [2, 16, 3 + matching.EXTRA]) for one in found
    )
    read = attention.read(queries, remembered, values, tf.ones([2, 16], tf.bool))
    unit_keys, unit_asking = (
        (one / np.linalg.norm(one, axis=-1, keepdims=True)).reshape(2, 16, 3)
        for one in (keys.numpy(), asking.numpy())
    )
    flat = places.numpy().reshape(16, 2)
    squares = np.sum((flat[:, None] - flat) ** 2, axis=-1)
    logits = 10.0 * unit_asking @ unit_keys.transpose(0, 2, 1) - 0.25 * squares
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    np.testing.assert_allclose(read, shares @ values.numpy(), atol=1e-4)


def test_both_numbers_are_learned():
    keys, matcher = tf.ones([1, 2, 2, 3]), matching.Matcher()
    with tf.GradientTape() as tape:
        made = tf.reduce_sum(matcher(keys, matching.positions(keys)))
    slopes = tape.gradient(made, matcher.trainable_variables)
    assert len(slopes) == 2 and all(float(one) != 0 for one in slopes)


def test_pixels_around_a_place_stand_behind_its_value():
    encoder = networks.Encoder(2, reads_pixels=True)
    frames, maps = tf.reshape(tf.range(192.0), [1, 8, 8, 3]), tf.zeros([1, 8, 8, 1])
    keys, values = encoder(frames, 1.0 - maps, maps)
    assert keys.shape == (1, 2, 2, 4 + matching.EXTRA)
    assert values.shape == (1, 2, 2, 4 + 64 * 3)
    # Four blocks of 4x4: rows and columns 2 to 5, and those below and on the right, of
    # which the last two are mirrored.
    around = np.pad(frames[0], [(2, 2), (2, 2), (0, 0)], "reflect")[4:, :8]
    blocks = [around[y : y + 4, x : x + 4] for y in (0, 4) for x in (0, 4)]
    np.testing.assert_array_equal(
        values[0, 1, 0, 4:], np.concatenate([one.ravel() for one in blocks])
    )


def test_pixels_around_places_that_agree_are_the_frame():
    frames = seeds.normal([2, 12, 8, 3], seeds.from_int(1))
    weights = seeds.uniform([2, 3, 2, 1], seeds.from_int(2)) + 0.1
    made = networks.blended(networks.overlapping(frames), weights)
    np.testing.assert_allclose(networks.unpatched(made), frames, atol=1e-6)


def test_pixels_of_places_that_differ_go_over_into_each_other():
    # One place has read 8, the one on its right 0.
    patches = tf.concat([tf.fill([1, 1, 1, 64], 8.0), tf.zeros([1, 1, 1, 64])], axis=2)
    made = networks.unpatched(networks.blended(patches, tf.ones([1, 1, 2, 1])))
    # Middles lie at 1.5 and 5.5: between them 7/8, 5/8, 3/8 and 1/8 of it.
    wanted = np.tile([[8.0, 8.0, 7.0, 5.0, 3.0, 1.0, 0.0, 0.0]], [4, 1])
    np.testing.assert_allclose(made[0, ..., 0], wanted, atol=1e-6)
    # A place that does not ask has no say.
    alone = networks.blended(patches, tf.constant([[[[1.0], [0.0]]]]))
    np.testing.assert_allclose(
        networks.unpatched(alone)[0, ..., 0], [[8.0] * 6 + [0.0] * 2] * 4
    )


@pytest.mark.parametrize(("logit", "share"), [(2.0, 0.5), (-40.0, 0.0), (40.0, 1.0)])
def test_the_decoder_takes_a_share_of_what_was_read_where_places_ask(logit, share):
    decoder = networks.Decoder(2, is_residual=True, reads_pixels=True)
    values = tf.zeros([1, 2, 2, 4])
    copied, base = tf.fill([1, 2, 2, 48], 3.0), tf.fill([1, 2, 2, 48], 1.0)
    asks = tf.constant([[[[1.0], [0.0]], [[0.0], [1.0]]]])
    read = networks.Read(copied, base, asks)
    decoder(values, read)
    # Features and gates side by side: what is added is 0, the logit is as given.
    decoder.full.set_weights([0 * one for one in decoder.full.get_weights()])
    features, gates = np.array([0, 0, 0, 2 * logit]), np.zeros(4)
    bias = decoder.full.trainable_variables[-1]
    assert bias.shape == (8,)
    bias.assign(np.concatenate([features, gates]))
    made = decoder(values, read).numpy()
    wanted = np.kron([[1, 0], [0, 1]], np.ones((4, 4))) * share * 2.0
    np.testing.assert_allclose(made[0, ..., 0], wanted, atol=1e-5)

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import attention


def drawn(memory=23, queries=5, size=4, channels=3, clips=2):
    root = seeds.from_int(0)
    shapes = {
        "queries": [clips, queries, size],
        "keys": [clips, memory, size],
        "values": [clips, memory, channels],
    }
    found = {
        name: 3.0 * seeds.normal(shape, seeds.fold(root, name))
        for name, shape in shapes.items()
    }
    known = seeds.uniform([clips, memory], seeds.fold(root, "known")) < 0.7
    return found | {"is_known": known}


def full_softmax(queries, keys, values, is_known):
    """The definition, in float64."""
    queries, keys, values = (np.asarray(x, np.float64) for x in (queries, keys, values))
    found = []
    for one in range(len(queries)):
        known = np.asarray(is_known[one])
        logits = queries[one] @ keys[one][known].T / np.sqrt(queries.shape[-1])
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        found.append(shares @ values[one][known])
    return np.stack(found)


@pytest.mark.parametrize("chunk", [None, 1, 7, 23, 100])
def test_chunks_give_the_full_softmax(chunk):
    given = drawn()
    found = attention.read(**given, chunk=chunk)
    np.testing.assert_allclose(found, full_softmax(**given), atol=1e-5)


def test_two_places_by_hand():
    # D = 4: the logits are 2 log 3 / 2 and 0, the shares 3/4 and 1/4.
    queries = tf.constant([[[2.0, 0.0, 0.0, 0.0]]])
    keys = tf.constant([[[np.log(3.0), 0.0, 0.0, 0.0], [0.0] * 4]], tf.float32)
    values = tf.constant([[[4.0], [8.0]]])
    found = attention.read(queries, keys, values, tf.constant([[True, True]]))
    assert found.numpy().item() == pytest.approx(5.0, rel=1e-6)


@pytest.mark.parametrize("chunk", [None, 4])
def test_what_is_unknown_may_be_anything(chunk):
    given = drawn()
    known = given["is_known"][..., tf.newaxis]
    for name in ("keys", "values"):
        given[name] = tf.where(known, given[name], np.nan)
    found = attention.read(**given, chunk=chunk)
    np.testing.assert_allclose(found, full_softmax(**given), atol=1e-5)


@pytest.mark.parametrize("chunk", [None, 4])
def test_an_unknown_or_empty_memory_gives_nothing(chunk):
    given = drawn()
    given["is_known"] = tf.zeros_like(given["is_known"])
    assert not np.any(attention.read(**given, chunk=chunk))
    for name in ("keys", "values", "is_known"):
        given[name] = given[name][:, :0]
    assert not np.any(attention.read(**given, chunk=chunk))


def test_large_products_of_half_precision_stay_finite():
    queries = tf.fill([1, 1, 128], tf.constant(1e3, tf.float16))
    keys = tf.concat([queries, -queries], axis=1)
    values = tf.constant([[[1.0], [2.0]]])
    found = attention.read(queries, keys, values, tf.constant([[True, True]]))
    assert found.numpy().item() == 1.0


@pytest.mark.parametrize("chunk", [None, 7])
def test_gradients_are_those_of_the_full_softmax(chunk):
    given = drawn(clips=1)
    given["is_known"] = tf.ones_like(given["is_known"])
    sources = [given[name] for name in ("queries", "keys", "values")]

    def slopes(read):
        with tf.GradientTape() as tape:
            tape.watch(sources)
            loss = tf.reduce_sum(tf.square(read()))
        return tape.gradient(loss, sources)

    def plain():
        logits = tf.matmul(sources[0], sources[1], transpose_b=True) / 2.0  # sqrt(4)
        return tf.matmul(tf.nn.softmax(logits), sources[2])

    ours = slopes(lambda: attention.read(*sources, given["is_known"], chunk=chunk))
    for one, other in zip(ours, slopes(plain), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_no_more_than_a_chunk_of_logits_exists(monkeypatch):
    given, sizes = drawn(memory=50, queries=6), []
    matmul = tf.matmul

    def recorded(*arguments, **options):
        made = matmul(*arguments, **options)
        sizes.append(made.shape.num_elements())
        return made

    monkeypatch.setattr(tf, "matmul", recorded)
    attention.read(**given, chunk=7)
    # Logits of 7 places, or what was read of them, for 2 clips of 6 queries.
    assert len(sizes) == 2 * 8 and max(sizes) == 2 * 6 * 7


def test_other_shapes_are_refused():
    given = drawn()
    with pytest.raises(ValueError, match="`keys` has shape"):
        attention.read(**{**given, "keys": given["keys"][..., :2]})

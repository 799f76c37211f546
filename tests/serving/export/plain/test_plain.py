"""A plain signature answers as the served one, by what every runtime has."""

import numpy as np
import pytest
import tensorflow as tf

from tests.serving.export.plain import plain_toy
from tfvideogan.core import clip, errors, signatures
from tfvideogan.serving.export.plain import plain


@pytest.fixture(scope="module")
def answered(made) -> dict[str, np.ndarray]:
    given = {
        "x": tf.constant(plain_toy.X),
        "level": tf.constant([101], tf.uint8),
        "noise_normal": tf.constant([[0.5, -1.5]]),
        "tokens": tf.constant([[2, 1, 0]]),
    }
    return {key: value.numpy() for key, value in made.function(**given).items()}


def test_loops_and_branches_answer_by_hand(answered):
    # Sums over time, doubled: 1, 1+3, 1+3+5 and 2, 2+4, 2+4+6.
    np.testing.assert_allclose(answered["running"], [[[2, 4], [8, 12], [18, 24]]])
    # 6 -> 3 -> 1.5 -> 0.75, so that all are divided by 8.
    np.testing.assert_allclose(answered["halved"], np.asarray(plain_toy.X) / 8.0)


def test_solutions_and_comparisons_answer_by_hand(answered):
    # 4 a + 2 b = 10 and 2 a + 3 b = 9: a = 1.5, b = 2.
    np.testing.assert_allclose(answered["solved"], [[[1.5], [2.0]]], rtol=1e-6)
    # An output that is called like an input has another name here.
    assert answered["level_out"].tolist() == [1]


def test_what_was_drawn_or_said_is_an_input(made, answered):
    np.testing.assert_array_equal(answered["drawn"], [[0.5, -1.5]])
    assert answered["word"].tolist() == [[2, 1, 0]]
    assert set(made.inputs) == {"x", "level", "noise_normal", "tokens"}
    assert made.inputs["tokens"].spec.shape == [1, 3]
    assert made.inputs["noise_normal"].spec.shape == [1, 2]
    assert made.left_out == {
        "seed": "nothing of it is needed",
        "text": "words",
        "said": "words",
    }


def test_every_size_is_fixed(made):
    for operation in made.function.graph.get_operations():
        for tensor in operation.outputs:
            assert tensor.shape.is_fully_defined(), operation.name


def test_every_letter_has_a_size():
    with pytest.raises(errors.UserError, match=r"`x` of predict is \[1, T, 2\]: give"):
        plain.make("predict", plain_toy.served(), {"N": 1})


def test_words_alone_have_no_plain_form():
    echo = signatures.ServingFunction.of(
        lambda text: {"said": text}, [signatures.text()], {"said": "[N] string"}
    )
    with pytest.raises(errors.UserError, match="answers words alone"):
        plain.make("echo", echo, {"N": 1})


@pytest.mark.parametrize("text", ["T", "T=", "T=0", "T=-1", "=3", "3=3"])
def test_sizes_that_are_none_are_refused(text):
    with pytest.raises(errors.UserError, match="must be letters with whole numbers"):
        plain.sizes(text)


def test_sizes_are_read_by_letter():
    assert plain.sizes("T=8, H=64") == {"T": 8, "H": 64} and plain.sizes("") == {}
    of_clip = plain.of_clip(clip.ClipSpec(4, 16, 32))
    assert of_clip == {"N": 1, "T": 4, "K": 4, "H": 16, "W": 32}

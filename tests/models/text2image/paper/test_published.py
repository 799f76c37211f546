"""The published networks against the original, weight for weight, at full width.

tests/goldens/parity_text2image.npz holds what that code made of weights and inputs by
formula: tools/parity_text2image.py.
"""

import math

import numpy as np
import pytest
import tensorflow as tf

from tests import check_parity, source_tree
from tests.models.text2image.paper import recorded_inputs
from tfvideogan.core import clip, seeds
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.models import weight_names

GOLDENS = source_tree.ROOT / "tests/goldens/parity_text2image.npz"
GIN = "gin/text2image/paper.gin"
WORDS = ("", *(f"word{number}" for number in range(1, recorded_inputs.VOCABULARY)))
LENGTH = len(recorded_inputs.TOKENS[0])
SPEC = clip.ClipSpec(1, 64, 64, caption_length=LENGTH, words=WORDS)
# Of the largest number: sums of up to 9,216 float32 products in another order.
NETWORK, LOSS = 1e-4, 1e-3
# Some of millions of rectifiers switch by rounding.
GRADIENT = 1e-2
SEED = seeds.from_int(0)
# Numbers from which a moving variance is made: 4 images of 32x32.
COUNT = 4 * 32 * 32


@pytest.fixture(scope="module")
def recorded():
    with np.load(GOLDENS) as file:
        return dict(file)


@pytest.fixture(scope="module")
def shapes(recorded):
    lines = [line.split() for line in recorded["parameters"]]
    return {name: [int(one) for one in sizes] for name, *sizes in lines}


@pytest.fixture(scope="module")
def built(shapes):
    """The published configuration with the original's variables, by formula."""
    config.parse([GIN])
    made = config.arguments(loop.run)["make_model"]()
    config.reset()
    # Without the slots of its optimizers.
    made.spec = SPEC
    made.build_networks(SPEC)
    weights = {
        name: recorded_inputs.weight(name, shape) for name, shape in shapes.items()
    }
    for weight, value in weight_names.values(made.published_weights(), weights):
        weight.variable.assign(value)
    return made


@pytest.fixture
def model(built):
    """The built model; what a test does to its statistics is undone."""
    moving = [
        one for net in built.networks.values() for one in net.non_trainable_weights
    ]
    before = [one.numpy() for one in moving]
    yield built
    for variable, value in zip(moving, before, strict=True):
        variable.assign(value)


@pytest.fixture
def shared(model, monkeypatch):
    """What a step shares, with the noise and wrong captions that the original had."""
    noise = recorded_inputs.noise()
    monkeypatch.setattr(seeds, "normal", lambda shape, seed: tf.constant(noise))
    return model.shared_forward(batch(), SEED) | {
        "places": tf.constant(recorded_inputs.WRONG),
        "are_wrong": tf.ones([len(noise)], tf.bool),
    }


def batch():
    return {
        "frames": tf.constant(recorded_inputs.images())[:, tf.newaxis],
        "caption_tokens": tf.constant(recorded_inputs.TOKENS),
        "caption_lengths": tf.constant(recorded_inputs.LENGTHS),
    }


def test_every_variable_has_a_name(model):
    check_parity.every_variable_has_a_name(model)


def bottleneck(inner: int, filters: int) -> int:
    """Parameters of a residual block: kernels, then gains and biases of norms."""
    kernels = filters * inner + 9 * inner * inner + 9 * inner * filters
    return kernels + 2 * (2 * inner + filters)


def test_parameters_are_those_of_the_published_tables(model):
    counts = {
        name: sum(math.prod(one.shape) for one in network.trainable_variables)
        for name, network in model.networks.items()
    }
    # Twelve words; four gates of 128 units that read 256 + 128 numbers and a one.
    assert counts["text"] == 12 * 256 + 4 * 128 * (256 + 128 + 1)
    # Convolutions 4x4 of 3, 64, 128, 256 channels to 512; the first alone has a bias.
    convolutions = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 64
    norms = 2 * (128 + 256 + 512)
    assert counts["image"] == convolutions + norms + 4 * 4 * 512 * 128
    joint = 128 * 128 + 128 + (512 + 128) * 512 + 2 * 512
    assert counts["critic"] == (
        convolutions + norms + bottleneck(128, 512) + joint + 4 * 4 * 512 + 1
    )
    assert counts["critic"] == 3_915_201
    start = 128 * 128 + 128 + (512 + 128 + 2) * 4 * 4 * 1024
    up = 9 * (1024 * 512 + 512 * 256 + 256 * 128) + 2 * (512 + 256 + 128)
    assert counts["generator"] == (
        start + bottleneck(256, 1024) + bottleneck(128, 512) + up + 9 * 128 * 3 + 3
    )
    assert counts["generator"] == 20_752_131


# --- Networks


def test_text_features_are_those_of_the_original(model, recorded):
    found = model.text(*model.captions(batch()))
    check_parity.assert_close(found, recorded["text"], NETWORK)


def test_image_features_are_those_of_the_original(model, recorded):
    found = model.image(recorded_inputs.images(), training=True)
    check_parity.assert_close(found, recorded["image"], NETWORK)


def test_images_are_those_of_the_original(model, recorded):
    made = model.generator(recorded["text"], recorded_inputs.noise())
    thinned = recorded_inputs.thinned(made.numpy())
    check_parity.assert_close(thinned, recorded["fakes/inference"], NETWORK)


def test_images_in_training_are_those_of_the_original(model, shared, recorded):
    thinned = recorded_inputs.thinned(shared["fakes"].numpy())
    check_parity.assert_close(thinned, recorded["fakes/training"], NETWORK)
    norm = model.generator.norms[-1]
    check_parity.assert_close(norm.moving_mean, recorded["statistics/mean"], NETWORK)
    # Nine tenths are the variance before; the rest is that of the batch, ours unbiased.
    name = "generator/g_h5/batch_norm/moving_variance"
    kept = 0.9 * recorded_inputs.weight(name, norm.moving_variance.shape)
    biased = (norm.moving_variance - kept) * (COUNT - 1) / COUNT
    theirs = recorded["statistics/variance"]
    check_parity.assert_close(kept + biased, theirs, NETWORK)


def test_logits_are_those_of_the_original(model, shared, recorded):
    wrong = tf.gather(shared["text"], recorded_inputs.WRONG)
    for name, images, text in (
        ("fake", shared["fakes"], shared["text"]),
        ("real", shared["real"], shared["text"]),
        ("wrong", shared["real"], wrong),
    ):
        logits = model.critic(images, text, training=True)
        theirs = recorded[f"logits/{name}"]
        check_parity.assert_close(logits[:, 0], theirs, NETWORK)


# --- Losses


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("critic", ["critic"]),
        ("text", ["text", "image"]),
        ("generator", ["generator"]),
    ],
)
def test_losses_and_their_gradients_are_those_of_the_original(
    name, networks, model, recorded, shapes, monkeypatch
):
    noise = recorded_inputs.noise()
    monkeypatch.setattr(seeds, "normal", lambda shape, seed: tf.constant(noise))
    table = model.published_weights().networks
    learnt = [
        weight
        for network in networks
        for weight in table[network]
        if weight.variable.trainable
    ]
    with tf.GradientTape() as tape:
        shared = model.shared_forward(batch(), SEED) | {
            "places": tf.constant(recorded_inputs.WRONG),
            "are_wrong": tf.ones([len(noise)], tf.bool),
        }
        losses, _ = getattr(model, f"{name}_losses")(batch(), shared, SEED)
        loss = tf.add_n(list(losses.values()))
    check_parity.assert_close(loss, recorded[f"loss/{name}"], LOSS)
    gradients = tape.gradient(loss, [weight.variable.value for weight in learnt])
    ours, theirs = {}, {}
    for weight, gradient in zip(learnt, gradients, strict=True):
        [original] = weight.names
        gradient = tf.convert_to_tensor(gradient).numpy().astype(np.float64)
        direction = recorded_inputs.direction(original, shapes[original])
        is_bias = original.endswith("lstm_cell/bias")
        # What is added to a bias is nothing of a direction.
        direction = weight.convert(direction) - (
            weight.convert(np.zeros_like(direction)) if is_bias else 0.0
        )
        # Two of ours make one of theirs.
        squares, share = ours.get(original, (0.0, 0.0))
        ours[original] = (
            squares + np.sum(gradient**2),
            share + np.sum(gradient * direction),
        )
        theirs[original] = recorded[f"gradient/{original}"]
    for original, (squares, share) in ours.items():
        found = [np.sqrt(squares), share]
        check_parity.assert_close(found, theirs[original], GRADIENT)

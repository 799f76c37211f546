import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model, check_parity
from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import penalties
from tfvideogan.models.deblurgan.paper import (
    discriminator,
    features,
    generator,
    objective,
    rates,
)
from tfvideogan.models.deblurgan.paper import model as paper
from tfvideogan.pretrained import vgg19, weights

SPEC = clip.ClipSpec(2, 16, 16, has_blurred_frames=True)


def make_model(seed=0, **options):
    options = {
        "width": 4,
        "critic_width": 4,
        "num_blocks": 1,
        "critic_updates": 2,
        "stand_in": "random",
        **options,
    }
    return paper.PaperDeblurGAN(paper.Options(**options), seed=seed)


class TwoBatches(check_model.Case):
    """A step reads two batches, one behind the other."""

    def batch(self, size=check_model.BATCH, seed=3):
        return super().batch(2 * size, seed)


def make_steady(seed=0):
    """Biases before a norm change nothing: Adam would step by their rounding errors."""
    made = make_model(seed)
    made.generator_optimizer = keras.optimizers.SGD(1e-3)
    made.critic_optimizer = keras.optimizers.SGD(1e-3)
    return made


CASE = TwoBatches(
    make_steady, clip.ClipSpec(4, 16, 16, has_blurred_frames=True), check_model.wave
)
# Copies of a batch are cut into other batches by two replicas.
CHECKS = [one for one in check_model.CHECKS if "replicas" not in one.__name__]


@pytest.fixture(scope="module")
def model():
    made = make_model()
    made.build_for(SPEC)
    return made


def batch(size=2):
    return check_model.Case(make_model, SPEC).batch(size)


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_files(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, str(tmp_path))


# --- Networks


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, 11_378_179),
        ({"upsampling": "resize_conv"}, 11_378_179),
        ({"blocks": "one_conv"}, 6_067_459),
    ],
)
def test_the_generator_has_the_published_number_of_weights(options, wanted):
    network = generator.PaperGenerator(3, **options)
    network(tf.zeros([1, 16, 16, 3]))
    assert network.count_params() == wanted


def test_the_critic_has_the_published_number_of_weights():
    network = discriminator.PaperDiscriminator()
    # (256 + 4 - 4) / 2 + 1 = 129, then 65, 33, 34 and 35.
    assert network(tf.zeros([1, 256, 256, 3])).shape == (1, 35, 35, 1)
    assert network.count_params() == 2_764_737


def test_the_critic_judges_the_published_patch(model):
    # 70 pixels: beyond 35 on either side nothing changes but the norms, taken out here.
    network = discriminator.PaperDiscriminator(width=4)
    frames = tf.Variable(seeds.normal([1, 160, 160, 3], seeds.from_int(0)))
    norm = generator.instance_norm
    generator.instance_norm = lambda x: x
    try:
        with tf.GradientTape() as tape:
            score = network(frames)[0, 10, 10, 0]
        slopes = tape.gradient(score, frames).numpy()
    finally:
        generator.instance_norm = norm
    rows = np.flatnonzero(np.abs(slopes).sum(axis=(0, 2, 3)))
    assert rows[-1] - rows[0] + 1 == 70


@pytest.mark.parametrize("blocks", generator.BLOCKS)
@pytest.mark.parametrize("upsampling", generator.UPSAMPLING)
def test_any_size_is_restored(blocks, upsampling):
    network = generator.PaperGenerator(
        3, width=4, blocks=blocks, upsampling=upsampling, num_blocks=1
    )
    frames = seeds.uniform([1, 13, 18, 3], seeds.from_int(0), -1.0, 1.0)
    made = network(frames)
    assert made.shape == frames.shape
    assert float(tf.reduce_max(tf.abs(made))) <= 1.0


def test_the_instance_norm_is_that_of_keras():
    x = 2.0 * seeds.normal([2, 5, 7, 3], seeds.from_int(0)) + 1.0
    theirs = keras.layers.GroupNormalization(
        groups=-1, epsilon=1e-5, center=False, scale=False
    )
    np.testing.assert_allclose(generator.instance_norm(x), theirs(x), atol=1e-5)


def test_transposed_convolutions_lie_as_in_pytorch():
    """Padding 1, output padding 1: row i of the input reaches rows 2i - 1 to 2i + 1."""
    network = generator.PaperGenerator(3, width=1, num_blocks=1)
    layer = network.up[0]
    draw = np.random.default_rng(0)
    x = draw.normal(size=(1, 3, 4, 5)).astype(np.float32)
    network._enlarged(layer, tf.constant(x))
    kernel = layer.kernel.numpy()  # [3, 3, out, in]
    wanted = np.zeros((1, 6, 8, kernel.shape[2]))
    for row in range(3):
        for column in range(4):
            for i in range(3):
                for j in range(3):
                    place = 2 * row - 1 + i, 2 * column - 1 + j
                    if min(place) >= 0 and place[0] < 6 and place[1] < 8:
                        wanted[0][place] += kernel[i, j] @ x[0, row, column]
    found = network._enlarged(layer, tf.constant(x))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_dropout_needs_a_seed():
    network = generator.PaperGenerator(3, width=4, num_blocks=1)
    frames = seeds.uniform([1, 16, 16, 3], seeds.from_int(0), -1.0, 1.0)
    still = network(frames).numpy()
    np.testing.assert_array_equal(network(frames), still)
    one, again, other = (network(frames, seeds.from_int(n)).numpy() for n in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0 and np.abs(one - still).max() > 0


# --- Names


@pytest.mark.parametrize("blocks", generator.BLOCKS)
def test_every_variable_has_the_name_of_the_original(blocks):
    made = make_model(blocks=blocks, num_blocks=9)
    made.build_for(SPEC)
    check_parity.every_variable_has_a_name(made)
    names = {
        name
        for weight in made.published_weights().networks["generator"]
        for name in weight.names
    }
    # The original's sequence: three for the stem, six for the way down, nine blocks,
    # six for the way up, padding and the last convolution.
    assert {"generator.model.1.weight", "generator.model.26.bias"} <= names
    second = "generator.model.18.conv_block.6.weight"
    assert (second in names) == (blocks == "two_conv")


# --- Losses


def test_the_penalty_of_a_linear_critic_of_norm_one_is_nothing_for_each_sample():
    direction = seeds.normal([4, 4, 3], seeds.from_int(0))
    direction /= tf.norm(direction)

    def critic(frames):
        return tf.tensordot(frames, direction, axes=3)[:, tf.newaxis]

    for number in (1, 5):
        real, fake = (
            seeds.normal([number, 4, 4, 3], seeds.from_int(seed)) for seed in (1, 2)
        )
        found = penalties.gradient_penalty(critic, real, fake, seeds.from_int(3))
        assert float(found) == pytest.approx(0.0, abs=1e-9)


def test_the_released_penalty_wants_a_slope_of_one_at_each_pixel():
    # One for red everywhere: a slope of 1 at each pixel, of sqrt(16) for the frame.
    def critic(frames):
        return tf.reduce_sum(frames[..., 0], axis=[1, 2])[:, tf.newaxis]

    real, fake = tf.ones([2, 4, 4, 3]), tf.zeros([2, 4, 4, 3])
    released = objective.released_penalty(critic, real, fake, seeds.from_int(0))
    assert float(released) == pytest.approx(0.0, abs=1e-9)
    published = penalties.gradient_penalty(critic, real, fake, seeds.from_int(0))
    assert float(published) == pytest.approx((4.0 - 1.0) ** 2, rel=1e-5)


def test_the_released_penalty_has_one_share_for_a_batch():
    def shares(penalise):
        seen = []

        def critic(frames):
            seen.append(frames.numpy()[:, 0, 0, 0])
            return tf.reduce_sum(frames, axis=[1, 2, 3])[:, tf.newaxis]

        real, fake = tf.ones([4, 2, 2, 1]), tf.zeros([4, 2, 2, 1])
        penalise(critic, real, fake, seeds.from_int(0))
        return seen[0]

    assert np.ptp(shares(objective.released_penalty)) == 0.0
    assert np.ptp(shares(penalties.gradient_penalty)) > 0.1


def test_the_critic_trains_five_times_with_frames_of_its_own():
    made = paper.PaperDeblurGAN(paper.Options(stand_in="random", width=4))
    critic, generate = made.make_phases()
    assert (critic.repeats, critic.own_batches) == (5, True)
    assert (generate.repeats, generate.own_batches) == (1, False)


def fakes_of_two_repeats(monkeypatch, **options):
    made = make_model(**options)
    made.build_for(SPEC)
    seen = []
    call = made.critic.call
    monkeypatch.setattr(
        made.critic, "call", lambda frames: seen.append(frames) or call(frames)
    )
    for repeat in (0, 1):
        made.critic_losses(batch(), None, seeds.fold(seeds.from_int(0), repeat))
    # Real, fake and the point between, twice.
    return seen[1].numpy(), seen[4].numpy()


def test_fakes_are_drawn_anew_unless_they_are_reused(monkeypatch):
    fresh = fakes_of_two_repeats(monkeypatch)
    assert np.abs(fresh[0] - fresh[1]).max() > 0
    reused = fakes_of_two_repeats(monkeypatch, reuses_fakes=True)
    np.testing.assert_array_equal(*reused)


def test_the_released_script_trains_cross_entropy_with_one_update():
    made = make_model(adversarial="vanilla")
    made.build_for(SPEC)
    assert made.phases[0].repeats == 1
    losses, _ = made.critic_losses(batch(), None, seeds.from_int(0))
    assert set(losses) == {"critic/logistic"}
    # Half of 2 log 2 where all logits are about 0.
    assert float(losses["critic/logistic"]) == pytest.approx(np.log(2), abs=0.1)


def test_the_content_loss_is_the_squared_distance_of_features_times_100(model):
    given = batch()
    losses, _ = model.generator_losses(given, None, seeds.from_int(0))
    flat = {k: tf.reshape(v, [-1, 16, 16, 3]) for k, v in given.items()}
    seed = seeds.fold(seeds.from_int(0), "fakes")
    made = model.generator(flat["blurred_frames"], seed)
    apart = model.features(flat["frames"]) - model.features(made)
    wanted = 100.0 * np.mean(np.square(apart))
    assert float(losses["generator/content"]) == pytest.approx(wanted, rel=1e-4)
    assert apart.shape == (4, 4, 4, 256)


# --- VGG19


def test_raw_features_skip_the_normalisation():
    frames = seeds.uniform([2, 8, 8, 3], seeds.from_int(0), -1.0, 1.0)
    right = features.Features(stand_in="random")
    raw = features.Features(stand_in="random", is_normalised=False)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    normalised = ((frames.numpy() + 1) / 2 - mean) / deviation
    np.testing.assert_allclose(
        right(frames), raw(tf.constant(normalised, tf.float32)), rtol=1e-3, atol=1e-4
    )
    # Each frame of a batch for itself.
    np.testing.assert_allclose(right(frames)[1:], right(frames[1:]), atol=1e-5)


def test_what_stands_in_is_named():
    assert features.Features(stand_in="random").name == (
        "random weights in place of VGG19"
    )


def test_without_weights_there_is_one_line(monkeypatch):
    with pytest.raises(errors.UserError, match="`vgg19` .None. must be an npz"):
        features.Features()
    monkeypatch.setattr(weights, "path", lambda name: vgg19.pathlib.Path("/nowhere"))
    with pytest.raises(errors.UserError, match="get_weights vgg16"):
        features.Features(stand_in="vgg16")


# --- Settings


def test_the_rate_is_constant_and_then_falls():
    rate = rates.ConstantThenLinear(1e-4, 100)
    found = [float(rate(step)) for step in (0, 50, 75, 100, 120)]
    np.testing.assert_allclose(found, [1e-4, 1e-4, 5e-5, 0.0, 0.0], rtol=1e-5)
    again = rates.ConstantThenLinear(**rate.get_config())
    assert float(again(75)) == pytest.approx(5e-5)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("blocks", "three_conv"),
        ("upsampling", "nearest"),
        ("adversarial", "hinge"),
        ("dropout", 1.0),
        ("critic_updates", 0),
        ("overlap", 256),
    ],
)
def test_settings_without_meaning_are_refused(option, value):
    with pytest.raises(errors.UserError, match=f"`{option}` .*{value}"):
        make_model(**{option: value})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (clip.ClipSpec(1, 16, 16), "no `blurred_frames`"),
        (clip.ClipSpec(1, 16, 16, 1, has_blurred_frames=True), "must be 3"),
    ],
)
def test_clips_that_do_not_fit_are_refused(spec, words):
    with pytest.raises(errors.UserError, match=words):
        make_model().build_for(spec)

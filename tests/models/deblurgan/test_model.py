import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.deblurgan import model as deblurgan
from tfvideogan.models.deblurgan import objective, restorer
from tfvideogan.ops import warp

SPEC = clip.ClipSpec(4, 16, 16, has_blurred_frames=True)
FLOW_SPEC = clip.ClipSpec(4, 16, 16, has_blurred_frames=True, has_flow=True)


def make_model(seed=0, weights=None, **options):
    options = {
        "widths": (4, 6),
        "blocks": (1, 1),
        "aligner_width": 4,
        "critic_width": 4,
        "tile": 12,
        "overlap": 4,
        **options,
    }
    return deblurgan.DeblurGAN(deblurgan.Options(**options), weights=weights, seed=seed)


def make_video(seed=0):
    return make_model(seed, objective.LossWeights(temporal=0.1), window=3)


def started(model, spec=SPEC):
    """A built model whose networks do something."""
    model.build_for(spec)
    for name in model.averaged_networks:
        for number, one in enumerate(model.networks[name].trainable_variables):
            seed = seeds.fold(seeds.from_int(number), name)
            one.assign_add(0.1 * seeds.normal(one.shape, seed))
    return model


CASES = [
    check_model.Case(make_model, SPEC),
    check_model.Case(make_video, FLOW_SPEC),
]


# Nothing is drawn in a step of it: its seed decides about the start alone.
CHECKS = [one for one in check_model.CHECKS if one is not check_model.the_seed_decides]


@pytest.mark.parametrize(
    "check", check_model.of_large_model(CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASES[0], monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(CHECKS), ids=check_model.name
)
def test_conformance_of_the_video_form(check, monkeypatch):
    check(CASES[1], monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_files(check, monkeypatch, tmp_path):
    check(CASES[0], monkeypatch, str(tmp_path))


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_files_of_the_video_form(check, monkeypatch, tmp_path):
    check(CASES[1], monkeypatch, str(tmp_path))


def test_the_seed_decides_about_the_start():
    def start(seed):
        model = make_model(seed)
        model.build_for(SPEC)
        return model.restorer.stem.kernel.numpy()

    np.testing.assert_array_equal(start(1), start(1))
    assert np.abs(start(1) - start(2)).max() > 0.01


# --- Networks


def test_an_untrained_model_returns_what_it_is_given():
    model = make_model(window=3)
    model.build_for(SPEC)
    blurred = CASES[0].batch()["blurred_frames"]
    np.testing.assert_allclose(model.restore(blurred), blurred, atol=1e-6)


@pytest.mark.parametrize("size", [(5, 9), (16, 16), (17, 30)])
def test_any_size_is_restored_and_comes_back(size):
    model = started(make_model(window=3))
    clips = seeds.uniform([1, 3, *size, 3], seeds.from_int(0), -1.0, 1.0)
    assert model.restore(clips).shape == (1, 3, *size, 3)


def test_padding_is_by_reflection():
    network = restorer.Restorer(3, widths=(4, 4, 4), blocks=(0, 1, 1))
    images = seeds.uniform([1, 6, 7, 3], seeds.from_int(1), -1.0, 1.0)
    network(images)
    for number, one in enumerate(network.trainable_variables):
        one.assign_add(0.1 * seeds.normal(one.shape, seeds.from_int(number)))
    mirrored = np.pad(images, [(0, 0), (0, 2), (0, 1), (0, 0)], mode="reflect")
    np.testing.assert_allclose(
        network(images), network(tf.constant(mirrored))[:, :6, :7], atol=1e-5
    )


def test_there_is_no_transposed_convolution():
    model = started(make_model(window=3))
    traced = tf.function(model.restore).get_concrete_function(
        tf.TensorSpec([1, 3, 16, 16, 3])
    )
    operations = {one.type for one in traced.graph.get_operations()}
    assert "Conv2D" in operations
    assert not operations & {"Conv2DBackpropInput", "DepthToSpace"}


def periodic_power(images, period: int) -> float:
    """Share of the power, without the mean, at frequencies that repeat each `period`."""
    apart = images - images.mean(axis=(0, 1), keepdims=True)
    power = np.abs(np.fft.fft2(apart, axes=(0, 1))) ** 2
    size = images.shape[0]
    comb = np.zeros([size, size], bool)
    places = np.arange(period) * size // period
    comb[np.ix_(places, places)] = True
    return power[comb].sum() / power.sum()


@pytest.mark.parametrize("kind", ["constant", "random"])
def test_there_is_no_checkerboard(kind):
    """Nothing repeats every 2 or 4 pixels, whatever the weights."""
    model = started(make_model(widths=(4, 6, 8), blocks=(1, 1, 1)))
    size = 64
    images = np.full((1, 1, size, size, 3), 0.3, np.float32)
    if kind == "random":
        images = np.random.default_rng(0).uniform(-1, 1, images.shape)
    added = model.restore(tf.constant(images, tf.float32)).numpy() - images
    # Far from the border, which every convolution sees.
    inner = added[0, 0, 16:48, 16:48]
    if kind == "constant":
        assert np.ptp(inner, axis=(0, 1)).max() < 1e-4
    else:
        for period in (2, 4):
            # Noise has the share of so many of 32 x 32 frequencies.
            assert periodic_power(inner, period) < 5 * period**2 / 32**2


def test_a_transposed_convolution_would_be_found():
    layer = keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same")
    draw = np.random.default_rng(0)
    made = layer(tf.ones([1, 32, 32, 8])).numpy()
    made += 0.02 * draw.normal(size=made.shape)
    assert periodic_power(made[0, 16:48, 16:48], 2) > 5 * 4 / 32**2


def test_the_aligner_learns_a_shift():
    draw = np.random.default_rng(0)
    scene = tf.image.resize(draw.normal(size=(4, 12, 12, 3)), [48, 48], "bicubic")
    frame, other = scene[:, 8:40, 8:40], scene[:, 8:40, 5:37]  # 3 pixels to the right
    network = restorer.Aligner(width=8)
    network(frame, other)
    optimizer = keras.optimizers.Adam(1e-2)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            moved = warp.backward(other, network(frame, other))
            loss = tf.reduce_mean(tf.abs(moved - frame))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    first = float(step())
    for _ in range(60):
        last = float(step())
    assert last < 0.5 * first
    flow = network(frame, other).numpy()[:, 8:24, 8:24]
    assert np.abs(np.median(flow, axis=(0, 1, 2)) - [3.0, 0.0]).max() < 0.7


# --- Losses


def test_the_critic_comes_late_and_fools_later():
    weights = objective.LossWeights(adversarial_start=5, adversarial_delay=2)
    model = make_model(weights=weights)
    model.build_for(SPEC)
    critic, restore, fool = model.phases
    assert (critic.name, critic.start) == ("critic", 5)
    assert (restore.name, restore.start) == ("restorer", 0)
    assert (fool.joins, fool.start) == ("restorer", 7)


def test_without_a_weight_there_is_no_critic():
    model = make_model(weights=objective.LossWeights(adversarial=0.0))
    model.build_for(SPEC)
    assert [one.name for one in model.phases] == ["restorer"]
    assert set(model.networks) == {"restorer"}


def test_the_temporal_loss_follows_the_motion_and_leaves_out_what_is_hidden():
    # A ramp that moves one pixel to the right; the new column at the left is hidden.
    columns = tf.range(6.0)
    first = tf.tile(columns[tf.newaxis], [5, 1])
    second = first - 1.0
    clips = tf.stack([first, second])[tf.newaxis, ..., tf.newaxis]
    ones = tf.ones([1, 1, 5, 6, 1])
    forward = tf.concat([ones, tf.zeros_like(ones)], axis=-1)
    exact = objective.temporal_loss(clips, forward, -forward)
    assert float(exact) == pytest.approx(0.0, abs=1e-6)
    brighter = tf.concat([clips[:, :1], clips[:, 1:] + 0.25], axis=1)
    found = objective.temporal_loss(brighter, forward, -forward)
    assert float(found) == pytest.approx(0.25, rel=1e-5)


def test_alignment_is_of_the_sharp_frames():
    model = make_video()
    model.build_for(FLOW_SPEC)
    batch = CASES[1].batch()
    shared = model.shared_forward(batch, seeds.from_int(0))
    losses, _ = model.restorer_losses(batch, shared, seeds.from_int(0))
    sharp = batch["frames"]
    known = tf.concat([sharp[:, :1], sharp, sharp[:, -1:]], axis=1)
    # An untrained aligner moves nothing.
    apart = [
        tf.reduce_mean(tf.sqrt(tf.square(known[:, k : k + 4] - sharp) + 1e-6))
        for k in (0, 2)
    ]
    wanted = 0.1 * np.mean(apart)
    assert float(losses["restorer/alignment"]) == pytest.approx(wanted, rel=1e-4)


# --- Settings


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": 2}, r"`window` \(2\) must be 1, 3 or 5"),
        ({"blocks": (1,)}, "a number for each level"),
        ({"widths": (0, 4)}, "those of `widths` at least 1"),
        ({"blocks": (1, 0)}, "the last one at least 1"),
        ({"critic_width": 0}, r"`critic_width` \(0\)"),
        ({"overlap": 12}, r"`overlap` \(12\) must be .* below `tile` \(12\)"),
    ],
)
def test_settings_without_meaning_are_refused(options, words):
    with pytest.raises(errors.UserError, match=words):
        make_model(**options)


def test_a_negative_weight_is_refused():
    with pytest.raises(errors.UserError, match=r"temporal` \(-1\) must not"):
        objective.LossWeights(temporal=-1.0)


@pytest.mark.parametrize(
    ("make", "spec", "words"),
    [
        (make_model, clip.ClipSpec(4, 16, 16), "no `blurred_frames` to restore"),
        (make_video, SPEC, r"`temporal` \(0.1\) needs clips .* with flow"),
    ],
)
def test_clips_that_do_not_fit_are_refused(make, spec, words):
    with pytest.raises(errors.UserError, match=words):
        make().build_for(spec)

"""MoCoGAN as published: its sizes, its losses, and the fault that is mended."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.mocogan import codes
from tfvideogan.models.mocogan.paper import discriminators
from tfvideogan.models.mocogan.paper import model as paper

SPEC = clip.ClipSpec(16, 64, 64, num_classes=2)


def make_model(seed: int = 0, **options: object) -> paper.PaperMoCoGAN:
    """Returns the paper's model at a thirty-second of its width."""
    tiny = {"width": 2, "content": 4, "motion": 3, "long_multiple": 2}
    return paper.PaperMoCoGAN(paper.Options(**tiny | options), seed=seed)


CASE = check_model.Case(make_model=make_model, spec=SPEC, draw=check_model.wave)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


def count(network: keras.Model) -> int:
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)


def test_parameters_are_those_of_the_released_code():
    built = paper.PaperMoCoGAN(paper.Options(categories=6, category_to="generator"))
    built.build_for(SPEC)
    # Counted from the published tables of layers, for 50 + 6 + 10 numbers in a code.
    assert count(built.generator) == 3_298_176
    assert count(built.motion) == 660
    assert count(built.image_critic) == 663_296
    assert count(built.video_critic) == 11_253_504


def test_the_image_critic_of_whole_frames_has_its_parameters():
    critic = discriminators.ImageDiscriminator(is_patch=False)
    logits = critic(tf.zeros([2, 64, 64, 3]), seeds.from_int(0))
    assert logits.shape == (2, 1, 1, 1)
    assert count(critic) == 2_765_568


def test_patches_are_four_by_four(model):
    logits = model.image_critic(tf.zeros([2, 64, 64, 3]), seeds.from_int(0))
    assert logits.shape == (2, 4, 4, 1)


def test_frames_shrink_as_in_the_paper(model):
    x, lengths = tf.zeros([1, 16, 64, 64, 3]), [16]
    for layer in [*model.video_critic.convolutions, model.video_critic.score]:
        x = layer(x)
        lengths.append(x.shape[1])
    assert lengths == [16, 13, 10, 7, 4, 1]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (clip.ClipSpec(8, 64, 64), "`frames` (8) must be 16"),
        (clip.ClipSpec(48, 64, 64), "`frames` (48) must be 16"),
        (clip.ClipSpec(16, 128, 128), "`height` (128) must be 64"),
        (clip.ClipSpec(16, 64, 48), "`width` (48) must be 64"),
    ],
)
def test_other_clips_are_refused_in_one_line(spec, words):
    with pytest.raises(errors.UserError) as caught:
        make_model().build_for(spec)
    assert words in str(caught.value) and "gin/mocogan.gin" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"category_to": "both"},
            "`category_to` ('both') must be one of rnn, generator",
        ),
        ({"categories": 1}, "`categories` (1) must be 0, for none, or at least 2"),
    ],
)
def test_settings_without_meaning_are_refused(options, words):
    with pytest.raises(errors.UserError) as caught:
        make_model(**options).build_for(SPEC)
    assert words in str(caught.value)


def head_gradients(built: paper.PaperMoCoGAN, batch: dict) -> np.ndarray:
    """What the video critic's own losses do to the kernel of its class head."""
    with tf.GradientTape() as tape:
        losses, _ = built.video_critic_losses(batch, None, seeds.from_int(1))
        # L2 reaches every weight and teaches none.
        total = tf.add_n([v for k, v in losses.items() if not k.endswith("l2")])
    kernel = built.video_critic.score.kernel
    return np.abs(tape.gradient(total, kernel)[..., 1:]).max()


@pytest.mark.parametrize("num_classes", [0, 2])
def test_the_class_head_learns_with_and_without_labels(num_classes):
    case = check_model.Case(
        lambda seed: make_model(seed, categories=2),
        clip.ClipSpec(16, 64, 64, num_classes=num_classes),
    )
    assert head_gradients(case.build(), case.batch()) > 0


def test_the_class_head_of_the_released_code_never_learns():
    built = make_model(is_legacy=True)
    built.build_for(SPEC)
    batch = CASE.batch()
    assert head_gradients(built, batch) == 0
    # The generator is taught by it all the same.
    losses, _ = built.generator_losses(batch, None, seeds.from_int(1))
    assert "generator/category" in losses


def test_without_categories_nobody_speaks_of_them():
    case = check_model.Case(make_model, clip.ClipSpec(16, 64, 64))
    built = case.build()
    logs = built.train_step(case.batch())
    assert not any("category" in key for key in logs)
    assert list(built.serving_functions()["generate"].inputs) == ["seed"]


@pytest.mark.parametrize("category_to", paper.CATEGORY_TO)
def test_the_category_changes_the_clip_by_either_way(category_to):
    built = make_model(category_to=category_to)
    built.build_for(SPEC)
    seed = tf.constant([5], tf.int64)
    one, other = (built.generate(seed, tf.constant([k])) for k in (0, 1))
    assert np.abs(one - other).max() > 1e-6


def test_l2_adds_the_weight_to_the_gradient(model):
    kernel = model.generator.to_frame.kernel
    with tf.GradientTape() as tape:
        loss = model._l2("generator")
    expected = 1e-5 * kernel.value.numpy()
    np.testing.assert_allclose(tape.gradient(loss, kernel), expected, rtol=1e-5)


def test_noise_is_added_in_training_and_at_rest():
    critic = discriminators.ImageDiscriminator(width=2, noise=0.1)
    images = seeds.uniform([2, 64, 64, 3], seeds.from_int(0))
    one, same, other = (critic(images, seeds.from_int(k)) for k in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0
    critic.noise = 0.0
    quiet = [critic(images, seeds.from_int(k)) for k in (1, 2)]
    np.testing.assert_array_equal(*quiet)


@pytest.mark.parametrize("is_independent", [False, True])
def test_images_are_frames_of_clips_drawn_for_them(is_independent):
    built = make_model(has_independent_frames=is_independent)
    built.build_for(SPEC)
    images = built._fake_images(tf.constant(3), seeds.from_int(4))["images"]
    assert images.shape[1:] == (64, 64, 3) and len(images) == 3
    assert np.abs(images[0] - images[1]).max() > 0


def test_shared_fakes_train_the_generator_through_one_rendering():
    built = make_model(shares_fakes=True, has_independent_frames=True)
    built.build_for(SPEC)
    kernel = built.generator.to_frame.kernel
    before = kernel.value.numpy()
    logs = built.train_step(CASE.batch())
    assert np.abs(before - kernel.value).max() > 0
    assert all(np.isfinite(float(value)) for value in logs.values())


def test_losses_of_a_step_are_cross_entropies(model):
    losses, _ = model.video_critic_losses(CASE.batch(), None, seeds.from_int(1))
    parts = {"adversarial", "l2", "category_fake", "category_real"}
    assert set(losses) == {f"video_critic/{part}" for part in parts}


def test_a_batch_of_codes_has_a_start_of_its_own_for_each_clip(model):
    drawn = codes.draw(model.sizes, num_clips=4, num_frames=16, seed=seeds.from_int(3))
    assert drawn.start.shape == (4, 3)
    assert np.abs(drawn.start[0] - drawn.start[1]).max() > 0
    path = model.motion(drawn)
    other = model.motion(drawn._replace(start=-drawn.start))
    assert np.abs(path[:, 0] - other[:, 0]).max() > 1e-3

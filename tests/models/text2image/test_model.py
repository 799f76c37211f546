"""Text to image: a captioned still follows its caption, and its seed, and nothing else."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.losses import variational
from tfvideogan.models.text2image import model as text2image

WORDS = ("", "left", "right", "the", "red", "disc", "star", "is", "moving")
SPEC = clip.ClipSpec(1, 16, 16, caption_length=6, words=WORDS)
IGNORED = ("is", "moving", "left", "right", "starting")
# "the red disc is moving left", "the star is moving left", "the red disc is moving right".
CAPTIONS = tf.constant([[3, 4, 5, 7, 8, 1], [3, 6, 7, 8, 1, 0], [3, 4, 5, 7, 8, 2]])


def make_model(seed: int = 0, **options: object) -> text2image.TextToImage:
    """Returns the smallest model."""
    tiny = {"noise": 3, "condition": 2, "width": 2, "style_units": 4}
    tiny |= {
        "critic_width": 2,
        "text_units": 3,
        "ignored_words": IGNORED,
        "num_elements": 1,
    }
    return text2image.TextToImage(text2image.Options(**tiny | options), seed=seed)


CASE = check_model.Case(make_model=make_model, spec=SPEC, draw=check_model.wave)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    built = CASE.model()
    # So that captions matter as they do after training.
    kernel = built.generator.moments.kernel
    kernel.assign(seeds.normal(kernel.shape, seeds.from_int(1)))
    return built


def batch(captions: tf.Tensor = CAPTIONS) -> dict[str, tf.Tensor]:
    """Returns stills with captions."""
    frames = seeds.uniform([len(captions), 1, 16, 16, 3], seeds.from_int(2), -1.0, 1.0)
    lengths = tf.reduce_sum(tf.cast(captions > 0, tf.int32), axis=1)
    return {
        "frames": frames,
        "caption_tokens": captions,
        "caption_lengths": lengths,
    }


# --- What a still shows


def test_images_depend_on_what_a_still_shows_and_not_on_motion(model):
    seed = tf.zeros([3], tf.int64)
    disc, star, other_way = model.render(*model.captions(batch()), seed)
    np.testing.assert_allclose(disc, other_way, atol=1e-6)
    assert np.abs(disc - star).max() > 1e-3


def test_an_image_depends_on_its_own_seed_alone(model):
    captions = model.captions(batch(CAPTIONS[:1]))
    clip_seeds = tf.constant([7, 8, 7], tf.int64)
    tokens, lengths = (tf.repeat(one, 3, axis=0) for one in captions)
    first, other, again = model.render(tokens, lengths, clip_seeds)
    [alone] = model.render(*captions, clip_seeds[1:2])
    np.testing.assert_allclose(first, again, atol=1e-6)
    np.testing.assert_allclose(other, alone, atol=1e-6)
    assert np.abs(first - other).max() > 1e-3


def test_evaluated_images_have_seeds_by_pixels(model):
    outputs = model.evaluation_outputs(batch())
    last = {key: value[2:] for key, value in batch().items()}
    alone = model.evaluation_outputs(last)
    np.testing.assert_allclose(alone["samples"], outputs["samples"][2:], atol=1e-6)
    assert outputs["samples"].shape == (3, 4, 1, 16, 16, 3)
    np.testing.assert_array_equal(outputs["frames"], outputs["samples"][:, 0])
    first, second = outputs["samples"][0, 0], outputs["samples"][0, 1]
    assert np.abs(first - second).max() > 1e-3


def served(model: text2image.TextToImage, text: list[str]) -> dict[str, tf.Tensor]:
    """What the model answers to texts."""
    answer = model.serving_functions()["generate"].function
    return answer(text=tf.constant(text), seed=tf.range(len(text), dtype=tf.int64))


def test_a_whole_sentence_is_served_as_a_still(model):
    answer = served(model, ["The red disc is moving left.", "the star"])
    tokens = tf.constant([[3, 4, 5, 0, 0, 0], [3, 6, 0, 0, 0, 0]])
    expected = model.render(tokens, tf.constant([3, 2]), tf.range(2, dtype=tf.int64))
    np.testing.assert_allclose(answer["image_float"], expected, atol=1e-6)
    np.testing.assert_array_equal(answer["image"], pixels.to_uint8(expected))
    example = model.serving_functions()["generate"].rules["text"].example
    assert served(model, [example.decode()])["image"].shape == (1, 16, 16, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("is moving left", "no word that a still could show.*: disc red star the"),
        ("the red disk", "the word `disk`.*nearest one is `disc`"),
        ("", "has 0 words"),
        (
            "the disc the star",
            "more things than captions of the training.*`the` 1 times",
        ),
    ],
)
def test_a_text_that_says_nothing_to_see_is_refused_in_one_line(text, words, model):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        served(model, ["the star", text])


# --- Losses


def test_wrong_captions_have_another_text(model, monkeypatch):
    judged = {}
    encoder = model.critic.encoder

    def judge(features, condition):
        judged.setdefault("conditions", []).append(condition.numpy())
        return tf.zeros([len(features), 1])

    monkeypatch.setattr(model.critic.of_images, "judge", judge)
    right = encoder(*model.captions(batch())).numpy()
    for number in range(3):
        judged.clear()
        model.critic_losses(batch(), None, seeds.from_int(number))
        *_, wrong = judged["conditions"]
        # The star is wrong for both discs, and one of the discs for the star.
        np.testing.assert_allclose(wrong[[0, 2]], right[[1, 1]], atol=1e-6)
        np.testing.assert_allclose(wrong[1], right[0], atol=1e-6)


def test_real_counts_as_much_as_wrong_and_fake_together(model, monkeypatch):
    logits = iter([tf.constant([[0.5]] * 3), tf.constant([[-0.5], [0.0], [1.0]])])
    wrong = tf.constant([[3.0], [-0.5], [-3.0]])
    answers = iter([*logits, wrong])
    monkeypatch.setattr(model.critic.of_images, "judge", lambda *_: next(answers))
    losses, _ = model.critic_losses(batch(), None, seeds.from_int(0))
    assert float(losses["critic/real"]) == pytest.approx(0.5)
    # Half of the means of 0.5, 1, 2 and of 4, 0.5, 0.
    assert float(losses["critic/fake"]) == pytest.approx(3.5 / 6)
    assert float(losses["critic/wrong"]) == pytest.approx(4.5 / 6)


def test_without_another_caption_nothing_is_wrong(model):
    alike = batch(tf.gather(CAPTIONS, [0, 2]))
    losses, _ = model.critic_losses(alike, None, seeds.from_int(0))
    assert float(losses["critic/wrong"]) == 0.0


def test_affinities_are_cosines_over_a_temperature(model):
    critic = model.critic
    images = tf.reshape(batch()["frames"], [3, 16, 16, 3])
    features = critic.of_images.features(images)
    condition = critic.encoder(*model.captions(batch()))
    found = critic.affinities(features, condition).numpy()
    vectors = critic.image_direction(features)[1], critic.text_direction(condition)[2]
    lengths = [np.linalg.norm(one) for one in vectors]
    cosine = np.dot(*vectors) / np.prod(lengths)
    assert found[1, 2] == pytest.approx(10.0 * cosine, rel=1e-4)


def test_conditions_are_drawn_around_the_mean_of_a_caption(model):
    mean, log_scale = tf.constant([[1.0, 2.0]]), tf.math.log([[0.5, 2.0]])
    drawn = tf.constant([[1.0, -1.0, 5.0, 6.0, 7.0]])
    shown = []
    images = model.generator.to_images
    model.generator.to_images = lambda *given, training: shown.append(given)
    try:
        model.generator((mean, log_scale), drawn)
    finally:
        model.generator.to_images = images
    [(latent, layout)] = shown
    # 1 + 0.5 · 1 and 2 + 2 · (-1), then the noise, of which alone the layout is made.
    np.testing.assert_allclose(latent, [[1.5, 0.0, 5.0, 6.0, 7.0]], atol=1e-6)
    np.testing.assert_array_equal(layout, [[5.0, 6.0, 7.0]])


def test_generator_losses_pair_two_images_of_each_caption(model, monkeypatch):
    shown = {}
    layer = model.generator.to_images.to_image
    call = layer.call
    monkeypatch.setattr(layer, "call", lambda *given: 100.0 * call(*given))
    distribution = model.generator.distribution
    monkeypatch.setattr(
        model.generator,
        "distribution",
        lambda tokens, lengths: shown.setdefault("of", distribution(tokens, lengths)),
    )
    monkeypatch.setattr(
        text2image.objective,
        "mode_seeking_loss",
        lambda images, codes: (
            shown.update(images=images, codes=codes) or tf.constant(4.0)
        ),
    )
    losses, _ = model.generator_losses(batch(), None, seeds.from_int(0))
    # Two of three captions, two images each.
    assert [one.shape[0] for one in (*shown["images"], *shown["codes"])] == [2] * 4
    # As they are shown: differences beyond the range are invisible.
    expected = model.generator(shown["of"], shown["codes"][1])
    np.testing.assert_allclose(shown["images"][1], expected, atol=1e-4)
    raw = model.generator(shown["of"], shown["codes"][1], training=True)
    assert np.abs(raw).max() > 1.0
    assert float(losses["generator/modes"]) == pytest.approx(0.1 * 4.0)
    standard = (tf.zeros([2, 2]), tf.zeros([2, 2]))
    divergence = tf.reduce_mean(variational.kl(shown["of"], standard))
    expected = pytest.approx(0.1 * float(divergence), rel=1e-5)
    assert float(losses["generator/condition"]) == expected


# --- Settings


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (clip.ClipSpec(2, 16, 16, caption_length=6, words=WORDS), "set FRAMES = 1"),
        (clip.ClipSpec(1, 16, 16), "needs clips with captions"),
        (clip.ClipSpec(1, 18, 16, caption_length=6, words=WORDS), r"`height` \(18\)"),
    ],
)
def test_clips_that_do_not_fit_are_refused(spec, words):
    with pytest.raises(errors.UserError, match=words):
        make_model().build_for(spec)


@pytest.mark.parametrize(
    ("option", "value"), [("noise", 0), ("r1_every", 0), ("mode_weight", -1.0)]
)
def test_settings_without_meaning_are_refused(option, value):
    with pytest.raises(errors.UserError, match=rf"`{option}` \({value:g}\) must"):
        make_model(**{option: value})


def test_without_r1_there_is_no_phase_of_it():
    phases = make_model(r1_weight=0.0).make_phases()
    assert [one.name for one in phases] == ["critic", "generator"]

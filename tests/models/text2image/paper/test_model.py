"""GAN-CLS keeps the promises of a model, and its published faults are switches."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.text2image.paper import model as paper

WORDS = ("", "left", "right", "the", "man", "is", "walking")
SPEC = clip.ClipSpec(1, 64, 64, channels=1, caption_length=4, words=WORDS)
# "the man walking left" and "the man walking right", ten times.
CAPTIONS = tf.constant([[3, 4, 6, 1], [3, 4, 6, 2]] * 10)


def make_model(seed: int = 0, **options: object) -> paper.PaperTextToImage:
    """Returns the smallest model."""
    tiny = {"noise": 3, "embedding": 2, "text_units": 3, "width": 1, "critic_width": 1}
    tiny |= {"text_steps": None}
    return paper.PaperTextToImage(paper.Options(**tiny | options), seed=seed)


CASE = check_model.Case(make_model=make_model, spec=SPEC, draw=check_model.wave)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("check", check_model.FILE_CHECKS, ids=check_model.name)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture
def model():
    return CASE.model()


def batch() -> dict[str, tf.Tensor]:
    """Returns twenty stills of two captions."""
    frames = seeds.uniform([20, 1, 64, 64, 1], seeds.from_int(2), -1.0, 1.0)
    return {
        "frames": frames,
        "caption_tokens": CAPTIONS,
        "caption_lengths": tf.fill([20], 4),
    }


def share_of_right_captions_among_wrong(model: paper.PaperTextToImage) -> float:
    """How many of the "wrong" captions of a batch have the text of their image."""
    places = model.shared_forward(batch(), seeds.from_int(5))["places"]
    return float(np.mean(np.all(tf.gather(CAPTIONS, places) == CAPTIONS, axis=1)))


def test_the_published_wrong_captions_are_right_every_second_time(model, monkeypatch):
    assert share_of_right_captions_among_wrong(model) == 0.0
    monkeypatch.setattr(model, "options", paper.Options(has_right_among_wrong=True))
    monkeypatch.setattr(model.generator, "call", lambda text, *_, **__: text)
    # Of 20 with probability 1/2: outside by less than one time in a thousand.
    assert 0.15 <= share_of_right_captions_among_wrong(model) <= 0.85


def test_the_published_mirror_makes_captions_lie(model, monkeypatch):
    monkeypatch.setattr(model.generator, "call", lambda text, *_, **__: text)
    given = batch()["frames"][:, 0].numpy()
    shown = model.shared_forward(batch(), seeds.from_int(5))["real"]
    np.testing.assert_array_equal(shown, given)
    monkeypatch.setattr(model, "options", paper.Options(flips_images=True))
    shown = model.shared_forward(batch(), seeds.from_int(5))["real"].numpy()
    is_flipped = np.all(shown == given[:, :, ::-1], axis=(1, 2, 3))
    is_kept = np.all(shown == given, axis=(1, 2, 3))
    assert (is_flipped ^ is_kept).all() and 3 <= is_flipped.sum() <= 17
    # No caption says so.
    flipped_losses, _ = model.text_losses(
        batch(), model.shared_forward(batch(), seeds.from_int(5)), seeds.from_int(0)
    )
    assert all(np.isfinite(value) for value in flipped_losses.values())


def test_encoders_learn_for_a_while_only():
    model = make_model(text_steps=3)
    phases = model.make_phases()
    assert [one.runs_at(2) for one in phases] == [True, True, True]
    assert [one.runs_at(3) for one in phases] == [False, True, True]


def test_neither_generator_nor_discriminator_teaches_the_encoder(model):
    with tf.GradientTape() as tape:
        shared = model.shared_forward(batch(), seeds.from_int(5))
        losses = [
            *model.critic_losses(batch(), shared, seeds.from_int(0))[0].values(),
            *model.generator_losses(batch(), shared, seeds.from_int(0))[0].values(),
        ]
        total = tf.add_n(losses)
    found = tape.gradient(total, [v.value for v in model.text.trainable_variables])
    assert found == [None] * 4


def test_ranking_wants_the_margin_and_no_more(model, monkeypatch):
    text = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    image = tf.constant([[1.0, 0.0], [1.0, 0.0]])
    monkeypatch.setattr(model, "text", lambda *_: text)
    monkeypatch.setattr(model, "image", lambda *_, **__: image)
    shared = {
        "real": image,
        "places": tf.constant([1, 0]),
        "are_wrong": tf.constant([True, True]),
    }
    losses, _ = model.text_losses(batch(), shared, seeds.from_int(0))
    # Right cosines 1, 0; those of wrong texts 0, 1; those of wrong images 1, 0.
    assert float(losses["text/wrong_text"]) == pytest.approx((0.0 + 1.2) / 2)
    assert float(losses["text/wrong_image"]) == pytest.approx((0.2 + 0.2) / 2)


def test_the_text_is_read_to_its_last_word_and_no_further(model):
    short = tf.constant([[3, 4, 0, 0]])
    longer = tf.constant([[3, 4, 5, 0]])
    found = model.text(short, tf.constant([2]))
    np.testing.assert_allclose(found, model.text(short[:, :2], tf.constant([2])))
    assert np.abs(found - model.text(longer, tf.constant([3]))).max() > 0


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (clip.ClipSpec(1, 32, 64, caption_length=4, words=WORDS), r"`height` \(32\)"),
        (clip.ClipSpec(8, 64, 64, caption_length=4, words=WORDS), r"`frames` \(8\)"),
    ],
)
def test_other_clips_are_refused_in_one_line(spec, words):
    with pytest.raises(errors.UserError, match=words):
        make_model().build_for(spec)


def test_settings_without_meaning_are_refused():
    with pytest.raises(
        errors.UserError, match=r"`text_steps` \(0\) must be at least 1"
    ):
        make_model(text_steps=0)

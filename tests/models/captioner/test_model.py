"""The captioner keeps the promises of a model and learns to say what a clip shows."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, pixels, seeds
from tfvideogan.metrics import captions
from tfvideogan.models.captioner import model as captioner
from tfvideogan.serving.export import checked

WORDS = ("", *"the red blue dot is moving right down and".split())
SPEC = clip.ClipSpec(4, 8, 8, caption_length=13, words=WORDS)


def make_model(
    seed: int = 0,
    optimizer: keras.optimizers.Optimizer | None = None,
    **options: object,
) -> captioner.VideoCaptioner:
    """Returns the smallest captioner, of two clauses."""
    tiny = {"num_clauses": 2, "width": 2, "levels": 1, "units": 4}
    return captioner.VideoCaptioner(
        captioner.Options(**tiny | options), optimizer=optimizer, seed=seed
    )


CASE = check_model.Case(make_model=make_model, spec=SPEC)


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


def numbers(*captions: str) -> tf.Tensor:
    rows = [[WORDS.index(word) for word in one.split()] for one in captions]
    return tf.constant([one + [0] * (SPEC.caption_length - len(one)) for one in rows])


def logits_of(*captions: tuple[str, str]) -> tf.Tensor:
    """Logits [N, 2, 6, V] of clauses, 2 for each of their words and 0 for the others."""
    rows = [
        [
            [WORDS.index(word) for word in one.split()] + [0] * (6 - len(one.split()))
            for one in clauses
        ]
        for clauses in captions
    ]
    return 2.0 * tf.one_hot(tf.constant(rows), len(WORDS))


RED, BLUE = "the red dot is moving right", "the blue dot is moving down"


# --- Learning


def test_loss_is_the_cross_entropy_in_the_cheaper_order():
    built = make_model(augmentations=(), blur=0.0, noise=0.0)
    built.build_for(SPEC)
    built.captioner = lambda frames, training: logits_of((BLUE, RED), (RED, RED))
    batch = {
        "frames": tf.zeros([2, 4, 8, 8, 3]),
        "caption_tokens": numbers(f"{RED} and {BLUE}", f"{RED} and {BLUE}"),
    }
    losses, monitors = built.captioner_losses(batch, None, seeds.from_int(0))
    # A right word of ten costs log(e² + 9) - 2, a wrong one log(e² + 9). All are right in
    # the first clip, in the second one those for the colour and the direction are wrong.
    right = np.log(np.exp(2.0) + 9.0) - 2.0
    expected = (12 * right + 10 * right + 2 * (right + 2.0)) / 24
    assert float(losses["captioner/cross_entropy"]) == pytest.approx(expected)
    assert float(monitors["caption/right"]) == 0.5


def moving_dots(number: int, seed: int) -> dict[str, tf.Tensor]:
    """Clips of a red or blue dot (words 1 and 2) that moves right or down (3 and 4)."""
    generator = np.random.default_rng(seed)
    frames = np.full((number, 4, 8, 8, 3), -1.0, np.float32)
    places = np.arange(number)
    is_red, is_right = places % 2, places // 2 % 2
    for place, clip_frames in enumerate(frames):
        x, y = generator.integers(0, 4, 2)
        colour = (1, -1, -1) if is_red[place] else (-1, -1, 1)
        for time, frame in enumerate(clip_frames):
            moved = time * is_right[place]
            frame[y + time - moved, x + moved] = colour
    said = np.stack([2 - is_red, 4 - is_right], axis=1)
    return {
        "frames": tf.constant(frames),
        "caption_tokens": tf.constant(said, tf.int32),
        "caption_lengths": tf.fill([number], 2),
    }


def test_captions_are_learnt():
    adam = keras.optimizers.Adam(1e-2)
    options = {"num_clauses": 1, "augmentations": (), "blur": 0.0, "noise": 0.0}
    built = make_model(width=8, units=16, optimizer=adam, **options)
    words = ("", "red", "blue", "right", "down")
    built.build_for(dataclasses.replace(SPEC, caption_length=2, words=words))
    step = tf.function(built.train_step)
    for number in range(60):
        step(moving_dots(24, seed=number))
    right = built.evaluation_outputs(moving_dots(48, seed=1000))["right_words"]
    assert np.mean(np.all(right, axis=(1, 2))) > 0.9


# --- What is judged and served


def test_either_order_of_clauses_is_right_and_words_are_ignored():
    built = make_model(ignored_words=("the",))
    built.build_for(SPEC)
    read = ("blue dot is moving down", "red dot is moving down")
    built.captioner = lambda frames: logits_of(read)
    batch = {"frames": None, "caption_tokens": numbers(f"{RED} and {BLUE}")}
    found = built.evaluation_outputs(batch)["right_words"].numpy()
    # All of the first answer, all but the direction of the second one.
    expected = np.ones([1, 2, 6], bool)
    expected[0, 1, 4] = False
    np.testing.assert_array_equal(found, expected)


def test_served_clips_are_put_into_words_and_compared():
    built = make_model()
    built.build_for(SPEC)
    seen = []

    def read(frames: tf.Tensor) -> tf.Tensor:
        seen.append(frames)
        return logits_of((RED, BLUE))

    built.captioner = read
    served = built.serving_functions()
    assert served["classify"].inputs["frames"].shape.as_list() == [None, 4, 8, 8, 3]
    frames = pixels.to_uint8(CASE.batch(1)["frames"])
    answers = served["classify"].function(frames=frames)
    assert answers["text"].numpy() == [f"{RED} and {BLUE}".encode()]
    np.testing.assert_array_equal(answers["tokens"], numbers(f"{RED} and {BLUE}"))
    # One word of ten stands out by 2.
    chosen = np.full([1, 2, 6], np.exp(2.0) / (np.exp(2.0) + 9.0))
    np.testing.assert_allclose(answers["probabilities"], chosen, rtol=1e-6)
    text = tf.constant([f"{BLUE} and {RED}"])
    assert np.all(served["compare"].function(frames=frames, text=text)["right_words"])
    np.testing.assert_array_equal(seen[0], pixels.to_float(frames))


@pytest.mark.slow
def test_an_export_is_what_metrics_ask(tmp_path):
    built = make_model(ignored_words=("the",))
    built.build_for(SPEC)
    module = checked.SignatureModule(built.serving_functions())
    tf.saved_model.save(module, str(tmp_path), signatures=module.concrete)
    metric = captions.CaptionAccuracy(str(tmp_path), context=0, windows=("+1..+4",))
    metric.prepare(2, SPEC)
    frames = pixels.to_float(pixels.to_uint8(CASE.batch()["frames"]))
    tokens = numbers(f"{RED} and {BLUE}", BLUE)
    batch = {"frames": frames.numpy(), "caption_tokens": tokens.numpy()}
    metric.update(batch, {"frames": frames.numpy()})
    right = built.evaluation_outputs({"frames": frames, "caption_tokens": tokens})
    expected = np.mean(right["right_words"])
    assert metric.result()["word accuracy/model/+1..+4"] == pytest.approx(expected)
    other = dataclasses.replace(SPEC, words=(*WORDS, "green"))
    with pytest.raises(errors.UserError, match="word `green`, which is not in the voc"):
        metric.prepare(2, other)


@pytest.mark.parametrize("without", ["words", "clauses"])
def test_clips_without_captions_for_it_are_refused(without):
    spec = dataclasses.replace(SPEC, words=(), caption_length=0)
    if without == "clauses":
        spec = dataclasses.replace(SPEC, words=WORDS[:-1])
    word = {
        "words": "have no captions",
        "clauses": "joined by 'and the'",
    }
    with pytest.raises(errors.UserError, match=word[without]):
        make_model().build_for(spec)


@pytest.mark.parametrize(
    ("option", "value"),
    [("num_clauses", 0), ("width", 0), ("levels", 0), ("blur", 1.5), ("noise", -1.0)],
)
def test_settings_without_meaning_are_refused(option, value):
    with pytest.raises(errors.UserError, match=rf"`{option}` \({value}\) must be"):
        make_model(**{option: value})

"""Strings in, frames out: in one answer, in many, and from a picture of the text."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.models.text2video import tiny, toy_painter
from tfvideogan.core import pixels
from tfvideogan.models.text2video import painter as painters
from tfvideogan.models.text2video import served
from tfvideogan.serving.export import checked, exporter, publishing

TEXT = tf.constant(["the disc is falling", "The star is rising."])
SEED = tf.constant([3, 4], tf.int64)
CONTEXT = tf.constant(
    np.random.default_rng(1).integers(0, 256, (2, 1, 8, 8, 3)), tf.uint8
)


@pytest.fixture(scope="module", params=["warp", "anchored"])
def model(request):
    made = tiny.model(output_mode=request.param)
    made.build_for(tiny.SPEC)
    return made


def test_answers_of_many_requests_are_those_of_one(model):
    functions = model.serving_functions()
    assert set(functions) == {"predict", "predict_start", "predict_next"}
    found = functions["predict_start"].function(context=CONTEXT, text=TEXT)
    videos = [found["video_float"]]
    for _ in range(2):
        memory = {
            name.removeprefix("next_"): value
            for name, value in found.items()
            if name.startswith("next_state_")
        }
        found = functions["predict_next"].function(**memory)
        videos.append(found["video_float"])
    assert videos[0].shape == (2, 2, 8, 8, 3)
    tokens = tf.constant([[1, 2, 4, 5], [1, 3, 4, 6]])
    whole = model.predict_frames(
        pixels.to_float(CONTEXT), tokens, tf.constant([4, 4]), num_frames=6
    )
    np.testing.assert_allclose(tf.concat(videos, axis=1), whole, atol=1e-6)
    short = functions["predict"].function(context=CONTEXT, text=TEXT)
    np.testing.assert_allclose(short["video_float"], whole[:, :2], atol=1e-6)


def test_an_unknown_word_is_one_line(model):
    predict = model.serving_functions()["predict"].function
    with pytest.raises(tf.errors.InvalidArgumentError) as found:
        predict(context=CONTEXT[:1], text=tf.constant(["the disk is falling"]))
    assert "`disk`, which is not in the vocabulary" in found.value.message
    assert "nearest one is `disc`" in found.value.message


def test_every_input_has_an_example_that_is_answered(model):
    rule = model.serving_functions()["predict"].rules["text"]
    predict = model.serving_functions()["predict"].function
    predict(context=CONTEXT[:1], text=tf.constant([rule.example]))


# --- From a sentence alone


def test_a_painter_makes_the_first_frame_of_the_text_and_the_seed(model, tmp_path):
    painter = painters.Painter(toy_painter.saved(tmp_path / "painter"), tiny.SPEC)
    functions = served.serving_functions(model, num_frames=2, painter=painter)
    assert set(functions) == {
        *("predict", "predict_start", "predict_next"),
        *("generate", "generate_start", "generate_next"),
    }
    video = functions["generate"].function(text=TEXT, seed=SEED)["video"]
    assert video.shape == (2, 3, 8, 8, 3)
    np.testing.assert_array_equal(video[0, 0], 10 + 100 + 3)
    np.testing.assert_array_equal(video[1, 0], 20 + 100 + 4)
    follows = functions["predict"].function(context=video[:, :1], text=TEXT)["video"]
    np.testing.assert_array_equal(video[:, 1:], follows)
    # An export needs neither the painter's folder nor its process.
    module = checked.SignatureModule({"generate": functions["generate"]})
    tf.saved_model.save(module, f"{tmp_path}/alone", signatures=module.concrete)
    shutil.rmtree(tmp_path / "painter")
    loaded = tf.saved_model.load(f"{tmp_path}/alone")
    answer = loaded.signatures["generate"](text=TEXT, seed=SEED)["video"]
    assert np.abs(answer.numpy().astype(int) - video.numpy().astype(int)).max() <= 1


@pytest.mark.long
def test_one_export_answers_sentences_in_a_fresh_process(tmp_path):
    model = tiny.model(painter=toy_painter.saved(tmp_path / "painter"))
    model.build_for(tiny.SPEC)
    made = exporter.export(
        model.serving_functions(),
        {},
        base=publishing.base_folder(str(tmp_path / "exports"), "sentences"),
        version=1,
    )
    assert {one.signature for one in made.differences} >= {"generate", "generate_next"}

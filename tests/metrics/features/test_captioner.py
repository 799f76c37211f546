"""A captioner on disk says which words clips show, and which it does not know."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.metrics.features import captioner
from tfvideogan.ops import tokens

SHAPE = [None, 2, 2, 2, 1]
WORDS = ("", "dark", "bright", "then")


class Shades(tf.Module):
    """Reads "dark then bright" and the like: a clause for each of two frames."""

    @tf.function(
        input_signature=[
            tf.TensorSpec(SHAPE, tf.uint8, "frames"),
            tf.TensorSpec([None], tf.string, "text"),
        ]
    )
    def compare(self, frames, text):
        wanted, _ = tokens.encode(text, words=WORDS, length=3)
        is_bright = tf.reduce_mean(tf.cast(frames, tf.float32), axis=[2, 3, 4]) > 127.5
        read = tf.where(is_bright, 2, 1)  # [N, 2]
        return {"right_words": (read == wanted[:, ::2])[..., tf.newaxis]}

    @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.uint8, "frames")])
    def classify(self, frames):
        return {"right_words": frames}


def save(path, verb: str = "compare", method: str = "compare") -> str:
    module = Shades()
    function = getattr(module, method)
    tf.saved_model.save(module, str(path), signatures={verb: function})
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("exports") / "shades" / "1")


def clip(*levels: int) -> np.ndarray:
    column = np.array(levels, np.uint8).reshape(1, -1, 1, 1, 1)
    return np.broadcast_to(column, (1, len(levels), 2, 2, 1))


def test_words_are_compared_by_the_export(folder):
    found = captioner.Captioner(folder)
    clips = np.concatenate([clip(0, 255), clip(0, 0)])
    right = found.right_words(clips, ["dark then bright"] * 2)
    assert right.tolist() == [[[True], [True]], [[True], [False]]]
    assert found.size == (2, 2, 2, 1) and found.name == f"shades-{found.identity[:8]}"


def test_words_that_it_does_not_know_are_named_in_a_line(folder):
    found = captioner.Captioner(folder)
    found.check_words(WORDS[1:])
    with pytest.raises(errors.UserError) as caught:
        found.check_words(["dark", "brighd"])
    message = str(caught.value)
    assert "\n" not in message and message.startswith(found.name)
    expected = "trained on this data. `text` has the word `brighd`, which is not in the"
    assert expected in message and message.endswith("The vocabulary: bright dark then.")


def test_clips_of_another_size_are_named(folder):
    with pytest.raises(errors.UserError, match="3 frames of 2x2x1 .*, but shades-"):
        captioner.Captioner(folder).right_words(clip(1, 2, 3), ["dark"])


def test_exports_that_are_no_captioners_are_named(tmp_path):
    with pytest.raises(errors.UserError, match="captioner `folder`.*videocaptioner/1"):
        captioner.Captioner(str(tmp_path))
    path = save(tmp_path / "other", verb="classify")
    with pytest.raises(
        errors.UserError, match="has the signatures classify; wanted is"
    ):
        captioner.Captioner(path)
    path = save(tmp_path / "frames", method="classify")
    with pytest.raises(errors.UserError, match=r"`compare` of .* takes `frames` uint8"):
        captioner.Captioner(path)

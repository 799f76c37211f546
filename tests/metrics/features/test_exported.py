"""An export on disk is found, named by its weights, and asked by its signature."""

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.metrics.features import exported


class Gain(tf.Module):
    """Multiplies clips of any length."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = tf.Variable(gain)

    @tf.function(
        input_signature=[tf.TensorSpec([None, 1, 2, 3, 1], tf.uint8, "frames")]
    )
    def judge(self, frames):
        return {"scaled": self.gain * tf.cast(frames, tf.float32)}

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, 2, 3, 1], tf.uint8, "frames")]
    )
    def of_any_length(self, frames):
        return {"scaled": self.gain * tf.cast(frames, tf.float32)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("exports")
    for version, gain in ((1, 2.0), (2, 3.0)):
        module = Gain(gain)
        signatures = {"judge": module.judge, "any": module.of_any_length}
        path = str(root / "gain" / str(version))
        tf.saved_model.save(module, path, signatures=signatures)
    return root / "gain"


def test_names_are_of_folder_and_weights(folders):
    first, second = (
        exported.Export(str(folders / version), what="judge") for version in "12"
    )
    assert first.identity != second.identity
    assert first.name == f"gain-{first.identity[:8]}"


def asked(folders, verb: str, **options):
    wanted = {"inputs": ["frames"], "outputs": ["scaled"], "needs": "wanted is more"}
    export = exported.Export(str(folders / "1"), what="judge")
    return export, export.signature(verb, **wanted | options)


def test_signatures_answer_and_tell_their_size(folders):
    _, (judge, size) = asked(folders, "judge")
    assert size == (1, 2, 3, 1)
    frames = tf.fill([1, *size], tf.constant(4, tf.uint8))
    assert float(tf.reduce_max(judge(frames=frames)["scaled"])) == 8.0


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        ("predict", {}, "has the signatures any, judge; wanted is more"),
        ("any", {}, r"takes `frames` uint8 \(None, None, 2, 3, 1\)"),
        ("judge", {"inputs": ["frames", "text"]}, "`judge` of the judge .* takes"),
        ("judge", {"outputs": ["words"]}, "gives `scaled`; wanted is more, with fixed"),
    ],
)
def test_what_does_not_fit_is_named(folders, verb, options, words):
    with pytest.raises(errors.UserError, match=words):
        asked(folders, verb, **options)


def test_folders_without_a_model_are_named(tmp_path):
    with pytest.raises(errors.UserError, match=r"no saved_model.pb; .*/videojudge/1"):
        exported.Export(str(tmp_path), what="judge")

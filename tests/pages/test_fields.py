"""Which fields a page has, of the inputs of a signature alone."""

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.pages import fields
from tfvideogan.serving.client import metadata

VIDEO = (None, None, 8, 8, 3)
KINDS = {
    "frames": (tf.uint8, VIDEO),
    "context": (tf.uint8, VIDEO),
    "content": (tf.uint8, VIDEO),
    "motion": (tf.uint8, VIDEO),
    "clip": (tf.uint8, VIDEO),
    "mask": (tf.uint8, (None, 8, 8, 1)),
    "holes": (tf.uint8, (None, None, 8, 8, 1)),
    "forward_flow": (tf.float32, (None, None, 8, 8, 2)),
    "seed": (tf.int64, (None,)),
    "label": (tf.int32, (None,)),
    "text": (tf.string, (None,)),
    "truncation": (tf.float32, (None,)),
    "video": (tf.uint8, VIDEO),
    "video_float": (tf.float32, VIDEO),
    "image": (tf.uint8, (None, 8, 8, 3)),
    "probabilities": (tf.float32, (None, 5)),
    "content_noise": (tf.float32, (None, 6)),
    "start_noise": (tf.float32, (None, 2)),
    "motion_noise": (tf.float32, (None, 4, 3)),
    "other_seed": (tf.int64, (None,)),
    "other_label": (tf.int32, (None,)),
    "share": (tf.float32, (None,)),
    "depth": (tf.float32, (None,)),
    "next_state_frame": (tf.uint8, (None, 8, 8, 3)),
    "foreground": (tf.uint8, VIDEO),
}


def signature(name: str, inputs: str, outputs: str = "video video_float"):
    def tensors(names: str) -> dict[str, metadata.Tensor]:
        return {one: metadata.Tensor(*KINDS[one]) for one in names.split()}

    return metadata.Signature(name, tensors(inputs), tensors(outputs))


def known(*found: metadata.Signature) -> dict[str, metadata.Signature]:
    return {one.name: one for one in found}


READING = ("stride", "max_frames", "fps")
CASES = {
    # inputs: fields, heading
    "frames mask forward_flow": (
        ("input", "mask", *READING),
        "The object whose mask is given",
    ),
    "frames holes": (
        ("input", "mask", "dilate", "crop", "method", *READING),
        "What is behind the mask",
    ),
    "frames": (("input", *READING), "A video of a video"),
    "context seed": (
        ("input", "samples", "seed", "context_frames", *READING),
        "What follows on a video",
    ),
    "content motion": (
        ("input", "motion", *READING),
        "One's content, another's motion",
    ),
    "seed label truncation": (
        ("category", "samples", "seed", "truncation", "fps"),
        "Something new for each seed",
    ),
    "seed label other_seed other_label share": (
        ("category", "samples", "seed", "other_category", "other_seed", "fps"),
        "From one seed to another",
    ),
    "text seed": (("text", "samples", "seed", "fps"), "What a sentence says"),
}


@pytest.mark.parametrize("inputs", CASES)
def test_fields_are_those_that_the_inputs_want(inputs: str) -> None:
    flags, task = CASES[inputs]
    page = fields.of("run", known(signature("run", inputs)))
    assert (page.flags, page.task) == (flags, task)
    # What is there as bytes and as floats is seen once.
    assert (page.pictures, page.lacking, page.is_grid) == (("video",), (), False)


def test_a_model_that_goes_on_is_asked_how_far() -> None:
    parts = known(
        *(signature(f"generate{part}", "text seed") for part in ("", "_start")),
        signature("generate_next", "text", "video next_state_frame"),
    )
    assert "steps" in fields.of("generate", parts).flags
    assert "steps" not in fields.of("generate_start", parts).flags
    # A memory is nothing to be seen.
    assert fields.of("generate_next", parts).pictures == ("video",)


def test_pages_begin_with_the_verb_that_a_model_is_for() -> None:
    verbs = known(
        signature("classify", "frames", "probabilities text"),
        signature("generate", "text seed"),
        signature("predict_next", "frames"),
        signature("deep", "seed depth"),
        signature("serving_default", "frames"),
        signature("predict", "frames mask"),
    )
    assert [one.verb for one in fields.pages(verbs)] == [
        "predict",
        "generate",
        "classify",
    ]
    assert fields.of("deep", verbs).lacking == ("depth",)
    alone = known(signature("serving_default", "frames"))
    assert [one.verb for one in fields.pages(alone)] == ["serving_default"]


def test_what_is_answered_is_told_apart() -> None:
    classify = signature("classify", "frames", "probabilities text")
    page = fields.of("classify", known(classify))
    assert (page.pictures, page.codes, page.texts) == (
        (),
        ("probabilities",),
        ("text",),
    )
    assert page.task == "What a video shows"
    still = fields.of("generate", known(signature("generate", "text seed", "image")))
    assert still.is_still and still.pictures == ("image",)
    layers = signature("predict", "frames mask", "foreground forward_flow video")
    # The main output first; a flow is no picture.
    page = fields.of("predict", known(layers))
    assert page.pictures == ("video", "foreground")
    assert not page.is_still


def test_codes_of_content_and_motion_are_crossed() -> None:
    inputs = "content_noise start_noise motion_noise label"
    page = fields.of("noise", known(signature("noise", inputs)))
    assert page.is_grid and page.task == "Contents crossed with motions"
    assert [one.verb for one in fields.pages(known(signature("noise", inputs)))] == [
        "noise"
    ]


def test_a_signature_that_is_not_there_is_refused() -> None:
    with pytest.raises(errors.UserError, match="no signature 'sing'; it has predict"):
        fields.of("sing", known(signature("predict", "frames")))

"""Which signature is called and which outputs are written, by flags and signatures."""

import argparse

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import choice, metadata
from tfvideogan.serving.client import flags as client_flags


def signature(name: str, inputs: str, **ranks: int) -> metadata.Signature:
    """A signature with inputs by their names and outputs by their ranks."""
    tensor = metadata.Tensor
    return metadata.Signature(
        name,
        {one: tensor(tf.uint8, (None, 4)) for one in inputs.split()},
        {one: tensor(tf.uint8, (None,) * rank) for one, rank in ranks.items()},
    )


KNOWN = {
    one.name: one
    for one in (
        signature("serving_default", "seed", video=5, video_float=5),
        signature("generate", "seed", video=5, video_float=5),
        signature("swap", "content motion", video=5),
        signature("encode", "clip", motion_codes=3, content_code=2),
        signature("mixed", "frames seed", image=4, content_code=2),
    )
}


def flags(**values: object) -> argparse.Namespace:
    given = [f"--{name}={value}" for name, value in values.items()]
    made = argparse.ArgumentParser()
    client_flags.add_request(made)
    return made.parse_args(given)


def test_a_verb_comes_before_the_default_signature() -> None:
    assert choice.verb(flags(), KNOWN) == "generate"
    only = {"serving_default": KNOWN["serving_default"], "swap": KNOWN["swap"]}
    assert choice.verb(flags(), only) == "serving_default"
    sharp = signature("restore", "frames", video=5)
    assert (
        choice.verb(flags(), {"serving_default": sharp, "restore": sharp}) == "restore"
    )
    chosen = flags(signature="swap", motion="a.mp4")
    assert choice.verb(chosen, KNOWN) == "swap"


def test_another_seed_asks_for_what_lies_between() -> None:
    between = signature("generate_between", "seed other_seed share", video=5)
    known = KNOWN | {"generate_between": between}
    assert choice.verb(flags(), known) == "generate"
    assert choice.verb(flags(other_seed=4), known) == "generate_between"
    first = choice.described(flags(other_seed=4), known)[0]
    assert first == "generate_between: --other_seed [--seed] --output -> video"
    with pytest.raises(errors.UserError, match="no input `other_seed`"):
        choice.verb(flags(other_seed=4), KNOWN)


def test_a_description_says_first_what_each_verb_wants() -> None:
    lines = choice.described(flags(), KNOWN)
    assert lines[:4] == [
        "generate: [--seed] --output -> video; --outputs: video_float",
        "swap: --input --motion --output -> video",
        "encode: --input --output -> content_code, motion_codes",
        "mixed: --input [--seed] --output -> image; --outputs: content_code",
    ]
    names = [line.partition("(")[0] for line in lines[4:]]
    assert names == ["generate", "swap", "encode", "mixed", "serving_default"]


def test_an_input_that_no_flag_fills_is_named() -> None:
    known = {"complete": signature("complete", "frames depth", video=5)}
    [first, _] = choice.described(flags(), known)
    assert (
        first == "complete: --input --output, and depth, which no flag brings -> video"
    )


def test_without_a_video_a_model_of_words_makes_all_of_it() -> None:
    words = {
        "predict": signature("predict", "context text", video=5),
        "generate": signature("generate", "text seed", video=5),
    }
    assert choice.verb(flags(text="up"), words) == "generate"
    assert choice.verb(flags(text="up", input="a.png"), words) == "predict"
    del words["generate"]
    assert choice.verb(flags(text="up"), words) == "predict"


@pytest.mark.parametrize(
    "given, text",
    [
        (
            {"signature": "sing"},
            "no signature 'sing'; it has serving_default, generate",
        ),
        ({"signature": "swap", "samples": 2}, "but swap takes none"),
        ({"signature": "encode", "samples": 2}, "but encode takes none"),
        ({"signature": "mixed", "samples": 2}, "or a whole video"),
        ({"motion": "a.mp4"}, "generate has no input `motion`; .*--signature=swap"),
        ({"input": "a.mp4"}, "--input is given, .* or `clip`; .*--signature=swap"),
        (
            {"mask": "a.png"},
            "no input `mask` or `holes`; no signature of the model has",
        ),
        ({"text": "up"}, "generate has no input `text`"),
        ({"category": 0}, "generate has no input `label`"),
        ({"truncation": 0.5}, "generate has no input `truncation`"),
    ],
)
def test_a_signature_that_cannot_be_called_is_told(given, text) -> None:
    with pytest.raises(errors.UserError, match=text):
        choice.verb(flags(**given), KNOWN)


@pytest.mark.parametrize(
    "name, given, wanted",
    [
        ("generate", {"output": "o.mp4"}, ["video"]),
        ("generate", {"outputs": "video_float", "output": "o.mp4"}, ["video_float"]),
        ("encode", {"output": "o.npz"}, ["content_code", "motion_codes"]),
        ("encode", {"output": "o.NPZ", "outputs": "motion_codes"}, ["motion_codes"]),
        ("mixed", {"output": "o.png"}, ["image"]),
        (
            "mixed",
            {"outputs": "image,content_code", "output": "o.png"},
            ["image", "content_code"],
        ),
    ],
)
def test_pictures_come_first_and_codes_where_there_are_none(
    name, given, wanted
) -> None:
    assert choice.outputs(flags(**given), KNOWN[name]) == wanted


@pytest.mark.parametrize(
    "name, given, text",
    [
        ("generate", {}, "--output is missing"),
        ("generate", {"output": "o.mp4", "outputs": "sound"}, "generate has video, "),
        ("encode", {"output": "o.mp4"}, "cannot hold content_code, motion_codes"),
        (
            "mixed",
            {"output": "o", "outputs": "content_code"},
            "cannot hold content_code",
        ),
    ],
)
def test_what_cannot_be_written_is_told(name, given, text) -> None:
    with pytest.raises(errors.UserError, match=text):
        choice.outputs(flags(**given), KNOWN[name])


def test_strings_are_no_output_to_write() -> None:
    text = metadata.Tensor(tf.string, (None,))
    only = metadata.Signature("predict", {}, {"caption": text})
    with pytest.raises(errors.UserError, match="cannot be written"):
        choice.outputs(flags(output="o.npz"), only)

"""What runs, and the command that is shown to be copied."""

import pytest

from tfvideogan.core import errors
from tfvideogan.pages import requests


def test_flags_are_what_was_filled_in_and_differs_from_the_default() -> None:
    values = {
        "input": "/tmp/a b/clip.mp4",
        "mask": "",
        "text": "the star's way",
        "seed": 0,
        "samples": 4,
        "motion": ["/tmp/x.mp4", "/tmp/y.mp4"],
        "category": None,
        "dilate": 0,
        "stride": 1,
    }
    asked = requests.Request("predict", values)
    assert asked.flags("/tmp/out.mp4") == [
        "--signature=predict",
        "--input=/tmp/a b/clip.mp4",
        "--text=the star's way",
        "--samples=4",
        "--motion=/tmp/x.mp4",
        "--motion=/tmp/y.mp4",
        "--dilate=0",
        "--output=/tmp/out.mp4",
    ]


def test_the_command_names_files_without_folders_and_is_quoted() -> None:
    values = {"input": "/tmp/q/my clip.mp4", "mask": "/tmp/q/mask.png", "fps": 12.5}
    asked = requests.Request("predict", values)
    assert asked.command(["tfvideogan", "generate", "--model=foregan"], "out.mp4") == (
        "tfvideogan generate --model=foregan --signature=predict '--input=my clip.mp4' "
        "--mask=mask.png --fps=12.5 --output=out.mp4"
    )
    boxed = requests.Request("complete", {"mask": "1,2,3,4"})
    assert "--mask=1,2,3,4 " in boxed.command(["x"], "out.mp4")


def test_what_is_out_of_range_is_refused_before_anything_runs(tmp_path) -> None:
    output = str(tmp_path / "out.mp4")
    for values, said in (
        ({"samples": 0}, "--samples=0 must be at least 1"),
        ({"input": str(tmp_path / "gone.mp4")}, "gone.mp4 does not exist"),
        ({"text": "  "}, "--text is empty"),
        ({"steps": "many"}, "argument --steps: invalid int value: 'many'"),
    ):
        with pytest.raises(errors.UserError, match=said):
            requests.Request("generate", values).options(output)
    filled = {"seed": 3, "steps": "16", "fps": ""}
    parsed = requests.Request("generate", filled).options(output)
    assert (parsed.signature, parsed.seed, parsed.output) == ("generate", 3, output)
    assert (parsed.steps, parsed.fps) == (16, None)

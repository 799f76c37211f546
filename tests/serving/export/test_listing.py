"""What is printed of an export can be read and pasted."""

import pathlib
import shlex

import pytest

from tests.serving import painter
from tfvideogan.serving.export import card, checked, listing


@pytest.fixture(scope="module")
def made() -> dict:
    module = checked.SignatureModule(painter.Painter().serving_functions())
    about = {
        "model": "Painter",
        "step": 7,
        "weights": "ema",
        "data": {"description": "sprites", "is_procedural": True},
        "clip": {"height": 4, "width": 4, "frames": 2, "fps": 12.5},
        "metrics": [
            {
                "split": "test",
                "results": {"J/model/T": 0.51234, "J/copied/T": 0.2, "F/model/T": None},
            }
        ],
    }
    return card.make(module, about, name="painter", version=3)


def test_the_overview_states_the_facts(made, tmp_path):
    (tmp_path / "file").write_bytes(b"0" * 1_500_000)
    text = listing.overview(made, tmp_path)
    assert "painter version 3 (Painter)" in text
    assert "(1.5 MB)" in text
    assert "ema, after 7 steps" in text
    assert "procedural: sprites" in text
    assert "4x4, trained on 2 frames, 12.5 frames per second" in text
    assert "judged on test" in text and "J/model/T 0.5123" in text
    assert "copied" not in text and "F/model" not in text


def test_what_a_protocol_found_goes_by_its_name(made, tmp_path):
    results = {"A/model/T": 2.0, "PSNR/restored/all": 3.0, "PSNR/blurred/all": 1.0}
    by_protocol = {
        "split": "test",
        "protocol": "p",
        "results": results,
        "main": ["PSNR/restored/all"],
    }
    described = {**made, "metrics": [*made["metrics"], by_protocol]}
    text = listing.overview(described, tmp_path)
    assert "judged on test" in text and "judged on p" in text
    assert "A/model/T 2, PSNR/restored/all 3" in text and "blurred" not in text


def test_the_table_has_a_row_for_each_tensor_and_says_twins_once(made):
    lines = listing.signatures_table(made).splitlines()
    assert lines[0] == "serving_default = predict"
    assert "predict: paints a video" in lines
    [flow] = [line for line in lines if " flow " in line]
    assert flow.split() == [
        *("in", "flow", "float32", "[N,", "T-1,", "4,", "4,", "2]"),
        *("-8..8;", "pixels", "(dx,", "dy)"),
    ]
    assert sum(line.startswith("  out  video") for line in lines) == 2


def test_the_commands_can_be_pasted(tmp_path):
    base = tmp_path / "a folder" / "painter"
    docker, local = (
        shlex.split(text.replace("\\\n", " "))
        for text in commands_of(listing.commands(base, "painter"))
    )
    assert docker[:2] == ["docker", "run"] and docker[-2:] == [
        "tensorflow/serving",
        "--enable_serialization_as_tensor_content=true",
    ]
    assert f"type=bind,source={base},target=/models/painter,readonly" in docker
    assert "MODEL_NAME=painter" in docker
    assert local[:3] == ["python", "-m", "tfvideogan.serve"]
    assert f"--model_base_path={base}" in local and "--model_name=painter" in local


def commands_of(text: str) -> list[str]:
    parts = text.split(":\n  ")[1:]
    return [part.split("\ntry it")[0] for part in parts]


def test_a_relative_folder_becomes_absolute_in_the_shell():
    text = listing.commands(pathlib.Path("saved_models/painter"), "painter")
    assert 'source="$PWD"/saved_models/painter,target' in text

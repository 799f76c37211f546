"""The card says what an export is and how it is called."""

import json

import pytest

import tfvideogan
from tests.serving import painter
from tfvideogan.core import errors
from tfvideogan.serving.export import card, checked

ABOUT = {"model": "Painter", "step": 7, "weights": "ema", "config": "a = 1"}


@pytest.fixture(scope="module")
def made() -> dict:
    module = checked.SignatureModule(painter.Painter().serving_functions())
    return card.make(module, ABOUT, name="painter", version=3)


def test_a_card_is_written_where_servers_do_not_look_and_read_back(made, tmp_path):
    card.write(tmp_path, made)
    assert (tmp_path / "assets.extra" / "tfvideogan.json").is_file()
    assert card.read(tmp_path) == json.loads(json.dumps(made)) == made


def test_a_card_says_who_made_what(made):
    assert (made["name"], made["version"], made["step"]) == ("painter", 3, 7)
    assert made["versions"]["tfvideogan"] == tfvideogan.__version__
    assert set(made["versions"]) == {"tfvideogan", "tensorflow", "keras"}
    assert made["created"].endswith("+00:00")


def test_a_card_documents_every_tensor(made):
    assert list(made["signatures"]) == ["serving_default", "predict", "predict_next"]
    predict = made["signatures"]["predict"]
    assert predict["about"] == "paints a video"
    assert predict["inputs"]["flow"] == {
        "dtype": "float32",
        "shape": [-1, -1, 4, 4, 2],
        "layout": "[N, T-1, 4, 4, 2]",
        "range": [-8.0, 8.0],
        "about": "pixels (dx, dy)",
    }
    assert predict["inputs"]["frames"]["range"] == [0, 255]
    assert predict["outputs"]["video"] == {
        "dtype": "uint8",
        "shape": [-1, -1, 4, 4, 3],
        "about": "[N, T, H, W, 3] uint8, the painted frames",
    }
    count = made["signatures"]["predict_next"]["inputs"]["state_count"]
    assert (count["layout"], count["range"]) == ("[N, 1]", [None, None])


def test_a_folder_without_a_card_is_explained(tmp_path):
    with pytest.raises(errors.UserError, match="no export of this package"):
        card.read(tmp_path)


def test_a_damaged_card_is_named(tmp_path):
    card.write(tmp_path, {})
    (tmp_path / card.PATH).write_text('{"name"')
    with pytest.raises(errors.UserError, match=r"tfvideogan\.json is damaged"):
        card.read(tmp_path)

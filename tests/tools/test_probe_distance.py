"""The tool that asks a distance for motion prints floor, controls and verdict."""

import importlib.util

import pytest

from tests import source_tree

WALKERS = "--gin_file=gin/data/walkers.gin"


@pytest.fixture(scope="module")
def tool():
    path = source_tree.ROOT / "tools" / "probe_distance.py"
    spec = importlib.util.spec_from_file_location("probe_distance", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(source_tree.ROOT)
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))


def test_floor_controls_and_verdict_are_printed(tool, capsys):
    flags = ["--extractor=random", "--clips=5", "--frames=4"]
    sizes = [f"--gin_param={one} = 16" for one in ("HEIGHT", "WIDTH")]
    assert tool.main([WALKERS, "--gin_param=FRAMES = 4", *flags, *sizes]) == 0
    text = capsys.readouterr().out
    assert "VideoDistance by random-convolutions, sha256" in text
    assert "4 frames, n=5" in text
    for row in ("floor", "shuffled", "reversed", "frozen", "blurred", "probes"):
        assert row in text
    assert " model " not in text


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--extractor=nowhere", "`folder` (nowhere) has no saved_model.pb"),
        ("--split=tests", "train, validation, test"),
    ],
)
def test_bad_input_is_one_line(tool, capsys, flag, words):
    assert tool.main([WALKERS, "--extractor=random", flag]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]

"""The words of captions travel with a run."""

import pathlib

import pytest

from tests.engine import toy, training_runs
from tfvideogan.data import captions
from tfvideogan.engine.runs import vocabulary

WORDS = ["a", "disc"]


def test_a_source_without_captions_has_no_file() -> None:
    assert vocabulary.files(toy.ToySource()) == {}


def test_words_are_listed_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    words = captions.Vocabulary(WORDS)
    monkeypatch.setattr(toy.ToySource, "vocabulary", words, raising=False)
    text = vocabulary.files(toy.ToySource())["vocabulary.txt"]
    assert text.split("\n")[:-1] == list(words.words)
    assert text.split("\n")[6] == "disc" == words.words[6]


@pytest.mark.long
@pytest.mark.slow
def test_a_run_goes_on_with_its_words_only(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = captions.Vocabulary(WORDS)
    monkeypatch.setattr(toy.ToySource, "vocabulary", words, raising=False)
    workdir = tmp_path / "run"
    assert training_runs.train_here(workdir, "STEPS = 1") == 0
    expected = vocabulary.files(toy.ToySource())["vocabulary.txt"]
    for folder in (workdir, workdir / "checkpoints" / "step_00000001"):
        assert (folder / "vocabulary.txt").read_text() == expected

    other = captions.Vocabulary(["a", "ring"])
    monkeypatch.setattr(toy.ToySource, "vocabulary", other, raising=False)
    assert training_runs.train_here(workdir, "STEPS = 2") == 2
    said = capsys.readouterr().err
    assert "has 'disc' in line 7 where this run has 'ring'" in said
    assert (workdir / "vocabulary.txt").read_text() == expected, "nothing was written"

"""The door that lists runs."""

import json
import pathlib

import pytest

from tests.engine.runs import test_listing
from tfvideogan import runs


def test_runs_are_printed_with_their_scores(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = test_listing.evaluation(1500)
    test_listing.make(
        tmp_path / "a", test_listing.start(), step=1500, evaluations=(judged,)
    )
    assert runs.main([str(tmp_path)]) == 0
    assert "J mean at T 0.9568 [0.9, 0.97]" in capsys.readouterr().out
    assert runs.main([str(tmp_path), "--scores=PSNR"]) == 0
    assert capsys.readouterr().out.endswith("64 clips: PSNR at T 30\n")
    assert runs.main([str(tmp_path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["state"] == "finished" and found["evaluations"] == [judged]


def test_no_runs_are_no_fault_and_no_folder_is(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runs.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no runs in {tmp_path}\n"
    assert runs.main([str(tmp_path / "nowhere")]) == 2
    assert "nowhere is no folder; name those" in capsys.readouterr().err

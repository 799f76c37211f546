"""tfvideogan.load: exports and run folders."""

import pathlib

import numpy as np
import pytest

import tfvideogan
from tfvideogan import train
from tfvideogan.core import errors
from tfvideogan.engine.config import config

FRAMES = np.full([1, 8, 8, 3], 50, np.uint8)


@pytest.mark.slow
def test_a_run_folder_answers_by_either_weights(tmp_path: pathlib.Path) -> None:
    config.reset()
    # Two steps, in which the slow copy falls behind.
    flags = ["--gin_file=tests/served_toy.gin", "--gin_param=loop.run.steps = 2"]
    assert train.main([*flags, f"--workdir={tmp_path / 'run'}"]) == 0
    slow, raw = (
        tfvideogan.load(tmp_path / "run", weights=one).predict(frames=FRAMES)
        for one in ("ema", "raw")
    )
    assert slow.video.shape == (1, 8, 8, 3)
    assert not np.array_equal(slow.video_float, raw.video_float)
    with pytest.raises(
        errors.UserError, match="no complete checkpoint .*step_00000007"
    ):
        tfvideogan.load(tmp_path / "run", checkpoint=7)
    config.reset()


def test_what_is_no_model_is_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(
        errors.UserError, match="nowhere is no export; saved_models/ has"
    ):
        tfvideogan.load(tmp_path / "nowhere")
    with pytest.raises(
        errors.UserError, match=r"`weights` \('best'\) must be one of ema"
    ):
        tfvideogan.load("foregan", weights="best")

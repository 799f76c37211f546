"""tfvideogan.load: exports and run folders."""

import pathlib

import numpy as np
import pytest

import tfvideogan
from tfvideogan import train
from tfvideogan.core import errors
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import layout

FRAMES = np.full([1, 8, 8, 3], 50, np.uint8)


@pytest.mark.long
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


TOY = """from __gin__ import dynamic_registration
from tests import served_toy
from tests.engine import toy
from tfvideogan.engine import loop
loop.run.make_model = @served_toy.TalkingGAN
loop.run.make_source = @toy.ToySource
loop.run.batch_size = 2
loop.run.steps = 2
"""


@pytest.mark.parametrize(
    "text, settings, said",
    [
        (None, {}, "is no run folder: it has no operative_config.gin"),
        (TOY, {}, "has no checkpoint yet; train first"),
        (TOY, {"checkpoint": 7}, "There is no complete checkpoint"),
        (TOY, {"bindings": ["STEPZ = 3"]}, "'STEPZ = 3': nothing uses `STEPZ`"),
        (TOY, {"bindings": ["loop.run.step = 3"]}, "has no parameter `step`"),
        (TOY, {"bindings": ["toy.ToySource.num_clips = -1"]}, "."),
        (TOY.replace("steps = 2", "steps = %gin.REQUIRED"), {}, "must be given: bind"),
        (TOY.replace("loop.run.steps = 2\n", ""), {}, "has no value; bind it"),
    ],
)
def test_what_is_wrong_with_a_run_folder_is_said_without_flags(
    tmp_path: pathlib.Path, text: str | None, settings: dict, said: str
) -> None:
    (tmp_path / layout.CARD).write_text("{}")
    if text is not None:
        (tmp_path / layout.OPERATIVE).write_text(text)
    with pytest.raises(errors.UserError, match=said) as caught:
        tfvideogan.load(tmp_path, **settings)
    assert "--" not in str(caught.value)
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

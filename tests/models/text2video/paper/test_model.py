"""The published text to video: its sizes, its schedules, and its faults with their cures."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video.paper import generator, schedules, volume
from tfvideogan.models.text2video.paper import model as paper

# Two words of three; as many frames as the history is deep.
SPEC = clip.ClipSpec(
    4, 16, 32, channels=1, caption_length=2, words=("", "left", "right")
)
AT_ONCE = {"pretraining_steps": 0, "critic_steps": 0}


def make_model(
    seed: int = 0,
    *,
    schedule: schedules.Schedule = schedules.Schedule("double", **AT_ONCE),
    **options: object,
) -> paper.PaperText2Video:
    """Returns the smallest model, without dropout: draws of its own differ."""
    tiny = {"depth": 4, "filters": 2, "hidden": 8, "critic_width": 2}
    tiny |= {"dropout": 0.0, "critic_dropout": 0.0, "served_frames": 3}
    return paper.PaperText2Video(
        paper.Options(**tiny | options), schedule=schedule, seed=seed
    )


CASE = check_model.Case(make_model=make_model, spec=SPEC, draw=check_model.wave)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


@pytest.fixture(scope="module")
def batch():
    return CASE.batch()

"""Scores of the model and its baselines as runs beside each other."""

import pathlib

import numpy as np
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.plugins.hparams import metadata as hparams_metadata

from tests.engine import events
from tfvideogan.engine.reporting import scores
from tfvideogan.metrics import precision_recall

RESULTS = {"PSNR/model/T": 30.0, "PSNR/copied/T": 24.0, "PSNR/model - copied/T": 6.0}
SETTINGS = {"BATCH_SIZE": 8, "Adam.learning_rate": 0.5, "model": "ToyGAN", "ON": True}


def written(folder: pathlib.Path, **options: object) -> None:
    one = scores.Scores(str(folder), settings=SETTINGS, trial="runs/a", **options)
    counts = precision_recall.Counts()
    counts.add(np.array([0.5, 0.9]), np.array([False, True]))
    one.write(7, RESULTS, {"masks by threshold/model/T": counts.curve()})
    one.close()


def test_model_and_baseline_share_a_tag_in_runs_of_their_own(
    tmp_path: pathlib.Path,
) -> None:
    written(tmp_path)
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["copied", "model", "model - copied"]
    for name, value in (("model", 30.0), ("copied", 24.0)):
        assert events.read(tmp_path / name)["1 scores/PSNR/T"][7] == value
    difference = events.read(tmp_path / "model - copied")
    assert difference == {"1 scores/PSNR, difference/T": {7: 6.0}}
    about = events.metadata(tmp_path / "copied", "1 scores/PSNR/T")
    assert about.summary_description.startswith("Peak signal-to-noise ratio")


def test_curves_are_drawn_by_their_plugin(tmp_path: pathlib.Path) -> None:
    written(tmp_path)
    tag = "1 scores/masks by threshold/T"
    about = events.metadata(tmp_path / "model", tag)
    assert about.plugin_data.plugin_name == "pr_curves"
    curve = events.read(tmp_path / "model")[tag][7]
    # From 80/128 on only 0.9 counts, which is right.
    np.testing.assert_array_equal(curve[:, 80], [1, 0, 1, 0, 1, 1])


def test_the_run_of_the_model_says_by_what_it_differs_from_others(
    tmp_path: pathlib.Path,
) -> None:
    written(tmp_path)
    [path] = (tmp_path / "model").glob("events.*")
    [content] = [
        value.metadata.plugin_data.content
        for event in event_file_loader.EventFileLoader(str(path)).Load()
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == hparams_metadata.PLUGIN_NAME
    ]
    found = hparams_metadata.parse_session_start_info_plugin_data(content)
    assert found.group_name == "runs/a"
    assert found.hparams["BATCH_SIZE"].number_value == 8
    assert found.hparams["Adam.learning_rate"].number_value == 0.5
    assert found.hparams["model"].string_value == "ToyGAN"
    assert found.hparams["ON"].bool_value


def test_other_workers_write_nothing(tmp_path: pathlib.Path) -> None:
    written(tmp_path / "eval", is_chief=False)
    assert not (tmp_path / "eval").exists()

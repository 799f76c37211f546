"""A run folder gives back its model, or says why not."""

import pathlib

import numpy as np
import pytest

from tests.engine import toy, training_runs
from tfvideogan.core import errors
from tfvideogan.engine import rebuild


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made = tmp_path_factory.mktemp("runs") / "toy"
    assert training_runs.train_here(made, "toy.ToyGAN.filters = 8") == 0
    return made


def test_model_comes_back_with_its_weights(folder: pathlib.Path) -> None:
    rebuilt = rebuild.rebuild(str(folder))
    assert rebuilt.step == 4 and type(rebuilt.built.model) is toy.ToyGAN
    assert rebuilt.built.model.filters == 8  # as configured, not as by default
    kernel = rebuilt.built.model.generator.first.kernel.numpy()
    saved = training_runs.tensors(folder, 4)
    assert any(
        value.shape == kernel.shape and np.array_equal(value, kernel)
        for value in saved.values()
    )


def test_older_checkpoint_comes_back_on_request(folder: pathlib.Path) -> None:
    assert rebuild.rebuild(str(folder), checkpoint="2").step == 2


def test_bindings_are_applied_last(folder: pathlib.Path) -> None:
    rebuilt = rebuild.rebuild(
        str(folder), bindings=["toy.ToySource.num_clips = 3", "SEED = 3"]
    )
    assert rebuilt.built.source.num_clips("test") == 3


def test_bindings_that_change_the_model_are_refused(folder: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="does not fit this ToyGAN"):
        rebuild.rebuild(str(folder), bindings=["toy.ToyGAN.filters = 4"])


def test_absent_folder_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="is no run folder"):
        rebuild.rebuild(str(tmp_path / "none"))


def test_folder_without_checkpoint_is_refused(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    text = (folder / "operative_config.gin").read_text()
    (tmp_path / "operative_config.gin").write_text(text)
    with pytest.raises(errors.UserError, match="has no checkpoint yet"):
        rebuild.rebuild(str(tmp_path))

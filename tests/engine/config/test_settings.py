"""Macros, rates and widths."""

from tests.engine import training_runs
from tfvideogan.engine.config import config, settings


def test_macros_rates_and_widths_have_short_names() -> None:
    bindings = ["loop.run.precision = 'float16'", "toy.ToyGAN.rate = 0.25"]
    config.parse([training_runs.TOY], bindings)
    found = settings.tunable({"model": "ToyGAN"})
    assert found["model"] == "ToyGAN" and found["ToyGAN.rate"] == 0.25
    assert found["ToyGAN.filters"] == 4 and found["ToyGAN.ema_decay"] == 0.9
    assert found["precision"] == "float16" and found["STEPS"] == 4
    assert "steps" not in found  # It is the macro.
    # None is no setting, a switch is neither rate nor width, and paths are private.
    assert not {"ToyGAN.clip_norm", "ToyGAN.spectral", "ToySource.root"} & set(found)


def test_two_of_a_name_keep_their_scopes() -> None:
    text = (
        "import keras.optimizers\nFRAMES = 3\nKERNEL = (3, 3)\nDATA_ROOT = '/data'\n"
        "critic/keras.optimizers.Adam.learning_rate = 0.5\n"
        "generator/keras.optimizers.Adam.learning_rate = 0.25\n"
    )
    config.parse_text(f"from __gin__ import dynamic_registration\n{text}")
    found = settings.tunable({})
    assert found["critic/Adam.learning_rate"] == 0.5
    assert found["generator/Adam.learning_rate"] == 0.25
    assert found["FRAMES"] == 3 and found["KERNEL"] == "3, 3"
    assert "DATA_ROOT" not in found


def test_without_a_configuration_there_is_what_is_given() -> None:
    assert settings.tunable({"model": "ToyGAN"}) == {"model": "ToyGAN"}

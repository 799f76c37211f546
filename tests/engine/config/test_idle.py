"""What the command line binds must have an effect."""

import pathlib

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.config import config

TOY = "tests/engine/toy.gin"


@pytest.mark.parametrize(
    "binding, name",
    [
        ("STEPZ = 3", "`STEPZ`; did you mean `STEPS`?"),
        ("other/toy.ToyGAN.rate = 1.0", "`other/toy.ToyGAN.rate`"),
        ("toy.OtherGAN.filters = 8", "`toy.OtherGAN.filters`"),
        ("other/loop.run.steps = 3", "`other/loop.run.steps`"),
        ("SEED = 1\nSTEPZ = 3", "`STEPZ`"),
    ],
)
def test_what_nothing_uses_is_refused(binding: str, name: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        config.parse([TOY], [binding])
    assert f"nothing uses {name}" in str(caught.value)


@pytest.mark.parametrize(
    "bindings",
    [
        ["BATCH_SIZE = 4", "toy.ToyGAN.rate = 1.0", "loop.run.steps = 3"],
        ["STEPS = 3", "loop.run.steps = 4"],
        ["loop.run.make_model = @mine/toy.ToyGAN", "mine/toy.ToyGAN.rate = 1.0"],
        ["loop.run.make_model = @toy.OtherGAN", "toy.OtherGAN.filters = 8"],
        ["MINE = 3", "toy.ToyGAN.filters = %MINE"],
    ],
)
def test_what_something_uses_passes(bindings: list[str]) -> None:
    if bindings[0].startswith("MINE"):
        # Bindings are parsed one after the other, and used in any order.
        bindings = bindings[::-1]
    config.parse([TOY], bindings)


def test_files_may_bind_what_another_experiment_uses(tmp_path: pathlib.Path) -> None:
    second = tmp_path / "b.gin"
    second.write_text("STEPZ = 3\n")
    config.parse([TOY, str(second)])
    config.parse_text(config.text())

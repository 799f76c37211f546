"""The same clips each time, by the slow weights."""

import numpy as np

from tfvideogan.engine import build
from tfvideogan.engine.reporting import samples


def sampler(built: build.Built, number: int = 2) -> samples.Sampler:
    return samples.Sampler(built.model, built.source, split="validation", number=number)


def test_columns_come_in_the_order_of_the_model(built: build.Built) -> None:
    columns = sampler(built).draw()
    assert list(columns) == ["real", "repainted", "mask"]
    assert columns["real"].shape == (2, 3, 8, 8, 3)


def test_clips_are_fixed_and_the_picture_follows_the_slow_weights(
    built: build.Built,
) -> None:
    draws = sampler(built)
    first = draws.draw()
    for variable in built.model.generator.variables:  # the fast ones
        variable.assign(variable + 1.0)
    second = draws.draw()
    np.testing.assert_array_equal(first["repainted"], second["repainted"])
    for average in built.model.ema.averages:
        average.assign(average + 1.0)
    third = draws.draw()
    np.testing.assert_array_equal(first["real"], third["real"])
    assert np.abs(first["repainted"] - third["repainted"]).max() > 0.1


def test_no_more_clips_than_there_are(built: build.Built) -> None:
    assert len(sampler(built, number=99).draw()["real"]) == 12

"""What may change in a run folder and what may not."""

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.runs import differences

LOOP = "tfvideogan.engine.loop.run."


@pytest.mark.parametrize(
    "name",
    [
        f"{LOOP}steps",
        f"{LOOP}log_every",
        f"{LOOP}keep_checkpoints",
        f"{LOOP}metrics",
        f"{LOOP}wandb",
        "tfvideogan.metrics.masks.MaskTracking.horizon",
        "background/tfvideogan.metrics.image.FrameQuality.region",
        "tfvideogan.data.datasets.davis.davis.Davis.root",
        "tfvideogan.data.datasets.davis.davis.Davis.cache_dir",
    ],
)
def test_what_leaves_the_weights_alone_may_change(name: str) -> None:
    assert differences.between({name: "1"}, {name: "2"}) == []


@pytest.mark.parametrize(
    "name",
    [
        f"{LOOP}batch_size",
        f"{LOOP}seed",
        f"{LOOP}precision",
        f"{LOOP}transforms",
        "tfvideogan.models.a.A.rate",
        "critic/keras.optimizers.Adam.learning_rate",
        "tfvideogan.data.procedural.sprites.sprites.Sprites.num_train_clips",
    ],
)
def test_what_changes_the_weights_may_not(name: str) -> None:
    assert differences.between({name: "1"}, {name: "2"}) == [f"{name}: 1 -> 2"]


def test_added_and_removed_values_are_differences() -> None:
    assert differences.between({"a.b": "1"}, {"a.c": "2"}) == [
        "a.b: 1 -> (not set)",
        "a.c: (not set) -> 2",
    ]


def test_refusal_shows_the_difference_and_the_way_out() -> None:
    with pytest.raises(errors.UserError) as caught:
        differences.check_same_run({"a.b": "1"}, {"a.b": "2"}, "runs/x")
    message = str(caught.value)
    assert "runs/x" in message and "a.b: 1 -> 2" in message
    assert "--overwrite_config" in caught.value.flags


def test_long_difference_is_cut() -> None:
    old = {f"a.b{index:02}": "1" for index in range(20)}
    with pytest.raises(errors.UserError, match="and 8 more"):
        differences.check_same_run(old, {}, "runs/x")


def test_modules_that_have_gone_are_found() -> None:
    values = {
        f"{LOOP}steps": "1",
        "critic/tfvideogan.data.nowhere.Shapes.height": "64",
        "tfvideogan.nowhere.a.A.rate": "1",
        "critic/keras.optimizers.Adam.learning_rate": "1",
    }
    gone = ["tfvideogan.data.nowhere", "tfvideogan.nowhere.a"]
    assert differences.missing_modules(values) == gone


def test_where_files_lie_is_no_setting() -> None:
    assert differences.is_place("tfvideogan.data.datasets.davis.davis.Davis.root")
    assert not differences.is_place(f"{LOOP}save_every")

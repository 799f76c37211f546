import pytest
from results_table import commands, rows

from tests.tools.results_table import made
from tfvideogan.core import errors

DAVIS = made.row(
    id="foregan/davis",
    gin_files=("gin/foregan.gin", "gin/foregan/davis.gin"),
    bindings=("davis.Davis.stride = 2",),
    root="DAVIS_ROOT",
    example_root="/data/DAVIS",
    evaluations=((), ("--clips=8",)),
)
START = "python -m tfvideogan.train --gin_file=gin/foregan.gin"
DAVIS_START = f"{START} --gin_file=gin/foregan/davis.gin"


def check(row: rows.Row, command: str) -> None:
    commands.check_trains(row, command, workdir="runs/x")


def test_a_run_that_goes_on_has_the_configuration_of_its_folder() -> None:
    command = "python -m tfvideogan.train --workdir=runs/d --steps=5000"
    commands.check_trains(DAVIS, command, workdir="runs/d")
    with pytest.raises(errors.UserError, match="with the bindings"):
        other = f"{command} '--gin_param=davis.Davis.stride = 3'"
        commands.check_trains(DAVIS, other, workdir="runs/d")


def test_a_training_command_can_be_typed_as_it_is_printed() -> None:
    options = commands.training(
        DAVIS,
        seed=1,
        workdir="runs/d",
        bindings=commands.example_root(DAVIS),
        steps=1000,
    )
    assert commands.typed("train", options) == (
        "python -m tfvideogan.train --gin_file=gin/foregan.gin "
        "--gin_file=gin/foregan/davis.gin "
        "--gin_param='DAVIS_ROOT=\"/data/DAVIS\"' "
        "--gin_param='davis.Davis.stride = 2' --steps=1000 --seed=1 --workdir=runs/d"
    )


def test_steps_are_told_only_where_somebody_gave_them() -> None:
    options = commands.training(made.row(), seed=0, workdir="runs/d")
    assert options == ["--gin_file=gin/foregan.gin", "--seed=0", "--workdir=runs/d"]
    options = commands.training(made.row(steps=390), seed=0, workdir="runs/d")
    assert "--steps=390" in options


def test_a_row_is_judged_by_its_evaluations_or_by_a_protocol() -> None:
    assert commands.judging(DAVIS, workdir="runs/d") == [
        ["--workdir=runs/d"],
        ["--workdir=runs/d", "--clips=8"],
    ]
    judging = commands.judging(DAVIS, workdir="w", protocol="p", bindings=["A = 1"])
    assert judging == [["--workdir=w", "--protocol=p", "--gin_param=A = 1"]]


@pytest.mark.parametrize(
    "binding, shown",
    [
        ('A="/home/me/data/DAVIS"', 'A="/data/DAVIS"'),
        ('A = "~/DAVIS/"', 'A = "/data/DAVIS"'),
        ('A="saved_models/c/1"', 'A="saved_models/c/1"'),
        ("A = 0.5", "A = 0.5"),
    ],
)
def test_private_folders_are_not_told(binding: str, shown: str) -> None:
    assert commands.without_folders(binding) == shown


@pytest.mark.parametrize(
    "command",
    [
        f"{START} --workdir=x --steps=7 --seed 3 --gin_param='SEED = 2'",
        "python -m tfvideogan.train --gin_file=/a/b/gin/foregan.gin --overwrite_config",
        f"{START} --gin_param=loop.run.eval_every=0 --data_service=auto",
        f"{START} --log=long",
    ],
)
def test_folders_steps_and_seeds_are_free(command: str) -> None:
    check(made.row(), command)


def test_bindings_and_gin_files_of_the_row_are_recognised() -> None:
    check(
        DAVIS,
        f"{DAVIS_START} --gin_params=davis.Davis.stride=2 --gin_param=DAVIS_ROOT=1",
    )


@pytest.mark.parametrize(
    "row, command, what",
    [
        (made.row(), f"{START} --gin_file=gin/smoke.gin", "smoke"),
        (made.row(), f"{START} --gin_param='BATCH_SIZE = 2'", "BATCH_SIZE"),
        # The learning rate would fall sooner.
        (made.row(), f"{START} --gin_param='STEPS = 500'", "STEPS"),
        (made.row(), f"{START} --precision=bfloat16", "bfloat16"),
        (DAVIS, DAVIS_START, "stride"),
        (DAVIS, START, "davis.gin"),
    ],
)
def test_another_training_is_not_taken_for_the_row(row, command, what) -> None:
    with pytest.raises(errors.UserError, match=what):
        check(row, command)

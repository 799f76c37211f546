"""The door to judgement: its options, each with an effect."""

import errno
import pathlib

import pytest

from tests.engine import events, toy, training_runs
from tfvideogan import evaluate
from tfvideogan.engine import protocols
from tfvideogan.engine.runs import run_folder

MINE = """
# Toy clips, as an own protocol of somebody who works here.
from __gin__ import dynamic_registration

from tests.engine import toy
from tfvideogan.engine import loop
from tfvideogan.engine import protocols
from tfvideogan.engine.runs import run_folder

ROOT = %gin.REQUIRED

loop.run.make_source = @toy.ToySource
loop.run.metrics = [@toy.MeanError()]
toy.ToySource.root = %ROOT

protocols.Protocol:
  about = "repainting"
  data = "toy"
  split = "validation"
  clips = 5
  frames = 4
  seed = 7
  batch_size = 3
  measures = ("error",)
  published = (("Painter", "a book", "V", (0.25,)),)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made = tmp_path_factory.mktemp("runs") / "toy"
    assert training_runs.train_here(made) == 0
    return made


def judge(folder: pathlib.Path, *flags: str) -> dict:
    """Evaluates and returns the record that was written."""
    assert evaluate.main([f"--workdir={folder}", *flags]) == 0
    return training_runs.records(folder, "eval.jsonl")[-1]


@pytest.fixture(scope="module")
def plain(folder: pathlib.Path) -> dict:
    """The record without further options, to compare with."""
    return judge(folder)


def test_a_folder_that_cannot_be_written_still_gives_its_results(
    folder: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(run_folder.RunFolder, "append", refuse)
    assert evaluate.main([f"--workdir={folder}"]) == 0
    seen = capsys.readouterr()
    assert "error  model" in seen.out and "written to" not in seen.out
    assert seen.err.splitlines()[-1].endswith("eval.jsonl: Read-only file system")


def test_table_line_and_events_are_written(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = judge(folder)
    assert record["step"] == 4 and record["split"] == "test"
    assert (record["clips"], record["frames"]) == (12, 6)  # all clips, 2 x T frames
    low, high = record["intervals"]["error/model/T"]
    assert low < record["results"]["error/model/T"] < high
    text = capsys.readouterr().out
    assert "Step 4: 12 test clips of 6 frames, toy clips, procedural" in text
    assert "error  model" in text and "±" in text
    found = events.read(folder / "eval_test" / "model")
    assert found["1 scores/error/T"][4] == pytest.approx(
        record["results"]["error/model/T"], rel=1e-5
    )


@pytest.mark.parametrize(
    "flag, key, value",
    [
        ("--split=validation", "split", "validation"),
        ("--clips=5", "clips", 5),
        ("--multiples=1", "frames", 3),
        ("--weights=raw", "weights", "raw"),
        ("--checkpoint=2", "step", 2),
    ],
)
def test_option_has_an_effect(
    flag: str, key: str, value: object, folder: pathlib.Path, plain: dict
) -> None:
    record = judge(folder, flag)
    assert record[key] == value != plain[key]
    assert record["results"] != plain["results"]


def test_batch_size_changes_no_result(folder: pathlib.Path) -> None:
    one, five = judge(folder, "--batch_size=1"), judge(folder, "--batch_size=5")
    assert one["results"]["error/model/T"] == pytest.approx(
        five["results"]["error/model/T"], rel=1e-6
    )


def test_bindings_come_after_those_of_the_run(folder: pathlib.Path) -> None:
    assert judge(folder, "--gin_param=toy.ToySource.num_clips = 3")["clips"] == 3


def test_distances_are_bound_from_outside(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    room = "tfvideogan.metrics"
    bindings = [
        f"from {room} import video_distance",
        f"from {room}.features import random_convolutions",
        "loop.run.metrics = (@video_distance.VideoDistance(),)",
        "video_distance.VideoDistance.extractor = "
        "@random_convolutions.RandomConvolutions()",
        "video_distance.VideoDistance.frames = 4",
        f"video_distance.VideoDistance.cache_dir = '{tmp_path}'",
    ]
    record = judge(folder, *(f"--gin_param={one}" for one in bindings))
    column = "4 frames, n=12"
    found = record["results"]
    measure = "KVD[random-convolutions]"
    assert found[f"{measure}/model/{column}"] > found[f"{measure}/floor/{column}"]
    assert record["more_real"] == {"split": "train", "first": 0, "clips": 12}
    assert record["metrics"][0].startswith("VideoDistance by random-convolutions, sha")


def test_other_spelling_of_the_run_folder_works(folder: pathlib.Path) -> None:
    assert evaluate.main([f"--model_dir={folder}", "--clips=1"]) == 0


@pytest.mark.parametrize(
    "flag, words",
    [
        ("--checkpoint=3", "There is no complete checkpoint"),
        ("--split=tests", "train, validation, test"),
        ("--clips=0", "`clips` (0)"),
        ("--gin_param=loop.run.metrics = []", "has no metrics"),
        ("--gin_param=toy.ToyGAN.filtres = 2", "did you mean `filters`"),
        ("--method=auto", "`method` ('auto') is for models that fill holes"),
        ("--protocol=kth", "--protocol ('kth') must be one of bair1_15_fvd, "),
        ("--protocol", "--protocol ('') must be one of bair1_15_fvd, "),
        ("--protocol=digits_10_10", "judges clips of 64x64, but"),
        ("--protocol=walkers_10_20", "walkers have `channels` 1, but"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    flag: str, words: str, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert evaluate.main([f"--workdir={folder}", flag]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert sorted(folder.rglob("*")) == before


def test_folder_that_is_no_run_is_refused(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([f"--workdir={tmp_path}/none"]) == 2
    assert "is no run folder" in capsys.readouterr().err


# --- Protocols


@pytest.fixture
def mine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol in the current folder."""
    (tmp_path / protocols.FOLDER).mkdir(parents=True)
    (tmp_path / protocols.FOLDER / "mine.gin").write_text(MINE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("mine")
def test_protocol_says_which_clips_are_judged_and_is_recorded(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--protocol=mine", "--gin_param=ROOT = 'here'")
    record = judge(folder, *flags)
    assert record["protocol"] == "mine" and record["split"] == "validation"
    assert (record["clips"], record["frames"], record["seed"]) == (5, 4, 7)
    assert record["size"] == [8, 8, 3] and record["bindings"] == ["ROOT = 'here'"]
    assert set(record["versions"]) == {"tfvideogan", "tensorflow"}
    assert record["trained_on"] == "toy clips, procedural, 8x8"
    text = capsys.readouterr().out
    assert "mine: repainting" in text
    assert "No published figures beside these: the clips are drawn (toy)" in text
    assert (folder / "eval_mine").is_dir()
    again = judge(folder, *flags, "--batch_size=1")["results"]
    assert again == pytest.approx(record["results"], rel=1e-6)


@pytest.mark.usefixtures("mine")
def test_published_figures_stand_apart_below_those_of_filmed_clips(
    folder: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(toy.ToySource, "is_procedural", False)
    given = "--gin_param=ROOT = 'here'"
    judge(folder, "--protocol=mine", given)
    table, _, block = capsys.readouterr().out.partition(protocols.HEADING)
    assert "Painter" not in table and "Painter  V  0.25   a book" in block
    judge(folder, "--protocol=mine", given, "--gin_param=toy.ToyGAN.rate = 0.5")
    assert "changed by toy.ToyGAN.rate = 0.5." in capsys.readouterr().out


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("flag", ["--split=test", "--multiples=2"])
def test_what_a_protocol_fixes_is_no_option(
    flag: str, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([f"--workdir={folder}", "--protocol=mine", flag]) == 2
    assert "is fixed by --protocol=mine" in capsys.readouterr().err


def test_list_of_protocols_needs_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--protocol=list"]) == 0
    assert "kth10_20_128" in capsys.readouterr().out


def test_run_folder_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([]) == 2
    assert "--workdir is missing" in capsys.readouterr().err

"""The records of a run."""

import json
import os
import pathlib

import pytest

from tfvideogan.core import clip, errors
from tfvideogan.engine import build
from tfvideogan.engine.runs import layout, run_folder

MAKE = "tfvideogan.engine.loop.run.make_model"
VALUES = {MAKE: "@a.ToyGAN", "a.ToyGAN.rate": "1"}


def started(path: pathlib.Path, values: dict[str, str]) -> run_folder.RunFolder:
    folder = run_folder.RunFolder(path)
    folder.write_start({"step": 0, "values": values}, "config", "operative")
    return folder


def test_naming_a_folder_makes_none(tmp_path: pathlib.Path) -> None:
    folder = run_folder.RunFolder(tmp_path / "run")
    folder.check(VALUES, overwrite=False)
    assert not (tmp_path / "run").exists()


def test_start_is_recorded(tmp_path: pathlib.Path) -> None:
    folder = started(tmp_path / "run", VALUES)
    started(tmp_path / "run", VALUES)
    assert (folder.path / "config.gin").read_text() == "config"
    assert folder.config_text() == "operative"
    assert len(folder.card()["starts"]) == 2
    assert len((folder.path / "command.txt").read_text().splitlines()) == 2


def test_where_the_weights_came_from_outlives_a_start(tmp_path: pathlib.Path) -> None:
    folder = run_folder.RunFolder(tmp_path / "run")
    origin = {"files": [{"name": "theirs.pth"}]}
    folder.write_start({"step": 0, "imported": origin}, "config", "operative")
    started(folder.path, VALUES)
    assert folder.card()["imported"] == origin and folder.card()["values"] == VALUES


def test_card_says_what_the_data_are(built: build.Built) -> None:
    card = run_folder.make_card(built, VALUES, step=3, precision="float32")
    assert card["model"] == "ToyGAN" and card["step"] == 3
    assert card["data"] == "toy clips, procedural, 8x8" and card["is_procedural"]
    assert card["parameters"]["critic"] == {"trainable": 149, "all": 149}
    assert card["spec"]["height"] == 8
    assert set(card["environment"]) >= {"tfvideogan", "tensorflow", "keras", "oneDNN"}
    json.dumps(card)


def test_clips_of_the_training_come_back_from_the_card(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    folder = run_folder.RunFolder(tmp_path)
    card = run_folder.make_card(built, VALUES, step=0, precision="float32")
    folder.write_start(card, "config", "operative")
    assert folder.spec() == built.source.spec
    with pytest.raises(errors.UserError, match="has no run.json that tells the clips"):
        run_folder.RunFolder(tmp_path / "none").spec()


@pytest.mark.parametrize("is_old", [False, True])
def test_words_come_back_from_the_card_also_of_version_0_2_0(
    tmp_path: pathlib.Path, is_old: bool
) -> None:
    spec = clip.ClipSpec(2, 8, 8, caption_length=3, words=("", "left", "right"))
    sizes = vars(spec) | {"words": list(spec.words)}
    if is_old:
        del sizes["words"]
        sizes["vocabulary_size"] = 3
    (tmp_path / "run.json").write_text(json.dumps({"spec": sizes}))
    (tmp_path / "vocabulary.txt").write_text("\nleft\nright\n")
    assert run_folder.RunFolder(tmp_path).spec() == spec


def test_other_model_is_refused_even_when_overwriting(tmp_path: pathlib.Path) -> None:
    folder = started(tmp_path / "run", VALUES)
    other = VALUES | {MAKE: "@a.OtherGAN"}
    with pytest.raises(
        errors.UserError, match="a run of @a.ToyGAN, not of @a.OtherGAN"
    ):
        folder.check(other, overwrite=True)


def test_other_configuration_is_refused_unless_overwriting(
    tmp_path: pathlib.Path,
) -> None:
    folder = started(tmp_path / "run", VALUES)
    other = VALUES | {"a.ToyGAN.rate": "2"}
    with pytest.raises(errors.UserError, match="a.ToyGAN.rate: 1 -> 2"):
        folder.check(other, overwrite=False)
    folder.check(other, overwrite=True)
    folder.check(VALUES, overwrite=False)


def test_file_in_the_way_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(errors.UserError, match="is a file, not a folder"):
        run_folder.RunFolder(tmp_path / "run").check({}, overwrite=False)


def test_folder_without_configuration_is_no_run(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="is no run folder"):
        run_folder.RunFolder(tmp_path).config_text()


def test_records_of_steps_that_come_again_are_dropped(tmp_path: pathlib.Path) -> None:
    folder = started(tmp_path, VALUES)
    for step in (1, 2, 3):
        folder.append(layout.METRICS, {"step": step})
    with (tmp_path / layout.METRICS).open("a") as file:
        file.write('{"step": 4, "cri')  # a kill in the middle of a line
    folder.forget_after(2)
    lines = (tmp_path / layout.METRICS).read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_the_last_evaluation_of_each_split_is_that_of_these_weights(
    tmp_path: pathlib.Path,
) -> None:
    folder = run_folder.RunFolder(tmp_path)
    assert folder.evaluations(4, "ema") == []
    judged = [(4, "ema", "a"), (4, "ema", "b"), (4, "ema", "a"), (4, "raw", "a")]
    for time, (step, weights, split) in enumerate([*judged, (2, "ema", "a")]):
        record = {"step": step, "weights": weights, "split": split, "time": time}
        folder.append(layout.EVALUATIONS, record)
    # A protocol counts for itself, whatever its split.
    by_protocol = {"step": 4, "weights": "ema", "split": "a", "time": 9}
    folder.append(layout.EVALUATIONS, by_protocol | {"protocol": "p"})
    assert folder.evaluations(4, "ema").pop()["time"] == 9
    assert [one["time"] for one in folder.evaluations(4, "ema")] == [2, 1, 9]


def test_other_workers_write_nothing(tmp_path: pathlib.Path) -> None:
    folder = run_folder.RunFolder(tmp_path / "run", is_chief=False)
    folder.write_start({"step": 0}, "", "")
    folder.append(layout.METRICS, {"step": 1})
    folder.forget_after(0)
    assert not (tmp_path / "run").exists()


def test_command_can_be_typed_again() -> None:
    argv = ["/x/tfvideogan/train.py", "--gin_file=a.gin", "--gin_param=A = 'b c'"]
    assert run_folder.command(argv) == (
        "python -m tfvideogan.train --gin_file=a.gin '--gin_param=A = '\"'\"'b c'\"'\"''"
    )
    assert run_folder.command(["tool.py", "-x"]) == "python tool.py -x"


def test_run_of_an_earlier_version_is_refused_by_its_version(
    tmp_path: pathlib.Path,
) -> None:
    folder = run_folder.RunFolder(tmp_path / "run")
    old = {"tfvideogan.data.nowhere.Shapes.height": "64", MAKE: "@gone.GAN"}
    card = {"step": 0, "values": old, "environment": {"tfvideogan": "0.0.7"}}
    folder.write_start(card, "config", "operative")
    with pytest.raises(errors.UserError, match=r"of tfvideogan 0\.0\.7") as caught:
        folder.check(VALUES, overwrite=True)
    assert "`tfvideogan.data.nowhere`" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"values": 3, "starts": {}}'])
def test_a_damaged_card_is_set_aside_and_training_goes_on(
    content: str, tmp_path: pathlib.Path
) -> None:
    folder = started(tmp_path / "run", VALUES)
    (folder.path / "run.json").write_text(content)
    folder.check(VALUES | {"a.ToyGAN.rate": "2"}, overwrite=False)
    started(folder.path, VALUES)
    assert folder.card()["values"] == VALUES and len(folder.card()["starts"]) == 1
    assert (folder.path / "run.json.damaged").read_text() == content


@pytest.mark.parametrize("content", [b"", b"\xff\xfea", bytes(8)])
def test_a_damaged_configuration_is_that_of_the_newest_checkpoint(
    content: bytes, tmp_path: pathlib.Path
) -> None:
    folder = started(tmp_path, VALUES)
    (tmp_path / "operative_config.gin").write_bytes(content)
    assert folder.config_text() == "config"
    saved = folder.checkpoints / "step_00000002"
    saved.mkdir(parents=True)
    (saved / "operative_config.gin").write_text("saved")
    assert folder.config_text() == "saved"


def test_damaged_evaluations_are_left_out(tmp_path: pathlib.Path) -> None:
    folder = run_folder.RunFolder(tmp_path)
    record = {"step": 4, "weights": "ema", "split": "a"}
    folder.append(layout.EVALUATIONS, record)
    with (tmp_path / layout.EVALUATIONS).open("ab") as file:
        file.write(b'[1]\n{"step": 4}\n\xff\n{"step":')
    assert folder.evaluations(4, "ema") == [record]


def test_two_trainings_do_not_share_a_folder(tmp_path: pathlib.Path) -> None:
    folder = run_folder.RunFolder(tmp_path / "run")
    me = f"process {os.getpid()} on "
    with folder.locked():
        with pytest.raises(errors.UserError, match=f"Another training .*{me}"):
            folder.check(VALUES, overwrite=True)
        with pytest.raises(errors.UserError, match=me), folder.locked():
            pass
        with run_folder.RunFolder(folder.path, is_chief=False).locked():
            pass
    folder.check(VALUES, overwrite=False)


def test_a_folder_with_a_blank_is_quoted_in_commands() -> None:
    assert run_folder.RunFolder("/my runs/a").quoted == "'/my runs/a'"
    assert run_folder.RunFolder("/runs/a").quoted == "/runs/a"

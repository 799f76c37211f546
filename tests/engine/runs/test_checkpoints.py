"""A checkpoint is whole or not there."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import build
from tfvideogan.engine.runs import checkpoint_files, checkpoints


def saver(
    built: build.Built, folder: pathlib.Path, **options: object
) -> checkpoints.Checkpoints:
    options = {"model": "ToyGAN", **options}
    return checkpoints.Checkpoints(folder, built.model.checkpoint_items(), **options)


def set_weights(built: build.Built, value: float) -> None:
    for variable in built.model.generator.variables:
        variable.assign(tf.fill(variable.shape, value))


def weight(built: build.Built) -> float:
    return float(np.ravel(built.model.generator.get_weights()[0])[0])


def save(
    built: build.Built, folder: pathlib.Path, *steps: int, **options: object
) -> None:
    for step in steps:
        set_weights(built, float(step))
        saver(built, folder, **options).save(step, {"a.txt": f"text {step}"})
    set_weights(built, -1.0)


def test_newest_is_restored(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1, 2)
    assert saver(built, tmp_path).restore() == 2
    assert weight(built) == 2.0


def test_nothing_to_restore_is_no_error(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    assert saver(built, tmp_path / "none").restore() is None


def test_everything_is_restored(built: build.Built, tmp_path: pathlib.Path) -> None:
    items = built.model.checkpoint_items()
    assert set(items) == {
        "generator",
        "critic",
        "generator_optimizer",
        "critic_optimizer",
        "ema",
        "step",
        "skipped_steps",
        "skipped_in_a_row",
    }
    built.model.step.assign(7)
    save(built, tmp_path, 7)
    built.model.step.assign(0)
    saver(built, tmp_path).restore()
    assert int(built.model.step.numpy()) == 7


def test_given_step_and_given_folder_are_restored(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1, 2)
    assert saver(built, tmp_path).restore("1") == 1
    assert weight(built) == 1.0
    folder = str(tmp_path / "step_00000002")
    assert saver(built, tmp_path / "elsewhere").restore(folder) == 2


def test_absent_step_is_refused_with_those_there_are(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1, 2)
    with pytest.raises(errors.UserError, match=r"steps in .*: 2, 1\.$"):
        saver(built, tmp_path).restore("3")


def test_oldest_are_deleted(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1, 2, 3, keep=2)
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["latest", "step_00000002", "step_00000003"]


def test_same_step_can_be_saved_again(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1)
    set_weights(built, 9.0)
    saver(built, tmp_path).save(1)
    set_weights(built, -1.0)
    assert saver(built, tmp_path).restore() == 1 and weight(built) == 9.0


@pytest.mark.parametrize(
    "file", ["weights.data-00000-of-00001", "weights.index", "manifest.json", "a.txt"]
)
def test_cut_checkpoint_gives_way_to_the_one_before(
    file: str,
    built: build.Built,
    tmp_path: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    save(built, tmp_path, 1, 2)
    path = tmp_path / "step_00000002" / file
    path.write_bytes(path.read_bytes()[:-3])
    assert saver(built, tmp_path).restore() == 1
    assert weight(built) == 1.0
    assert "step_00000002 is incomplete" in caplog.text


def test_changed_byte_is_noticed(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1, 2)
    path = tmp_path / "step_00000002" / "weights.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    assert "has changed" in checkpoint_files.fault_of(path.parent)
    assert saver(built, tmp_path).restore() == 1


def test_kill_during_a_save_leaves_the_previous_one(
    built: build.Built, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(built, tmp_path, 1)

    class Killed(BaseException):
        pass

    def die(*args: object) -> None:
        raise Killed

    # After the weights, before they are sealed and renamed.
    monkeypatch.setattr(checkpoint_files, "seal", die)
    with pytest.raises(Killed):
        saver(built, tmp_path).save(2)
    monkeypatch.undo()
    assert (tmp_path / ".writing-step_00000002").exists()
    assert saver(built, tmp_path).restore() == 1
    save(built, tmp_path, 3)
    assert not list(tmp_path.glob(".writing-*"))


def test_full_disk_is_one_line_and_leaves_the_previous_one(
    built: build.Built, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(built, tmp_path, 1)

    def no_space(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_files, "seal", no_space)
    with pytest.raises(errors.UserError, match="the disk is full; free some space"):
        saver(built, tmp_path).save(2)
    assert saver(built, tmp_path).restore() == 1


def test_all_cut_is_refused(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1)
    (tmp_path / "step_00000001" / "weights.index").unlink()
    with pytest.raises(errors.UserError, match="No checkpoint in .* is complete"):
        saver(built, tmp_path).restore()


def test_other_model_is_refused(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1)
    with pytest.raises(errors.UserError, match="holds a ToyGAN, not a OtherGAN"):
        saver(built, tmp_path, model="OtherGAN").restore()


def test_other_widths_are_refused(
    built: build.Built, tmp_path: pathlib.Path, one_device: tf.distribute.Strategy
) -> None:
    save(built, tmp_path, 1)
    wide = build.build(lambda: toy.ToyGAN(filters=8), toy.ToySource, one_device)
    with pytest.raises(errors.UserError, match="does not fit this ToyGAN"):
        saver(wide, tmp_path).restore()


def test_missing_and_surplus_variables_are_refused(
    built: build.Built, tmp_path: pathlib.Path, one_device: tf.distribute.Strategy
) -> None:
    save(built, tmp_path, 1)
    more = build.build(lambda: toy.ToyGAN(normalized=True), toy.ToySource, one_device)
    with pytest.raises(errors.UserError, match="does not fit"):
        saver(more, tmp_path).restore()
    save(more, tmp_path / "more", 1)
    with pytest.raises(errors.UserError, match="does not fit"):
        saver(built, tmp_path / "more").restore()


def test_other_workers_write_nothing(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    saver(built, tmp_path, is_chief=False).save(1)
    assert not list(tmp_path.iterdir())


def test_manifest_names_model_step_and_files(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1)
    manifest = json.loads((tmp_path / "step_00000001" / "manifest.json").read_text())
    assert (manifest["model"], manifest["step"]) == ("ToyGAN", 1)
    assert manifest["files"]["a.txt"][0] == len("text 1")


def test_keeping_none_is_refused(built: build.Built, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.UserError, match="`keep_checkpoints`"):
        saver(built, tmp_path, keep=0)


def test_fixed_files_lie_beside_the_weights_and_must_not_change(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    words = {"vocabulary.txt": "\nleft\ndisc\n"}
    save(built, tmp_path, 1, fixed=words)
    assert (
        tmp_path / "step_00000001" / "vocabulary.txt"
    ).read_text() == "\nleft\ndisc\n"
    assert saver(built, tmp_path, fixed=words).restore() == 1
    other = saver(built, tmp_path, fixed={"vocabulary.txt": "\nleft\nring\n"})
    with pytest.raises(errors.UserError, match="has 'disc' in line 3 .* has 'ring': "):
        other.restore()
    shorter = saver(built, tmp_path, fixed={"vocabulary.txt": "\nleft\n"})
    with pytest.raises(errors.UserError, match="'disc' in line 3 .* has None: "):
        shorter.restore()


def test_a_checkpoint_without_a_fixed_file_is_restored(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1)
    assert saver(built, tmp_path, fixed={"vocabulary.txt": "\nleft\n"}).restore() == 1


def test_newest_complete_one_wins_over_the_pointer(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1, 2)
    for odd in (b"step_00000001\n", b"\xff\xfe", b"", b"nowhere"):
        (tmp_path / "latest").write_bytes(odd)
        assert saver(built, tmp_path).restore() == 2
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").mkdir()
    assert saver(built, tmp_path).restore() == 2
    save(built, tmp_path, 3)
    assert (tmp_path / "latest").read_text() == "step_00000003\n"


def test_newest_proven_one_is_sound_and_stays(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    one = saver(built, tmp_path, keep=1)
    assert one.newest_sound() is None
    for step in (1, 2):
        one.save(step)
        one.prove(step)  # The next step had finite gradients,
    one.save(3)
    assert one.newest_sound() == 2  # and this one had not.
    assert sorted(path.name for path in tmp_path.glob("step_*")) == [
        "step_00000002",
        "step_00000003",
    ]


def test_one_that_was_restored_and_not_proven_is_not_sound(
    built: build.Built, tmp_path: pathlib.Path
) -> None:
    save(built, tmp_path, 1, 2, 3)
    one = saver(built, tmp_path)
    assert one.restore() == 3 and one.newest_sound() == 2
    one.prove(3)
    assert one.newest_sound() == 3


def test_later_ones_are_set_aside(built: build.Built, tmp_path: pathlib.Path) -> None:
    save(built, tmp_path, 1, 2, 3)
    one = saver(built, tmp_path)
    assert one.restore("1") == 1
    saver(built, tmp_path, is_chief=False).set_aside_after(1)
    assert saver(built, tmp_path).restore() == 3
    one.set_aside_after(1)
    assert saver(built, tmp_path).restore() == 1
    assert weight(built) == 1.0
    aside = tmp_path / "aside-step_00000003"
    assert saver(built, tmp_path).restore(str(aside)) == 3

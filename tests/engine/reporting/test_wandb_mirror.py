"""Weights & Biases, by a stand-in: what it is given and when it ends."""

import pathlib
import sys
import types

import pytest

from tfvideogan.core import errors
from tfvideogan.engine.reporting import wandb_mirror
from tfvideogan.engine.runs import run_folder


class StandIn(types.ModuleType):
    """Records what is asked of it."""

    class Error(Exception):
        """What the package raises."""

    def __init__(self) -> None:
        super().__init__("wandb")
        self.begun: list[dict] = []
        self.codes: list[int] = []
        self.fault: Exception | None = None
        self.logins = 0
        self.patched: list[str] = []
        self.tensorboard = self

    def login(self) -> bool:
        if self.fault:
            raise self.fault
        self.logins += 1
        return True

    def patch(self, root_logdir: str, save: bool) -> None:
        assert not self.patched  # The package refuses a second one.
        assert not save
        self.patched.append(root_logdir)

    def unpatch(self) -> None:
        self.patched.clear()

    def init(self, **settings: object) -> "StandIn":
        assert self.patched == [settings["dir"]]
        if self.fault:
            raise self.fault
        self.begun.append(settings)
        return self

    def finish(self, exit_code: int) -> None:
        self.codes.append(exit_code)


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    return stand_in


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> run_folder.RunFolder:
    one = run_folder.RunFolder(tmp_path / "run")
    one.write_start({"step": 0}, "config", "operative")
    return one


def test_events_are_mirrored_into_one_page_for_all_starts(
    wandb: StandIn, folder: run_folder.RunFolder
) -> None:
    wandb_mirror.check()
    assert wandb.logins == 1
    with wandb_mirror.of(folder, "clips", {"BATCH_SIZE": 8}):
        assert not wandb.codes
    folder.write_start({"step": 9}, "config", "operative")
    with wandb_mirror.of(folder, "clips", {}):
        pass
    first, second = wandb.begun
    assert first["sync_tensorboard"] and first["config"] == {"BATCH_SIZE": 8}
    assert (first["project"], first["dir"]) == ("clips", str(folder.path))
    assert first["id"] == second["id"] and second["resume"] == "allow"
    assert wandb.codes == [0, 0] and not wandb.patched


def test_another_run_has_another_page(
    wandb: StandIn, folder: run_folder.RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--workdir=other"])
    other = run_folder.RunFolder(folder.path / "other")
    other.write_start({"step": 0}, "config", "operative")
    for one in (folder, other):
        with wandb_mirror.of(one, "clips", {}):
            pass
    assert wandb.begun[0]["id"] != wandb.begun[1]["id"]


def test_a_failure_is_passed_on(wandb: StandIn, folder: run_folder.RunFolder) -> None:
    with pytest.raises(ZeroDivisionError), wandb_mirror.of(folder, "clips", {}):
        raise ZeroDivisionError
    assert wandb.codes == [1] and not wandb.patched


def test_only_the_chief_mirrors_and_only_if_asked(
    wandb: StandIn, folder: run_folder.RunFolder
) -> None:
    mute = run_folder.RunFolder(folder.path, is_chief=False)
    for one, project in ((mute, "clips"), (folder, None)):
        with wandb_mirror.of(one, project, {}):
            pass
    assert not wandb.begun


def test_what_keeps_it_from_beginning_is_one_line(
    wandb: StandIn, folder: run_folder.RunFolder
) -> None:
    wandb.fault = wandb.Error("api_key not configured\n(no-tty)")
    with pytest.raises(errors.UserError, match=r"--wandb: api_key not con.*WANDB_MODE"):
        with wandb_mirror.of(folder, "clips", {}):
            pass
    assert not wandb.patched
    with pytest.raises(errors.UserError, match=r"--wandb: api_key not con.*WANDB_MODE"):
        wandb_mirror.check()


def test_without_the_package_a_line_says_what_to_install(
    folder: run_folder.RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    for attempt in (wandb_mirror.check, wandb_mirror.of(folder, "a", {}).__enter__):
        with pytest.raises(
            errors.UserError, match=r"pip install 'tfvideogan\[wandb\]'"
        ):
            attempt()

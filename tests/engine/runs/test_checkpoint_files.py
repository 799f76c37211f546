"""What a folder of checkpoints may look like, and what is made of it."""

import json
import pathlib
import zlib

import pytest

from tfvideogan.engine.runs import checkpoint_files


def write(folder: pathlib.Path, content: bytes = b"weights") -> pathlib.Path:
    """Writes what passes for a complete checkpoint."""
    folder.mkdir(parents=True)
    (folder / "weights.index").write_bytes(content)
    files = {"weights.index": (len(content), zlib.crc32(content))}
    about = {"model": "ToyGAN", "step": 4, "files": files}
    (folder / "manifest.json").write_text(json.dumps(about))
    return folder


def names(folder: pathlib.Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_they_are_found_newest_first(tmp_path: pathlib.Path) -> None:
    for name in ("step_00000002", "step_100000000", "step_x", "aside-step_00000009"):
        (tmp_path / name).mkdir()
    found = [one.name for one in checkpoint_files.found(tmp_path)]
    assert found == ["step_100000000", "step_00000002"]


def test_a_kill_between_the_renames_loses_nothing(tmp_path: pathlib.Path) -> None:
    old = write(tmp_path / ".writing-old-step_00000004")
    write(tmp_path / ".writing-step_00000004")
    assert checkpoint_files.found(tmp_path) == [old]
    checkpoint_files.tidy(tmp_path)
    assert names(tmp_path) == ["step_00000004"]


def test_a_kill_behind_the_renames_leaves_the_new_one(tmp_path: pathlib.Path) -> None:
    write(tmp_path / ".writing-old-step_00000004", b"old")
    new = write(tmp_path / "step_00000004", b"new")
    assert checkpoint_files.found(tmp_path) == [new]
    # Another save of the same step, with the leftover in the way.
    newer = write(tmp_path / ".writing-step_00000004", b"newer")
    checkpoint_files.replace(newer, new)
    assert (new / "weights.index").read_bytes() == b"newer"
    assert names(tmp_path) == ["step_00000004"]


@pytest.mark.parametrize("fault", ["a file", "incomplete"])
def test_leftovers_of_any_kind_are_removed(fault: str, tmp_path: pathlib.Path) -> None:
    left = tmp_path / ".writing-old-step_00000004"
    if fault == "a file":
        left.write_text("")
    else:
        left.mkdir()
    checkpoint_files.tidy(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "3",
        "{",
        "\ud800",
        '{"model": "ToyGAN", "step": 4}',
        '{"model": "ToyGAN", "step": 4, "files": 3}',
        '{"model": "ToyGAN", "step": 4, "files": []}',
        '{"model": "ToyGAN", "step": 4, "files": {}}',
        '{"model": "ToyGAN", "step": "x", "files": {"weights.index": [7, 1]}}',
        '{"model": null, "step": 4, "files": {"weights.index": [7, 1]}}',
        '{"model": "ToyGAN", "step": 4, "files": {"weights.index": 7}}',
        '{"model": "ToyGAN", "step": 4, "files": {"weights.index": [7, 1]}}',
    ],
)
def test_a_damaged_manifest_is_a_fault(text: str, tmp_path: pathlib.Path) -> None:
    folder = write(tmp_path / "step_00000004")
    assert checkpoint_files.fault_of(folder) is None
    assert checkpoint_files.manifest(folder)["step"] == 4
    (folder / "manifest.json").write_bytes(text.encode(errors="surrogatepass"))
    assert checkpoint_files.fault_of(folder)
    with pytest.raises(ValueError):
        checkpoint_files.manifest(folder)


def test_later_ones_are_set_aside_over_earlier_ones(tmp_path: pathlib.Path) -> None:
    for name in ("step_00000002", "step_00000004", "aside-step_00000004"):
        write(tmp_path / name, name.encode())
    checkpoint_files.set_aside_after(tmp_path, 2)
    assert names(tmp_path) == ["aside-step_00000004", "step_00000002"]
    kept = tmp_path / "aside-step_00000004" / "weights.index"
    assert kept.read_bytes() == b"step_00000004"

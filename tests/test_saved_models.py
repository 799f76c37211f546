"""What stands in saved_models/ is small, honest, and answers on a fresh clone."""

import pathlib
import signal
import subprocess
import sys

import av
import pytest

from tests import source_tree
from tfvideogan import client
from tfvideogan.serving.export import card, listing

FOLDER = source_tree.ROOT / "saved_models"
VERSIONS = [
    one.relative_to(FOLDER).as_posix()
    for one in sorted(FOLDER.glob("*/*"))
    if one.is_dir() and one.name.isdigit()
]
# The largest ones hold two models: VINet and what completes its flow, a text-to-video one
# and what paints its first frames.
MAX_BYTES = 9_200_000
TIMEOUT = 120.0

each_version = pytest.mark.parametrize("version", VERSIONS)


@each_version
def test_a_version_is_small(version: str) -> None:
    assert listing.size(FOLDER / version) <= MAX_BYTES


@each_version
def test_a_card_names_the_folder_and_what_it_is_worth(version: str) -> None:
    found = card.read(FOLDER / version)
    assert f"{found['name']}/{found['version']}" == version
    assert found["weights"] == "ema" and found["step"] > 0
    assert found["metrics"], "evaluate the run before exporting it"


@pytest.mark.long
@pytest.mark.skipif("foregan/1" not in VERSIONS, reason="no saved_models/foregan/1")
def test_the_doors_answer_on_a_fresh_clone(tmp_path: pathlib.Path) -> None:
    clip, mask, out = (tmp_path / one for one in ("clip.mp4", "mask.png", "out.mp4"))
    subprocess.run(
        [sys.executable, "tools/sample_clip.py", f"--clip={clip}", f"--mask={mask}"],
        cwd=source_tree.ROOT,
        check=True,
        capture_output=True,
    )
    door = subprocess.Popen(
        [sys.executable, "-m", "tfvideogan.serve", "--pick_ports"],
        cwd=source_tree.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        door.stdout.readline()
        address = door.stdout.readline().split()[1].removeprefix("grpc=")
        files = (f"--input={clip}", f"--mask={mask}", f"--output={out}")
        assert client.main([f"--server={address}", "--model=foregan", *files]) == 0
    finally:
        door.send_signal(signal.SIGTERM)
        door.communicate(timeout=TIMEOUT)
    assert door.returncode == 0
    with av.open(out) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (64, 64, 32)

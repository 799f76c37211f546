import io
import subprocess
import tarfile
import zipfile

import pytest

from tfvideogan.core import errors
from tfvideogan.data.downloads import sets, unpacking


def zipped(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def tarred(path, names):
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return path


def found(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_files_come_to_their_places(tmp_path, make):
    archive = make(tmp_path / "archive", ["top/a/1.jpg", "top/b.txt", "else/c.txt"])
    out = tmp_path / "out"
    out.mkdir()
    assert unpacking.unpack(archive, sets.below("top"), out) == 2
    assert found(out) == {"a/1.jpg": "top/a/1.jpg", "b.txt": "top/b.txt"}


@pytest.mark.parametrize("name", ["../a", "/etc/a", "b/../../a"])
def test_nothing_leaves_the_folder(tmp_path, name):
    archive = zipped(tmp_path / "archive.zip", [name])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(errors.UserError, match="would leave"):
        unpacking.unpack(archive, lambda one: one, out)
    assert not (tmp_path / "a").exists()


def test_damage_and_nothing_are_named(tmp_path):
    archive = zipped(tmp_path / "a.zip", ["a" * 100])
    with pytest.raises(errors.UserError, match="nothing of what is wanted"):
        unpacking.unpack(archive, sets.below("b"), tmp_path)
    content = bytearray(archive.read_bytes())
    content[180] ^= 255  # behind the header and the name
    archive.write_bytes(content)
    with pytest.raises(errors.UserError, match=r"a\.zip is damaged .*CRC"):
        unpacking.unpack(archive, lambda name: name[:9], tmp_path)


def test_the_digest_of_a_folder_is_that_of_git(tmp_path):
    for name in ("b/1.txt", "b/2.txt", "b.c", "a", "b-d/3"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    digest = unpacking.tree_digest(tmp_path / "tree")
    environment = {
        "GIT_DIR": str(tmp_path / "git"),
        "GIT_WORK_TREE": str(tmp_path / "tree"),
    }

    def git(*words):
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, env=environment, check=True
        )
        return done.stdout.strip()

    git("init", "-q")
    git("add", ".")
    assert digest == git("write-tree")

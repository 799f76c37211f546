"""The door that fetches data sets, on small sets that a server of this test has."""

import functools
import hashlib
import http.server
import threading
import zipfile

import pytest

from tfvideogan import fetch_data
from tfvideogan.data.downloads import sets, unpacking


@pytest.fixture
def lists(tmp_path, monkeypatch):
    """A set of one archive and one file; returns its folder on the server."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "list.txt").write_text("a b c")
    with zipfile.ZipFile(served / "films.zip", "w") as archive:
        archive.writestr("all/a.avi", "film a")
    handler = functools.partial(Quiet, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.avi").write_text("film a")
    digest = hashlib.sha1((served / "films.zip").read_bytes()).hexdigest()
    made = sets.DataSet(
        "a toy",
        "none",
        ("--gin_file=gin/data/toy.gin", "--gin_param=ROOT = {root}/films"),
        (
            sets.File(f"{url}/films.zip", f"sha1:{digest}", 99, sets.into("films")),
            sets.File(f"{url}/list.txt"),
        ),
        trees={"films": unpacking.tree_digest(tmp_path / "tree")},
    )
    monkeypatch.setattr(sets, "SETS", {"toy": made})
    monkeypatch.chdir(tmp_path)
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_a_set_is_fetched_unpacked_checked_and_explained(lists, tmp_path, capsys):
    assert fetch_data.main(["toy"]) == 0
    folder = tmp_path / "data" / "toy"
    assert (folder / "films" / "a.avi").read_text() == "film a"
    assert (folder / "list.txt").read_text() == "a b c"
    assert not (folder / "films.zip").exists()
    said = capsys.readouterr().out
    assert "toy: a toy. Terms: none." in said and "films.zip: 1 files" in said
    last = said.splitlines()[-1]
    assert last == (
        "next: python -m tfvideogan.check_data --gin_file=gin/data/toy.gin "
        "'--gin_param=ROOT = \"data/toy/films\"'"
    )
    # What is whole is not asked for again.
    for path in lists.iterdir():
        path.unlink()
    assert fetch_data.main(["toy"]) == 0
    assert "already in data/toy" in capsys.readouterr().out


def test_a_folder_that_is_not_as_it_was_is_refused(lists, capsys, monkeypatch):
    wrong = sets.dataclasses.replace(sets.SETS["toy"], trees={"films": "0" * 40})
    monkeypatch.setitem(sets.SETS, "toy", wrong)
    assert fetch_data.main(["toy", "--output=here"]) == 2
    assert "has git's digest" in capsys.readouterr().err.splitlines()[-1]


def test_what_there_is_is_listed(capsys):
    assert fetch_data.main(["--list"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == list(sets.SETS)
    assert "833 MB" in said and "size ?" in said


def test_unknown_names_are_one_line(capsys):
    assert fetch_data.main(["imagenet"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "choose one of davis, kth, ucf101, moving_mnist, strips" in line
    assert fetch_data.main([]) == 2
    assert "--list" in capsys.readouterr().err

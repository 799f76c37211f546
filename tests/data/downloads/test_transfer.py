import hashlib
import http.server
import threading

import pytest

from tfvideogan.core import errors
from tfvideogan.data.downloads import sets, transfer

CONTENT = bytes(range(256)) * 40


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT as a.bin; what it does wrong stands in `faults`, one a request."""

    faults: list[str]
    asked: list[str | None]

    def do_GET(self) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        self.asked.append(self.headers.get("Range"))
        if self.path != "/a.bin" or fault == "busy":
            self.send_error(503 if fault else 404)
            return
        start = 0
        if self.headers.get("Range") and fault != "deaf":
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        stop = start + 1000 if fault == "cut" else None
        self.wfile.write(CONTENT[start:stop])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    handler = type("Handler", (Server,), {"faults": [], "asked": []})
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    yield handler, f"http://127.0.0.1:{served.server_port}/a.bin"
    served.shutdown()
    thread.join()
    served.server_close()


def file(url: str, content: bytes = CONTENT, **options) -> sets.File:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return sets.File(url, digest, len(CONTENT), **options)


def test_a_file_comes_whole_and_once(server, tmp_path):
    handler, url = server
    path = transfer.fetch(file(url), tmp_path)
    assert path == tmp_path / "a.bin" and path.read_bytes() == CONTENT
    assert transfer.fetch(file(url), tmp_path) == path
    assert handler.asked == [None]
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]


def test_what_was_cut_goes_on_where_it_stopped(server, tmp_path):
    handler, url = server
    handler.faults += ["cut", "cut", "busy"]
    assert transfer.fetch(file(url), tmp_path).read_bytes() == CONTENT
    assert handler.asked == [None, "bytes=1000-", "bytes=2000-", "bytes=2000-"]


def test_a_server_that_cannot_go_on_begins_anew(server, tmp_path):
    handler, url = server
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    handler.faults += ["deaf"]
    assert transfer.fetch(file(url), tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_is_only_checked(server, tmp_path):
    _, url = server
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    assert transfer.fetch(file(url), tmp_path).read_bytes() == CONTENT


def test_what_is_not_as_it_was_is_not_taken(server, tmp_path):
    _, url = server
    with pytest.raises(errors.UserError, match=r"a\.bin\.part has the sha256 digest"):
        transfer.fetch(file(url, b"other"), tmp_path)
    assert not (tmp_path / "a.bin").exists()
    (tmp_path / "a.bin").write_bytes(b"mine")
    with pytest.raises(errors.UserError, match=r"a\.bin has the sha256 digest"):
        transfer.fetch(file(url), tmp_path)


def test_a_file_without_a_digest_is_named_with_its_own(server, tmp_path, caplog):
    _, url = server
    transfer.fetch(sets.File(url), tmp_path)
    assert hashlib.sha256(CONTENT).hexdigest() in caplog.text


@pytest.mark.parametrize(
    ("path", "words", "requests"),
    [("/gone.bin", "404 Not Found", 1), ("/a.bin", "503", transfer.TRIES)],
)
def test_what_a_server_refuses_is_one_line(server, tmp_path, path, words, requests):
    handler, url = server
    handler.faults += ["busy"] * transfer.TRIES if path == "/a.bin" else []
    wanted = file(url.replace("/a.bin", path))
    with pytest.raises(errors.UserError, match=f"cannot be fetched: {words}"):
        transfer.fetch(wanted, tmp_path)
    assert len(handler.asked) == requests


def test_no_server_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    with pytest.raises(errors.UserError, match="cannot be fetched: .*refused"):
        transfer.fetch(file("http://127.0.0.1:1/a.bin"), tmp_path)


def test_a_disk_without_room_is_named_before_anything_is_fetched(tmp_path, monkeypatch):
    free = type("Usage", (), {"free": 15_000})
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: free)
    archive = file("http://127.0.0.1:1/a.bin", place=lambda name: name)
    with pytest.raises(errors.UserError, match="needs 0 MB, and the disk"):
        transfer.fetch(archive, tmp_path)

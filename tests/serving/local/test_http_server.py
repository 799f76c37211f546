"""HTTP below the REST interface: bodies, headers, connections, and the end."""

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from tfvideogan.serving.local import admission as local_admission
from tfvideogan.serving.local import http_server, status

TIMEOUT = 30.0
CLIENTS = 200
REQUESTS = 1000
BODY = b'{"instances": [1, 2, 3]}'


class Echo:
    """Answers a body with itself, and knows what was asked."""

    def __init__(self) -> None:
        self.asked: list[http_server.Request] = []
        self.has_come = threading.Event()
        self.may_go = threading.Event()

    def __call__(self, request: http_server.Request) -> http_server.Answer:
        self.asked.append(request)
        if request.target == "/slow":
            self.has_come.set()
            assert self.may_go.wait(TIMEOUT)
        if request.target == "/cut":
            self.has_come.set()
            assert self.may_go.wait(TIMEOUT)
            raise status.RequestError(status.Code.CANCELLED, "cut off")
        if request.target == "/fault":
            raise TypeError("'bytes' object has no attribute 'dtype'")
        return http_server.Answer(request.body)


class Served:
    """A server of its own and how to speak to it."""

    def __init__(self) -> None:
        self.echo, self.admission = Echo(), local_admission.Admission()
        address = ("127.0.0.1", 0)
        self.server = http_server.HttpServer(address, self.echo, self.admission)
        self.server.start()

    def raw(self, content: bytes) -> bytes:
        """Sends bytes, ends, and returns everything that comes."""
        address = ("127.0.0.1", self.server.port)
        with socket.create_connection(address, TIMEOUT) as connection:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").read()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            "127.0.0.1", self.server.port, timeout=TIMEOUT
        )

    def get(self, path: str) -> tuple[int, bytes]:
        connection = self.connection()
        connection.request("GET", path)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.echo.may_go.set()
    made.admission.close()
    made.server.close()
    made.server.stop()


def post(*headers: str, body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
    lines = [f"POST /echo {version}", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def content(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


CHUNKED = "Transfer-Encoding: chunked"
# Without the time of day: names of tests are alike in every process.
PACKED = gzip.compress(BODY, mtime=0)


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in parts) + end


@pytest.mark.parametrize(
    "request_",
    [
        post(f"Content-Length: {len(BODY)}", body=BODY),
        post(CHUNKED, body=chunks(BODY)),
        post("transfer-encoding: Chunked", body=chunks(BODY[:5], BODY[5:6], BODY[6:])),
        post(CHUNKED, body=b"18;name=x\r\n" + BODY + b"\r\n0\r\nTrailer: y\r\n\r\n"),
        post(f"Content-Length: {len(PACKED)}", "Content-Encoding: gzip", body=PACKED),
        post(CHUNKED, "Content-Encoding: gzip", body=chunks(PACKED)),
    ],
    ids=["whole", "chunk", "chunks", "trailer", "gzip", "gzip in chunks"],
)
def test_a_body_arrives_in_every_form(served: Served, request_: bytes) -> None:
    answer = served.raw(request_)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert content(answer) == BODY


@pytest.mark.parametrize(
    "request_, code",
    [
        (post("Content-Length: 1", "Content-Length: 1", body=b"x"), 400),
        (post("Content-Length: 1, 1", body=b"x"), 400),
        (post("Content-Length: +1", body=b"x"), 400),
        (post("Content-Length: 1", CHUNKED, body=chunks(b"x")), 400),
        (post("Transfer-Encoding: gzip, chunked", body=chunks(b"x")), 400),
        (post("Content-Length: 9", body=b"x"), 400),
        (post(CHUNKED, body=b"x\r\n"), 400),
        (post(CHUNKED, body=chunks(b"x", end=b"")), 400),
        (post(CHUNKED, body=b"1\r\nxy\r\n0\r\n\r\n"), 400),
        (post(CHUNKED, body=b"fffffffff\r\n"), 400),
        (post(f"Content-Length: {2**40}"), 400),
        (b"FOO / HTTP/1.1\r\n\r\n", 501),
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET / HTTP/7.1\r\n\r\n", 505),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_what_is_no_request_is_an_error_in_json(
    served: Served, request_: bytes, code: int
) -> None:
    answer = served.raw(request_)
    assert answer.startswith(b"HTTP/1.1 %d " % code), answer
    assert b"\r\nContent-Type: application/json\r\n" in answer
    assert isinstance(json.loads(content(answer))["error"], str)
    assert not served.echo.asked


def test_an_answer_arrives_although_its_body_is_not_wanted(served: Served) -> None:
    body = bytes(2**22)  # more than waits in the sockets
    answer = served.raw(post("Content-Length: 1", "Content-Length: 2", body=body))
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_what_a_gzip_body_may_become_is_bounded(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(http_server, "UNPACKED_FREE", 2**10)
    packed = gzip.compress(bytes(2**20))
    headers = (f"Content-Length: {len(packed)}", "Content-Encoding: gzip")
    answer = served.raw(post(*headers, body=packed))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"unpacks to more than" in answer
    # What is no gzip is no body, as in evhttp_request.cc of the production server.
    broken = post("Content-Length: 1", "Content-Encoding: gzip", body=b"x")
    assert content(served.raw(broken)) == b""


def test_absolute_addresses_are_paths(served: Served) -> None:
    served.raw(b"GET http://here:1/v1/models?x HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert served.echo.asked[0].target == "/v1/models?x"


def test_nothing_is_told_of_python(served: Served) -> None:
    answer = served.raw(b"GET /fault HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"Server:" not in answer
    assert b"dtype" not in answer
    error = json.loads(content(answer))["error"]
    assert error == "Internal error; the log of the server has more"


def test_a_connection_is_used_again(served: Served) -> None:
    connection = served.connection()
    for number in range(3):
        connection.request("POST", "/echo", str(number))
        assert connection.getresponse().read() == str(number).encode()
    connection.close()


def test_many_clients_may_come_at_once() -> None:
    """All have connected and asked before the first one is accepted."""
    address = ("127.0.0.1", 0)
    server = http_server.HttpServer(address, Echo(), local_admission.Admission())
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5))
            for _ in range(CLIENTS)
        ]
        for one in connections:
            one.settimeout(TIMEOUT)
            one.sendall(post("Connection: close", "Content-Length: 1", body=b"x"))
        server.start()
        answers = [one.makefile("rb").read() for one in connections]
        server.close()
    assert {content(answer) for answer in answers} == {b"x"}


@pytest.mark.slow
@pytest.mark.parametrize("clients", [64, CLIENTS])
def test_no_client_of_many_is_turned_away(served: Served, clients: int) -> None:
    def ask(number: int) -> bool:
        return served.get(f"/{number}") == (200, b"")

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        assert all(pool.map(ask, range(REQUESTS)))


# --- The end


def test_what_runs_is_answered_and_nothing_new(served: Served) -> None:
    waiting = served.connection()  # between two requests
    waiting.request("GET", "/before")
    assert waiting.getresponse().read() == b""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(served.get, "/slow")
        assert served.echo.has_come.wait(TIMEOUT)
        served.admission.close()
        served.server.close()
        with pytest.raises(ConnectionRefusedError):
            served.get("/new")
        waiting.sock.settimeout(TIMEOUT)
        assert waiting.sock.recv(1) == b""  # closed
        waiting.close()
        assert not served.admission.wait(0)
        served.echo.may_go.set()
        assert running.result(TIMEOUT) == (200, b"")
    assert served.admission.wait(TIMEOUT)


def test_who_is_connected_gets_503(served: Served) -> None:
    served.admission.close()
    code, body = served.get("/late")
    assert (code, json.loads(body)["error"]) == (503, local_admission.STOPPING)
    assert not served.echo.asked


def test_what_is_cut_off_gets_503(served: Served) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(served.get, "/cut")
        assert served.echo.has_come.wait(TIMEOUT)
        served.admission.end()
        served.echo.may_go.set()
        code, body = running.result(TIMEOUT)
    assert (code, json.loads(body)["error"]) == (503, local_admission.STOPPING)

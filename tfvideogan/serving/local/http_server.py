"""HTTP as far as the REST interface needs it: connections, bodies, headers.

What is answered to a request is a function's affair:

    server = http_server.HttpServer(("127.0.0.1", 8501), answer, admission)
    server.start()
    server.close()                      # nothing new; what runs may end
    server.stop()

Every answer is JSON, unless the function says otherwise. Bodies may come with a
Content-Length, in chunks, or packed by gzip.
"""

import contextlib
import http.server
import json
import re
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from absl import logging

from tfvideogan.serving.local import admission as local_admission
from tfvideogan.serving.local import status as local_status

JSON = "application/json"
# A body of this size is a mistake: pixels travel by gRPC.
MAX_BODY = 2**28
# What a packed body may become: so much in any case, more where more came, and at most
# what the production server unpacks.
UNPACKED_FREE, UNPACKED_FACTOR, MAX_UNPACKED = 2**24, 32, 100 * 2**20
PIECE = 2**16
# Connections that wait to be accepted: a burst of clients is not turned away.
BACKLOG = 1024
# How long a connection may be silent, seconds.
IDLE = 60.0
# How long and how far an unwanted body is read, so that its answer arrives.
LINGER, MAX_LINGER = 1.0, 2**24
# How soon the loop that accepts connections sees that it must end, seconds.
PATIENCE = 0.05
_LINE, _TRAILERS = 1024, 100
_GZIP = 31  # of zlib: a gzip header is expected
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}")


class Request(NamedTuple):
    """What was asked.

    Attributes:
      method: GET, POST ...
      target: path and query, without scheme and host.
      headers: by name, in any case.
      body: unpacked.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What is answered.

    Attributes:
      content: the body.
      kind: its Content-Type.
      status: of HTTP.
      headers: further ones.
    """

    content: bytes
    kind: str = JSON
    status: int = 200
    headers: Mapping[str, str] = {}


def error_answer(status: int, text: str) -> Answer:
    """Makes an answer of {"error": text}."""
    body = json.dumps({"error": text}, ensure_ascii=False)
    return Answer(body.encode("utf-8", "surrogateescape"), status=status)


class HttpServer:
    """A server with a thread for each connection.

    Attributes:
      port: where it listens.
    """

    def __init__(
        self,
        address: tuple[str, int],
        answer: Callable[[Request], Answer],
        admission: local_admission.Admission,
    ) -> None:
        """Opens the port.

        Args:
          address: host and port; 0 for any.
          answer: to a request; may raise a RequestError.
          admission: of requests.

        Raises:
          OSError: the port is taken.
        """
        self._server = _Listener(address, answer, admission)
        self.port = self._server.server_address[1]

    def start(self) -> None:
        """Begins to answer."""
        work = self._server.serve_forever
        threading.Thread(target=work, args=(PATIENCE,), daemon=True).start()

    def close(self) -> None:
        """Takes no new connections and closes those that are silent.

        Whoever has connected already is answered, 503 once admission is closed. A second
        time does nothing.
        """
        if self._server.fileno() < 0:
            return
        self._server.shutdown()
        self._server.accept_waiting()
        self._server.server_close()
        self._server.hang_up(is_busy=False)

    def stop(self) -> None:
        """Closes every connection."""
        self._server.hang_up(is_busy=True)


class _Listener(http.server.ThreadingHTTPServer):
    """Accepts connections and knows the open ones."""

    request_queue_size = BACKLOG
    daemon_threads = True
    block_on_close = False
    timeout = 0  # of handle_request

    def __init__(
        self,
        address: tuple[str, int],
        answer: Callable[[Request], Answer],
        admission: local_admission.Admission,
    ) -> None:
        self.answer = answer
        self.admission = admission
        self.open: set[_Handler] = set()
        self.lock = threading.Lock()
        self._has_waiting = False
        super().__init__(address, _Handler)

    def accept_waiting(self) -> None:
        """Accepts whoever has connected."""
        self._has_waiting = True
        while self._has_waiting:
            self.handle_request()

    def handle_timeout(self) -> None:
        self._has_waiting = False

    def hang_up(self, *, is_busy: bool) -> None:
        """Ends the reading of silent connections, or all of those that are busy."""
        with self.lock:
            chosen = [one for one in self.open if one.is_busy == is_busy]
        for one in chosen:
            with contextlib.suppress(OSError):
                one.connection.shutdown(socket.SHUT_RDWR if is_busy else socket.SHUT_RD)

    def handle_error(self, request: object, client_address: object) -> None:
        logging.debug("A connection of %s broke", client_address, exc_info=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Reads the requests of one connection and writes their answers."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    disable_nagle_algorithm = True
    server: _Listener
    is_busy = False
    _has_unread = False

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open.add(self)

    def finish(self) -> None:
        with self.server.lock:
            self.server.open.discard(self)
        with contextlib.suppress(OSError, ValueError):
            super().finish()
            if self._has_unread:
                self._linger()

    def do_GET(self) -> None:
        self.is_busy = True
        try:
            self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            self.is_busy = False
        # In this order, see `hang_up`: a connection is seen idle, or sees the closing.
        if self.server.admission.is_closed:
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def _answer(self) -> None:
        try:
            with self.server.admission.request():
                self._has_unread = True
                body = self._body()
                self._has_unread = False
                target = _ORIGIN.sub("", self.path, count=1) or "/"
                request = Request(self.command, target, self.headers, body)
                self._write(self._answer_to(request))
        except local_status.RequestError as error:
            self.close_connection = self.close_connection or self._has_unread
            self._write(error_answer(local_status.HTTP[error.code], error.message))

    def _answer_to(self, request: Request) -> Answer:
        try:
            return self.server.answer(request)
        except local_status.RequestError:
            raise
        except Exception:
            logging.exception("%s %s failed", request.method, request.target)
            raise local_status.internal() from None

    def _write(self, answer: Answer) -> None:
        if self.server.admission.is_closed:
            self.close_connection = True
        self.send_response(answer.status)
        if answer.content:
            self.send_header("Content-Type", answer.kind)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(answer.content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def _body(self) -> bytes:
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if codings:
            if lengths or [one.strip().lower() for one in codings] != ["chunked"]:
                raise local_status.invalid(
                    "A body comes in chunks or with one Content-Length"
                )
            content = b"".join(self._chunks())
        else:
            content = self._read(_length(lengths))
        if "gzip" in self.headers.get("Content-Encoding", "").lower():
            content = _unpacked(content)
        return content

    def _read(self, size: int) -> bytes:
        """Reads so many bytes; memory is taken as they come."""
        if size > MAX_BODY:
            raise local_status.invalid(
                f"A body of {size} bytes is too long; send pixels by gRPC"
            )
        pieces = []
        while size:
            piece = self.rfile.read(min(size, PIECE))
            if not piece:
                raise local_status.invalid("The body ends too early")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _chunks(self) -> list[bytes]:
        chunks, total = [], 0
        while True:
            found = _HEX.match(self._line())
            if not found:
                raise local_status.invalid("A chunk has no size")
            size = int(found.group(), 16)
            total += size
            if not size:
                break
            if total > MAX_BODY:
                raise local_status.invalid(
                    f"A body of more than {MAX_BODY} bytes is too long; send pixels by "
                    "gRPC"
                )
            chunks.append(self._read(size))
            if self._line().strip():
                raise local_status.invalid("A chunk is longer than it says")
        for _ in range(_TRAILERS):
            if not self._line().strip():
                return chunks
        raise local_status.invalid("A body has too many trailers")

    def _line(self) -> bytes:
        line = self.rfile.readline(_LINE)
        if not line.endswith(b"\n"):
            raise local_status.invalid("The body ends within a chunk")
        return line

    def _linger(self) -> None:
        """Reads what still comes: to close before would take the answer back."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER)
        left = MAX_LINGER
        while left > 0:
            piece = self.connection.recv(PIECE)
            if not piece:
                return
            left -= len(piece)

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        del explain
        self.close_connection = True
        self._has_unread = True
        self.request_version = self.protocol_version  # or no status line is sent
        self.command = self.command or ""
        text = message or http.HTTPStatus(code).phrase
        self._write(error_answer(code, text))

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    def log_message(self, format: str, *args: object) -> None:
        logging.debug(format, *args)


def _length(texts: list[str]) -> int:
    """Returns the Content-Length, 0 where there is none."""
    if not texts:
        return 0
    if len(texts) > 1 or not _LENGTH.fullmatch(texts[0].strip()):
        raise local_status.invalid("A body needs one Content-Length that is a number")
    return int(texts[0])


def _unpacked(content: bytes) -> bytes:
    """Unpacks a gzip body; '' if it is none, as the production server takes it."""
    most = max(UNPACKED_FREE, UNPACKED_FACTOR * len(content))
    most = min(most, MAX_UNPACKED)
    reader = zlib.decompressobj(_GZIP)
    try:
        unpacked = reader.decompress(content, most + 1)
    except zlib.error:
        return b""
    if len(unpacked) > most:
        raise local_status.invalid(
            f"A body of {len(content)} bytes unpacks to more than {most}"
        )
    return unpacked if reader.eof else b""

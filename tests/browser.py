"""A browser that plays a video and tells what it saw: Debian's chromium, headless."""

import functools
import http.server
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading

import pytest

CHROMIUM = shutil.which("chromium")
TIMEOUT = 60.0
PAGE = """<video id=video muted autoplay src="{file}"></video><script>
const say = text => fetch('/said', {{method: 'POST', body: text}});
video.onerror = () => say('error: ' + video.error.message);
video.onended = () => say(`played ${{video.videoWidth}}x${{video.videoHeight}} `
                          + `for ${{video.currentTime}} s`);
</script>"""

needed = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH (Debian: apt-get install chromium)"
)


def play(path: pathlib.Path) -> str:
    """Plays a file to its end: "played 8x8 for 1 s", or "error: ..."."""
    said: queue.Queue[str] = queue.Queue()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            said.put(self.rfile.read(size).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *message: object) -> None:
            """Keeps silent."""

    page = path.with_suffix(".html")
    page.write_text(PAGE.format(file=path.name))
    handler = functools.partial(Handler, directory=path.parent)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"]
            + [f"--user-data-dir={profile}"]
            + [f"http://127.0.0.1:{server.server_port}/{page.name}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return said.get(timeout=TIMEOUT)
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()

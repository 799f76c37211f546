"""A browser, Debian's chromium without a window: plays a video, or uses a page.

browser.play(path)  # "played 8x8 for 1 s", as the browser saw it
"""

import base64
import functools
import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import Any

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


class Page:
    """A page that a test looks at and clicks on, by chromium's own protocol in a pipe.

    with browser.Page("http://127.0.0.1:7860", tmp_path) as page:
        page.wait("document.querySelector('video')")
        page.upload(".drop input", path)
        page.screenshot(tmp_path / "seen.png")
        page.requested    # every address that was asked for

    https://chromedevtools.github.io/devtools-protocol: messages are JSON, and end in a
    zero byte.
    """

    def __init__(self, url: str, profile: pathlib.Path, *, size: str = "1280,1400"):
        self.url, self.profile, self.size = url, profile, size
        self.requested: list[str] = []
        self._count = 0

    def __enter__(self) -> "Page":
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        flags = ["--headless", "--no-sandbox", "--remote-debugging-pipe"]
        # Painting wants WebGL, which is computed here.
        flags += ["--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
        flags += [f"--user-data-dir={self.profile}", f"--window-size={self.size}"]
        self._browser = subprocess.Popen(
            # The protocol is spoken through the descriptors 3 and 4. (Not sh: Debian's
            # knows no descriptors beyond 9 to copy.)
            ["/bin/bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash"]
            + [CHROMIUM, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in = os.fdopen(ours_in, "rb", buffering=0)
        self._out = os.fdopen(ours_out, "wb", buffering=0)
        self._bytes = b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "DOM", "Network", "Runtime"):
            self._call(f"{domain}.enable")
        self._call("Page.navigate", url=self.url)
        return self

    def __exit__(self, *exception: object) -> None:
        self._browser.terminate()
        self._browser.wait()
        self._in.close()
        self._out.close()

    def value(self, script: str) -> Any:
        """What an expression of JavaScript is; promises are waited for."""
        found = self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait(self, script: str, *, seconds: float = TIMEOUT) -> None:
        """Waits until an expression is true."""
        end = time.monotonic() + seconds
        while not self.value(f"!!({script})"):  # an element would come as {}
            if time.monotonic() > end:
                raise TimeoutError(f"{script} did not become true in {seconds} s")
            time.sleep(0.2)

    def click(self, selector: str, *, seconds: float = TIMEOUT) -> None:
        """Clicks on the first element that a selector finds, once there is one."""
        self.wait(f"document.querySelector({selector!r})", seconds=seconds)
        self.value(f"document.querySelector({selector!r}).click()")

    def upload(
        self, selector: str, path: pathlib.Path, *, seconds: float = TIMEOUT
    ) -> None:
        """Drops a file on an `input`, once there is one."""
        self.wait(f"document.querySelector({selector!r})", seconds=seconds)
        root = self._call("DOM.getDocument")["root"]["nodeId"]
        node = self._call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self._call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def fetch(self, url: str) -> bytes:
        """The bytes that the page finds at an address."""
        script = f"""fetch({url!r}).then(found => found.blob()).then(blob =>
          new Promise(done => {{
            const reader = new FileReader();
            reader.onload = () => done(reader.result.split(',')[1]);
            reader.readAsDataURL(blob);
          }}))"""
        return base64.b64decode(self.value(script))

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        """Draws with the mouse, through points of the window in pixels."""
        for place, (x, y) in enumerate(points):
            kind = "mouseMoved" if place else "mousePressed"
            self._mouse(kind, x, y)
        self._mouse("mouseReleased", *points[-1])

    def screenshot(self, path: pathlib.Path) -> None:
        """Writes what the window shows as a PNG."""
        found = self._call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def _mouse(self, kind: str, x: float, y: float) -> None:
        self._call(
            "Input.dispatchMouseEvent",
            type=kind, x=x, y=y, button="left", buttons=1, clickCount=1,
        )  # fmt: skip

    def _call(self, method: str, **given: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": given}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            if answer.get("method") == "Network.requestWillBeSent":
                self.requested.append(answer["params"]["request"]["url"])
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._bytes:
            part = self._in.read(1 << 16)
            if not part:
                raise RuntimeError("chromium has gone")
            self._bytes += part
        message, _, self._bytes = self._bytes.partition(b"\0")
        return json.loads(message)

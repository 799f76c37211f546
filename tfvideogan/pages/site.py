"""Opens the page in a browser's reach: an address, and nothing that leaves the machine.

with site.opened(found, host="127.0.0.1", port=7860) as address:
    site.wait()
"""

import contextlib
import pathlib
import tempfile
import time
from collections.abc import Iterator, Sequence

from tfvideogan.core import errors
from tfvideogan.pages import layout, sources

ANY_PORT = 0
NAP = 3600.0  # seconds
# Of an upload.
LARGEST_FILE = "4gb"


@contextlib.contextmanager
def opened(found: Sequence[sources.Source], *, host: str, port: int) -> Iterator[str]:
    """Serves the page of some models; yields its address.

    Args:
      found: the models.
      host: address to listen on.
      port: 0 for any that is free.

    Raises:
      UserError: gradio is not installed, or the port is in use.
    """
    layout.check()
    with tempfile.TemporaryDirectory(prefix="tfvideogan-demo-") as room:
        page = layout.page(found, pathlib.Path(room).resolve())
        try:
            _, address, _ = page.launch(
                server_name=host,
                server_port=None if port == ANY_PORT else port,
                allowed_paths=[str(pathlib.Path(room).resolve())],
                max_file_size=LARGEST_FILE,
                prevent_thread_lock=True,
                # Nothing that asks others, or tells them.
                share=False,
                enable_monitoring=False,
                run_history=False,
                ssr_mode=False,
                footer_links=[],
                inbrowser=False,
                quiet=True,
            )
        except OSError as error:
            raise errors.UserError(
                f"{host}:{port} cannot be listened on: {error}"
            ) from error
        try:
            yield address
        finally:
            page.close(verbose=False)


def wait() -> None:
    """Waits for Ctrl-C."""
    while True:
        time.sleep(NAP)

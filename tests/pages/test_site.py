"""The page within a browser's reach; tests/test_demo.py opens it in a process of its own.

gradio leaves sockets and loops behind, which would be errors in this one.
"""

import pytest

from tests.pages import greys
from tfvideogan.core import errors
from tfvideogan.pages import layout, site


def test_without_gradio_nothing_is_opened(monkeypatch) -> None:
    monkeypatch.setattr(layout, "gr", None)
    with (
        pytest.raises(errors.UserError, match="gradio, which is not installed"),
        site.opened([greys.source()], host="127.0.0.1", port=0),
    ):
        pass

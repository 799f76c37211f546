"""The page within a browser's reach."""

import socket
import urllib.request

import pytest

from tests.pages import greys, test_layout
from tfvideogan.core import errors
from tfvideogan.pages import layout, site


def test_without_gradio_nothing_is_opened(monkeypatch) -> None:
    monkeypatch.setattr(layout, "gr", None)
    with (
        pytest.raises(errors.UserError, match="gradio, which is not installed"),
        site.opened([greys.source()], host="127.0.0.1", port=0),
    ):
        pass


@test_layout.needed
@pytest.mark.slow
def test_it_answers_at_its_address_and_a_port_in_use_is_refused() -> None:
    source = greys.source()
    with site.opened([source], host="127.0.0.1", port=0) as address:
        with urllib.request.urlopen(address) as answer:
            assert b"tfvideogan" in answer.read()
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(errors.UserError, match="cannot be listened on"),
        site.opened([source], host="127.0.0.1", port=other.getsockname()[1]),
    ):
        pass

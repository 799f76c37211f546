"""Flags of the client that are out of range, and what becomes of those of a connection."""

import pathlib

import grpc
import pytest

from tfvideogan.core import errors
from tfvideogan.serving.client import flags as client_flags


def test_motions_are_collected() -> None:
    parse = client_flags.parser("").parse_args
    assert parse(["--model=m"]).motion == []
    given = parse(["--model=m", "--motion=a.mp4", "--motion=b.mp4"])
    assert given.motion == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("name", client_flags.COUNTS)
def test_counts_are_at_least_one(name: str) -> None:
    parse = client_flags.parser("").parse_args
    client_flags.check(parse(["--model=m", f"--{name}=1"]))
    with pytest.raises(errors.UserError, match=f"--{name}=0 must be at least 1"):
        client_flags.check(parse(["--model=m", f"--{name}=0"]))


def test_a_connection_is_plain_and_unlimited_unless_told(
    tmp_path: pathlib.Path,
) -> None:
    parse = client_flags.parser("").parse_args
    plain = client_flags.connection(parse(["--model=m", "--timeout=3"]))
    assert plain == {
        "timeout": 3.0,
        "max_message_bytes": -1,
        "credentials": None,
        "server_name": "",
    }
    authority = tmp_path / "ca.pem"
    authority.write_text("a certificate")
    flags = ["--model=m", f"--tls_ca={authority}", "--tls_server_name=a.b"]
    secure = client_flags.connection(parse([*flags, "--max_message_mb=2"]))
    assert isinstance(secure["credentials"], grpc.ChannelCredentials)
    assert secure["server_name"] == "a.b"
    assert secure["max_message_bytes"] == 2_097_152  # 2 * 1024 * 1024
    with pytest.raises(errors.UserError, match="nowhere.pem cannot be read"):
        client_flags.connection(parse(["--model=m", "--tls_ca=nowhere.pem"]))

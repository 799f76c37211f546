"""Flags that are out of range, and what becomes of those of a connection."""

import argparse
import pathlib

import grpc
import pytest

from tfvideogan.core import errors
from tfvideogan.serving.client import flags as client_flags


def parse(*given: str) -> argparse.Namespace:
    made = argparse.ArgumentParser()
    client_flags.add_server(made)
    client_flags.add_request(made)
    return made.parse_args(["--model=m", *given])


def test_motions_are_collected() -> None:
    assert parse().motion == []
    assert parse("--motion=a.mp4", "--motion=b.mp4").motion == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("name, least", client_flags.LEAST.items())
def test_counts_have_a_smallest_value(name: str, least: int) -> None:
    client_flags.check(parse(f"--{name}={least}"))
    with pytest.raises(errors.UserError, match=f"must be at least {least}") as caught:
        client_flags.check(parse(f"--{name}={least - 1}"))
    assert str(caught.value).startswith(f"--{name}={least - 1}")


@pytest.mark.parametrize(
    "given, text",
    [
        ("--fps=-5", "--fps=-5 must be from 0.01 to 1000"),
        ("--fps=0", "--fps=0 must be from"),
        ("--fps=nan", "--fps=nan must be from"),
        ("--fps=inf", "--fps=inf must be from"),
        ("--timeout=0", "--timeout=0.0 must be positive"),
        ("--timeout=nan", "must be positive"),
        ("--wait_seconds=nan", "--wait_seconds=nan must be at least 0"),
        (f"--seed={2**63}", "is beyond 64 bits"),
        ("--category=-1", "--category=-1 must be the number of a class, from 0"),
        (f"--category={2**31}", "must be the number of a class"),
        ("--text=", "--text is empty"),
        ("--text= \t", "--text is empty"),
        ("--text=\udcff", "is not UTF-8"),
        ("--input=nowhere.mp4", "nowhere.mp4 does not exist"),
        ("--mask=nowhere.png", "nowhere.png does not exist"),
        (f"--motion={'x' * 300}", "x does not exist"),
        ("--output=out.mov", "out.mov ends in '.mov'"),
    ],
)
def test_what_is_out_of_range_is_refused(given: str, text: str) -> None:
    with pytest.raises(errors.UserError, match=text):
        client_flags.check(parse(given))


def test_the_last_seed_of_all_samples_counts() -> None:
    last = 2**63 - 1
    client_flags.check(parse(f"--seed={last}"))
    client_flags.check(parse(f"--seed={last - 1}", "--samples=2"))
    with pytest.raises(errors.UserError, match="--samples=2 is beyond 64 bits"):
        client_flags.check(parse(f"--seed={last}", "--samples=2"))


def test_an_output_is_not_an_input(tmp_path: pathlib.Path) -> None:
    film = tmp_path / "a.mp4"
    film.touch()
    for flag in ("input", "mask", "motion"):
        with pytest.raises(errors.UserError, match="would change what is read"):
            client_flags.check(parse(f"--{flag}={film}", f"--output={film}"))


def test_a_connection_is_plain_and_unlimited_unless_told(
    tmp_path: pathlib.Path,
) -> None:
    plain = client_flags.connection(parse("--timeout=3"))
    assert plain == {
        "timeout": 3.0,
        "max_message_bytes": -1,
        "credentials": None,
        "server_name": "",
    }
    authority = tmp_path / "ca.pem"
    authority.write_text("a certificate")
    given = [f"--tls_ca={authority}", "--tls_server_name=a.b", "--max_message_mb=2"]
    secure = client_flags.connection(parse(*given))
    assert isinstance(secure["credentials"], grpc.ChannelCredentials)
    assert secure["server_name"] == "a.b"
    assert secure["max_message_bytes"] == 2_097_152  # 2 * 1024 * 1024
    with pytest.raises(errors.UserError, match="nowhere.pem cannot be read"):
        client_flags.connection(parse("--tls_ca=nowhere.pem"))

"""Fetches a file by HTTP: goes on where it stopped, and checks what came.

    path = transfer.fetch(file, folder)

A file is called `<name>.part` until its digest is right.
"""

import hashlib
import http.client
import pathlib
import shutil
import time
import urllib.error
import urllib.request
from typing import BinaryIO

from absl import logging

from tfvideogan.core import errors
from tfvideogan.data.downloads import sets

TRIES = 5
WAIT = 2.0  # seconds before the second try, twice as many before each further one
TIMEOUT = 60.0  # seconds without a byte
PIECE = 1 << 20
LINE_INTERVAL = 10.0  # seconds
MEGA = 1e6
RANGE_IS_BEYOND = 416
# What another try may cure.
_PASSING = (ConnectionError, TimeoutError, http.client.HTTPException)


def fetch(file: sets.File, folder: pathlib.Path) -> pathlib.Path:
    """Fetches a file, unless it is there.

    Args:
      file: which.
      folder: that exists.

    Returns:
      Its path.

    Raises:
      UserError: the disk has no room for it, the server does not give it, or it is not
        what it was when its digest was taken.
    """
    target = folder / file.name
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        _check_digest(file, target)
        return target
    _check_room(file, part)
    for number in range(TRIES):
        try:
            _receive(file, part)
            break
        except (urllib.error.URLError, *_PASSING) as error:
            if number == TRIES - 1 or not _is_passing(error):
                raise errors.UserError(
                    f"{file.url} cannot be fetched: {_reason(error)}. The same command "
                    "goes on where it stopped; if the file has moved, put it into "
                    f"{folder} yourself."
                ) from error
            logging.warning("%s: %s; trying again.", file.name, _reason(error))
            time.sleep(WAIT * 2**number)
    _check_digest(file, part)
    part.replace(target)
    return target


def digest(path: pathlib.Path, algorithm: str) -> str:
    """Returns the digest of a file as hexadecimal digits."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _check_room(file: sets.File, part: pathlib.Path) -> None:
    """Counts an archive twice: as it comes, and unpacked."""
    there = part.stat().st_size if part.exists() else 0
    needed = file.size * (2 if file.place else 1) - there
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise errors.UserError(
            f"{file.name} needs {needed / MEGA:,.0f} MB, and the disk of {part.parent} has "
            f"{free / MEGA:,.0f} MB free."
        )


def _receive(file: sets.File, part: pathlib.Path) -> None:
    """Receives what is not there yet."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(file.url, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == RANGE_IS_BEYOND:  # all of it is there
            return
        raise
    with answer:
        if start and answer.status != http.client.PARTIAL_CONTENT:
            start = 0  # The server begins anew.
        with part.open("ab" if start else "wb") as out:
            _copy(answer, out, name=file.name, start=start)


def _copy(
    answer: http.client.HTTPResponse, out: BinaryIO, *, name: str, start: int
) -> None:
    length = answer.headers.get("Content-Length")
    total = start + int(length) if length else 0
    received, last = start, time.monotonic()
    logging.info("%s: %s.", name, _progress(received, total))
    while piece := answer.read(PIECE):
        out.write(piece)
        received += len(piece)
        if time.monotonic() - last > LINE_INTERVAL:
            last = time.monotonic()
            logging.info("%s: %s.", name, _progress(received, total))
    if received < total:
        raise ConnectionError(f"it ended after {received:,} of {total:,} bytes")


def _progress(received: int, total: int) -> str:
    of_all = f" of {total / MEGA:,.1f}" if total else ""
    return f"{received / MEGA:,.1f}{of_all} MB"


def _check_digest(file: sets.File, part: pathlib.Path) -> None:
    if file.digest is None:
        found = digest(part, "sha256")
        logging.warning(
            "%s: no digest of it is known; its SHA-256 is %s.", file.name, found
        )
        return
    algorithm, _, wanted = file.digest.partition(":")
    found = digest(part, algorithm)
    if found != wanted:
        raise errors.UserError(
            f"{part} has the {algorithm} digest {found}, not {wanted}: it was damaged on "
            "its way, or changed where it lies. Remove it to fetch it again."
        )


def _is_passing(error: Exception) -> bool:
    """Whether another try may cure it: what the server refuses, it refuses again."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.client.INTERNAL_SERVER_ERROR
    if isinstance(error, urllib.error.URLError):
        return isinstance(error.reason, OSError)
    return True


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    code = f"{error.code} " if isinstance(error, urllib.error.HTTPError) else ""
    return f"{code}{reason}"

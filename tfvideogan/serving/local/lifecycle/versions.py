"""Version folders: which are there, which are wanted, which are still being written.

A model's base path holds one folder per version, named by its number. Other names are
ignored, so an export can be built beside its place and renamed into it.
"""

import dataclasses
import pathlib
import time

from absl import logging

MAX_VERSION = 2**63 - 1
# A folder in which something changed less than this ago is still being written, in
# seconds of the file system's clock. A production server has no such mercy: it loads
# whatever it finds, which is why exports are renamed into place.
SETTLING_TIME = 1.0

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclasses.dataclass(frozen=True)
class Policy:
    """Which of the versions found are to be served.

    Attributes:
      latest: how many of the newest; ignored where one of the others is set.
      is_all: every version.
      specific: these versions, as far as they exist.
    """

    latest: int = 1
    is_all: bool = False
    specific: tuple[int, ...] = ()

    def choose(self, found: dict[int, pathlib.Path]) -> list[int]:
        """Returns the wanted ones of the versions found, newest first."""
        numbers = sorted(found, reverse=True)
        if self.specific:
            return [number for number in numbers if number in self.specific]
        return numbers if self.is_all else numbers[: self.latest]


def find(base_path: pathlib.Path) -> dict[int, pathlib.Path] | None:
    """Returns version folders by number; None where there is no base path."""
    found: dict[int, pathlib.Path] = {}
    try:
        folders = sorted(path for path in base_path.iterdir() if path.is_dir())
    except OSError:
        return None
    for folder in folders:
        number = version_number(folder.name)
        if number is None:
            continue
        if number in found:
            logging.warning(
                "%s and %s are the same version; the first is served.",
                found[number],
                folder,
            )
            continue
        found[number] = folder
    return found


def version_number(name: str) -> int | None:
    """Returns the version that a folder name spells; leading zeros are allowed."""
    if not (name.isascii() and name.isdigit()):
        return None
    number = int(name)
    return number if number <= MAX_VERSION else None


def fingerprint(folder: pathlib.Path) -> Fingerprint:
    """Returns name, size and time of every file: another one means other content."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            stat = path.stat()
        except OSError:
            continue  # just removed
        found.append((str(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def is_settled(folder: pathlib.Path) -> bool:
    """Whether nothing in a folder has changed for a while."""
    now = time.time_ns()
    settled = now - round(SETTLING_TIME * 1e9)
    # A time in the future is a clock that is wrong, not a file that is being written.
    return not any(settled < changed <= now for _, _, changed in fingerprint(folder))

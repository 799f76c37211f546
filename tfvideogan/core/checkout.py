"""Which commit the code is: of a checkout, not of what surrounds an installation."""

import pathlib
import subprocess

UNKNOWN = "unknown"
_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_PATIENCE = 5.0  # seconds; a file system may hang
_DIGITS = 12


def commit(package: pathlib.Path = _PACKAGE) -> str:
    """Returns the commit, with "-dirty" behind it where files differ from it.

    Args:
      package: the folder of the code, which stands at the top of its checkout.

    Returns:
      "unknown" where there is no git, or no checkout of this code.
    """
    top = _git(package.parent, "rev-parse", "--show-toplevel")
    if not top or pathlib.Path(top).resolve() != package.parent:
        return UNKNOWN
    describe = ("describe", "--always", "--dirty", "--exclude=*", f"--abbrev={_DIGITS}")
    return _git(package.parent, *describe) or UNKNOWN


def _git(folder: pathlib.Path, *words: str) -> str:
    """Returns what git prints, nothing when it fails."""
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
